"""The conditions of a clause that the rows of an order decide, and how they come out for it.

Pure. A clause says until when something can be done: before the order has been sent, once it
has, within so many days of its delivery or purchase. Code compares; a reply says the result.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from triage.contract.answers import Comparison
from triage.contract.case import Case
from triage.contract.saved_reply import Condition
from triage.nlu.sentences import POLICY, split_sentences
from triage.policies.contradictions.conditions import AFTER_SENDING
from triage.policies.contradictions.quantities import Length, parse_lengths
from triage.policies.contradictions.rule_words import match_words
from triage.saved_replies.reply_conditions import compare_condition, find_state

UNTIL_SENT: Final = re.compile(
    rf"\b{match_words('sending.so_far')} (?:\w+ )?\w+ {match_words('sending.been')}"
    rf" (?:\w+ )?{match_words('sending.packed')}\b",
    re.IGNORECASE,
)
MIN_DAYS: Final = 2
"""Rows have days: of what is counted in hours they cannot tell."""
NOT_SENT, SENT = ("waiting",), ("moving", "done")
NOT_SENT_YET: Final = "Your order {order} has not been sent yet, so this is still possible."
SENT_ALREADY: Final = "Your order {order} has been sent already, so this is no longer possible."
SENT_SO_HOLDS: Final = "Your order {order} has been sent, so this applies to it."
WITHIN_TIME: Final = "Your order {order} was %s on {%s}, so you are within this time."
TIME_IS_OVER: Final = "Your order {order} was %s on {%s}, so this time is over."
COUNTED: Final = {"delivery": ("delivered", "delivered"), "purchase": ("placed", "placed")}
"""From what a time counts -> how a reply calls it, and the fact that has the day."""


@dataclass(frozen=True, kw_only=True)
class ClauseCondition:
    """A condition read off a sentence of a clause, and what a reply says of it by its result."""

    sentence: str
    condition: Condition
    holds: str
    fails: str


def parse_clause_conditions(text: str) -> tuple[ClauseCondition, ...]:
    """The conditions in the text of a clause that rows can decide, in its order."""
    return tuple(
        found for sentence in split_sentences(text, POLICY) for found in _iter_conditions(sentence)
    )


def _iter_conditions(sentence: str) -> Iterator[ClauseCondition]:
    if UNTIL_SENT.search(sentence):
        yield ClauseCondition(
            sentence=sentence,
            condition=Condition(states=NOT_SENT),
            holds=NOT_SENT_YET,
            fails=SENT_ALREADY,
        )
    elif AFTER_SENDING.search(sentence):
        yield ClauseCondition(
            sentence=sentence, condition=Condition(states=SENT), holds=SENT_SO_HOLDS, fails=""
        )
    for length in parse_lengths(sentence):
        countable = not length.working and length.days >= MIN_DAYS
        if length.upper and countable and length.start in COUNTED:
            yield _build_window(sentence, length)


def _build_window(sentence: str, length: Length) -> ClauseCondition:
    said, fact = COUNTED[length.start]
    days = (None, round(length.days))
    return ClauseCondition(
        sentence=sentence,
        condition=Condition(days_since_delivery=days)
        if length.start == "delivery"
        else Condition(days_since_purchase=days),
        holds=WITHIN_TIME % (said, fact),
        fails=TIME_IS_OVER % (said, fact),
    )


@dataclass(frozen=True, kw_only=True)
class AppliedClause:
    """What the conditions of a clause come to: the ``text`` that a reply adds, values as {names},
    and each comparison. ``is_open``: the rows leave one undecided.
    """

    text: str
    compared: tuple[Comparison, ...]

    @property
    def is_open(self) -> bool:
        return any(one.holds is None for one in self.compared)


def apply_clause(text: str, case: Case) -> AppliedClause:
    """How the condition of a clause's text comes out for the order of the case. Of several a person
    says which is meant.
    """
    found = parse_clause_conditions(text)
    compared = tuple(one for each in found for one in _compare_plainly(each, case))
    if len(found) != 1:
        return AppliedClause(text="", compared=tuple(replace(one, holds=None) for one in compared))
    holds = all(one.holds for one in compared)
    return AppliedClause(text=found[0].holds if holds else found[0].fails, compared=compared)


def _compare_plainly(found: ClauseCondition, case: Case) -> Iterator[Comparison]:
    """The comparisons; open where an order is held up, sent back or cancelled: whether it was
    sent before that no row says.
    """
    unclear = case.order is not None and find_state(case.order) not in (*NOT_SENT, *SENT)
    for one in compare_condition(found.condition, case):
        yield replace(one, holds=None) if unclear and found.condition.states else one
