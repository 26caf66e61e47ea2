"""A second look at which items a message asks for: whether anything in it speaks against them.

Pure, English. The readers before it find what is asked for; people word it in more ways than any
of them knows. What they found is held against every sentence by signs that need no understanding.
Any of them makes it a question; none ever adds an item.
"""

from __future__ import annotations

from typing import Final

from triage.nlu import left_out_doubts, named_doubts
from triage.nlu.document import Document
from triage.nlu.item_reading import ReadItems, Sign, read_sentences

MAX_QUOTED_CHARS: Final = 160
SIGNS: Final[tuple[Sign, ...]] = (*left_out_doubts.SIGNS, *named_doubts.SIGNS)


def find_item_doubt(document: Document, read: ReadItems) -> str:
    """A question that quotes the sentence that speaks against what was read; "" for none."""
    reading = read_sentences(document, read)
    found = next((line for sign in SIGNS for line in reading.lines if sign(reading, line)), None)
    if found is None:
        return ""
    said = document.text[found.words[0].start : found.words[-1].end]
    return f"Which items go back? It also says: “{' '.join(said.split())[:MAX_QUOTED_CHARS]}”"
