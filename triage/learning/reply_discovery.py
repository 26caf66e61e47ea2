"""Saved replies that may be missing: what people answered again and again, proposed to an admin.

Two answered questions are alike where both what was asked and what was answered are. Of 374
conversations of the second shop that are put into 67 groups so, 96 of 100 are in a group whose
others ask the same question, by people who sorted them by hand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone
from django.utils.text import slugify

from triage.contract.answers import Asked, AskedKind, shorten_words
from triage.contract.saved_reply import Fit, SavedReply, Wording
from triage.contract.wording_slots import find_unknown_fields
from triage.learning.reply_collection import collect_sent_replies
from triage.models import Intent, Job, ReplyProposal, SavedWording
from triage.models import SavedReply as SavedReplyRow
from triage.nlu.content_words import list_stems
from triage.pipeline import registry
from triage.pipeline.configuration import load_configuration
from triage.pipeline.saved_reply_rows import find_money_promise
from triage.pipeline.sent_replies import AnsweredQuestion, load_answered_questions
from triage.runtime.locks import PROPOSALS_LOCK, acquire_lock
from triage.saved_replies.sent_text import NOT_ENGLISH, is_number_like, is_personal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

MIN_ANSWERS: Final = 3
"""So many people have to be answered the same before it is worth a saved reply."""
MIN_OVERLAP_SHARE: Final = 0.5
MAX_QUESTIONS: Final = 20
MAX_QUESTION_CHARS: Final = 200
MAX_TITLE_CHARS: Final = 80
TITLE_WORDS: Final = range(4, 15)
TELLING_WORDS: Final = 3
"""A question says what it is about with so many words that carry content."""
DOUBT_COST: Final = 0.15
"""What each doubt about a text counts beside its nearness (cosine) to what the others say."""
LIKE_SHARE: Final = 0.5
MY_ORDER: Final = "my order"
PROMISES_MONEY: Final = "reads as if money were given"


class ReplyNotTaken(Exception):
    """The proposal stays as it was; the message says what to do."""


@dataclass(frozen=True, kw_only=True)
class ReplyGroup:
    """Answered questions that are alike, the nearest to their middle first, and the place of the
    one whose answer serves best.
    """

    members: tuple[AnsweredQuestion, ...]
    best: int

    @property
    def label(self) -> str:
        return self.members[0].label

    @property
    def text(self) -> str:
        return self.members[self.best].reply

    @property
    def doubts(self) -> tuple[str, ...]:
        return self.members[self.best].doubts


@dataclass(frozen=True)
class DescribedGroup:
    """A group with its title and how the customers put the question."""

    group: ReplyGroup
    title: str
    questions: tuple[str, ...]

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why its text may not serve everybody."""
        promise = (PROMISES_MONEY,) if find_money_promise(self.group.text) else ()
        return (*promise, *self.group.doubts)


def propose_replies_job(job: Job) -> Mapping[str, Any]:
    """Collect what was sent, and renew the proposals; refused ones stay away."""
    new = collect_sent_replies()
    made = propose_replies()
    return {"new": new, "proposals": made, "sentence": format_summary(made)}


def propose_replies() -> int:
    """Renew the proposals from the library as it is; how many are open now."""
    described = describe_groups(group_answers(load_answered_questions()))
    with transaction.atomic():
        acquire_lock(PROPOSALS_LOCK)
        return _update_proposals(described)


def format_summary(proposals: int) -> str:
    """How many there are, in a sentence."""
    if not proposals:
        return "Nothing was answered the same way three times that no saved reply says."
    plural = "s" * (proposals != 1)
    return f"{proposals} question{plural} answered again and again may be worth a saved reply."


def group_answers(answered: Sequence[AnsweredQuestion]) -> list[ReplyGroup]:
    """Groups of at least three answers alike, within one label, the largest first."""
    from triage.classifier.clusters import cluster_texts

    answered = [one for one in answered if NOT_ENGLISH not in one.doubts]
    if not answered:
        return []
    vectors, replies = _embed_answered(answered)
    if not connection.in_atomic_block:
        connection.close()  # none is held while groups are looked for
    found: list[ReplyGroup] = []
    for label in sorted({one.label for one in answered}):
        places = [place for place, one in enumerate(answered) if one.label == label]
        texts = [answered[place].question for place in places]
        for cluster in cluster_texts(texts, vectors[places], MIN_ANSWERS):
            rows = [places[member] for member in cluster.members]
            found.append(_build_group([answered[row] for row in rows], replies[rows]))
    return sorted(found, key=lambda group: -len(group.members))


def _embed_answered(answered: Sequence[AnsweredQuestion]) -> tuple[Vectors, Vectors]:
    """Unit vectors of question and answer together (n, 768), and of the answers (n, 384)."""
    import numpy as np

    asked = np.asarray(registry.embed_texts([one.question for one in answered]), np.float32)
    told = np.asarray(registry.embed_texts([one.reply for one in answered]), np.float32)
    both = np.concatenate([asked, told], axis=1) / np.sqrt(np.float32(2))
    return both, told


def _build_group(members: Sequence[AnsweredQuestion], replies: Vectors) -> ReplyGroup:
    """The group; of its answers that one serves best which is near to the others and least in
    doubt, the newest of two.
    """
    near = replies @ replies.mean(axis=0)
    scores = [
        (float(near[place]) - DOUBT_COST * len(one.doubts), one.at)
        for place, one in enumerate(members)
    ]
    return ReplyGroup(members=tuple(members), best=scores.index(max(scores)))


def describe_group(group: ReplyGroup) -> tuple[str, tuple[str, ...]]:
    """A title, and how the customers put the question. Raises EngineUnavailable."""
    finder: Any = registry.load_engine("answers")
    asked = [_find_question(finder, one) for one in group.members]
    questions = tuple(dict.fromkeys(filter(None, asked)))[:MAX_QUESTIONS]
    return shorten_words(_choose_title(group, questions), MAX_TITLE_CHARS), questions


def describe_groups(groups: Sequence[ReplyGroup]) -> list[DescribedGroup]:
    """The groups that can be proposed: those that enough questions find."""
    found = (DescribedGroup(group, *describe_group(group)) for group in groups)
    return [one for one in found if len(one.questions) >= MIN_ANSWERS]


def _choose_title(group: ReplyGroup, questions: Sequence[str]) -> str:
    """The question nearest to the middle that is one and says what it is about, if there is one."""
    telling = (one for one in questions if one.endswith("?") and len(one.split()) in TITLE_WORDS)
    return next(telling, next(iter(questions), group.members[0].subject))


def _find_question(finder: Any, one: AnsweredQuestion) -> str:
    """The words that ask; all of them where those alone do not say what about, and nothing where
    that is too long: "Is that right?" would find this answer whatever was asked.
    """
    found: Sequence[Asked] = finder.find_asked(one.subject, one.asked)
    for words in (*(each.words for each in found[:1]), one.asked, one.question):
        said = " ".join(MY_ORDER if is_number_like(word) else word for word in words.split())
        told = len(list_stems(said)) >= TELLING_WORDS and len(said) <= MAX_QUESTION_CHARS
        if told and not is_personal(said, one.customer):
            return said
    return ""


def build_saved_reply(one: DescribedGroup, slug: str) -> SavedReply:
    """The group as a saved reply would be, if it were taken as it is proposed."""
    label = one.group.label
    return SavedReply(
        slug=slug,
        title=one.title,
        questions=one.questions,
        wordings=(Wording(text=one.group.text),),
        intents=(label,) if label else (),
    )


def _update_proposals(described: Sequence[DescribedGroup]) -> int:
    """Bring the open proposals up to date: those with mostly the same sources stay the same row,
    those that are no more go, and what people decided on stays away. How many are open.
    """
    waiting = {
        row: set(row.sources.values_list("pk", flat=True).order_by())
        for row in ReplyProposal.objects.select_for_update().filter(state=ReplyProposal.State.OPEN)
    }
    decided = list(_load_decided_sources())
    kept = [one for one in described if not any(_is_mostly_within(one.group, d) for d in decided)]
    known = load_configuration().replies
    for one in kept:
        row = next((row for row, of in waiting.items() if _is_mostly_within(one.group, of)), None)
        if row is not None:
            del waiting[row]
        _save_proposal(row or ReplyProposal(), one, _find_like(one, known))
    ReplyProposal.objects.filter(pk__in=[row.pk for row in waiting]).delete()
    return len(kept)


def _load_decided_sources() -> Iterator[set[int]]:
    for row in ReplyProposal.objects.exclude(state=ReplyProposal.State.OPEN):
        yield set(row.sources.values_list("pk", flat=True).order_by())


def _is_mostly_within(group: ReplyGroup, others: Collection[int]) -> bool:
    messages = {one.message for one in group.members}
    return len(messages & set(others)) >= MIN_OVERLAP_SHARE * len(messages)


def _find_like(one: DescribedGroup, known: Sequence[SavedReply]) -> SavedReplyRow | None:
    """The saved reply that answers half of the questions or more, by the chances in force."""
    finder: Any = registry.load_engine("answers")
    fits = [
        Fit.LIKELY if not reply.intents or one.group.label in reply.intents else Fit.NO
        for reply in known
    ]
    asked = [Asked(words=w, kind=AskedKind.QUESTION, context=w) for w in one.questions]
    found = finder.match_replies(asked, known, fits)
    counted = Counter(place for place, chance in found if chance >= finder.least_reply)
    place, times = next(iter(counted.most_common(1)), (0, 0))
    if times < LIKE_SHARE * len(asked) or not times:
        return None
    return SavedReplyRow.objects.filter(slug=known[place].slug).first()


def _save_proposal(row: ReplyProposal, one: DescribedGroup, like: SavedReplyRow | None) -> None:
    row.title, row.label, row.text = one.title, one.group.label, one.group.text
    row.doubts, row.questions, row.like = list(one.doubts), list(one.questions), like
    row.save()
    row.sources.set([member.message for member in one.group.members])


def accept_proposal(
    proposal: int,
    *,
    title: str,
    text: str,
    questions: Sequence[str],
    by: User,
) -> SavedReplyRow:
    """Make the proposal of that id a saved reply, used from the next ticket on.

    Raises ReplyNotTaken.
    """
    with transaction.atomic():
        found = _lock_open_proposal(proposal)
        if len(questions) < MIN_ANSWERS:
            raise ReplyNotTaken(f"Leave at least {MIN_ANSWERS} questions: it is found by them.")
        row = _create_reply(title, text, questions, found.label)
        _save_decision(found, ReplyProposal.State.TAKEN, by, row)
    return row


def refuse_proposal(proposal: int, *, by: User) -> None:
    """Refuse that of this id; mostly the same answers are not proposed again.

    Raises ReplyNotTaken.
    """
    with transaction.atomic():
        _save_decision(_lock_open_proposal(proposal), ReplyProposal.State.REFUSED, by, None)


def _create_reply(title: str, text: str, questions: Sequence[str], label: str) -> SavedReplyRow:
    """A saved reply with this wording. Raises ReplyNotTaken for one that cannot be used."""
    title, text = " ".join(title.split())[:120], text.strip()
    if not title or not text:
        raise ReplyNotTaken("Give it a title and a text.")
    if sentence := find_money_promise(text):
        raise ReplyNotTaken(
            f"“{sentence}” reads as if money were given. Refunds are decided by refund rules and "
            "people: say how it works, not that it is given."
        )
    if unknown := find_unknown_fields(text):
        raise ReplyNotTaken(f"There is no value {{{unknown[0]}}}: write the words instead.")
    known = Intent.objects.filter(slug=label).exists()
    row = SavedReplyRow.objects.create(
        slug=_find_free_slug(title),
        title=title,
        questions=list(dict.fromkeys(questions)),
        intents=[label] if known else [],
    )
    SavedWording.objects.create(reply=row, text=text)
    return row


def _find_free_slug(title: str) -> str:
    wanted = slugify(title)[:60] or "reply"
    taken = set(
        SavedReplyRow.objects.filter(slug__startswith=wanted).values_list("slug", flat=True)
    )
    numbered = (f"{wanted}-{number}" for number in count(2))
    return next(slug for slug in chain([wanted], numbered) if slug not in taken)


def _lock_open_proposal(proposal: int) -> ReplyProposal:
    found = ReplyProposal.objects.select_for_update().filter(pk=proposal, state="open").first()
    if found is None:
        raise ReplyNotTaken("Somebody decided on this meanwhile, or it is no longer there.")
    return found


def _save_decision(
    proposal: ReplyProposal, state: ReplyProposal.State, by: User, reply: SavedReplyRow | None
) -> None:
    proposal.state, proposal.reply = state, reply
    proposal.decided_by, proposal.decided_at = by, timezone.now()
    proposal.save()
