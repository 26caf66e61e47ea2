"""What a message in another language asks, by its question marks alone.

Pure. Which sentence asks is learned of English; a question mark is the same everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from triage.contract.answers import Asked, AskedKind
from triage.nlu.sentences import INFORMAL, cut_sentences

QUESTION_MARKS: Final = ("?", "？", "؟")
WIDE_ENDS: Final = "？。！؟"
"""What ends a sentence of Chinese, Japanese or Arabic: no blank follows."""
CLOSING_MARKS: Final = " \"'»”)"


def find_foreign_asked(subject: str, text: str) -> tuple[Asked, ...]:
    """The sentences of the text that end with a question mark; the whole message where none does.

    What leads to each is the whole message.
    """
    whole = f"{subject}\n{text}".strip()
    found = tuple(
        Asked(words=said, kind=AskedKind.QUESTION, context=whole) for said in _iter_questions(text)
    )
    words = " ".join((text or subject).split())
    return found or (Asked(words=words, kind=AskedKind.MATTER, context=whole),)


def _iter_questions(text: str) -> Iterator[str]:
    for end in WIDE_ENDS:
        text = text.replace(end, f"{end}\n")
    for line in text.split("\n"):
        for said in cut_sentences(line, INFORMAL):
            if said.strip().rstrip(CLOSING_MARKS).endswith(QUESTION_MARKS):
                yield said.strip()
