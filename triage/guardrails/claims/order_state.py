"""Does a sentence give the order a state that its row does not have?"""

from __future__ import annotations

import re
from typing import Final

from triage.contract.fact_types import HISTORY_KINDS
from triage.guardrails.claims.claim_book import CLAIM_BOOK
from triage.guardrails.commitments.draft_check import CONDITION
from triage.guardrails.statement import Statement
from triage.nlu.content_words import split_words, stem_word

BEEN: Final = (
    r"\b(?:has|have|had|was|were|is|are|been|got)(?: (?!not\b|never\b|yet\b|being\b)\w+){0,2}"
)
NOT_STATED: Final = re.compile(
    f"{CONDITION.pattern}|{CLAIM_BOOK.build_pattern('not_stated')}", re.IGNORECASE
)
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
            "ship transit dispatch deliver out way sent complet fulfil collect return refund lost"
            " delay",
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
