"""Does a sentence commit the shop to what nobody has decided?

Pure. Money moves when a supervisor agrees, and until then a reply may say that it is being
looked at, never that it is settled. Wordings of a promise are without end, so it is the
other way round: what speaks of money or goods has to be one of the few things that may be
said of them. It takes up what the customer wrote, says that it is under review, states a
stored amount, or says what a clause says.
"""

from __future__ import annotations

import re
from typing import Final

from triage.support.statement import Statement
from triage.support.words import listed

REVIEW: Final = re.compile(r"\b(?:review|check|look|colleague|team|decid|pass|ask)", re.IGNORECASE)
"""What a reply says while a colleague still has to decide."""

# --- what could be promised -----------------------------------------------------------

REMEDY: Final = re.compile(
    r"\b(?:refund\w*|money|reimburs\w*|(?:purchase |full |half |whole )?price|pay|pays|paid|paying|payment"
    r"|costs?|charges?|charged|fees?|postage|replac\w+|new (?:one|item|product)s?|another one|exchang\w+"
    r"|swap\w*|compensat\w*|discounts?|percent|vouchers?|gift cards?|goodwill|waive\w*|exceptions?|credit\w*"
    r"|free (?:of charge|deliver\w+|shipping|returns?|postage|collection|repair|gift)|for free|bonus"
    r"|on the house|make (?:it|this|that) up to you|entitled)\b",
    re.IGNORECASE,
)
TAKEN_UP: Final = re.compile(
    r"\byou (?:also |still |now |have )*(?:ask\w*|would|want|wish|mention\w*|raise|write|wrote|told|tell|bring|see"
    r"|seen|notic\w+|found|collected|a question|not|are (?:waiting|missing|free)|were|expect\w*|hop\w+|speak|say)\b"
    r"|\b(?:sorry|apologi[sz]e|apologies|regret\w*|understand\w*|noted|questions?|concerns?|worr\w+|weighs|mind"
    r"|wish(?:es)?|request|remark|matters?|knowing|know|knows|explain\w*|annoying|pity|disappoint\w+|frustrat\w+"
    r"|(?:are|been) waiting|waiting for (?:your|money|news)|have (?:read|seen|looked|checked|found|noted|taken|received)|(?:can|could) see|(?:it is|is) (?:right|good|natural)"
    r"|should(?! get| receive| have)|trouble|joy|likes?|serious\w*|attention|clear|carefully|news|unsettling|trust|watched|how|the (?:question|matter) of)\b",
    re.IGNORECASE,
)
OFFERED: Final = re.compile(
    r"^\W*(?:just|let us|let me|feel free|please (?:let|tell|write|reply|send|ask|confirm|check|note|see|find|bear))\b"
    r"|^\W*(?:if|should|when|in case)\b[^.]*\b(?:reply|write|tell|ask|let us|let me|explain|glad|happy to help)\b",
    re.IGNORECASE,
)
UNDER_REVIEW: Final = re.compile(
    r"\b(?:review\w*|propos\w+|put forward|put (?:it |a |your )|suggest\w+|pass(?:ed)? \w+|consider(?:ing|ed)|check\w*"
    r"|look\w* (?:at|into)|decid\w+|approv\w+|agree to it|whether|colleague)\b",
    re.IGNORECASE,
)
AMOUNTS: Final = listed("paid total spent refunds refunded amount said_amount")
DENIAL: Final = re.compile(r"\b(?:not|no|never|cannot|unable|nor|\w+n['’]t)\b", re.IGNORECASE)
PRICE: Final = re.compile(r"\b(?:pay|costs?|charged?|fees?)\b", re.IGNORECASE)
"""What it is a promise to deny."""
COVERED: Final = 0.6
"""The share of its content that a clause has where a sentence says what the clause says."""

# --- commitments, however they are dressed ---------------------------------------------

US: Final = r"\b(?:we|i|our team|the team|my colleague|a colleague|they)"
WILL: Final = r"(?:['’]ll| will| shall| (?:are|am) going to| would like to| can| have|['’]ve| (?:are|am)|['’]re|['’]m)"
SOFTLY: Final = (
    r"(?: (?:now|gladly|happily|already|also|of course|certainly|then|simply|just|immediately|fully|still"
    r"|therefore|be|definitely|able to|happy to|glad to|pleased to|you|him|her|them)){0,3}"
)
OWN: Final = (
    r"(?:refund|replac|compensat|credit|reimburs|waiv|exchang|cancel|arrang|grant|cover)\w*"
)
GIVE: Final = (
    r"(?:give|offer|pay|send|ship|return|transfer|provide|take care of|take over|add|deduct|make|see to"
    r"|organi[sz]e|issue|sending|giving|offering|shipping|paying)"
)
COMMITS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{US}{WILL}{SOFTLY} {OWN}(?! (?:request|wish|question|about))",
        r"\byou(?:['’]ll| will| are going to) (?:\w+ ){0,2}(?:be (?:refunded|paid|reimbursed|compensated|credited|given))",
        r"\b(?:we|i)(?: can)? (?:guarantee|promise|assure)\b|\ba promise\b|\bis guaranteed\b|\bgoodwill gesture|\bentitled to"
        r"|\byou (?:have my word|can (?:count|rely) on (?:getting|receiving|us|a|your (?:money|refund)))",
    )
)
GIVES: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{US}{WILL}{SOFTLY} {GIVE}\b",
        r"\byou(?:['’]ll| will| are going to) (?:\w+ ){0,2}(?:receive|get|have)\b",
        r"\b(?:will|shall) be(?: \w+)? (?:sent|shipped|issued|returned|paid|transferred|given|waived|credited)\b",
    )
)
"""Commitments where money or goods are spoken of."""
CONDITION: Final = re.compile(
    r"\b(?:if|when|whenever|once|as soon as|as long as|until|till|unless|before|whether|in case|provided)\b",
    re.IGNORECASE,
)
HELD_BACK: Final = re.compile(
    r"\b(?:not|nothing|no|none|never|cannot|unable|nobody|yet|still|has to|have to|must|needs? to|\w+n['’]t"
    r"|who|how|wish|would you|would have)\b[^,;]*$",
    re.IGNORECASE,
)

# --- settled ----------------------------------------------------------------------------

DONE: Final = (
    r"(?:approved|accepted|granted|issued|confirmed|processed|agreed|authori[sz]ed|settled|decided|completed"
    r"|paid out|gone through|signed off|made|cleared|allowed|transferred|done|positive|official)"
)
STAFF: Final = r"\b(?:colleagues?|managers?|supervisors?|team|boss|we|i|they)\b"
IN_HAND: Final = (
    r"(?:been|looked|read|asked|seen|taken|noted|received|checked|put|begun|started|not|yet|to|your|it|a|the"
    r"|suggested|proposed|passed|handed|forwarded|found|written|reached|brought|kept|searched|gone over|heard"
    r"|looking|had|never|also|no|have|has|already been|in mind|recorded|compared|informed|understood|forgotten)"
)
DECIDED: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:refund|replacement|credit|request|case|claim|cancellation|return|it|this|everything|all"
        r"|wish|decision|payment back to you|money|amount)\b[^.;:,?•]{0,20}\b(?:is|are|was|were|been|got|gets|has|have)\b"
        rf"(?: (?!to\b|being\b)\w+){{0,2}} {DONE}\b",
        rf"{STAFF} (?:have |has |had |already |just |now |all )*(?:approved|agreed|accepted|granted|issued|authori[sz]ed|allowed|decided (?:to|that))\b",
        rf"\b(?:colleagues?|manager|supervisor|boss|team) (?:has|have) (?!{IN_HAND}\b)\w+",
        rf"\b(?:request|claim|wish|everything) (?:has|was)(?: been| now| already)* (?!{IN_HAND}\b)\w+",
        rf"{STAFF} (?:have |has |had |already |just |now )*(?:sent|paid|made|processed|arranged) (?:you |out |back )*"
        r"(?:the|your|a) (?:refund|money|replacement|credit)",
        r"\bapproval (?:has been|was|is) (?:given|granted|there)|\bconsider it done|\bin your favou?r|\bsaid yes\b",
        r"\b(?:refund|money|payment back|credit|replacement)\b[^.;:?•]{0,16}(?: is| are| has| have)?"
        r" (?:already )?(?:on (?:its|the) way|went out|coming|left)\b",
    )
)

# --- the decision -----------------------------------------------------------------------

REMEDIES: Final = {
    "refund": re.compile(r"\b(?:refund\w*|money back)\b", re.IGNORECASE),
    "store credit": re.compile(r"\bstore credit\b", re.IGNORECASE),
    "replacement": re.compile(r"\breplacements?\b", re.IGNORECASE),
}
PROPOSED: Final = re.compile(
    r"\b(?:being (?:reviewed|considered|looked at|checked)|(?:is|are) (?:now )?(?:reviewing|considering)"
    r"|under review|put forward|proposed|suggested|(?:waiting|with a colleague) for (?:a|approval))\b",
    re.IGNORECASE,
)
DENIES_REVIEW: Final = re.compile(
    r"\b(?:not|never|no longer|nobody|no one|\w+n['’]t)\b(?: \w+){0,3} "
    r"(?:review\w*|propos\w+|put|suggest\w+|pass\w*|handed|look\w* (?:at|into)|check\w*|consider\w*"
    r"|asked|approv\w+|waiting|decide|taken? (?:care|note|this|it|over)|made a note|brought in"
    r"|with (?:a|our|one of our) (?:colleagues?|team)|gone to|come to)\b"
    r"|\b(?:not|never) (?:read|answer)\b|\b(?:has|have) not your message"
    r"|\b(?:no|none of (?:my|our)) colleagues?\b|\bnot (?:now )?(?:for|leaving|best answered)\b"
    r"|\bno (?:refund|replacement|store credit|credit)\b[^.;:?]{0,30}\b(?:put|propos|suggest|review)"
    r"|\b(?:everything|it all|all) (?:has|have|is) (?:already )?been decided",
    re.IGNORECASE,
)
GRANTS: Final = re.compile(
    r"\b(?:we|i)(?: can| could| are able to| am able to| may| will|['’]ll|['’]re able to)(?: now| also| gladly| happily)*"
    r" (?:do|agree|offer|say yes|accept|grant|take|allow|make|meet|fulfil|give|send|refund|replace|help with|go along|comply)"
    r"|\b(?:say yes|agree) to (?:it|this|your|the)\b|\bare able to\b|\bam able to\b"
    r"|\b(?:request|wish|it|this|that)\b[^.;:?]{0,12} (?:can|could|may|will) (?:now )?be (?:granted|accepted|met|allowed|done)"
    r"|\bsomething we can\b|\bis possible\b|\bthere is (?:a|an|some) (?:way|room|possibility)"
    r"|\bnot (?:have to )?(?:refuse|decline|turn down|say no)",
    re.IGNORECASE,
)


def promises(said: Statement, covered: float) -> str:
    """Why the words commit the shop to too much, or an empty string.

    ``covered`` is the share of the sentence's content that a clause has, between 0 and 1.
    """
    if _decided(said):
        return "says that it is decided, and nobody has decided it"
    if _commits(said.prose, covered):
        return "promises what nobody has decided"
    if said.is_reply and not _may_be_said(said, covered):
        return "speaks of money or goods that nobody has decided on"
    return _another_remedy(said) or _against_the_decision(said)


def _commits(prose: str, covered: float) -> bool:
    """Whether something is committed to; on a condition only where a clause says the same."""
    for pattern in (*COMMITS, *(GIVES if REMEDY.search(prose) else ())):
        found = pattern.search(prose)
        if found and not HELD_BACK.search(prose, 0, found.start()):
            weighed = covered >= COVERED or UNDER_REVIEW.search(prose)
            if not weighed or not CONDITION.search(prose):
                return True
    return False


def _may_be_said(said: Statement, covered: float) -> bool:
    """Whether all it says of money or goods is of the kinds that may be said."""
    if (
        covered >= COVERED
        or said.kinds & AMOUNTS
        or said.prose.rstrip().endswith((": •", ":", "?"))
    ):
        return True
    if OFFERED.search(said.prose) or UNDER_REVIEW.search(said.prose) or _went_back(said):
        return True
    return all(
        TAKEN_UP.search(part) or (DENIAL.search(part) and not PRICE.search(part))
        for part in said.parts
        if REMEDY.search(part)
    )


def _went_back(said: Statement) -> bool:
    """Whether the order's own status says that money went back, and none is under review."""
    status = " ".join(slot.value for slot in said.task.of_kind("status")).lower()
    return "refund" in status and not said.task.outcome.startswith("review")


def _decided(said: Statement) -> bool:
    """Nothing is, while a ticket is answered: but for what the order's own status says."""
    prose = said.prose
    if not said.is_reply or _went_back(said):
        return False
    return any(
        found
        and not CONDITION.search(prose, 0, found.end())
        and not HELD_BACK.search(prose[: found.end()])
        for found in (pattern.search(prose) for pattern in DECIDED)
    )


def _another_remedy(said: Statement) -> str:
    """A remedy under review is the one that was proposed, and there is none without."""
    if not said.is_reply or not PROPOSED.search(said.prose):
        return ""
    for name, words in REMEDIES.items():
        if words.search(said.prose) and said.task.outcome != f"review {name}":
            return f"speaks of a {name} under review, and none is"
    return ""


def _against_the_decision(said: Statement) -> str:
    outcome = said.task.outcome.partition(" ")[0]
    denies = DENIES_REVIEW.search(said.prose) if outcome not in ("refuse", "ask") else None
    if said.is_reply and denies and not CONDITION.search(said.prose, 0, denies.start()):
        return "denies that it is being looked at"
    grants = GRANTS.search(said.prose) if outcome == "refuse" else None
    if grants and not HELD_BACK.search(said.prose[: grants.start()].replace(" but ", ", ")):
        return "grants what was refused"
    return ""
