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

from triage.contract.fact_types import CLAUSE
from triage.guardrails.claims.claim import VALUE, Statement
from triage.guardrails.commitments.authorisation import ALL_OF_IT
from triage.guardrails.commitments.sentence_reading import CommitmentLevel, detect_commitment
from triage.nlu.content_words import parse_word_list

REVIEW_WORDS: Final = re.compile(
    r"\b(?:review|check|look|colleague|team|decid|pass|ask)", re.IGNORECASE
)
"""What a reply says while a colleague still has to decide."""

# --- what could be promised -----------------------------------------------------------

REMEDY: Final = re.compile(
    r"\b(?:refund\w*|money|reimburs\w*|(?:purchase |full |half |whole )?price|pay|pays|paid|paying|payment"
    r"|costs?|charges?|charged|fees?|postage|replac\w+|new (?:one|item|product)s?|another one|exchang\w+"
    r"|swap\w*|compensat\w*|discounts?|percent|vouchers?|gift cards?|goodwill|waive\w*|exceptions?|credit\w*"
    r"|free (?:of charge|deliver\w+|shipping|returns?|postage|collection|repair|gift)|for free|bonus"
    r"|on the house|make (?:it|this|that) up to you|entitled|difference (?:back|in price)|at our expense|on us)\b",
    re.IGNORECASE,
)
TAKEN_UP: Final = re.compile(
    r"\byou (?:also |still |now |have )*(?:ask\w*|would|want|wish|mention\w*|raise|write|wrote|told|tell|bring|see"
    r"|seen|notic\w+|found|collected|a question|not|are (?:waiting|missing|free)|were|expect\w*|hop\w+|speak|say)\b"
    r"|\byou(?:['’]d| would| will)? (?:have|need) to (?:pay|cover)\b|\b(?:sorry|apologi[sz]e|apologies|regret\w*|understand\w*|noted|questions?|concerns?|worr\w+|weighs|mind"
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
AMOUNT_KINDS: Final = parse_word_list("paid total spent refunds refunded said_amount")
DENIAL: Final = re.compile(r"\b(?:not|no|never|cannot|unable|nor|\w+n['’]t)\b", re.IGNORECASE)
PRICE: Final = re.compile(r"\b(?:pay|costs?|charged?|fees?)\b", re.IGNORECASE)
"""What it is a promise to deny."""
MIN_CLAUSE_COVERAGE: Final = 0.6
"""The share of its content that a clause has where a sentence says what the clause says."""

ACTOR: Final = re.compile(r"^\W*(?:we|i|you|let|it|they|that|this)\b", re.IGNORECASE)
"""Who a commitment begins with."""
MIN_RELATED_COVERAGE: Final = 0.45
"""The share from which on it speaks of the clause, where it commits to nothing."""

# --- commitments, however they are dressed ---------------------------------------------

US: Final = r"\b(?:we|i|our team|the team|my colleague|a colleague|they)"
WILL: Final = r"(?:['’]ll| will| shall| (?:are|am) going to| would (?:like|love|be (?:happy|glad|pleased)) to|['’]d (?:like|love|be (?:happy|glad|pleased)) to| want to| can| have|['’]ve| (?:are|am)|['’](?:re|m) going to|['’]re|['’]m)"
SOFTLY: Final = (
    r"(?: (?:now|gladly|happily|already|also|of course|certainly|then|simply|just|immediately|fully|still"
    r"|therefore|be|gone ahead and|went ahead and|personally|even|definitely|able to|happy to|glad to|pleased to|you|him|her|them)){0,3}"
)
OWN: Final = (
    r"(?:refund|replac|compensat|credit|reimburs|waiv|exchang|cancel|arrang|grant|cover)\w*"
)
GIVE: Final = (
    r"(?:give|offer(?! (?:my|our|you (?:my|our)|an? (?:\w+ )?apolog))|pay|send|ship|return|transfer|provide|take care of|take over|add|deduct|make|see to"
    r"|organi[sz]e|issue|sending|giving|offering|shipping|paying)"
)
PAPERS: Final = r"(?:requests?|orders?|messages?|data|cases?|tickets?|details|information|returns?|invoices?|tracking)"
COMMITMENTS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{US}{WILL}{SOFTLY} {OWN}(?! (?:request|wish|question|about))",
        rf"{US}{WILL}{SOFTLY} (?:process|revers|issu|authori[sz]|approv|upgrad|book)\w*(?! (?:your |the |this |all )?{PAPERS}\b)",
        rf"{US}{WILL}{SOFTLY} (?:give|offer|send|add|include|throw in) (?:\w+ ){{0,4}}(?:gift|treat|surprise|bonus|extra|upgrade|free)\b",
        rf"{US}{WILL}{SOFTLY} (?:make (?:absolutely )?sure|ensure|see to it)(?: that)? (?:you|it|your \w+|the \w+) (?:will )?"
        r"(?:(?:gets?|receives?) (?:a|the|your|every|what|it|back|replaced|refunded)\b|arrives?\b|(?:is|are|be) (?:refunded|paid|replaced|compensated|credited|delivered)\b)",
        r"\byou(?:['’]ll be| will be|['’]re| are) getting\b",
        r"(?:•|\bcustomer|\bthey) (?:will|shall|is going to|is to|are to) be (?:refunded|paid|reimbursed|compensated|credited|given|offered|sent)",
        r"\b(?:has|have|was|were) been (?:offered|promised(?! (?:for|by|on))|granted|awarded|guaranteed|compensated)\b|\b(?:was|were) (?:offered|granted|awarded|guaranteed)\b",
        r"\blet me (?:send|give|offer|pay|refund|replace|arrange|credit)\b(?! (?:you )?(?:a |some |more |my |an )?(?:update|news|details|info|apolog|hand|moment))",
        r"\bas a (?:\w+[- ]){0,2}(?:gesture|token|apology|goodwill)\b",
        r"\b(?:eligible|qualif(?:y|ies)) for (?:a|the|your|full|store)\b",
        r"\byou(?:['’]ll| will| are going to) (?:\w+ ){0,2}(?:be (?:refunded|paid|reimbursed|compensated|credited|given))",
        r"\b(?:we|i)(?: can)? (?:guarantee|promise|assure)\b(?! (?:you )?(?:that )?(?:this|we|i|your|it)(?:['’](?:s|re|m|ve)| (?:is|isn['’]t|are|do|have|take))\b)|\ba promise\b|\bis guaranteed\b|\bgoodwill gesture|\bentitled to"
        r"|\byou (?:have my word|can (?:count|rely) on (?:getting|receiving|us|a|your (?:money|refund)))",
    )
)
MONEY_COMMITMENTS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{US}{WILL}{SOFTLY} {GIVE}\b",
        rf"{US}{WILL}{SOFTLY} put an? (?:\w+ )?(?:discount|voucher|code|credit)",
        r"(?:•|\bcustomer|\bthey) (?:will|is going to) (?:get|receive|have)\b",
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
    r"|paid out|gone through|signed off|made|cleared|allowed|transferred|done|positive|official|finali[sz]ed"
    r"|all set|complete|good to go|sorted(?: out)?|successful|guaranteed|certain|safe|arranged|ready)"
)
STAFF: Final = r"\b(?:colleagues?|managers?|supervisors?|team|boss|we|i|they)\b"
IN_HAND: Final = (
    r"(?:been|looked|read|asked|seen|taken|noted|received|checked|put|begun|started|not|yet|to|your|it|a|the"
    r"|suggested|proposed|passed|handed|forwarded|found|written|reached|brought|kept|searched|gone over|heard"
    r"|looking|had|never|also|no|have|has|already been|in mind|recorded|compared|informed|understood|forgotten)"
)
DECISION_CLAIMS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:refund|replacement|credit|request|case|claim|cancellation|return|it|this|everything|all"
        r"|wish|decision|payment back to you|money|amount|exchange)\b(?: (?:of|for)(?: the| your| this)? •)?[^.;:,?•]{0,36}\b(?:is|are|was|were|been|got|gets|has|have)\b"
        rf"(?: (?!to\b|being\b)\w+){{0,2}} {DONE}\b",
        rf"{STAFF} (?:have |has |had |already |just |now |all )*(?:approved|agreed|accepted|granted|issued|authori[sz]ed|allowed|decided (?:to|that))\b",
        rf"\b(?:colleagues?|manager|supervisor|boss|team) (?:has|have) (?!{IN_HAND}\b)\w+",
        rf"\b(?:request|claim|wish|everything) (?:has|was)(?: been| now| already)* (?!{IN_HAND}\b)\w+",
        rf"{STAFF} (?:have |has |had |already |just |now )*(?:sent|paid|made|processed|arranged) (?:you |out |back )*"
        r"(?:the|your|a) (?:refund|money|replacement|credit)",
        r"\b(?:colleagues?|manager|supervisor|boss|team) (?:\w+ )?(?:agrees|approves|accepts|confirms|grants|said yes)\b",
        r"\b(?:refund|replacement|credit|exchange)\b[^.;:?]{0,24}\b(?:is|are) (?:now |already )?being (?:processed|issued|sent|prepared|arranged|shipped|paid)",
        r"\b(?:colleagues?|manager|supervisor|boss|team) (?:was|were|is|are) (?:happy|glad|willing|able) to\b",
        r"\bgreen light\b|\bgo-ahead\b|\bthumbs up\b",
        r"\bapproval (?:has been|was|is) (?:given|granted|there)|\bconsider it done|\bin your favou?r|\bsaid yes\b",
        r"\b(?:refund|money|payment back|credit|replacement)\b[^.;:?•]{0,16}(?: is| are| has| have)?"
        r" (?:already )?(?:on (?:its|the) way|went out|coming|left)\b",
    )
)

EARLIER_REFUND_KINDS: Final = parse_word_list("refunds refunded")
"""What was paid back before, of which a summary tells."""
REQUESTED: Final = re.compile(
    r"\b(?:refund|replacement|credit|exchange|compensation|discount|voucher|claim|request|return)\b",
    re.IGNORECASE,
)
CHEERFUL: Final = re.compile(
    r"\b(?:good|great|wonderful|excellent|happy) news\b(?! (?:about|is|would|when|for you when))"
    r"|\b(?:pleased|happy|delighted|glad) to (?:confirm|inform|tell|let|announce|say|share|report)\b",
    re.IGNORECASE,
)
"""How a writer begins to tell that something was agreed to."""

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
    r"|asked|approve|approval|waiting|decide|taken? (?:care|note|this|it|over)|made a note|brought in"
    r"|with (?:a|our|one of our) (?:colleagues?|team)|gone to|come to)\b"
    r"|\b(?:not|never) (?:read|answer)\b|\b(?:has|have) not your message"
    r"|\b(?:no|none of (?:my|our)) colleagues?\b|\bnot (?:now )?(?:for|leaving|best answered)\b"
    r"|\bno (?:refund|replacement|store credit|credit)\b[^.;:?]{0,30}\b(?:put|propos|suggest|review)"
    r"|\b(?:everything|it all|all) (?:has|have|is) (?:already )?been decided",
    re.IGNORECASE,
)
OWN_PART: Final = re.compile(
    r"\bi (?:can(?:not|['’]t)|am not able to|may not) (?:approve|decide)\b", re.IGNORECASE
)
"""A writer who leaves the decision to a colleague."""
GRANTS: Final = re.compile(
    r"\b(?:we|i)(?: can| could| are able to| am able to| may| will|['’]ll|['’]re able to)(?: now| also| still| certainly| of course| gladly| happily)*"
    r" (?:do|agree|offer|say yes|accept|grant|take|allow|make|meet|fulfil|give|send|refund|replace|help with|go along|comply)"
    r"|\b(?:say yes|agree) to (?:it|this|your|the)\b|\bare able to\b|\bam able to\b"
    r"|\b(?:request|wish|it|this|that)\b[^.;:?]{0,12} (?:can|could|may|will) (?:now )?be (?:granted|accepted|met|allowed|done)"
    r"|(?: would|['’]d) be (?:happy|glad|pleased|able) to (?:take|accept|refund|replace|grant|allow|exchange)\b"
    r"|\bsomething we can\b|\bis possible\b|\bthere is (?:a|an|some) (?:way|room|possibility)"
    r"|\bnot (?:have to )?(?:refuse|decline|turn down|say no)",
    re.IGNORECASE,
)


DECIDED_OUTCOMES: Final = ("approved ", "paid ")
"""What a decision of people begins with."""
EXTRA_REMEDIES: Final = re.compile(
    r"\b(?:vouchers?|gift\w*|free|discount\w*|compensat\w*|goodwill|exchang\w*|bonus|waive\w*|percent|half|twice|double|also|another|extra|on top)\b",
    re.IGNORECASE,
)


def find_unauthorised_commitment(said: Statement, covered: float) -> str:
    """Why the sentence commits the shop to what nobody approved, or an empty string.

    ``covered`` is the share of the sentence's content that a clause has, between 0 and 1.
    """
    if said.is_reply and said.task.outcome.startswith(DECIDED_OUTCOMES):
        spoken = detect_commitment(said.prose, follows=True, asked=True)
        if spoken != CommitmentLevel.NOTHING:
            return _find_excess_over_approval(said, spoken)
    if _is_decision_claim(said):
        return "says that it is decided, and nobody has decided it"
    if not said.kinds & EARLIER_REFUND_KINDS and _is_commitment(said.prose, covered):
        return "promises what nobody has decided"
    if _is_good_news(said, covered):
        return "says that it is decided, and nobody has decided it"
    if said.is_reply and not _is_permitted_mention(said, covered):
        return "speaks of money or goods that nobody has decided on"
    return _find_wrong_remedy(said) or _find_decision_contradiction(said)


def _find_excess_over_approval(said: Statement, spoken: CommitmentLevel) -> str:
    """Why the sentence goes beyond what people approved, or an empty string.

    Approved is one amount of one kind, and it may be called paid only once it is.
    """
    if spoken == CommitmentLevel.PAID and not said.task.outcome.startswith("paid"):
        return "says that it was paid, and it is not yet"
    if said.kinds & AMOUNT_KINDS - {"amount"} or ALL_OF_IT.search(said.prose):
        return "promises another amount than was approved"
    others = {name for name, words in REMEDIES.items() if words.search(said.prose)}
    if others - {said.task.outcome.partition(" ")[2]} or EXTRA_REMEDIES.search(said.prose):
        return "promises more than was approved"
    return ""


def _is_commitment(prose: str, covered: float) -> bool:
    """Whether the prose commits to something.

    Under a condition it does not where a clause says the same or a review is spoken of.
    """
    for pattern in (*COMMITMENTS, *(MONEY_COMMITMENTS if REMEDY.search(prose) else ())):
        found = pattern.search(prose)
        if found and not HELD_BACK.search(prose, 0, found.start()):
            weighed = covered >= MIN_CLAUSE_COVERAGE or UNDER_REVIEW.search(prose)
            if not weighed or not CONDITION.search(prose):
                return True
    return False


def _is_permitted_mention(said: Statement, covered: float) -> bool:
    """Whether all that the sentence says of money or goods is of the permitted kinds."""
    if (
        covered >= (MIN_CLAUSE_COVERAGE if ACTOR.match(said.prose) else MIN_RELATED_COVERAGE)
        or said.kinds & AMOUNT_KINDS
        or said.prose.rstrip().endswith((": •", ":", "?"))
    ):
        return True
    if OFFERED.search(said.prose) or UNDER_REVIEW.search(said.prose) or _is_already_refunded(said):
        return True
    return all(
        TAKEN_UP.search(part) or (DENIAL.search(part) and not PRICE.search(part))
        for part in said.parts
        if REMEDY.search(part) or (VALUE in part and "amount" in said.kinds)
    )


def _is_already_refunded(said: Statement) -> bool:
    """Whether the order's own status says that money went back, and none is under review."""
    status = " ".join(slot.value for slot in said.task.list_slots("status")).lower()
    return "refund" in status and not said.task.outcome.startswith("review")


def _is_decision_claim(said: Statement) -> bool:
    """Whether the sentence says that something is decided.

    What the order's own status says, and refunds made earlier, do not count.
    """
    prose = said.prose
    if _is_already_refunded(said) or not (said.is_reply or REQUESTED.search(prose)):
        return False
    if said.kinds & EARLIER_REFUND_KINDS:
        return False
    return any(
        found
        and not CONDITION.search(prose, 0, found.end())
        and not HELD_BACK.search(prose[: found.end()])
        for found in (pattern.search(prose) for pattern in DECISION_CLAIMS)
    )


def _is_good_news(said: Statement, covered: float) -> bool:
    """Whether money or goods are told of as good news, and neither a clause nor a review."""
    found = CHEERFUL.search(said.prose)
    if not found or _is_already_refunded(said) or not REQUESTED.search(said.prose, found.end()):
        return False
    weighed = (
        covered >= MIN_CLAUSE_COVERAGE or CLAUSE in said.kinds or UNDER_REVIEW.search(said.prose)
    )
    return not weighed and not HELD_BACK.search(said.prose[: found.end()])


def _find_wrong_remedy(said: Statement) -> str:
    """Why the remedy that the sentence says is under review is not the one proposed, or an empty
    string.
    """
    if not said.is_reply or not PROPOSED.search(said.prose):
        return ""
    for name, words in REMEDIES.items():
        if words.search(said.prose) and said.task.outcome != f"review {name}":
            return f"speaks of a {name} under review, and none is"
    return ""


def _find_decision_contradiction(said: Statement) -> str:
    outcome = said.task.outcome.partition(" ")[0]
    denies = DENIES_REVIEW.search(said.prose) if outcome not in ("refuse", "ask") else None
    if (
        said.is_reply
        and denies
        and not OWN_PART.search(said.prose)
        and not CONDITION.search(said.prose, 0, denies.start())
    ):
        return "denies that it is being looked at"
    grants = GRANTS.search(said.prose) if outcome == "refuse" else None
    if grants and not HELD_BACK.search(said.prose[: grants.start()].replace(" but ", ", ")):
        return "grants what was refused"
    return ""
