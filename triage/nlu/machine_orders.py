"""Orders to the machine in any of the languages of mails, found by the parts that make them.

Pure. Each part alone is an honest customer's word ("ignore", "policy", "approve"); together, in
one sentence and near each other, they speak to whoever decides. Which parts make an order stands
in ``ORDERS``; the words of the parts in a lexicon.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from triage.nlu.document import Document
from triage.nlu.lexicon import LEXICONS, load_lexicon
from triage.nlu.spoken_words import Sentence, iter_words, list_sentences

RULES_ASIDE: Final = "it tells the machine to leave its rules aside"
TO_MACHINE: Final = "it speaks to a machine"
APPROVAL: Final = "it gives an approval"
LEXICON: Final = load_lexicon(LEXICONS / "machine_orders.toml")
FIRST_UNSPACED: Final = "\u0e00"
"""From here on scripts set no blanks between words."""
MAX_WORDS_READ: Final = 4_000
MIN_STEM_CHARS: Final = 2
MIN_SPACED_LETTERS: Final = 4
NEAR, WIDE = 6, 16
"""How many words apart the parts of an order may stand."""


@dataclass(frozen=True)
class _Part:
    """The phrases of a part by their first word; those found inside a word; those by their
    beginning.
    """

    phrases: dict[str, list[tuple[str, ...]]]
    inside: tuple[str, ...]
    beginnings: dict[str, list[tuple[str, ...]]]


@dataclass(frozen=True)
class _Order:
    """Parts that together, at most so many words apart, are an order; with ``unless_denied`` only
    where no denial stands right before the first.
    """

    why: str
    parts: tuple[_Part, ...]
    words: int = NEAR
    unless_denied: bool = False


def _build_part(part: tuple[str, ...]) -> _Part:
    made = _Part({}, tuple(p for p in part if _is_unspaced(p)), {})
    for phrase in part:
        if "~" in phrase:
            stems = tuple(phrase.casefold().split())
            made.beginnings.setdefault(stems[0][:MIN_STEM_CHARS], []).append(stems)
        elif not _is_unspaced(phrase):
            words = tuple(word.text for word in iter_words(phrase))
            made.phrases.setdefault(words[0], []).append(words)
    return made


def _is_unspaced(phrase: str) -> bool:
    return any(char >= FIRST_UNSPACED and not char.isspace() and char.isalpha() for char in phrase)


PARTS: Final = {name: _build_part(phrases) for name, phrases in LEXICON.items()}
ORDERS: Final = (
    _Order(RULES_ASIDE, (PARTS["set_aside"], PARTS["rules"]), unless_denied=True),
    _Order(RULES_ASIDE, (PARTS["set_aside"], PARTS["told"]), unless_denied=True),
    _Order(RULES_ASIDE, (PARTS["set_aside"], PARTS["above"], PARTS["approve"]), WIDE),
    _Order(RULES_ASIDE, (PARTS["yours"], PARTS["rules"], PARTS["void"])),
    _Order(RULES_ASIDE, (PARTS["unfollow"], PARTS["own_rules"])),
    _Order(TO_MACHINE, (PARTS["as_machine"],)),
    _Order(TO_MACHINE, (PARTS["sorting"],)),
    _Order(TO_MACHINE, (PARTS["show"], PARTS["own_prompt"])),
    _Order(TO_MACHINE, (PARTS["saying"], PARTS["granted"], PARTS["quote"]), WIDE),
    _Order(TO_MACHINE, (PARTS["enter"], PARTS["mode"])),
    _Order(TO_MACHINE, (PARTS["code"],)),
    _Order(TO_MACHINE, (PARTS["pretend"], PARTS["staff"])),
    _Order(APPROVAL, (PARTS["claim"], PARTS["staff"], PARTS["approve"]), WIDE),
    _Order(APPROVAL, (PARTS["pretend"], PARTS["granted"]), WIDE),
    _Order(APPROVAL, (PARTS["notice"],)),
    _Order(APPROVAL, (PARTS["policy"], PARTS["renewed"], PARTS["beyond"]), WIDE),
    _Order(APPROVAL, (PARTS["unchecked"], PARTS["approve"]), WIDE),
    _Order(APPROVAL, (PARTS["unchecked"], PARTS["pay"]), NEAR),
    _Order(APPROVAL, (PARTS["alone"],)),
)
DENIALS: Final = frozenset(LEXICON["not"])


def find_machine_orders(document: Document) -> tuple[str, ...]:
    """Why a text is an order to the machine, a few words each; empty for no."""
    found = dict.fromkeys(_iter_orders(list_sentences(_join_letters(document))))
    return tuple(found)


def _join_letters(document: Document) -> Document:
    """The text with its letter-spaced words joined: "I g n o r e  a l l" is read as it is meant."""
    joined: list[str] = []
    for spaced, pieces in groupby(document.text.split(" "), lambda piece: len(piece) == 1):
        letters = list(pieces)
        is_word = spaced and len(letters) >= MIN_SPACED_LETTERS
        joined += ["".join(letters)] if is_word else letters
    text = " ".join(joined)
    return document if text == document.text else Document(text)


def _iter_orders(sentences: Sequence[Sentence]) -> Iterator[str]:
    left = MAX_WORDS_READ
    for sentence in sentences:
        said = tuple(word.text for word in sentence[:left])
        left -= len(said)
        yield from (order.why for order in ORDERS if _is_order(order, said))


def _is_order(order: _Order, said: tuple[str, ...]) -> bool:
    places: list[list[int]] = []
    for part in order.parts:
        if not (found := list(_iter_places(part, said))):
            return False
        places.append(found)
    return any(
        all(any(abs(at - first) <= order.words for at in others) for others in places[1:])
        for first in places[0]
        if not (order.unless_denied and DENIALS & set(said[max(0, first - 2) : first]))
    )


def _iter_places(part: _Part, said: tuple[str, ...]) -> Iterator[int]:
    foreign = part.inside and not all(map(str.isascii, said))
    if part.beginnings or foreign or not part.phrases.keys().isdisjoint(said):
        yield from (at for at in range(len(said)) if _is_at(part, said, at))


def _is_at(part: _Part, said: tuple[str, ...], at: int) -> bool:
    word = said[at]
    if any(said[at : at + len(phrase)] == phrase for phrase in part.phrases.get(word, ())):
        return True
    if part.inside and not word.isascii() and any(phrase in word for phrase in part.inside):
        return True
    near = part.beginnings.get(word[:MIN_STEM_CHARS], ())
    return any(_begins(phrase, said[at : at + len(phrase)]) for phrase in near)


def _begins(phrase: tuple[str, ...], said: tuple[str, ...]) -> bool:
    return len(phrase) == len(said) and all(
        word.startswith(stem[:-1]) if stem.endswith("~") else word == stem
        for stem, word in zip(phrase, said, strict=True)
    )
