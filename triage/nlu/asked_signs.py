"""Signs by which a piece of a message asks for something or only tells, and its words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from triage.nlu.document import Document
from triage.nlu.lexicon import LEXICONS, load_groups
from triage.nlu.requests import find_requests

WORDS: Final = load_groups(LEXICONS / "asked.toml", plain_spaces=True)
TOKEN: Final = re.compile(r"[a-z']+|\d+|[?!]")
SHORT, SHORTER, LONG = 4, 2, 15  # words


def _compile_words(words: str, *, first: bool = False) -> re.Pattern[str]:
    """Words at their edges, anywhere or ``first`` in a piece."""
    return re.compile(rf"{'^' if first else ''}\W*\b{words}\b", re.IGNORECASE)


OPENS: Final = _compile_words(f"(?:{WORDS['lead_ins']} )?{WORDS['openers']}", first=True)
QUESTION: Final = _compile_words(WORDS["question"])
WISH: Final = _compile_words(WORDS["wish"])
NOTHING: Final = _compile_words(WORDS["nothing"])
PATTERNS: Final = (
    OPENS,
    QUESTION,
    WISH,
    NOTHING,
    _compile_words(WORDS["past"]),
    _compile_words(WORDS["subjects"], first=True),
    _compile_words(WORDS["pleas"], first=True),
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


def is_question(piece: str) -> bool:
    """Whether a piece is plainly a question: by its mark, or by how it begins."""
    return piece.rstrip().endswith("?") or bool(QUESTION.search(piece) or OPENS.search(piece))


def is_wish(piece: str) -> bool:
    """Whether a piece plainly wishes for something."""
    requests = find_requests(Document.read(piece))
    return bool(requests or WISH.search(piece)) and not NOTHING.search(piece)


def iter_words(piece: str) -> Iterator[str]:
    """Its words in small letters, every number as 0."""
    return (word for word in _list_tokens(piece) if word not in "?!")


def iter_tokens(piece: str) -> Iterator[str]:
    """Its words, pairs of them, and which begin and end it; every number is the same."""
    words = _list_tokens(piece)
    yield from words
    yield from (f"{one}_{other}" for one, other in zip(words, words[1:], strict=False))
    if words:
        yield from (f"^{words[0]}", f"${words[-1]}")
    if len(words) > 1:
        yield f"^{words[0]}_{words[1]}"


def _list_tokens(piece: str) -> list[str]:
    words: list[str] = TOKEN.findall(piece.lower().replace("’", "'"))
    return ["0" if word.isdigit() else word for word in words]
