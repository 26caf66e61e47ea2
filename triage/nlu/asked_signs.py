"""Signs by which a piece of a message asks for something or only tells, and its words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from triage.nlu.lexicon import LEXICONS, load_groups

WORDS: Final = load_groups(LEXICONS / "asked.toml", plain_spaces=True)
TOKEN: Final = re.compile(r"[a-z']+|\d+|\?|!")
DIGITS: Final = re.compile(r"\d+")
SHORT, SHORTER, LONG = 4, 2, 15  # words
PATTERNS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^\W*(?:{WORDS['lead_ins']}\W+)*{WORDS['openers']}\b",
        rf"\b{WORDS['question']}\b",
        rf"\b{WORDS['wish']}\b",
        rf"\b{WORDS['nothing']}\b",
        rf"\b{WORDS['past']}\b",
        rf"^\W*{WORDS['subjects']}\b",
        rf"^\W*{WORDS['pleas']}\b",
    )
)


def list_signs(piece: str) -> tuple[float, ...]:
    """What is plain of a piece: its marks, how it begins, words that ask or tell, its length."""
    words = len(piece.split())
    return (
        float(piece.rstrip().endswith("?")),
        float("?" in piece),
        float("!" in piece),
        float(words <= SHORTER),
        float(words <= SHORT),
        float(words > LONG),
        *(float(bool(pattern.search(piece))) for pattern in PATTERNS),
    )


def iter_tokens(piece: str) -> Iterator[str]:
    """Its words, pairs of them, and which begin and end it; every number is the same."""
    words = TOKEN.findall(DIGITS.sub("0", piece.lower().replace("’", "'")))
    yield from words
    yield from (f"{one}_{other}" for one, other in zip(words, words[1:], strict=False))
    if words:
        yield from (f"^{words[0]}", f"${words[-1]}")
    if len(words) > 1:
        yield f"^{words[0]}_{words[1]}"
