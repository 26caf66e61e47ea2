"""Words: which carry content, which exclude each other, and what they are without endings.

Pure. The lists are short on purpose: what a reply of a shop is made of, not a lexicon.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from triage.nlu.lexicon import LEXICONS, load_lexicon, match_any

WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
NUMBER: Final = re.compile(r"\d[\d,]*(?:\.\d+)?")
CAPITAL: Final = re.compile(r"(?<=[^.!?:\s])\s+[“(]?([A-Z][\w&]*)")
LEXICON: Final = load_lexicon(LEXICONS / "content_words.toml")
NEGATION: Final = re.compile(
    rf"\b(?:{match_any(LEXICON['negation'], plain_spaces=True)}|refus\w+|\w+n['’]t)\b",
    re.IGNORECASE,
)
CONTRACTION: Final = re.compile(r"['’](?:s|re|ve|ll|d|m)\b", re.IGNORECASE)
"""Verbs that are written as one with the word before."""


def parse_word_list(words: str) -> frozenset[str]:
    """The words of a list that is written as text, separated by white space."""
    return frozenset(words.split())


FUNCTION_WORDS: Final = frozenset(LEXICON["function_words"])
EMPTY_WORDS: Final = frozenset(LEXICON["empty_words"])
ABSOLUTE_WORDS: Final = frozenset(LEXICON["absolute_words"])
CAPITALISABLE_WORDS: Final = frozenset(LEXICON["capitalisable_words"])
SENTENCE_STARTERS: Final = frozenset(LEXICON["sentence_starters"])

NUMBER_VALUES: Final[Mapping[str, float]] = {
    "half": 0.5, "one": 1, "once": 1, "first": 1, "two": 2, "twice": 2, "second": 2, "three": 3,
    "third": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "ninety": 90, "hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9,
}  # fmt: skip

SYNONYM_STEMS: Final[Mapping[str, str]] = {
    "cost": "pay", "charg": "pay", "paid": "pay", "includ": "cover", "swap": "exchang",
    "arriv": "reach", "receiv": "reach", "bought": "buy", "purchas": "buy", "taken": "tak",
    "used": "use", "payment": "pay", "issu": "pay", "locat": "find", "mone": "refund",
    "inform": "data", "sold": "sell",
}  # fmt: skip
"""Stems that mean the same in a shop."""

MIN_WORD_CHARS: Final = 3
PREFIXES: Final = ("un", "in", "im", "dis", "non", "mis", "ir")
ENDINGS: Final = (
    "ations",
    "ation",
    "ements",
    "ement",
    "ings",
    "ing",
    "ied",
    "ies",
    "edly",
    "ed",
    "es",
)


def split_words(text: str) -> list[str]:
    """The words of a text in their order, in lower case."""
    return [word.lower() for word in WORD.findall(text)]


def iter_stems(text: str) -> Iterator[str]:
    """The content words without their endings."""
    return (stem_word(word) for word in split_words(text) if word not in FUNCTION_WORDS)


def extract_content(text: str) -> frozenset[str]:
    """The stems of what a text speaks of, whether it affirms or denies it."""
    spoken = (
        SYNONYM_STEMS.get(word, word)
        for word in iter_stems(CONTRACTION.sub("", NEGATION.sub(" ", text)))
    )
    return frozenset(spoken) - _get_empty_stems() - FUNCTION_WORDS


def is_empty(stemmed: str) -> bool:
    return stemmed in _get_empty_stems()


@lru_cache(maxsize=1)
def _get_empty_stems() -> frozenset[str]:
    return frozenset(map(stem_word, EMPTY_WORDS))


def find_names(sentence: str) -> list[str]:
    """The capitalised words of a sentence but for the first."""
    return CAPITAL.findall(sentence)


def iter_numbers(text: str) -> Iterator[float]:
    """The numbers of a text, in figures or words."""
    for match in NUMBER.finditer(text):
        yield float(match.group().replace(",", ""))
    yield from (NUMBER_VALUES[word] for word in split_words(text) if word in NUMBER_VALUES)


def stem_word(word: str) -> str:
    """A word without its ending: "delivery", "delivered" and "delivers" are one.

    Rough, and enough to compare: the first steps of Porter (1980), "An algorithm for
    suffix stripping".
    """
    word = re.sub(r"['’]s?$", "", word)
    ending = next((e for e in ENDINGS if word.endswith(e) and len(word) - len(e) >= 3), "")
    if ending:
        word = word.removesuffix(ending)
    elif len(word) > 3 and not word.endswith("ss"):
        word = word.removesuffix("s")
    if len(word) > 3 and word[-1] == word[-2]:
        word = word[:-1]
    return re.sub(r"(?<=\w{3})[eyi]$", "", word)


def find_opposites(word: str) -> frozenset[str]:
    """The stems that a stem excludes."""
    longer = {prefix + word for prefix in PREFIXES if len(word) > 3}
    shorter = {word.removeprefix(p) for p in PREFIXES if len(word) > len(p) + 3} - {word}
    return _build_opposite_families().get(word, frozenset()) | longer | shorter


@lru_cache(maxsize=1)
def _build_opposite_families() -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for family in LEXICON["opposite_families"]:
        members = frozenset(map(stem_word, family.split()))
        for member in members:
            found[member] = found.get(member, frozenset()) | members - {member}
    return found


def list_stems(text: str) -> frozenset[str]:
    """The stems of the words of a text that carry content, of three letters or more."""
    words = (word for word in split_words(text) if len(word) >= MIN_WORD_CHARS)
    return frozenset(stem_word(word) for word in words if word not in FUNCTION_WORDS)
