"""Is what a writer says supported by the case: by its facts, its clauses, its decision?

Pure. ``find_unsupported_claim`` looks at a sentence with slots, rule by rule, and says in
plain words what is wrong with it. A greeting or a word of thanks claims nothing and passes.
``score_support`` looks at plain text beside a source. A value has a source by construction;
this is for the words around it.
"""

from __future__ import annotations

import re
from typing import Final

from triage.contract.fact_types import UNREPEATABLE_KINDS
from triage.contract.slots import WritingTask
from triage.guardrails.claims.clause_claims import (
    compute_clause_coverage,
    find_contradicted_clause,
    find_invented_rule,
)
from triage.guardrails.claims.entailment import score_support
from triage.guardrails.claims.names import find_unknown_name
from triage.guardrails.claims.non_claims import is_non_claim
from triage.guardrails.claims.order_state import find_wrong_order_state
from triage.guardrails.claims.record_claims import find_denied_record, find_unconfirmed_value
from triage.guardrails.claims.unset_times import find_unset_time
from triage.guardrails.claims.value_context import find_misplaced_value
from triage.guardrails.commitments.draft_check import REMEDY, find_unauthorised_commitment
from triage.guardrails.statement import Statement

__all__ = ["score_support", "find_unsupported_claim"]

PARTY_KINDS: Final = frozenset({"shop", "customer"})
MIN_CLAUSE_SHARE: Final = 0.3
"""The share of its content in the clauses from which on a sentence has to do with them."""
MAX_FRAGMENT_WORDS: Final = 2


def find_unsupported_claim(sentence: str, task: WritingTask) -> str:
    """Why the case does not support a sentence, in plain words, or an empty string."""
    said = Statement(sentence, task)
    return next(filter(None, (rule(said) for rule in RULES)), "")


def find_repeated_contact(said: Statement) -> str:
    """Why a reply repeats a value that it must not, or an empty string."""
    repeated = said.kinds & UNREPEATABLE_KINDS
    return "repeats a link, address or number of the message" if repeated else ""


def find_commitment(said: Statement) -> str:
    """Why the sentence commits the shop to what nobody approved, or an empty string."""
    return find_unauthorised_commitment(said, compute_clause_coverage(said.plain, said.task))


def find_baseless_statement(said: Statement) -> str:
    """Why a statement rests on nothing, or an empty string.

    It rests on nothing where it is no courtesy, points at no value and restates no clause.
    """
    states = re.search(r"[.!]\W*$", said.text) and len(said.text.split()) > MAX_FRAGMENT_WORDS
    if not said.is_reply or said.kinds - PARTY_KINDS or not states or is_non_claim(said.text):
        return ""
    related = (
        REMEDY.search(said.text)
        or compute_clause_coverage(said.plain, said.task) >= MIN_CLAUSE_SHARE
    )
    return "" if related else "stands on no fact and no clause"


RULES: Final = (
    find_repeated_contact,
    find_misplaced_value,
    find_unknown_name,
    find_commitment,
    find_unset_time,
    find_wrong_order_state,
    find_denied_record,
    find_unconfirmed_value,
    find_contradicted_clause,
    find_invented_rule,
    find_baseless_statement,
)
