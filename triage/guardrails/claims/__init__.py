"""Is what a writer says supported by the case: by its facts, its clauses, its decision?

Pure. ``unsupported`` looks at a sentence with marks, rule by rule, and says in plain words
what is wrong with it. A greeting or a word of thanks claims nothing and passes. ``supported``
looks at plain text beside a source. A value has a source by construction; this is for the
words around it.
"""

from __future__ import annotations

import re
from typing import Final

from triage.contract.fact_types import UNSPOKEN
from triage.contract.slots import WritingTask
from triage.guardrails.claims.claim import Statement
from triage.guardrails.claims.clause_claims import against_a_clause, no_such_rule, said_by_a_clause
from triage.guardrails.claims.entailment import supported
from triage.guardrails.claims.names import unknown_name
from triage.guardrails.claims.non_claims import claims_nothing
from triage.guardrails.claims.record_claims import denied, other_state, unconfirmed, unset_time
from triage.guardrails.claims.value_context import misplaced
from triage.guardrails.commitments.draft_check import REMEDY, promises

__all__ = ["supported", "unsupported"]

WHO: Final = frozenset({"shop", "customer"})
RELATED: Final = 0.3
"""The share of its content in the clauses from which on a sentence has to do with them."""
TWO: Final = 2


def unsupported(sentence: str, task: WritingTask) -> str:
    """Why the case does not support a sentence, in plain words, or an empty string."""
    said = Statement(sentence, task)
    return next(filter(None, (rule(said) for rule in RULES)), "")


def unspoken(said: Statement) -> str:
    """A value that a reply must not repeat, or an empty string."""
    repeated = said.kinds & UNSPOKEN
    return "repeats a link, address or number of the message" if repeated else ""


def committing(said: Statement) -> str:
    """A promise, or money spoken of as decided; an empty string for neither."""
    return promises(said, said_by_a_clause(said.plain, said.task))


def stands_on_nothing(said: Statement) -> str:
    """A statement that is no courtesy, points at nothing and says no clause; else nothing."""
    states = re.search(r"[.!]\W*$", said.text) and len(said.text.split()) > TWO
    if not said.is_reply or said.kinds - WHO or not states or claims_nothing(said.text):
        return ""
    related = REMEDY.search(said.text) or said_by_a_clause(said.plain, said.task) >= RELATED
    return "" if related else "stands on no fact and no clause"


RULES: Final = (
    unspoken,
    misplaced,
    unknown_name,
    committing,
    unset_time,
    other_state,
    denied,
    unconfirmed,
    against_a_clause,
    no_such_rule,
    stands_on_nothing,
)
