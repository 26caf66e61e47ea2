"""Does a sentence say of the order and the message what the rows do not say?"""

from __future__ import annotations

import re
from typing import Final

from triage.contract.fact_types import HISTORY_KINDS
from triage.guardrails.claims.claim import VALUE, Statement
from triage.guardrails.claims.clause_claims import (
    MIN_RESTATED_SHARE,
    build_clause_source,
    compute_clause_coverage,
)
from triage.guardrails.claims.lexicon import CLAIM_BOOK
from triage.guardrails.commitments.draft_check import CONDITION
from triage.nlu.content_words import NEGATION, parse_word_list, split_words, stem_word

# --- times -----------------------------------------------------------------------

_build, _compile = CLAIM_BOOK.build_pattern, CLAIM_BOOK.compile_list
TIME: Final = _compile("time")
IDIOMS: Final = _compile("time_idiom")
CUSTOMER_MENTION: Final = _compile("customer_mention")
COURTEOUS: Final = re.compile(
    r"^\W*(?:(?:hi|hello|hey|dear|good)\b[^,.!]*, )?(?:and )?(?:many )?(?:thank|thanks|enjoy|have (?:a|an|yourself)|(?:i |we )?(?:wish(?:ing)?|hop(?:e|ing))|how (?:can|may)|all the)\b",
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


# --- the order's state -----------------------------------------------------------

BEEN: Final = (
    r"\b(?:has|have|had|was|were|is|are|been|got)(?: (?!not\b|never\b|yet\b|being\b)\w+){0,2}"
)
NOT_STATED: Final = re.compile(f"{CONDITION.pattern}|{_build('not_stated')}", re.IGNORECASE)
ORDER_STATES: Final = tuple(
    (name, re.compile(rf"(?:{said})\b", re.IGNORECASE), tuple(proof.split()))
    for name, said, proof in (
        (
            "delivered",
            rf"{BEEN} (?:delivered|handed over)",
            "deliver complet fulfil collect return refund exchang",
        ),
        (
            "sent",
            rf"{BEEN} (?:shipped|dispatched|posted)|\b(?:order|parcel|it) is on its way",
            "ship transit dispatch deliver out way sent complet fulfil collect return refund lost delay",
        ),
        ("cancelled", rf"\b(?:order|it)\b[^.;,]{{0,24}}{BEEN} cancell?ed", "cancel void"),
        (
            "sent back",
            rf"\b(?:order|item|it|parcel) {BEEN} (?:returned|sent back)",
            "return refund exchang",
        ),
        ("lost", rf"\b(?:order|parcel|it) {BEEN} lost", "lost"),
    )
)
TYPED_STATE: Final = re.compile(
    r"(?:\b(?:marked|shown|recorded|listed) as|\bstatus(?: of| is|:)?|•, as|• is) (?!•)"
    r"(?:now |currently |already )?(deliver\w*|shipped|dispatched|cancel\w*|return\w*|refunded"
    r"|process\w*|pending|complet\w*|lost|delay\w*|packed|collected|in transit|void)\b(?! on •)",
    re.IGNORECASE,
)


def find_wrong_order_state(said: Statement) -> str:
    """Why a sentence gives the order a state that its row does not have, or an empty string."""
    status = " ".join(slot.value for slot in said.task.list_slots("status")).lower()
    typed = TYPED_STATE.search(said.prose)
    if typed and typed.group(1).lower() not in status:
        return "gives the order a status that its row does not have"
    known = {*map(stem_word, split_words(status)), *_list_order_kinds(said)}
    for name, state, proof in ORDER_STATES:
        if _is_state_claimed(state, said) and not any(word.startswith(proof) for word in known):
            return f"says that the order is {name}, and its row does not"
    return ""


def _list_order_kinds(said: Statement) -> set[str]:
    """The kinds of what is known of the order; what the account was refunded before is none."""
    return {slot.kind for slot in said.task.slots} - HISTORY_KINDS


def _is_state_claimed(state: re.Pattern[str], said: Statement) -> bool:
    found = state.search(said.prose)
    return (
        found is not None
        and not NOT_STATED.search(said.prose, 0, found.end())
        and not said.is_question
    )


# --- facts denied ----------------------------------------------------------------

RECORD_KINDS: Final = parse_word_list(
    "order placed status promised delivered tracking total paid item since orders spent refunds"
    " refunded amount other_order"
)
FACT_DENIED: Final = re.compile(
    r"\b(?:(?<!can )not|never|(?!can|won)\w+n['’]t)\b(?! what| the same)(?: (?!able\b|only\b)\w+){0,4} ?(?:•|"
    r"(?:plac|deliver|pa[iy]d|pay|promis|mark|show|order|buy|bought|refund|arriv|reach|contain|hold"
    r"|spen|record|see|find|found|have|follow|due|expect|appear|list|receiv|shop|come|came|ship|dispatch|sent"
    r"|about •|include|worth)\w*\b)"
    r"|\b(?:nothing|none of it) (?:has|was|is)|\b(?:unable|not able) to (?:see|find|locate|trace|confirm that)"
    r"|\bno (?:\w+ ){0,3}(?:•|\()|\bno (?:order|payment|tracking)"
    r"|\b(?:cannot|can not|can['’]t) (?:see|find|locate|trace|follow|check|track)\b",
    re.IGNORECASE,
)
EXCUSED: Final = re.compile(
    r"\b(?:if|when|whether|unless|which order|which of)\b.*\||\bplease (?:also |just )?\|"
    r"|\b(?:decided|has to|needs? to|problem|which order|besides|apart from|except)\b",
    re.IGNORECASE,
)
"""What makes a denial one of something else; | stands where the denial begins."""


def find_denied_record(said: Statement) -> str:
    """Why a sentence denies what a row says, or an empty string."""
    found = FACT_DENIED.search(said.prose)
    if not found or VALUE not in said.prose or "said_order" in said.kinds:
        return ""
    marked = f"{said.prose[: found.start()]}|{said.prose[found.start() :]}"
    return (
        "denies what the rows say"
        if said.kinds & RECORD_KINDS and not EXCUSED.search(marked)
        else ""
    )


# --- what only the message says ----------------------------------------------------

ON_RECORD: Final = _compile("on_record")
UNREAD_MESSAGE: Final = _compile("unread_message")
ORDER_KNOWN: Final = _compile("order_known")
ORDER_ASKED_FOR: Final = _compile("order_asked_for")


def find_unconfirmed_value(said: Statement) -> str:
    """Why a sentence says that a value is on record which only the message names, or an empty
    string.
    """
    open_still = NEGATION.search(said.prose) or re.search(r"unclear|open", said.prose)
    if "said_order" in said.kinds and not open_still and ON_RECORD.search(said.prose):
        return "says that we have what only the message names"
    known = None if said.task.list_slots("order") else ORDER_KNOWN.search(said.prose)
    if known and not ORDER_ASKED_FOR.search(said.prose[: known.end()]):
        return "says that the order is known, and it is not"
    return "denies that the message was read" if UNREAD_MESSAGE.search(said.prose) else ""
