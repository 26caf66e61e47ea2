"""What a sentence says of money that goes back: nothing, that it will, or that it did."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from triage.guardrails.commitments import foreign_lexicon
from triage.guardrails.commitments.lexicon import (
    ACKNOWLEDGEMENT,
    AFTER_APPROVAL,
    AMOUNT_MARK,
    COMMITMENT,
    DECISION,
    DENIAL,
    IGNORED_PHRASES,
    MONEY_BACK,
    MONEY_FROM_CUSTOMER,
    MONEY_MOVED,
    MONEY_TO_CUSTOMER,
    NOT_OUT_OF_POCKET,
    PAPERWORK,
    QUESTION,
    RULES_AND_FORMS,
    UNDER_WAY,
)
from triage.nlu.money import mask_amounts
from triage.nlu.sentences import REPLY, split_sentences


class CommitmentLevel(StrEnum):
    """How far a sentence commits us to money for the customer."""

    NOTHING = "nothing"
    GRANTED = "granted"
    PAID = "paid"


SEGMENT_BREAK: Final = re.compile(
    r"[;–—]\s*|\s-\s|[,:]?\s(?:but|however|although|though|nevertheless|still,|yet we|instead)\b,?\s*",
    re.IGNORECASE,
)
PART_BREAK: Final = re.compile(
    r"[,:]\s+|\s(?:and|so|because|since|(?<!good )as|while|therefore)\s(?=(?:we|you|it|they|i|he|she|that|this|the|your|our|my|a|both"
    r"|¤|will|shall|have|has|can|are|is|was|were|just|also|yours)(?:\b|(?<=¤))(?! soon| well| possible| far| long))",
    re.IGNORECASE,
)
UNDECIDED_CUE: Final = re.compile(
    r"\b(?:whether|who|how|why|(?:ask\w*|see|check\w*|know|look|tell|say|decide) (?:\w+ )?if"
    r"|(?:needs?|requires?|without|ask(?:ed)? for|wait\w* for) (?:\w+ )?(?:approval|permission|a yes|a decision))\b[^,;:]*$",
    re.IGNORECASE,
)
CUSTOMER_ECHO: Final = re.compile(
    r"\byou(?:['’]d|['’]ve|['’]re| have| had| also| still| now| would| were| are)*(?: also| still| rather)* (?:ask\w*|want(?:ed)?|wish\w*|like|prefer"
    r"|mention\w*|wr[io]te\w*|told|tell us|request\w*|expect(?:ed|ing)|hop(?:e|ed|ing)|say|said|demand\w*|waiting|claim\w*)\b[^,;:]*$",
    re.IGNORECASE,
)
GENERAL_STATEMENT: Final = re.compile(
    r"^\W*(?:all |every |any |our )?(?:re-?funds|vouchers|gift cards|credits)\b(?!.*\byour?\b)(?=.*\b(?:are|can|take|have to|must|go|need)\b)",
    re.IGNORECASE,
)
"""Said of what is done always, and so promised to nobody."""
PRONOUN_GRANT: Final = re.compile(
    r"\b(?:it|this|that|everything|all|these|both|yours|your (?:request|claim|case|wish))\b(?:['’]s| is| was| has| have| are| were| will| shall|['’]ll)(?: \w+){0,2} "
    r"(?:approved|granted|agreed|accepted|authori[sz]ed|paid|refunded|processed|issued|settled|sorted|done|credited|coming|going|on (?:its|the) way|with you|arrive|reach|back|in your account|sent|transferred|gone|complete|yours)\b"
    r"|\b(?:we|i|they|accounts|finance|(?:my|our|a|the) (?:colleague|manager|supervisor|team))(?:['’]ll| will| shall| have|['’]ve|['’]re| are| am|['’]m)(?: \w+)? (?:pay|paid|paying|process|processed|processing|send|sent|sending|issued?|approved?|grant|granted) (?:it|this|that)\b"
    r"|\byou(?:['’]ll| will| shall| can)? (?:get|have|receive) it\b|\b(?:it|this|that|all of it) (?:will |is |['’]s )?(?:go|goes|going|come|comes|coming) (?:straight |right )?back\b"
    r"|\b(?:we|i)(?:['’]ll| will| shall|) (?:\w+ )?(?:return|refund|pay|send|give|hand) (?:it|this|that|them|all of it|everything|the lot)\b(?! to (?:a|my|our|the))",
    re.IGNORECASE,
)
PRONOUN_AGREEMENT: Final = re.compile(
    r"\b(?:it|this|that|your (?:request|claim|case|wish))\b(?:['’]s| is| was| has| have)(?: \w+){0,2} (?:approved|granted|agreed to|accepted|authori[sz]ed)\b",
    re.IGNORECASE,
)
REGRETFUL_WISH: Final = re.compile(
    r"\b(?:would|['’]d) (?:love|like|have (?:liked|loved)|gladly \w+|be (?:glad|happy))\b[^.]*\bbut\b(?![^.]*\b(?:we|i) (?:will|can)\b)",
    re.IGNORECASE,
)
MAX_SENTENCE_CHARS, OVERLAP_CHARS = 600, 200  # characters: patterns take the square of them
INVISIBLE: Final = re.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff]")


OWN_MONEY: Final = re.compile(rf"{MONEY_BACK.pattern}|\byour money\b|\bany money\b", re.IGNORECASE)


def normalize_text(text: str) -> str:
    """The text in the letters a reader sees: no invisible ones, one kind of apostrophe."""
    shown = INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    return re.sub(r"[*_~`]+", "", shown).replace("’", "'").replace("\r", "")


def iter_readable_sentences(text: str) -> Iterator[str]:
    """The sentences of a text in order, as written; one without an end in overlapping pieces of
    at most ``MAX_SENTENCE_CHARS`` characters.
    """
    for one in split_sentences(text, REPLY):
        for start in range(0, max(len(one) - OVERLAP_CHARS, 1), MAX_SENTENCE_CHARS - OVERLAP_CHARS):
            yield one[start : start + MAX_SENTENCE_CHARS]


def is_about_money_back(text: str) -> bool:
    """Whether a text speaks of money that goes back to the customer, in any language we know."""
    return bool(OWN_MONEY.search(text) or foreign_lexicon.is_about_money_back(text))


def detect_commitment(
    sentence: str, *, follows: bool = False, asked: bool = False
) -> CommitmentLevel:
    """The furthest that a normalized sentence commits us. ``follows``: money was spoken of just
    before, so that "it" may be that; ``asked``: the customer asks for money, so that an "it is
    approved" is about it.
    """
    found = [CommitmentLevel(foreign_lexicon.detect_foreign_commitment(sentence))]
    for segment in SEGMENT_BREAK.split(mask_amounts(sentence, AMOUNT_MARK)):
        for part in PART_BREAK.split(segment):
            found.append(_detect_in_part(part, segment, sentence, follows=follows, asked=asked))
            follows = follows or is_about_money_back(part)
    return max(found, key=list(CommitmentLevel).index)


def _detect_in_part(
    part: str, segment: str, sentence: str, *, follows: bool, asked: bool
) -> CommitmentLevel:
    said = IGNORED_PHRASES.sub(
        " ", PAPERWORK.sub(" ", NOT_OUT_OF_POCKET.sub(" get your money back ", part))
    )
    pledge = _find_pledge(said, asked=asked) or (PRONOUN_GRANT.search(part) if follows else None)
    if not (pledge or MONEY_BACK.search(said) or _has_money_transfer(said)):
        return CommitmentLevel.NOTHING
    if DENIAL.search(said) or AFTER_APPROVAL.search(segment) or REGRETFUL_WISH.search(sentence):
        return CommitmentLevel.NOTHING
    held = pledge and _is_uncommitted(said, pledge)
    if pledge and not held:
        return CommitmentLevel.PAID if MONEY_MOVED.search(said) else CommitmentLevel.GRANTED
    return (
        CommitmentLevel.NOTHING if held or _is_excused(said, sentence) else CommitmentLevel.GRANTED
    )


def _has_money_transfer(said: str) -> bool:
    """Whether money goes to the customer, and does not come from them."""
    return bool(MONEY_TO_CUSTOMER.search(said)) and not MONEY_FROM_CUSTOMER.search(said)


def _is_uncommitted(said: str, pledge: re.Match[str]) -> bool:
    """Whether the pledge is only asked, wished for, or the rule for everybody."""
    before = said[: pledge.start()]
    echoes = CUSTOMER_ECHO.search(before) or CUSTOMER_ECHO.match(pledge.group())
    return bool(UNDECIDED_CUE.search(before) or echoes or GENERAL_STATEMENT.search(said))


def _find_pledge(said: str, *, asked: bool) -> re.Match[str] | None:
    """Where money is promised, agreed to or said to be paid."""
    if found := COMMITMENT.search(said):
        return found
    if MONEY_BACK.search(said):
        return DECISION.search(said) or MONEY_MOVED.search(said)
    return PRONOUN_AGREEMENT.search(said) if asked else None


def _is_excused(said: str, sentence: str) -> bool:
    """Whether it asks, or speaks of what is under way, acknowledged or general."""
    ways = (UNDER_WAY, ACKNOWLEDGEMENT, RULES_AND_FORMS)
    return bool(QUESTION.search(sentence) or any(way.search(said) for way in ways))
