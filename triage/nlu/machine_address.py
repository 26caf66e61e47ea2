"""Whether a sentence calls the machine by a name, or as its reader, and gives it an order.

Pure. "I spoke to your chatbot" names a machine and calls none; "Hello bot, where is my order?"
calls one and orders nothing. What has to come together is a name where only one who is spoken to
is named, and an order where only an order stands: at the beginning of a clause.

A name that is one of the machine alone (``names.machine``) needs no more. One that goods have
too ("robot", "model") is none in a list of goods; one that people have too ("assistant") needs
an order about what no customer asks of people: fields, limits, rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, takewhile
from typing import Final, NamedTuple

from triage.nlu.lexicon import LEXICONS
from triage.nlu.phrase_parts import Part, load_parts

PARTS: Final = load_parts(LEXICONS / "machine_address.toml")
MACHINE, GOODS, PERSON = PARTS["names.machine"], PARTS["names.goods"], PARTS["names.person"]
ARTICLES: Final = frozenset(PARTS["articles"].phrases)
DESCRIBED: Final = frozenset(PARTS["described"].phrases)
GREETINGS: Final = frozenset(PARTS["greetings"].phrases)
OPENERS: Final = frozenset(PARTS["openers"].phrases)
SPEAKERS: Final = (("i",), ("we",))
YOU_ARE: Final = ("you", "are")
BOT_NAMES: Final = ("bot", "gpt")
KNOWN_BOTS: Final = frozenset({"bot", "robot", "chatbot", "gpt", "chatgpt"})
MARKS: Final = frozenset(",:;.!()-–—\"'“”„‘’«»<>*#/…¡")
STOPS: Final = frozenset(".!;)\"'”’»")
MAX_ADDRESS_WORDS: Final = 7
"""A sentence of so many words can be an address alone; its order is the next one."""
MAX_GREETING_WORDS: Final = 4
MAX_DESCRIBED_WORDS: Final = 3
READS_WITHIN: Final = 3
COLON_WITHIN: Final = 7
ORDERS_WITHIN: Final = 4


class _Call(NamedTuple):
    """The machine called: by which names, the words of it, as one who reads, and in a note."""

    names: Part
    start: int
    end: int
    reads: bool = False
    is_noted: bool = False


class _Ordered(NamedTuple):
    """What a sentence orders: where; whether anything but goods is asked for; where the last "must"
    stands, -1 for none; whether it tells for whom it is; whether it is about rules and fields.
    """

    places: frozenset[int]
    is_plain: bool
    obliged: int
    tells: bool
    concerns_software: bool
    colons: frozenset[int]


def is_ordered_by_name(sentences: Sequence[tuple[str, ...]]) -> bool:
    """Whether any of the sentences, in lower case and with their stops, orders a named machine."""
    if any(_is_renamed(said) or _is_ordered(said, said) for said in sentences):
        return True
    return any(_is_address(said) and _is_ordered(said, then) for said, then in pairwise(sentences))


def _is_renamed(said: tuple[str, ...]) -> bool:
    """Whether the reader is told to be some "RefundBot" from now on."""
    named = (word for at, word in enumerate(said) if said[at - 2 : at] == YOU_ARE)
    return any(word.endswith(BOT_NAMES) and word not in KNOWN_BOTS for word in named)


def _is_address(said: tuple[str, ...]) -> bool:
    """Whether the sentence ends with the call, as "Hello bot!" does: what follows is its order."""
    return any(
        call.end >= len(said) - 1
        and (call.names is MACHINE or (len(said) <= MAX_ADDRESS_WORDS and said[0] in GREETINGS))
        for call in _iter_calls(said)
    )


def _is_ordered(said: tuple[str, ...], then: tuple[str, ...]) -> bool:
    calls = list(_iter_calls(said))
    if not calls or then[-1] == "?" or _asks_for_person(then):
        return False
    ordered = _read_orders(then)
    return ordered.tells or any(_suits(call, ordered, said is then) for call in calls)


def _read_orders(said: tuple[str, ...]) -> _Ordered:
    places = frozenset(_iter_orders(said))
    goods = PARTS["orders.goods"]
    return _Ordered(
        places=places,
        is_plain=not all(goods.match_length(said, at) for at in places),
        obliged=max(_iter_duties(said), default=-1),
        tells=_has_any(PARTS["told_so"], said),
        concerns_software=bool(places) and _has_any(PARTS["matter"], said),
        colons=frozenset(at for at, word in enumerate(said) if word == ":"),
    )


def _suits(call: _Call, ordered: _Ordered, in_same: bool) -> bool:
    if call.names is PERSON:
        return ordered.concerns_software
    if in_same and call.reads and (call.is_noted or ordered.obliged >= call.end):
        return True
    if call.names is GOODS and in_same and call.end in ordered.colons:
        return bool(ordered.places & {*range(call.end + 1, call.end + ORDERS_WITHIN)})
    return ordered.is_plain if call.names is GOODS else bool(ordered.places)


def _iter_duties(said: tuple[str, ...]) -> Iterator[int]:
    """Where somebody other than the writer has to do something."""
    yield from (at for at in PARTS["must"].iter_places(said) if said[at - 1 : at] not in SPEAKERS)


def _asks_for_person(said: tuple[str, ...]) -> bool:
    return _has_any(PARTS["wants_person"], said) and not _has_any(PARTS["not"], said)


def _has_any(part: Part, said: tuple[str, ...]) -> bool:
    return next(part.iter_places(said), None) is not None


def _iter_orders(said: tuple[str, ...]) -> Iterator[int]:
    for part in (PARTS["orders.plain"], PARTS["orders.goods"]):
        yield from (at for at in part.iter_places(said) if _opens_clause(said, at))
    yield from PARTS["orders.foreign"].iter_places(said)
    yield from PARTS["orders.to_you"].iter_places(said)


def _opens_clause(said: tuple[str, ...], at: int) -> bool:
    return at == 0 or said[at - 1] in MARKS or said[at - 1] in OPENERS or _ends_call(said, at)


def _ends_call(said: tuple[str, ...], at: int) -> bool:
    return any(part.match_length(said, at - 1) == 1 for part in (MACHINE, PERSON))


def _iter_calls(said: tuple[str, ...]) -> Iterator[_Call]:
    for names in (MACHINE, GOODS, PERSON):
        for at in names.iter_places(said):
            if call := _find_call(names, said, at, at + names.match_length(said, at)):
                yield call


def _find_call(names: Part, said: tuple[str, ...], at: int, end: int) -> _Call | None:
    before = reversed(said[max(0, at - MAX_DESCRIBED_WORDS) : at])
    at -= sum(1 for _ in takewhile(DESCRIBED.__contains__, before))
    start = at - 1 if at and said[at - 1] in ARTICLES else at
    if _is_reader(said, start, end):
        return _Call(names, start, end, reads=True)
    is_told = ":" in said[end : end + COLON_WITHIN] and names is MACHINE
    if is_told and _ends_with(PARTS["notes"], said, start):
        return _Call(names, start, end, reads=True, is_noted=True)
    if is_told and start <= 1 and _ends_with(PARTS["towards"], said, start):
        return _Call(names, start, end, reads=True)
    is_called = start == at and _is_called(names, said, at, end)
    is_you = said[start - 1 : start] == (",",) and _ends_with(PARTS["addressed"], said, start)
    if is_called or _is_greeted(names, said, start, end):
        return _Call(names, start, end, reads=is_you)
    return None


def _is_reader(said: tuple[str, ...], start: int, end: int) -> bool:
    after = said[end : end + READS_WITHIN]
    reads = next((at for at, word in enumerate(after) if word in PARTS["reads"].phrases), None)
    if reads is not None:
        read = said[end + reads + 1 : end + reads + 1 + READS_WITHIN]
        return _has_any(PARTS["read"], read)
    return bool(start) and said[start - 1] in PARTS["being"].phrases


def _is_called(names: Part, said: tuple[str, ...], at: int, end: int) -> bool:
    """Whether the bare name stands apart: before its sentence, after it, or between commas."""
    after = said[end] if end < len(said) else "."
    if at == 0:
        return after in ",:!-–—" or (
            names is MACHINE and _has_any(PARTS["pleas"], said[end : end + 1])
        )
    if said[at - 1] not in MARKS:
        return False
    if names is GOODS and said[at - 1] == ",":
        return after in STOPS
    return after in MARKS


def _is_greeted(names: Part, said: tuple[str, ...], start: int, end: int) -> bool:
    after = said[end] if end < len(said) else "."
    is_open = after in MARKS or _has_any(PARTS["pleas"], said[end : end + 1])
    if _ends_with(PARTS["greetings"], said, start):
        return is_open or _has_any(
            PARTS["orders.plain"], said[end + (after == "and") :][:READS_WITHIN]
        )
    if _ends_with(PARTS["addressed"], said, start) or _ends_with(PARTS["notes"], said, start):
        return is_open
    if not _ends_with(PARTS["towards"], said, start):
        return False
    return after == ":" or (names is MACHINE and start <= 1 and is_open)


def _ends_with(part: Part, said: tuple[str, ...], end: int) -> bool:
    return any(
        part.match_length(said, at) == end - at
        for at in range(max(0, end - MAX_GREETING_WORDS), end)
    )
