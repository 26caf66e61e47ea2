"""A text in which the number of its order is the words "this order".

Pure. "Everything in HP-10423 but the lamp" and "everything in this order but the lamp" are one
sentence: readers of words would stop at a number, and at the dash within one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from triage.nlu.document import Document
from triage.nlu.item_names import singularize_word, split_words
from triage.nlu.lexicon import LEXICONS, load_lexicon
from triage.nlu.order_mentions import OrderMention, Verdict, find_order_mentions
from triage.nlu.spoken_words import iter_words

LISTS: Final = {
    name: frozenset(words) for name, words in load_lexicon(LEXICONS / "quantities.toml").items()
}
MAX_CHARS_BEFORE: Final = 40
"""So far before a number the word "order" is looked for."""
MIN_DIGITS_ALONE: Final = 5
STANDS_FOR_NUMBER: Final = "this order"


def replace_own_number(document: Document, number: str, names: Sequence[str]) -> Document:
    """The document with every naming of the order ``number`` as words.

    "Order no. 1042" becomes "order", a number alone "this order"; one that an item of the order
    has in its name ("Lamp 2000") stays.
    """
    text = document.text
    kept = frozenset().union(*map(split_words, names))
    found = {mention.start: mention for mention in _list_plain_mentions(document, number)}
    found |= {mention.start: mention for mention in find_order_mentions(document, [number])}
    for mention in sorted(found.values(), key=lambda each: each.start, reverse=True):
        if number in mention.numbers and not _is_of_item(mention, kept):
            start, end, words = _find_naming(text, mention)
            words = "" if _is_before_item(text[end:], kept) else words
            text = f"{text[:start]}{words}{text[end:]}"
    return document if text == document.text else Document.read(text)


def _list_plain_mentions(document: Document, number: str) -> list[OrderMention]:
    """A long number alone, whatever word follows: "40411 minus the rug", "40411 bar the lamp"."""
    if not number.isdecimal() or len(number) < MIN_DIGITS_ALONE:
        return []
    return [
        OrderMention(word.start, word.end, word.text, Verdict.UNSURE, (number,))
        for word in iter_words(document.text)
        if word.text == number and _is_alone(document.text, word.start, word.end)
    ]


def _is_alone(text: str, start: int, end: int) -> bool:
    """Whether blanks stand around it, or the end or a stop: no part of 40411.50 or of £40411."""
    before, after = text[start - 1 : start], text[end : end + 2]
    return not before.strip() and (not after[:1].strip() or not after[1:].strip())


def _is_of_item(mention: OrderMention, names: Collection[str]) -> bool:
    parts = split_words(mention.written)
    return mention.verdict == Verdict.UNSURE and not set(parts).isdisjoint(names)


def _is_before_item(after: str, names: Collection[str]) -> bool:
    """Whether an item's name follows right behind: "all HP-10423 lamps"."""
    said = next(iter_words(after), None)
    return said is not None and singularize_word(said.text) in names


def _find_naming(text: str, mention: OrderMention) -> tuple[int, int, str]:
    """From where to where a number is said, with the words that call it one, and what stands
    for it.
    """
    begin = max(0, mention.start - MAX_CHARS_BEFORE)
    before = list(iter_words(text[begin : mention.start]))
    opened = False
    while before and before[-1].text in LISTS["number_words"]:
        opened = before.pop().text == "(" or opened
    closes = opened and text[mention.end : mention.end + 1] == ")"
    end = mention.end + closes
    if before and before[-1].text in LISTS["order"]:
        return begin + before[-1].end, end, ""
    return mention.start, mention.end, STANDS_FOR_NUMBER
