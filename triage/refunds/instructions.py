"""Whether a message speaks to the machine, or orders about the shop's own decisions.

Pure. Nothing in a message can move an amount or an approver, so nothing rests on this being
complete: it only sends such a message to more people, and tells them. Requests that any
customer makes ("please refund me") are none of it, however strongly they are put.
"""

from __future__ import annotations

import re
from typing import Final

MOST_READ: Final = 20_000
WORK: Final = (
    r"(?:rules?|instructions?|prompts?|polic(?:y|ies)|guidelines?|guardrails?|restrictions?|limits?"
    r"|checks?|approvals?|safeguards?)"
)
WHOSE: Final = r"(?:(?:all|any|every|the|your|of|these|those|previous|prior|earlier|above|other|system|safety|refund|company|existing|internal)\s+){0,5}"
SIGNS: Final = {
    "it tells the machine to leave its rules aside": (
        rf"\b(?:ignore|disregard|forget|override|bypass|skip|drop|suspend)\s+{WHOSE}{WORK}\b"
        r"|\b(?:ignore|disregard|forget) (?:everything|anything|all)\b[^.?!\n]{0,30}\b(?:above|before|told|said|instructed)\b"
        r"|\bnew (?:system )?instructions?\s*:|\b(?:end|begin|start) of (?:system )?(?:prompt|instructions?)\b"
    ),
    "it speaks to a machine": (
        r"\b(?:you are|act as|pretend to be|you're) (?:now )?(?:an? |the )?(?:unrestricted |helpful )?"
        r"(?:ai|bot|language model|llm|assistant with|dan|administrator|admin|supervisor|refund (?:agent|bot|system))\b"
        r"|\b(?:dear|attention|note to|message to|hey|hello|important for) (?:the )?(?:ai|llm|chatbot|language model|bot)\b"
        r"|\b(?:developer|debug|admin(?:istrator)?|god|maintenance|test) mode\b(?=[^.?!\n]{0,30}\b(?:on|enabled?|activated?|is|now)\b)"
        r"|<\|?(?:im_start|im_end|system|endoftext|assistant)\|?>|\[/?(?:inst|system)\]|<<sys>>"
        r"|(?m:^[\W_]{0,6}(?:system|assistant|developer)(?: (?:message|prompt|note|override))?\s*:)"
    ),
    "it gives an approval": (
        r"\b(?:approval_required|requires?_approval|auto[_-]?approved?|reviewer|approver|refund_amount|risk_level|remedy|decision)\s*(?:=|:=|:|is set to)\s*\S"
        r"|\bset\s+(?:the\s+)?(?:refund|amount|reviewer|approver|approval\w*|risk|rule|remedy)\b[^.?!\n]{0,30}\b(?:to|=)\s"
        r"|\b(?:mark|flag|record|label|treat|classify|log) (?:this|it|the \w+|my \w+) as (?:(?:pre|already|auto)[- ]?)?(?:approved|paid|verified|authori[sz]ed|refunded|eligible|low[- ]risk)\b"
        r"|\b(?:no|without(?: any)?|skip(?: the)?|needs? no) (?:human |manual |further |second |manager |supervisor )*(?:approval|review|reviewer|approver|sign-off)\b"
        r"|\b(?:approved|authori[sz]ed|signed off|cleared) by (?:the |your |our )?(?:manager|supervisors?|head|ceo|cfo|finance|admin\w*|management|director|headquarters|system)\b"
    ),
    "it hides something": r"[\u200b\u2060-\u2064\U000e0000-\U000e007f\u202a-\u202e\u2066-\u2069]{2,}|[\U000e0020-\U000e007e]",
}
PATTERNS: Final = {why: re.compile(sign, re.IGNORECASE) for why, sign in SIGNS.items()}


def orders_in(text: str) -> tuple[str, ...]:
    """Why the text looks like instructions to the machine, a few words each; empty for no."""
    read = text[:MOST_READ]
    return tuple(why for why, pattern in PATTERNS.items() if pattern.search(read))
