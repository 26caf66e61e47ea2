"""Whether a message speaks to the machine, or orders about the shop's own decisions.

Pure. Nothing in a message can move an amount or an approver, so nothing rests on this being
complete: it only sends such a message to more people, and tells them. Requests that any
customer makes ("please refund me") are none of it, however strongly they are put.
"""

from __future__ import annotations

import re
from itertools import takewhile
from typing import Final

from triage.nlu.sentences import cut_sentences

MAX_TEXT_CHARS: Final = 20_000
PARAGRAPH: Final = re.compile(r"\n\s*\n")
RULE_NOUN: Final = (
    r"(?:rules?|instructions?|prompts?|polic(?:y|ies)|guidelines?|guardrails?|restrictions?|limits?"
    r"|checks?|approvals?|approvers?|safeguards?|review)"
)
QUALIFIERS: Final = (
    r"(?:(?:all|any|every|the|your|of|these|those|previous|prior|earlier|above|other|system|safety"
    r"|refund|company|existing|internal|second|first|final)\s+){0,5}"
)
PREPOSITION: Final = r"(?:to|into|in|of|with|throughout|from|for)"
REPLY: Final = r"(?:your|the) (?:response|reply|answer|output|repl(?:y|ies)|message)\b"
WRITE_VERB: Final = (
    r"(?:add|append|insert|include|integrate|embed|augment|enhance|modify|rewrite|replace|convert"
    r"|substitute|render|scramble|jumble|rearrange|misspell|anagram|group|remove|combine|introduce"
    r"|provide|translate|encode|suggest|tease|put|use)"
)
PRIVATE_DATA: Final = (
    r"(?:passwords?|passport|bank account|(?:credit )?card numbers?|security codes?|all (?:the )?messages"
    r"|messages from|all (?:user )?information|user information|api keys?|transaction history)"
)
EXTERNAL_ADDRESS: Final = r"(?:\S+@\S+\.\w|https?://|www\.|website|[A-Z]{2}\d\d[A-Z0-9]{8})"
INJECTION_SIGNS: Final = {
    "it tells the machine to leave its rules aside": (
        rf"\b(?:ignore|disregard|forget|override|bypass|skip|drop|suspend)\s+{QUALIFIERS}{RULE_NOUN}\b"
        r"|\b(?:ignore|disregard|forget) (?:everything|anything|all)\b[^.?!\n]{0,30}\b(?:above|before|told|said|instructed)\b"
        r"|\bnew (?:system )?instructions?\s*:|\b(?:end|begin|start) of (?:system )?(?:prompt|instructions?)\b"
        r"|\b(?:outranks?|overrules?|overrides?) (?:all |any )?(?:your|the|its) (?:rules?|polic|instructions?)"
        r"|\bpolicy (?:was|has been|is) changed\b[^.?!\n]{0,40}\b(?:says|reads)\s*:"
        r"|\bignorier\w* (?:\w+ ){0,4}(?:anweisung|vorgabe|regel|richtlinie)\w*"
        r"|\bignore[zr]? (?:\w+ ){0,4}(?:instructions|règles|consignes)\b"
        r"|\bignor[ae]\w* (?:\w+ ){0,4}(?:instrucciones|reglas|istruzioni|regole)\b"
        r"|\bzignoruj\w* (?:\w+ ){0,4}(?:polece|zasad|instrukcj)\w*"
    ),
    "it speaks to a machine": (
        r"\b(?:you are|act as|pretend to be|you're) (?:now )?(?:an? |the )?(?:unrestricted |helpful )?"
        r"(?:ai|bot|language model|llm|assistant with|dan|administrator|admin|supervisor|refund (?:agent|bot|system))\b"
        r"|\b(?:dear|attention|note to|message to|hey|hello|important for) (?:the )?(?:ai|llm|chatbot|language model|bot)\b"
        r"|\b(?:developer|debug|admin(?:istrator)?|god|maintenance|test) mode\b(?=[^.?!\n]{0,30}\b(?:on|enabled?|activated?|is|now)\b)"
        r"|<\|?(?:im_start|im_end|system|endoftext|assistant)\|?>|\[/?(?:inst|system)\]|<<sys>>"
        r"|(?m:^[\W_]{0,6}(?:system|système|sistema|assistant|developer)(?: (?:message|prompt|note|override))?\s*:)"
        r"|\b(?:message|note|order|instruction)s? (?:from [^.?!:\n]{1,40} )?(?:to|for) the (?:refund |support )?(?:system|machine|software|bot|model|assistant)\b"
        r"|\bprevious (?:answer|reply|message|turn) (?:of|by|from) (?:the )?(?:assistant|ai|model|bot)\b"
        r"|\b(?:hinweis|nachricht|anweisung) an die ki\b|\b(?:note|message) à l['’]ia\b"
        r"|\b(?:nota|mensaje) para la ia\b|\buwaga dla ai\b"
        r"|\b(?:du bist|sie sind|tu es|vous êtes|eres|jesteś)\b[^.?!\n]{0,30}(?:bot|robot|ki|ia)\b"
        r"|\btell nobody\b|\bdo not mention this (?:line|note|message)\b"
        r"|[\"'](?:tool|function|tool_call|approved|action)[\"']\s*:"
        rf"|\b{WRITE_VERB}\b[^?!\n]{{0,160}}\b{PREPOSITION} {REPLY}"
        rf"|\b{WRITE_VERB}\b[^?!\n]{{0,20}}\b{REPLY} (?:to|by|in|without|with|using|so that|into)\b"
        rf"|\bin {REPLY},? (?:please )?(?:suggest|mention|tease|add|include|promote|recommend|write|say)\b"
    ),
    "it gives an approval": (
        r"\b(?:approval_required|requires?_approval|auto[_-]?approved?|reviewer|approver|refund_amount|risk_level|remedy|decision)\s*(?:=|:=|:|is set to)\s*\S"
        r"|\bset\s+(?:the\s+)?(?:refund(?:_amount)?|amount|reviewer|approver|approval\w*|risk|rule|remedy)\b[^.?!\n]{0,30}\b(?:to|=)\s"
        r"|\b(?:mark|flag|record|label|treat|classify|log) (?:this|it|the \w+|my \w+) as (?:(?:pre|already|auto)[- ]?)?(?:approved|paid|verified|authori[sz]ed|refunded|eligible|low[- ]risk)\b"
        r"|\b(?:no|without(?: any)?|skip(?: the)?|needs? no) (?:human |manual |further |second |manager |supervisor )*(?:approval|review|reviewer|approver|sign-off)\b"
        r"|\b(?:approved|authori[sz]ed|signed off|cleared) by (?:the |your |our )?(?:manager|supervisors?|head|ceo|cfo|finance|admin\w*|management|director|headquarters|system)\b"
        r"|\bapproved by \w+, (?:the |your |a )?(?:supervisor|manager|admin\w*)\b"
        r"|\breceipt step\s*=|\bchecks?\s*=\s*passed\b|\bactor\s*=\s*\w"
        r"|\binternal note\b[^.?!\n]{0,40}\bnot (?:shown|visible|for)\b"
        r"|\b(?:raise|lift|increase) the limit of\b|\blet \w+ approve\b|\blet (?:him|her|them) approve\b"
        r"|\b(?:set|change|rewrite|alter) the rule\b|\bdrop all (?:reason|check|condition)"
        r"|\b(?:use|apply) (?:the )?(?:clause|rule) [“\"']?[\w.@-]+"
        r"|\b(?:freigegeben|freigabe ist erteilt)\b[^.?!\n]{0,40}\b(?:sofort|prüfer|von)\b|\bohne (?:prüfung|freigabe)\b"
        r"|\bsans (?:contrôle|autre accord|validation)\b|\bsin (?:revisión|aprobación)\b|\bbez (?:sprawdzania|zgody)\b"
    ),
    "it asks for what is private, or to be sent elsewhere": (
        rf"\b(?:send|forward|post|e-?mail|give|tell|get|reveal|concatenate|share)\b[^?!\n]{{0,120}}\b{PRIVATE_DATA}\b[^?!\n]{{0,160}}{EXTERNAL_ADDRESS}"
        rf"|\b(?:send|forward)\b[^?!\n]{{0,60}}{EXTERNAL_ADDRESS}[^?!\n]{{0,160}}\b{PRIVATE_DATA}\b"
        r"|\bsend a transaction\b|\b(?:visit|click|open) (?:a|the|this) (?:website|link|page) (?:at|on|under)\b"
    ),
    "it hides something": (
        r"[\u200b\u2060-\u2064\U000e0000-\U000e007f\u202a-\u202e\u2066-\u2069]{2,}|[\U000e0020-\U000e007e]"
        r"|(?:[\u200b\u2060][^\u200b\u2060]{1,3}){8}"
        r"|<!--|\b(?:decode|base64)\b[^\n]{0,60}[A-Za-z0-9+/=]{40}"
    ),
}
INJECTION_PATTERNS: Final = {
    why: re.compile(sign, re.IGNORECASE) for why, sign in INJECTION_SIGNS.items()
}


def find_injection_signs(text: str) -> tuple[str, ...]:
    """Why the text looks like instructions to the machine, a few words each; empty for no."""
    read = text[:MAX_TEXT_CHARS]
    return tuple(why for why, pattern in INJECTION_PATTERNS.items() if pattern.search(read))


def remove_injections(text: str) -> str:
    """Each paragraph up to the first sentence that instructs the machine: what follows belongs to
    it.

    Empty where what is left still does, or nothing is left.
    """
    kept = "\n\n".join(_cut_at_injection(part) for part in PARAGRAPH.split(text[:MAX_TEXT_CHARS]))
    return "" if find_injection_signs(kept) else kept.strip()


def _cut_at_injection(paragraph: str) -> str:
    sentences = cut_sentences(paragraph)
    return " ".join(takewhile(lambda sentence: not find_injection_signs(sentence), sentences))
