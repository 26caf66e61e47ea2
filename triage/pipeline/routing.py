"""Why a ticket goes before a person, in sentences for the agent.

Pure. No reason: its draft is ready to be sent by a person as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from triage.contract.answers import Readiness, shorten_words
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
from triage.steps.answer import Answers
from triage.steps.draft import Reply, is_in_our_language
from triage.steps.retrieve import Retrieval

COUNT_WORDS: Final = {2: "Two", 3: "Three"}
OUTCOME_SENTENCES: Final = {
    Outcome.EMPTY: "There is nothing to read in this message",
    Outcome.SPAM: "This looks like spam",
    Outcome.NOT_OURS: "This does not look like a request to us",
}
NO_FOREIGN_REPLY: Final = (
    "No reply was written: no saved reply in the customer's language answers it. Please write one."
)
NO_REPLY: Final = "No reply was written. If it is one after all, choose a label; if not, close it."


def iter_attention_reasons(case: Case, trouble: str) -> Iterator[str]:
    """Each reason as a sentence; ``trouble`` is what stood in the way of a proposed refund."""
    yield from _iter_label_reasons(case)
    if not _is_nothing_asked(case):
        if not is_in_our_language(case) and not case[Reply].text:
            yield NO_FOREIGN_REPLY
        yield from filter(None, [case[Retrieval].open_question])
    yield from _iter_answer_reasons(case, trouble)


def _iter_label_reasons(case: Case) -> Iterator[str]:
    label = case[Classification]
    if label.outcome_because in (FOREIGN_LANGUAGE_REASON, UNKNOWN_IN_LANGUAGE_REASON):
        yield f"{label.outcome_because[0].upper()}{label.outcome_because[1:]}."
    if label.outcome == Outcome.SEVERAL and not is_ready(case):
        names = join_names([matter.name for matter in label.matters])
        yield (
            f"{COUNT_WORDS.get(len(label.matters), 'Several')} matters: {names}. "
            "Please check the label and that the reply answers each."
        )
    elif _is_nothing_asked(case):
        yield f"{OUTCOME_SENTENCES[label.outcome]}{_format_outcome_reason(label)}. {NO_REPLY}"
    elif label.label or is_ready(case):
        return  # what is answered is answered, whatever it is called
    elif label.suggestion_name:
        yield f"Is this “{label.suggestion_name}”? Please confirm the label or choose another."
    else:
        yield "Needs a label from a person."


def _is_nothing_asked(case: Case) -> bool:
    """Whether nothing in it is to be answered, as far as a machine can tell."""
    outcome = case[Classification].outcome
    return outcome in NO_REPLY_OUTCOMES and not case[Answers].items


def is_ready(case: Case) -> bool:
    """Whether all that was asked has an answer, and it is written."""
    return bool(case[Reply].text) and case[Answers].find_readiness() is Readiness.READY


def _format_outcome_reason(label: Classification) -> str:
    return f": {label.outcome_because}" if label.outcome_because else ""


def _iter_answer_reasons(case: Case, trouble: str) -> Iterator[str]:
    decided, label = case[Proposed], case[Classification]
    if trouble:
        yield trouble
    elif _is_nothing_asked(case):
        return
    elif case.settled and decided.questions:
        yield " ".join(decided.questions)
    elif not label.label and decided.questions[1:]:
        yield from decided.questions[1:]  # the first is about the label
    elif label.label and _has_open_question(case, decided):
        yield " ".join(decided.questions)
    elif is_in_our_language(case) or case[Answers].items:
        yield from _iter_missing_answers(case)


def _iter_missing_answers(case: Case) -> Iterator[str]:
    """What the reply does not say yet, where there is anything that it has to say."""
    if case.settled and case.is_answered and case[Reply].text:
        return
    if case[Answers].list_open():
        yield _describe_open_answers(case[Answers])
    elif not case[Reply].text and is_in_our_language(case):
        yield "No draft could be written: please answer yourself."


def _describe_open_answers(answers: Answers) -> str:
    """How many questions have an answer, and the first that has none with the reason."""
    first = answers.list_open()[0]
    said = shorten_words(first.words)
    return f"{answers.format_count()}. Open: “{said}” ({first.because})."


def _has_open_question(case: Case, decided: Proposed) -> bool:
    """Whether a person has to settle something first: which of several orders too, as that
    may be seen at a glance."""
    several = decided.outcome == ASK and bool(case.order_alternatives)
    return decided.outcome == HUMAN or (several and bool(decided.questions))
