"""A text as words, and how plainly it names an item of an order.

Pure. Words are compared in the singular, and neighbours also joined: "book shelves" names a
"Bookshelf" and "tshirts" a "T-Shirt".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from triage.contract.memo import keep_on_argument
from triage.nlu.document import TOKEN, Document
from triage.nlu.lexicon import LEXICONS, load_lexicon

GENERIC_WORDS: Final = frozenset(load_lexicon(LEXICONS / "items.toml")["generic"])
"""Words that alone name nothing: many things are a set, and many are blue."""
IRREGULAR: Final = {"knives": "knife", "feet": "foot", "shelves": "shelf", "scarves": "scarf"}
MIN_WORD_CHARS: Final = 3
NUMBER_WORDS: Final = {
    word: number
    for number, word in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"], 1
    )
}
FULL_NAME, NEAR_FULL_NAME, HEAD_NOUN, NAME_PART = (
    "its full name",
    "most of its name",
    "what it is",
    "a word of its name",
)


@dataclass(frozen=True)
class ItemMention:
    """How an item is named in a text: ``how``, and from which word to which, counted from 0.

    ``variants`` counts the words after the comma of its name that are near by.
    """

    how: str
    first: int
    last: int
    variants: int = 0


class NameWords(frozenset[str]):
    """The words of a name that no other item at hand has.

    ``compounds`` are two neighbouring words of another item's name of which the first is a word
    of this one: where they stand together they name that one, as a "bench cover" is no bench.
    """

    compounds: frozenset[tuple[str, str]] = frozenset()


@keep_on_argument
def list_words(document: Document) -> tuple[str, ...]:
    """The words of a document, in lower case and in the singular."""
    return tuple(map(singularize_word, TOKEN.findall(document.text.casefold())))


def split_words(text: str) -> tuple[str, ...]:
    """The words of a name or a piece of a text, as ``list_words`` has those of a document."""
    return list_words(Document.read(text))


def singularize_word(word: str) -> str:
    """The singular of a plain English plural; any other word as it is.

    >>> words = ("lamps", "watches", "batteries", "glass", "bookshelves")
    >>> [singularize_word(word) for word in words]
    ['lamp', 'watch', 'battery', 'glass', 'bookshelf']
    """
    if word in IRREGULAR:
        return IRREGULAR[word]
    if len(word) <= MIN_WORD_CHARS or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("shelves"):
        return f"{word[:-3]}f"
    if word.endswith("ies") and len(word) > len("ties"):
        return f"{word[:-3]}y"
    if word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    return word[:-1]


def is_plural(raw: str) -> bool:
    """Whether a word as written stands for several."""
    return singularize_word(raw.casefold()) != raw.casefold()


@lru_cache(maxsize=1024)
def get_name_head(name: str) -> tuple[str, ...]:
    """The words of a name before its first comma, where a size or a colour follows, and before
    its measures: "Wool rug 120 x 180" is a wool rug."""
    words = split_words(name.partition(",")[0])
    last = next((at for at in range(len(words), 0, -1) if not _is_measure(words[at - 1])), 0)
    return words[:last] or words


def _is_measure(word: str) -> bool:
    return word.isdigit() or len(word) < MIN_WORD_CHARS


@lru_cache(maxsize=1024)
def get_variant_words(name: str) -> frozenset[str]:
    """The words of a name after its first comma."""
    return frozenset(split_words(name.partition(",")[2]))


def find_mentions(
    words: Sequence[str], name: str, unique: Collection[str] = ()
) -> tuple[ItemMention, ...]:
    """Every place at which the words name the item, the plainest naming of each place.

    ``unique`` are words that no other item at hand has: one of them alone is enough. Of
    ``NameWords`` what is a part of another's name is no naming.
    """
    head = get_name_head(name)
    if not head:
        return ()
    found = [
        *_find_phrase(words, head, FULL_NAME),
        *_find_phrase(words, head[-2:], NEAR_FULL_NAME if len(head) > 2 else FULL_NAME),
        *_find_phrase(words, (head[0], head[-1]), NEAR_FULL_NAME),
    ]
    if head[-1] not in GENERIC_WORDS and len(head[-1]) >= MIN_WORD_CHARS:
        found += _find_phrase(words, head[-1:], HEAD_NOUN if len(head) > 1 else FULL_NAME)
    for word in unique:
        if (
            word in head
            and len(word) > MIN_WORD_CHARS
            and word not in GENERIC_WORDS
            and not word.isdigit()
        ):
            found += _find_phrase(words, (word,), NAME_PART)
    if isinstance(unique, NameWords) and unique.compounds:
        other = _find_compounds(words, head, unique.compounds)
        found = [each for each in found if other.isdisjoint(range(each.first, each.last + 1))]
    return _select_plainest(found, words, get_variant_words(name))


def _find_compounds(
    words: Sequence[str], head: Sequence[str], compounds: frozenset[tuple[str, str]]
) -> set[int]:
    """The places of words that stand before the name of another thing: "garden bench cover"."""
    found: set[int] = set()
    for at, pair in enumerate(pairwise(words)):
        while pair in compounds and at >= 0 and words[at] in head:
            found.add(at)
            at -= 1
    return found


def _select_plainest(
    found: Iterable[ItemMention], words: Sequence[str], variants: frozenset[str]
) -> tuple[ItemMention, ...]:
    taken: set[int] = set()
    kept = []
    for each in found:
        places = set(range(each.first, each.last + 1))
        if not places & taken:
            taken |= places
            near = set(words[max(0, each.first - 5) : each.last + 9])
            kept.append(ItemMention(each.how, each.first, each.last, len(near & variants)))
    return tuple(sorted(kept, key=lambda each: each.first))


def _find_phrase(words: Sequence[str], phrase: Sequence[str], how: str) -> list[ItemMention]:
    """Where the phrase stands, its words written apart or joined."""
    joined = "".join(phrase)
    if not joined:
        return []
    found = []
    for first in range(len(words)):
        last = first
        piece = words[first]
        while joined.startswith(piece) and len(piece) < len(joined) and last + 1 < len(words):
            last += 1
            piece += words[last]
        if piece == joined:
            found.append(ItemMention(how, first, last))
    return found


def find_unique_words(names: Sequence[str]) -> dict[str, frozenset[str]]:
    """For each name the words of its head that no other, differently headed name has."""
    heads = {name: get_name_head(name) for name in names}
    return {name: _find_own_words(head, set(heads.values())) for name, head in heads.items()}


def _find_own_words(head: tuple[str, ...], heads: Iterable[tuple[str, ...]]) -> NameWords:
    others = [other for other in heads if set(other) != set(head)]
    own = NameWords(word for word in head if not any(word in other for other in others))
    pairs = {pair for other in others for pair in pairwise(other) if pair[0] in head}
    own.compounds = frozenset(pairs - set(pairwise(head)))
    return own
