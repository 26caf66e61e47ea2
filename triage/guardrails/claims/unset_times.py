"""Does a sentence set a time that no clause and no message sets?"""

from __future__ import annotations

import re
from typing import Final

from triage.guardrails.claims.claim_book import CLAIM_BOOK
from triage.guardrails.claims.clause_claims import (
    MIN_RESTATED_SHARE,
    build_clause_source,
    compute_clause_coverage,
)
from triage.guardrails.commitments.draft_check import CONDITION
from triage.guardrails.statement import Statement
from triage.nlu.content_words import split_words, stem_word

_compile = CLAIM_BOOK.compile_list
TIME: Final = _compile("time")
IDIOMS: Final = _compile("time_idiom")
CUSTOMER_MENTION: Final = _compile("customer_mention")
COURTEOUS: Final = re.compile(
    r"^\W*(?:(?:hi|hello|hey|dear|good)\b[^,.!]*, )?(?:and )?(?:many )?(?:thank|thanks|enjoy"
    r"|have (?:a|an|yourself)|(?:i |we )?(?:wish(?:ing)?|hop(?:e|ing))|how (?:can|may)|all the)\b",
    re.IGNORECASE,
)
"""How thanks and wishes begin, of which a day is no date …"""
DUE_WORDS: Final = _compile("due")
"""… unless something is due."""


ARRIVES: Final = _compile("arrives")
"""A delivery foretold."""


def find_unset_time(said: Statement) -> str:
    """Why a sentence sets a time that no clause and no message sets, or an empty string."""
    prose = IDIOMS.sub(" ", said.prose)
    if COURTEOUS.match(prose) and not DUE_WORDS.search(prose):
        return ""
    by_a_clause = (
        compute_clause_coverage(TIME.sub(" ", said.plain), said.task) >= MIN_RESTATED_SHARE
    )
    set_by = build_clause_source(said.task).lower if by_a_clause else ""
    if CUSTOMER_MENTION.search(prose):
        set_by += said.task.ticket
    foretold = None if by_a_clause or "promised" in said.kinds else ARRIVES.search(prose)
    if foretold and not CONDITION.search(prose, 0, foretold.start()):
        return f"sets a time, “{foretold.group()}”, that no clause sets"
    known = set(map(stem_word, split_words(set_by)))
    for match in TIME.finditer(prose):
        if stem_word(split_words(match.group())[-1]) not in known:
            return f"sets a time, “{match.group()}”, that no clause sets"
    return ""
