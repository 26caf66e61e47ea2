"""Why a ticket goes before a person, in sentences for the agent.

Pure. No reason: its draft is ready to be sent by a person as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from triage.contract.case import Case
from triage.contract.outcomes import FOREIGN, NOTHING_ASKED, Outcome, listing
from triage.contract.outputs import Classification
from triage.refunds.proposal import ASK, HUMAN, REVIEW, Proposed
from triage.steps.draft import Reply
from triage.steps.retrieve import Retrieval

COUNTS: Final = {2: "Two", 3: "Three"}
FOUND: Final = {
    Outcome.EMPTY: "There is nothing to read in this message",
    Outcome.SPAM: "This looks like spam",
    Outcome.NOT_OURS: "This does not look like a request to us",
}
NO_POLICY: Final = (
    "None of our policies is likely to answer this. Please check what the draft says."
)
NO_REPLY: Final = "No reply was written. If it is one after all, choose a label; if not, close it."


def reasons(case: Case, trouble: str) -> Iterator[str]:
    """Each reason as a sentence; ``trouble`` is what stood in the way of a proposed refund."""
    yield from _about_the_label(case[Classification])
    if case[Classification].outcome not in NOTHING_ASKED:
        yield from filter(None, [case[Retrieval].question])
    yield from _about_the_answer(case, trouble)


def _about_the_label(label: Classification) -> Iterator[str]:
    if label.outcome_because == FOREIGN:
        yield f"{FOREIGN[0].upper()}{FOREIGN[1:]}."
    if label.outcome == Outcome.SEVERAL:
        names = listing([matter.name for matter in label.matters])
        yield (
            f"{COUNTS.get(len(label.matters), 'Several')} matters: {names}. "
            "Please check the label and that the reply answers each."
        )
    elif label.outcome in NOTHING_ASKED:
        yield f"{FOUND[label.outcome]}{_why(label)}. {NO_REPLY}"
    elif label.suggestion_name:
        yield f"Is this “{label.suggestion_name}”? Please confirm the label or choose another."
    elif not label.label:
        yield "Needs a label from a person."


def _why(label: Classification) -> str:
    return f": {label.outcome_because}" if label.outcome_because else ""


def _about_the_answer(case: Case, trouble: str) -> Iterator[str]:
    decided, label = case[Proposed], case[Classification]
    if trouble:
        yield trouble
    elif case.settled and decided.questions:
        yield " ".join(decided.questions)
    elif not label.label:
        yield from _of_money(label, decided)
    elif _is_open(case, decided):
        yield " ".join(decided.questions)
    elif decided.outcome == REVIEW and decided.remedy == "replacement":
        yield "A replacement is proposed: please arrange it."
    elif not case[Reply].text:
        yield "No draft could be written: please answer yourself."
    elif not (case.settled or case[Retrieval].hits) and _needs_policy(case, label.label):
        yield NO_POLICY


def _of_money(label: Classification, decided: Proposed) -> tuple[str, ...]:
    """What is open beside the label, which is the first question."""
    return () if label.outcome in NOTHING_ASKED else decided.questions[1:]


def _is_open(case: Case, decided: Proposed) -> bool:
    """Whether a person has to settle something first: which of several orders too, as that
    may be seen at a glance."""
    several = decided.outcome == ASK and bool(case.order_alternatives)
    return decided.outcome == HUMAN or (several and bool(decided.questions))


def _needs_policy(case: Case, label: str) -> bool:
    intent = case.intent(label)
    return intent is not None and intent.needs_policy
