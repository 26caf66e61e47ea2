"""Which lines of an order a message asks money back for, and how many pieces of each.

Pure. Where the words leave it open, a question is the answer, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from triage.contract.case import Line, Order
from triage.nlu.entities import shortened
from triage.nlu.item_names import (
    NUMBERS,
    WORD,
    head_of,
    is_plural,
    mentions,
    unique_words,
    words_of,
)
from triage.nlu.requests import MONEY, wishes

WHOLE: Final = re.compile(
    r"\b(?:everything|every\s(?:single\s)?(?:item|thing)|(?:whole|entire|complete|full|total)\s(?:\w{1,12}\s)?(?:order|lot|purchase|delivery|thing)"
    r"|all (?:of )?(?:it|them|items?|things?|(?:the|my|these|those|your|of the|of my) (?:\w{1,12} )?(?:items?|things?|goods|stuff|products?|pieces?|order))"
    r"|the (?:whole )?lot|(?:it|them) all|all things ordered)\b",
    re.IGNORECASE,
)
THE_ORDER: Final = re.compile(
    r"\b(?:cancel|call off|withdraw from|stop|return|refund)\s(?:\w{1,12}\s){0,3}?(?:order|purchase)\b(?!\s(?:item|line))",
    re.IGNORECASE,
)
EXCEPT: Final = re.compile(
    r"\b(?:except(?:ing)?(?: for)?|but (?:not|i(?:['’]ll| will| want to)? keep|keep(?:ing)?)|apart from|other than|excluding|aside from|bar"
    r"|(?:i(?:['’]ll| will| would like to|['’]d like to)?|we(?:['’]ll| will)?|want to|and|just) keep(?:ing)?|not|without)\s([^.;!?\n]{1,160})",
    re.IGNORECASE,
)
BACK_TO_WISH: Final = re.compile(
    r"(?:,|\band\b|\bbut\b)\s(?=(?:\w{1,12}\s){0,4}(?:return|refund|cancel|send|exchange|get)\b)",
    re.IGNORECASE,
)
DEARER: Final = re.compile(
    r"\b(?:(?:more|most) expensive|dear(?:er|est)|pric(?:ier|iest))\b", re.IGNORECASE
)
CHEAPER: Final = re.compile(r"\b(?:(?:less|least) expensive|cheap(?:er|est))\b", re.IGNORECASE)
BOTH: Final = frozenset({"both", "all", "every", "each"})
EITHER: Final = frozenset({"a", "an", "one", "single", "other"})
OF: Final = frozenset({"of", "the", "my", "these", "those", "both", "our", "your"})


@dataclass(frozen=True, kw_only=True)
class Piece:
    """So many pieces of one line; ``index`` is the line's, counted from 0 in ``Order.lines``."""

    sku: str
    name: str
    quantity: int
    index: int


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The pieces meant; ``whole`` where that is all there is, delivery included.

    With a ``question`` nothing may be paid before it is answered: ``lines`` is then what is
    sure so far.
    """

    lines: tuple[Piece, ...] = ()
    whole: bool = False
    because: str = ""
    question: str = ""


@dataclass(frozen=True)
class _Choice:
    """A line of the order that can still go back, and how many pieces of it."""

    index: int
    line: Line
    left: int


def lines_meant(text: str, order: Order) -> Wanted:
    """The pieces of the order that the text names, or the question that would tell.

    Only clauses that wish for something name items, where any of those does: praise for
    another item counts for nothing.
    """
    choices = _choices(order)
    if not choices:
        return Wanted(because="nothing of this order is left to send back")
    text = shortened(text)
    kept, text = _kept(text, choices)
    if WHOLE.search(text) or (kept and _whole_wished(text)):
        return _all_but(kept, choices)
    wished = [wish.words for wish in wishes(text) if wish.kind in MONEY]
    for part in (" . ".join(wished), text):
        if found := _named(part, text, choices, kept):
            return _settled(found, choices)
    if THE_ORDER.search(text):
        return _all_but(kept, choices)
    if len(choices) == 1:
        only = choices[0]
        return _settled([_Asked(only, _count(words_of(text), text, only))], choices)
    return Wanted(question=f"Which of the items: {_listed(choices)}?", because="no item is named")


def _choices(order: Order) -> tuple[_Choice, ...]:
    goods = set(map(id, order.goods))
    return tuple(
        _Choice(index, line, line.quantity - line.returned)
        for index, line in enumerate(order.lines)
        if id(line) in goods and line.quantity > line.returned
    )


def _whole_wished(text: str) -> bool:
    return bool(THE_ORDER.search(text)) or bool(
        re.search(r"\b(?:all|order|rest)\b", text, re.IGNORECASE)
    )


def _kept(text: str, choices: Sequence[_Choice]) -> tuple[frozenset[int], str]:
    """The places of lines that the text leaves out, and the text without what says so."""
    kept: set[int] = set()

    def cut(match: re.Match[str]) -> str:
        words = BACK_TO_WISH.split(match[1], maxsplit=1)[0]
        places = {place for place, _ in _mentioned(words, choices)}
        kept.update(places)
        return " " + match[1][len(words) :] if places else match.group()

    left = EXCEPT.sub(cut, text)
    return frozenset(kept), left


def _all_but(kept: frozenset[int], choices: Sequence[_Choice]) -> Wanted:
    taken = [choice for choice in choices if choice.index not in kept]
    return Wanted(
        lines=tuple(_piece(choice, choice.left) for choice in taken),
        whole=not kept,
        because="everything but what is kept" if kept else "the whole order is meant",
        question="" if taken else "Everything is to be kept: what is to go back?",
    )


def _piece(choice: _Choice, quantity: int) -> Piece:
    return Piece(
        sku=choice.line.sku,
        name=choice.line.name,
        quantity=min(quantity, choice.left),
        index=choice.index,
    )


def _listed(choices: Sequence[_Choice]) -> str:
    return " or ".join(dict.fromkeys(choice.line.name for choice in choices))


# --- which, and how many ----------------------------------------------------------------


@dataclass(frozen=True)
class _Asked:
    """A line that is named; ``count`` is None where the words leave the number open."""

    choice: _Choice
    count: int | None
    question: str = ""


def _mentioned(text: str, choices: Sequence[_Choice]) -> Iterator[tuple[int, int]]:
    """(place of the line, word at which it is named) for every naming."""
    words = words_of(text)
    unique = unique_words([choice.line.name for choice in choices])
    for choice in choices:
        for named in mentions(words, choice.line.name, unique[choice.line.name]):
            yield choice.index, named.last


def _named(part: str, text: str, choices: Sequence[_Choice], kept: frozenset[int]) -> list[_Asked]:
    """The lines that are named; of several alike the one that its variants or price single out."""
    groups: dict[tuple[str, ...], list[_Choice]] = {}
    spoken = {place for place, _ in _mentioned(part, choices)} - kept
    for choice in choices:
        if choice.index in spoken:
            groups.setdefault(head_of(choice.line.name)[-1:], []).append(choice)
    return [asked for group in groups.values() for asked in _of_group(part, text, group)]


def _of_group(text: str, whole: str, group: list[_Choice]) -> list[_Asked]:
    """The lines meant of those that one word names alike; what the wish leaves open may be
    said elsewhere in the ``whole``."""
    words = words_of(text)
    if len(group) == 1:
        return [_Asked(group[0], _count(words, text, group[0]))]
    best = _singled_out(text, words, group)
    number = _number_of(words, text, best)
    if len(best) > 1 and number is not None:
        best = _singled_out(whole, words_of(whole), best)
    if len(best) == 1:
        return [_Asked(best[0], _count(words, text, best[0]))]
    if number is None or number >= sum(choice.left for choice in best):
        return [_Asked(choice, choice.left) for choice in best]
    if number and len({(choice.line.sku, choice.line.price) for choice in best}) == 1:
        return [_Asked(choice, 1) for choice in best[:number]]
    return [_Asked(best[0], None, _which(best, number))]


def _which(best: Sequence[_Choice], number: int) -> str:
    if len({choice.line.name for choice in best}) == 1:
        return f"How many of the {len(best)} × {best[0].line.name}?"
    return f"Which {number if number > 1 else 'one'}: {_listed(best)}?"


def _singled_out(text: str, words: Sequence[str], group: list[_Choice]) -> list[_Choice]:
    """By the plainest naming, then the most words of its variant, then dearer or cheaper."""
    order = ["a word of its name", "what it is", "most of its name", "its full name"]
    unique = unique_words([choice.line.name for choice in group])
    marks = {}
    for choice in group:
        found = mentions(words, choice.line.name, unique[choice.line.name])
        own = {word for word in words if word in unique[choice.line.name]}
        marks[choice.index] = max(
            ((order.index(each.how), len(own), each.variants) for each in found), default=(0, 0, 0)
        )
    top = max(marks.values())
    best = [choice for choice in group if marks[choice.index] == top]
    if len(best) > 1:
        prices = [choice.line.price for choice in best]
        if DEARER.search(text):
            best = [choice for choice in best if choice.line.price == max(prices)]
        elif CHEAPER.search(text):
            best = [choice for choice in best if choice.line.price == min(prices)]
    return best


def _number_of(words: Sequence[str], text: str, group: Sequence[_Choice]) -> int | None:
    """How many of a group are asked for; 0 where that is open, None for all of them."""
    counts = [_spoken(words, text, choice, several=len(group) > 1) for choice in group]
    said = [count for count in counts if count is not None]
    return min(said) if said else None


def _count(words: Sequence[str], text: str, choice: _Choice) -> int | None:
    """How many pieces of a line: all where that is said or there is one; None if it is open."""
    if choice.left == 1 and choice.line.quantity == 1:
        return 1
    spoken = _spoken(words, text, choice)
    if spoken is None:
        return choice.left
    return None if spoken == 0 else spoken


def _spoken(
    words: Sequence[str], text: str, choice: _Choice, *, several: bool = False
) -> int | None:
    """The number before a naming; 0 where a singular leaves it open, None for all there are."""
    unique = unique_words([choice.line.name])[choice.line.name]
    found = mentions(words, choice.line.name, unique)
    if not found:
        return _loose(words)
    for named in found:
        number = _before(words, named.first)
        if number is not None:
            return None if number < 0 else number
    raw = WORD.findall(text)
    plural = any(named.last < len(raw) and is_plural(raw[named.last]) for named in found)
    return None if plural or (choice.line.quantity == 1 and not several) else 0


def _loose(words: Sequence[str]) -> int | None:
    """ "One of the two", "both", "the other one" where no item is named."""
    for place, word in enumerate(words):
        if word in BOTH:
            return None
        if word in NUMBERS and tuple(words[place + 1 : place + 2]) == ("of",):
            return NUMBERS[word]
    return None


def _before(words: Sequence[str], first: int) -> int | None:
    """The number said in the words before a place, -1 for all; of "one of the two" the first."""
    found: int | None = None
    for word in reversed(words[max(0, first - 6) : first]):
        if word in BOTH:
            return -1
        if word in NUMBERS or (word.isdigit() and len(word) <= 2 and int(word) > 0):
            found = NUMBERS.get(word) or int(word)
        elif word in {"a", "an"} and found is None:
            return 1
        elif word not in OF and found is not None:
            break
    return found


def _settled(found: Sequence[_Asked], choices: Sequence[_Choice]) -> Wanted:
    """The pieces, with the first question that is open."""
    open_ones = [asked for asked in found if asked.count is None]
    pieces = [_piece(asked.choice, asked.count) for asked in found if asked.count is not None]
    question = next((_question(asked) for asked in open_ones), "")
    too_many = [a for a in found if a.count is not None and a.count > a.choice.left]
    if too_many and not question:
        asked = too_many[0]
        question = f"{asked.count} × {asked.choice.line.name} are asked for, {asked.choice.left} can go back: how many?"
    whole = not question and [(p.index, p.quantity) for p in pieces] == [
        (choice.index, choice.left) for choice in choices
    ]
    return Wanted(
        lines=tuple(sorted(pieces, key=lambda piece: piece.index)),
        whole=whole,
        because="named in the message" if len(choices) > 1 else "the only item of the order",
        question=question,
    )


def _question(asked: _Asked) -> str:
    return asked.question or f"How many of the {asked.choice.left} × {asked.choice.line.name}?"
