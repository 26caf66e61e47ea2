"""Does a sentence deny what a row says, or say that only the message's words are on record?"""

from __future__ import annotations

import re
from typing import Final

from triage.guardrails.claims.claim_book import CLAIM_BOOK
from triage.guardrails.statement import VALUE, Statement
from triage.nlu.content_words import NEGATION, parse_word_list

_compile = CLAIM_BOOK.compile_list
RECORD_KINDS: Final = parse_word_list(
    "order placed status promised delivered tracking total paid item since orders spent refunds"
    " refunded amount other_order"
)
FACT_DENIED: Final = re.compile(
    r"\b(?:(?<!can )not|never|(?!can|won)\w+n['’]t)\b(?! what| the same)(?: (?!able\b"
    r"|only\b)\w+){0,4} ?(?:•|"
    r"(?:plac|deliver|pa[iy]d|pay|promis|mark|show|order|buy|bought|refund|arriv|reach|contain|hold"
    r"|spen|record|see|find|found|have|follow|due|expect|appear|list|receiv|shop|come|came|ship"
    r"|dispatch|sent"
    r"|about •|include|worth)\w*\b)"
    r"|\b(?:nothing|none of it) (?:has|was|is)|\b(?:unable|not able) to (?:see|find|locate"
    r"|trace|confirm that)"
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
