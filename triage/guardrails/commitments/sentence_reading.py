"""What a sentence says of money that goes back: nothing, that it will, or that it did."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from triage.guardrails.commitments.commitment_book import (
    AMOUNT_MARK,
    COMMITMENT_BOOK,
    FOREIGN_BOOK,
    FOREIGN_LANGUAGES,
)
from triage.nlu.money import mask_amounts
from triage.nlu.sentences import REPLY, split_sentences


class CommitmentLevel(StrEnum):
    """How far a sentence commits us to money for the customer."""

    NOTHING = "nothing"
    GRANTED = "granted"
    PAID = "paid"


_build, _compile = COMMITMENT_BOOK.build_pattern, COMMITMENT_BOOK.compile_list
SEGMENT_BREAK: Final = re.compile(
    rf"[;–—]\s*|\s-\s|[,:]?\s{_build('contrast')},?\s*", re.IGNORECASE
)
PART_BREAK: Final = re.compile(
    rf"[,:]\s+|\s{_build('part_joint')}\s(?={_build('part_beginning')})", re.IGNORECASE
)
MONEY_BACK: Final = _compile("money_back")
OWN_MONEY: Final = _compile("own_money")
MONEY_TO_CUSTOMER: Final = _compile("money_to_customer")
MONEY_FROM_CUSTOMER: Final = _compile("money_from_customer")
COMMITMENT: Final = _compile("commitment")
DECISION: Final = _compile("decision")
MONEY_MOVED: Final = _compile("money_moved")
PRONOUN_GRANT: Final = _compile("pronoun_grant")
PRONOUN_AGREEMENT: Final = _compile("pronoun_agreement")
PAPERWORK: Final = _compile("paperwork")
NOT_OUT_OF_POCKET: Final = _compile("not_out_of_pocket")
IGNORED_PHRASES: Final = _compile("ignored")
DENIAL: Final = _compile("detector_denial")
AFTER_APPROVAL: Final = _compile("after_approval")
REGRETFUL_WISH: Final = _compile("regretful_wish")
UNDECIDED_CUE: Final = _compile("undecided")
CUSTOMER_ECHO: Final = _compile("customer_echo")
GENERAL_STATEMENT: Final = _compile("general_statement")
EXCUSES: Final = tuple(map(_compile, ("detector_under_way", "acknowledgement", "rules_and_forms")))
QUESTION: Final = _compile("question")
MAX_SENTENCE_CHARS, OVERLAP_CHARS = 600, 200  # characters: patterns take the square of them
INVISIBLE: Final = re.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff]")


@dataclass(frozen=True)
class ForeignPatterns:
    """``gives`` is what speaks of money back in a language, ``excuses`` what denies, asks or puts
    it off, ``done`` what says that it was paid.
    """

    gives: re.Pattern[str]
    excuses: re.Pattern[str]
    done: re.Pattern[str]

    @classmethod
    def of_language(cls, name: str) -> ForeignPatterns:
        lists = (f"{name}.gives", f"{name}.excuses", f"{name}.done")
        return cls(*map(FOREIGN_BOOK.compile_list, lists))


FOREIGN_PATTERNS: Final = tuple(map(ForeignPatterns.of_language, FOREIGN_LANGUAGES))


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
    foreign = any(language.gives.search(text) for language in FOREIGN_PATTERNS)
    return bool(foreign or OWN_MONEY.search(text))


def detect_commitment(
    sentence: str, *, follows: bool = False, asked: bool = False
) -> CommitmentLevel:
    """The furthest that a normalized sentence commits us. ``follows``: money was spoken of just
    before, so that "it" may be that; ``asked``: the customer asks for money, so that an "it is
    approved" is about it.
    """
    found = [_detect_in_foreign(sentence)]
    for segment in SEGMENT_BREAK.split(mask_amounts(sentence, AMOUNT_MARK)):
        for part in PART_BREAK.split(segment):
            found.append(_detect_in_part(part, segment, sentence, follows=follows, asked=asked))
            follows = follows or is_about_money_back(part)
    return max(found, key=list(CommitmentLevel).index)


def _detect_in_foreign(sentence: str) -> CommitmentLevel:
    for language in FOREIGN_PATTERNS:
        if language.gives.search(sentence) and not language.excuses.search(sentence):
            paid = language.done.search(sentence)
            return CommitmentLevel.PAID if paid else CommitmentLevel.GRANTED
    return CommitmentLevel.NOTHING


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
    return bool(QUESTION.search(sentence) or any(excuse.search(said) for excuse in EXCUSES))
