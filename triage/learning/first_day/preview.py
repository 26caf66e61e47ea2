"""What the machine would have done with a shop's last tickets, had it learned from those before.

Nothing is written: the steps run on the tickets as they were when they came, by labels and replies
learned from the older ones, and what they say is held against what people did. Orders are as they
are today.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from tickets.models import Ticket
from triage.contract import case
from triage.contract.answers import SAVED_REPLY
from triage.contract.case import Case
from triage.contract.outputs import Classification
from triage.contract.saved_reply import SavedReply
from triage.contract.step import Engine, Rung
from triage.inference.language import identify_language
from triage.learning import examples, versions
from triage.learning.first_day.past_labels import PastLabel
from triage.learning.reply_discovery import (
    DescribedGroup,
    build_saved_reply,
    describe_groups,
    group_answers,
)
from triage.models import Intent
from triage.models import SavedReply as SavedReplyRow
from triage.pipeline import registry, routing, runner
from triage.pipeline.case_builder import build_case
from triage.pipeline.configuration import Configuration, load_configuration
from triage.pipeline.sent_replies import AnsweredQuestion
from triage.steps.answer import Answers
from triage.steps.draft import Reply

if TYPE_CHECKING:
    from triage.classifier.labeller import IntentLabeller

MIN_PAST: Final = 40
HELD_OUT_SHARE: Final = 0.25
MAX_HELD_OUT: Final = 1_000
MAX_SAMPLES: Final = 10
OTHER_TARGETS: Final = (0.8, 0.9, 0.95, 0.98)
PROPOSED: Final = "proposed-"

Report = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """What was learned from the older tickets: by which ``known`` the steps run, and by which
    ``labeller``, None for the one in force, under the ``promise``; ``promises`` are (target, share
    of messages labelled) beside it. ``usable`` are the proposed ``replies`` without a doubt.
    """

    known: Configuration
    labeller: Engine | None
    promise: str
    promises: tuple[tuple[float, float], ...]
    usable: frozenset[str]
    replies: int


@dataclass(kw_only=True)
class Preview:
    """Of ``tickets``: how many would have been labelled, and of those that people had labelled
    elsewhere (``compared``) how many alike (``right``); how many
    would have had every question answered by ``usable`` texts, and how many more once the other
    proposed replies are worded for everybody.
    """

    usable: frozenset[str]
    tickets: int = 0
    labelled: int = 0
    compared: int = 0
    right: int = 0
    ready: int = 0
    reworded: int = 0
    drafts: list[dict[str, Any]] = field(default_factory=list)
    misses: list[dict[str, Any]] = field(default_factory=list)

    def add(self, one: AnsweredQuestion, read: Case) -> None:
        """Count what the machine made of one ticket."""
        self.tickets += 1
        self._add_label(one, read[Classification])
        if any(routing.iter_attention_reasons(read, "")):
            return
        if _is_usable(read[Answers], self.usable):
            self.ready += 1
            draft = read[Reply].text
            self.drafts.append({"ticket": one.ticket, "sent": one.message, "draft": draft})
        else:
            self.reworded += 1

    def _add_label(self, one: AnsweredQuestion, said: Classification) -> None:
        if not said.label:
            return
        self.labelled += 1
        self.compared += bool(one.team_label)
        if said.label == one.team_label:
            self.right += 1
        elif one.team_label:
            self.misses.append({"ticket": one.ticket, "label": said.name, "was": one.team_label})

    def serialize(self) -> dict[str, Any]:
        """The figures and the first ten of each kind of example, spread over the whole time."""
        found = {name: getattr(self, name) for name in COUNTS}
        return {
            **found,
            "drafts": _select_evenly(self.drafts),
            "misses": _select_evenly(self.misses),
        }


COUNTS: Final = ("tickets", "labelled", "compared", "right", "ready", "reworded")


def _is_usable(answers: Answers, usable: frozenset[str]) -> bool:
    """Whether no proposed reply with a doubt is among them."""
    used = [item.ref for item in answers.list_given() if item.source == SAVED_REPLY]
    proposed = [ref for ref in used if ref.startswith(f"reply:{PROPOSED}")]
    return all(ref.removeprefix("reply:").partition("@")[0] in usable for ref in proposed)


def _select_evenly(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """At most ten of the rows, evenly."""
    step = max(1, -(-len(rows) // MAX_SAMPLES))
    return list(rows[::step])


def split_past(
    answered: Sequence[AnsweredQuestion],
) -> tuple[Sequence[AnsweredQuestion], Sequence[AnsweredQuestion]]:
    """The older ones, to learn from, and the newest, to try it on; none where they are too few."""
    if len(answered) < MIN_PAST:
        return answered, ()
    tried = min(MAX_HELD_OUT, round(len(answered) * HELD_OUT_SHARE))
    return answered[:-tried], answered[-tried:]


def learn(
    older: Sequence[AnsweredQuestion], labels: Sequence[PastLabel], held_out: frozenset[int]
) -> Lesson:
    """What the older tickets teach: a labeller, and the replies that would be proposed."""
    known = load_configuration()
    groups = describe_groups(group_answers(older))
    proposed = [
        build_saved_reply(group, f"{PROPOSED}{place}") for place, group in enumerate(groups)
    ]
    new = [label for label in labels if not label.known]
    intents = [case.Intent(slug=label.slug, name=label.name) for label in new]
    labeller, promise, promises = _fit_labeller({label.slug for label in new}, held_out)
    return Lesson(
        known=replace(
            known,
            intents=(*known.intents, *intents),
            replies=(*_list_own_replies(known), *proposed),
        ),
        labeller=labeller,
        promise=promise,
        promises=promises,
        usable=frozenset(_iter_usable(groups)),
        replies=len(groups),
    )


def _list_own_replies(known: Configuration) -> Sequence[SavedReply]:
    """The shop's own: those that come with the program end with the first of its own."""
    return known.replies if SavedReplyRow.objects.exists() else ()


def _iter_usable(groups: Sequence[DescribedGroup]) -> Iterator[str]:
    return (f"{PROPOSED}{place}" for place, group in enumerate(groups) if not group.doubts)


def _fit_labeller(
    new: Collection[str], held_out: Collection[int]
) -> tuple[IntentLabeller | None, str, tuple[tuple[float, float], ...]]:
    """A labeller of the examples there are and of past tickets with ``new`` labels, what it
    promises, and what it could for other targets; None where these are too few to tell anything
    apart, with the reason.
    """
    from triage.classifier.intent_model import IntentModel
    from triage.classifier.labeller import IntentLabeller
    from triage.classifier.selective import compute_guarantee

    known = Intent.objects.filter(active=True).values_list("slug", flat=True)
    past = (row for row in examples.load_past_tickets({*known, *new}) if row.label in new)
    rows = [*examples.load_examples().training, *past]
    target = registry.get_target_precision()
    try:
        kept = [row for row in rows if row.ticket not in held_out]
        made, _ = versions.fit_version(kept, target, None)
    except versions.NotTrained as why:
        return None, str(why), ()
    model, strangers = IntentModel.loads(made["weights"]), registry.get_stranger_share()
    labeller = IntentLabeller(
        registry.load_encoder(),
        model,
        sha256=made["sha256"],
        target=target,
        strangers=strangers,
        signals=registry.find_signal_model(),
    )
    others = (
        (share, compute_guarantee(model.evidence, share, strangers=strangers).coverage)
        for share in OTHER_TARGETS
        if share != target
    )
    return labeller, made["promise"]["sentence"], tuple(others)


def run_preview(newer: Sequence[AnsweredQuestion], lesson: Lesson, report: Report) -> Preview:
    """Run the steps on the newer tickets as they came, by what was learned; writes nothing."""
    ladders = dict(registry.load_ladders(lesson.known))
    if (labeller := lesson.labeller) is not None:
        ladders["classify"] = [Rung(name="trial", load=lambda: labeller)]
    limits = registry.load_limits(lesson.known)
    found = Preview(usable=lesson.usable)
    tickets = Ticket.objects.select_related("customer").in_bulk([one.ticket for one in newer])
    for done, one in enumerate(newer, 1):
        asked = build_case(tickets[one.ticket], lesson.known, before=one.message)
        found.add(one, _run_steps(asked, ladders, limits))
        report(done, len(newer))
    return found


def _run_steps(
    asked: Case,
    ladders: Mapping[str, Sequence[Rung]],
    limits: Mapping[str, Mapping[str, float]],
) -> Case:
    read = replace(asked, language=identify_language(asked.text))
    results = runner.run_steps(
        registry.load_steps(), read, lambda step: ladders[step.name], lambda step: limits[step.name]
    )
    for result in results:
        read = read.add_output(result.output)
    return read
