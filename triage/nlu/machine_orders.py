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
from triage.nlu.lexicon import LEXICONS
from triage.nlu.machine_address import is_ordered_by_name
from triage.nlu.phrase_parts import Part, load_parts
from triage.nlu.spoken_words import Sentence, list_sentences

RULES_ASIDE: Final = "it tells the machine to leave its rules aside"
TO_MACHINE: Final = "it speaks to a machine"
APPROVAL: Final = "it gives an approval"
PARTS: Final = load_parts(LEXICONS / "machine_orders.toml")
MAX_WORDS_READ: Final = 4_000
MIN_SPACED_LETTERS: Final = 4
NEAR, WIDE = 6, 16
"""How many words apart the parts of an order may stand."""


@dataclass(frozen=True)
class _Order:
    """Parts that together, at most so many words apart, are an order; with ``unless_denied`` only
    where no denial stands right before the first.
    """

    why: str
    parts: tuple[Part, ...]
    words: int = NEAR
    unless_denied: bool = False


ORDERS: Final = (
    _Order(RULES_ASIDE, (PARTS["set_aside"], PARTS["rules"]), unless_denied=True),
    _Order(RULES_ASIDE, (PARTS["set_aside"], PARTS["told"]), unless_denied=True),
    _Order(RULES_ASIDE, (PARTS["set_aside"], PARTS["above"], PARTS["approve"]), WIDE),
    _Order(RULES_ASIDE, (PARTS["yours"], PARTS["rules"], PARTS["void"])),
    _Order(RULES_ASIDE, (PARTS["unfollow"], PARTS["own_rules"])),
    _Order(TO_MACHINE, (PARTS["as_machine"],)),
    _Order(TO_MACHINE, (PARTS["sorting"],)),
    _Order(TO_MACHINE, (PARTS["show"], PARTS["own_prompt"]), WIDE),
    _Order(TO_MACHINE, (PARTS["disclose"], PARTS["rules_given"])),
    _Order(TO_MACHINE, (PARTS["role_given"], PARTS["role"]), WIDE),
    _Order(TO_MACHINE, (PARTS["from_now"], PARTS["henceforth"])),
    _Order(TO_MACHINE, (PARTS["promise"], PARTS["own_work"])),
    _Order(TO_MACHINE, (PARTS["tool_says"], PARTS["tool_said"]), WIDE),
    _Order(TO_MACHINE, (PARTS["hide"], PARTS["desk"])),
    _Order(TO_MACHINE, (PARTS["imagine"], PARTS["machine_role"]), WIDE),
    _Order(TO_MACHINE, (PARTS["enter_into"], PARTS["log"], PARTS["signed"]), WIDE),
    _Order(TO_MACHINE, (PARTS["fill"], PARTS["field"])),
    _Order(TO_MACHINE, (PARTS["leave"], PARTS["queue"])),
    _Order(TO_MACHINE, (PARTS["saying"], PARTS["granted"], PARTS["quote"]), WIDE),
    _Order(TO_MACHINE, (PARTS["enter"], PARTS["mode"])),
    _Order(TO_MACHINE, (PARTS["code"],)),
    _Order(TO_MACHINE, (PARTS["machine_must"], PARTS["act"])),
    _Order(TO_MACHINE, (PARTS["pretend"], PARTS["staff"])),
    _Order(APPROVAL, (PARTS["claim"], PARTS["staff"], PARTS["approve"]), WIDE),
    _Order(APPROVAL, (PARTS["pretend"], PARTS["granted"]), WIDE),
    _Order(APPROVAL, (PARTS["notice"],)),
    _Order(APPROVAL, (PARTS["policy"], PARTS["renewed"], PARTS["beyond"]), WIDE),
    _Order(APPROVAL, (PARTS["unchecked"], PARTS["approve"]), WIDE),
    _Order(APPROVAL, (PARTS["unchecked"], PARTS["pay"]), NEAR),
    _Order(APPROVAL, (PARTS["alone"],)),
)
DENIALS: Final = frozenset(PARTS["not"].phrases)


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
    read = list(_iter_read(sentences))
    for said in read:
        yield from (order.why for order in ORDERS if _is_order(order, said))
    if is_ordered_by_name(read):
        yield TO_MACHINE


def _iter_read(sentences: Sequence[Sentence]) -> Iterator[tuple[str, ...]]:
    left = MAX_WORDS_READ
    for sentence in sentences:
        if said := tuple(word.text for word in sentence[:left]):
            yield said
        left -= len(said)


def _is_order(order: _Order, said: tuple[str, ...]) -> bool:
    places: list[list[int]] = []
    for part in order.parts:
        if not (found := list(part.iter_places(said))):
            return False
        places.append(found)
    return any(
        all(any(abs(at - first) <= order.words for at in others) for others in places[1:])
        for first in places[0]
        if not (order.unless_denied and DENIALS & set(said[max(0, first - 2) : first]))
    )
