"""Why a ticket goes before a person, in sentences for the agent.

Pure. No reason: its draft is ready to be sent by a person as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from triage.contract.case import Case
from triage.contract.outcomes import (
    FOREIGN_LANGUAGE_REASON,
    NO_REPLY_OUTCOMES,
    UNKNOWN_IN_LANGUAGE_REASON,
    Outcome,
    join_names,
)
from triage.contract.outputs import Classification
from triage.refunds.proposal import ASK, HUMAN, Proposed
from triage.steps.draft import Reply, is_in_our_language
from triage.steps.retrieve import Retrieval

COUNT_WORDS: Final = {2: "Two", 3: "Three"}
OUTCOME_SENTENCES: Final = {
    Outcome.EMPTY: "There is nothing to read in this message",
    Outcome.SPAM: "This looks like spam",
    Outcome.NOT_OURS: "This does not look like a request to us",
}
NO_POLICY: Final = (
    "None of our policies is likely to answer this. Please check what the draft says."
)
NO_FOREIGN_REPLY: Final = (
    "No reply was written, as we write in English alone. Please answer in the customer's language."
)
NO_REPLY: Final = "No reply was written. If it is one after all, choose a label; if not, close it."


def iter_attention_reasons(case: Case, trouble: str) -> Iterator[str]:
    """Each reason as a sentence; ``trouble`` is what stood in the way of a proposed refund."""
    yield from _iter_label_reasons(case[Classification])
    if case[Classification].outcome not in NO_REPLY_OUTCOMES:
        if not is_in_our_language(case):
            yield NO_FOREIGN_REPLY
        yield from filter(None, [case[Retrieval].open_question])
    yield from _iter_answer_reasons(case, trouble)


def _iter_label_reasons(label: Classification) -> Iterator[str]:
    if label.outcome_because in (FOREIGN_LANGUAGE_REASON, UNKNOWN_IN_LANGUAGE_REASON):
        yield f"{label.outcome_because[0].upper()}{label.outcome_because[1:]}."
    if label.outcome == Outcome.SEVERAL:
        names = join_names([matter.name for matter in label.matters])
        yield (
            f"{COUNT_WORDS.get(len(label.matters), 'Several')} matters: {names}. "
            "Please check the label and that the reply answers each."
        )
    elif label.outcome in NO_REPLY_OUTCOMES:
        yield f"{OUTCOME_SENTENCES[label.outcome]}{_format_outcome_reason(label)}. {NO_REPLY}"
    elif label.suggestion_name:
        yield f"Is this “{label.suggestion_name}”? Please confirm the label or choose another."
    elif not label.label:
        yield "Needs a label from a person."


def _format_outcome_reason(label: Classification) -> str:
    return f": {label.outcome_because}" if label.outcome_because else ""


def _iter_answer_reasons(case: Case, trouble: str) -> Iterator[str]:
    decided, label = case[Proposed], case[Classification]
    if trouble:
        yield trouble
    elif case.settled and decided.questions:
        yield " ".join(decided.questions)
    elif not label.label:
        yield from _get_refund_questions(label, decided)
    elif _has_open_question(case, decided):
        yield " ".join(decided.questions)
    elif not is_in_our_language(case):
        return  # said already: there is no draft to check
    elif not case[Reply].text:
        yield "No draft could be written: please answer yourself."
    elif not (case.settled or case[Retrieval].hits) and _needs_policy(case, label.label):
        yield NO_POLICY


def _get_refund_questions(label: Classification, decided: Proposed) -> tuple[str, ...]:
    """The questions about money, after the first, which is about the label; none where nothing
    was asked.
    """
    return () if label.outcome in NO_REPLY_OUTCOMES else decided.questions[1:]


def _has_open_question(case: Case, decided: Proposed) -> bool:
    """Whether a person has to settle something first: which of several orders too, as that
    may be seen at a glance."""
    several = decided.outcome == ASK and bool(case.order_alternatives)
    return decided.outcome == HUMAN or (several and bool(decided.questions))


def _needs_policy(case: Case, label: str) -> bool:
    intent = case.find_intent(label)
    return intent is not None and intent.needs_policy
