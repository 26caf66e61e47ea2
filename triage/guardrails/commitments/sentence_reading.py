"""What a sentence says of money that goes back: nothing, that it will, or that it did."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from triage.guardrails.commitments import foreign_lexicon
from triage.guardrails.commitments.lexicon import (
    AFTER_APPROVAL,
    AMOUNT,
    ASKS,
    DECIDED,
    DENIED,
    DONE,
    FROM_THEM,
    GENERAL,
    IDLE,
    MONEY_BACK,
    MOVES,
    NOT_LEFT,
    PAPERS,
    PROMISED,
    TAKEN_UP,
    UNDER_WAY,
)
from triage.nlu.money import hidden


class Said(StrEnum):
    """What was said of money to the customer."""

    NOTHING = "nothing"
    GRANTED = "granted"
    PAID = "paid"


SENTENCE: Final = re.compile(r"(?<=[.!?…])[\"”’')\]]*\s+(?=\S)|\n+")
SEGMENT: Final = re.compile(
    r"[;–—]\s*|\s-\s|[,:]?\s(?:but|however|although|though|nevertheless|still,|yet we|instead)\b,?\s*",
    re.IGNORECASE,
)
PART: Final = re.compile(
    r"[,:]\s+|\s(?:and|so|because|since|(?<!good )as|while|therefore)\s(?=(?:we|you|it|they|i|he|she|that|this|the|your|our|my|a|both"
    r"|¤|will|shall|have|has|can|are|is|was|were|just|also|yours)(?:\b|(?<=¤))(?! soon| well| possible| far| long))",
    re.IGNORECASE,
)
HELD: Final = re.compile(
    r"\b(?:whether|who|how|why|(?:ask\w*|see|check\w*|know|look|tell|say|decide) (?:\w+ )?if"
    r"|(?:needs?|requires?|without|ask(?:ed)? for|wait\w* for) (?:\w+ )?(?:approval|permission|a yes|a decision))\b[^,;:]*$",
    re.IGNORECASE,
)
ECHO: Final = re.compile(
    r"\byou(?:['’]d|['’]ve|['’]re| have| had| also| still| now| would| were| are)*(?: also| still| rather)* (?:ask\w*|want(?:ed)?|wish\w*|like|prefer"
    r"|mention\w*|wr[io]te\w*|told|tell us|request\w*|expect(?:ed|ing)|hop(?:e|ed|ing)|say|said|demand\w*|waiting|claim\w*)\b[^,;:]*$",
    re.IGNORECASE,
)
EVERYBODY: Final = re.compile(
    r"^\W*(?:all |every |any |our )?(?:re-?funds|vouchers|gift cards|credits)\b(?!.*\byour?\b)(?=.*\b(?:are|can|take|have to|must|go|need)\b)",
    re.IGNORECASE,
)
"""Said of what is done always, and so promised to nobody."""
IT: Final = re.compile(
    r"\b(?:it|this|that|everything|all|these|both|yours|your (?:request|claim|case|wish))\b(?:['’]s| is| was| has| have| are| were| will| shall|['’]ll)(?: \w+){0,2} "
    r"(?:approved|granted|agreed|accepted|authori[sz]ed|paid|refunded|processed|issued|settled|sorted|done|credited|coming|going|on (?:its|the) way|with you|arrive|reach|back|in your account|sent|transferred|gone|complete|yours)\b"
    r"|\b(?:we|i|they|accounts|finance|(?:my|our|a|the) (?:colleague|manager|supervisor|team))(?:['’]ll| will| shall| have|['’]ve|['’]re| are| am|['’]m)(?: \w+)? (?:pay|paid|paying|process|processed|processing|send|sent|sending|issued?|approved?|grant|granted) (?:it|this|that)\b"
    r"|\byou(?:['’]ll| will| shall| can)? (?:get|have|receive) it\b|\b(?:it|this|that|all of it) (?:will |is |['’]s )?(?:go|goes|going|come|comes|coming) (?:straight |right )?back\b"
    r"|\b(?:we|i)(?:['’]ll| will| shall|) (?:\w+ )?(?:return|refund|pay|send|give|hand) (?:it|this|that|them|all of it|everything|the lot)\b(?! to (?:a|my|our|the))",
    re.IGNORECASE,
)
AGREED: Final = re.compile(
    r"\b(?:it|this|that|your (?:request|claim|case|wish))\b(?:['’]s| is| was| has| have)(?: \w+){0,2} (?:approved|granted|agreed to|accepted|authori[sz]ed)\b",
    re.IGNORECASE,
)
WISHED: Final = re.compile(
    r"\b(?:would|['’]d) (?:love|like|have (?:liked|loved)|gladly \w+|be (?:glad|happy))\b[^.]*\bbut\b(?![^.]*\b(?:we|i) (?:will|can)\b)",
    re.IGNORECASE,
)
LONGEST, OVERLAP = 600, 200  # characters: patterns take the square of them
INVISIBLE: Final = re.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff]")


OWN_MONEY: Final = re.compile(rf"{MONEY_BACK.pattern}|\byour money\b|\bany money\b", re.IGNORECASE)


def plain(text: str) -> str:
    """The text in the letters a reader sees: no invisible ones, one kind of apostrophe."""
    shown = INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    return re.sub(r"[*_~`]+", "", shown).replace("’", "'").replace("\r", "")


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text in order, as written; one without an end in overlapping pieces."""
    for one in filter(None, map(str.strip, SENTENCE.split(text))):
        for start in range(0, max(len(one) - OVERLAP, 1), LONGEST - OVERLAP):
            yield one[start : start + LONGEST]


def speaks_of_money_back(text: str) -> bool:
    return bool(OWN_MONEY.search(text) or foreign_lexicon.speaks_of_money_back(text))


def read(sentence: str, *, follows: bool = False, asked: bool = False) -> Said:
    """What a plain sentence says. ``follows``: money was spoken of just before, so that "it" may
    be that; ``asked``: the customer asks for money, so that an "it is approved" is about it."""
    found = [Said(foreign_lexicon.read(sentence))]
    for segment in SEGMENT.split(hidden(sentence, AMOUNT)):
        for part in PART.split(segment):
            found.append(_part(part, segment, sentence, follows=follows, asked=asked))
            follows = follows or speaks_of_money_back(part)
    return max(found, key=list(Said).index)


def _part(part: str, segment: str, sentence: str, *, follows: bool, asked: bool) -> Said:
    said = IDLE.sub(" ", PAPERS.sub(" ", NOT_LEFT.sub(" get your money back ", part)))
    pledge = _pledge(said, asked=asked) or (IT.search(part) if follows else None)
    if not (pledge or MONEY_BACK.search(said) or _moves(said)):
        return Said.NOTHING
    if DENIED.search(said) or AFTER_APPROVAL.search(segment) or WISHED.search(sentence):
        return Said.NOTHING
    held = pledge and _held(said, pledge)
    if pledge and not held:
        return Said.PAID if DONE.search(said) else Said.GRANTED
    return Said.NOTHING if held or _excused(said, sentence) else Said.GRANTED


def _moves(said: str) -> bool:
    return bool(MOVES.search(said)) and not FROM_THEM.search(said)


def _held(said: str, pledge: re.Match[str]) -> bool:
    """Whether it is only asked, wished for, or the rule for everybody."""
    before = said[: pledge.start()]
    echoes = ECHO.search(before) or ECHO.match(pledge.group())
    return bool(HELD.search(before) or echoes or EVERYBODY.search(said))


def _pledge(said: str, *, asked: bool) -> re.Match[str] | None:
    """Where money is promised, agreed to or said to be paid."""
    if found := PROMISED.search(said):
        return found
    if MONEY_BACK.search(said):
        return DECIDED.search(said) or DONE.search(said)
    return AGREED.search(said) if asked else None


def _excused(said: str, sentence: str) -> bool:
    ways = (UNDER_WAY, TAKEN_UP, GENERAL)
    return bool(ASKS.search(sentence) or any(way.search(said) for way in ways))
