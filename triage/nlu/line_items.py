"""Which line items of an order a message asks money back for, and how many pieces of each.

Pure. Where the words leave it open, a question is the answer, never a guess.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from triage.contract.case import Line, Order
from triage.nlu.document import Document
from triage.nlu.excepted_items import find_excepted_places
from triage.nlu.item_doubts import find_item_doubt
from triage.nlu.item_names import (
    NUMBER_WORDS,
    find_mentions,
    find_unique_words,
    get_name_head,
    is_plural,
    list_words,
    split_words,
)
from triage.nlu.item_reading import ReadItem, ReadItems
from triage.nlu.item_sentences import ItemSentence, list_item_sentences
from triage.nlu.kept_items import (
    KeptItems,
    find_kept_items,
    find_only_items,
    remove_comparisons,
    remove_praise,
)
from triage.nlu.kept_pieces import Pieces, resolve_kept_pieces
from triage.nlu.lexicon import LEXICONS, load_groups, load_lexicon
from triage.nlu.own_number import replace_own_number
from triage.nlu.requested_objects import ObjectReader, find_less_than_all, iter_asides_removed
from triage.nlu.requests import MONEY_KINDS, find_money_requests, find_requests
from triage.nlu.whole_order import WholeKind, WholeRequest, find_whole_requests

SAID: Final = load_groups(LEXICONS / "items.toml", plain_spaces=True)
DEARER: Final = re.compile(rf"\b{SAID['dearer']}\b", re.IGNORECASE)
CHEAPER: Final = re.compile(rf"\b{SAID['cheaper']}\b", re.IGNORECASE)
ALL_WORDS: Final = frozenset({"both", "all", "every", "each"})
COUNT_WORDS: Final = {**NUMBER_WORDS, "couple": 2}
VAGUE_WORDS: Final = frozenset(load_lexicon(LEXICONS / "kept_items.toml")["vague"])
ALL, ALL_BUT = "the whole order is meant", "everything but what is kept"
ALL_REASONS: Final = frozenset({ALL, ALL_BUT})
NOT_PLAIN: Final = "what is asked for is not plain"
FILLER_WORDS: Final = frozenset({"of", "the", "my", "these", "those", "both", "our", "your"})


@dataclass(frozen=True, kw_only=True)
class RequestedPiece:
    """So many pieces of one line; ``index`` is the line's, counted from 0 in ``Order.lines``."""

    sku: str
    name: str
    quantity: int
    index: int


@dataclass(frozen=True, kw_only=True)
class RequestedItems:
    """The pieces meant; ``whole`` where that is all there is, delivery included.

    With a ``question`` nothing may be paid before it is answered: ``lines`` is then what is
    sure so far. ``unnamed``: nothing says which lines are meant. ``whole_else``: all of it,
    where less is not possible.
    """

    lines: tuple[RequestedPiece, ...] = ()
    whole: bool = False
    because: str = ""
    question: str = ""
    unnamed: bool = False
    whole_else: bool = False


@dataclass(frozen=True)
class _ReturnableLine:
    """A line of the order that can still go back, and how many pieces of it."""

    index: int
    line: Line
    left: int


def find_requested_items(document: Document, order: Order) -> RequestedItems:
    """The pieces of the order that the text asks money back for, or the question that would tell.

    Only clauses that request something name items, where any of those does: praise for another
    item counts for nothing. Words for all count only as what is asked for.
    """
    choices = _list_returnable_lines(order)
    if not choices:
        return RequestedItems(because="nothing of this order is left to send back")
    names = [line.name for line in order.lines]
    plain = replace_own_number(document, order.number, names)
    read = resolve_kept_pieces(plain, [Pieces(c.line.name, c.left) for c in choices])
    if read.question:
        return RequestedItems(question=read.question, because="how many are left out is not plain")
    said = _read_scope(read.document, choices)
    found = _select_lines(said, _reduce_choices(choices, said.pieces))
    found = replace(found, whole=False) if said.pieces else found
    counted = bool(said.pieces) or read.document is not plain
    return _look_again(plain, found, choices, counted=counted)


def _look_again(
    document: Document,
    found: RequestedItems,
    choices: Sequence[_ReturnableLine],
    *,
    counted: bool,
) -> RequestedItems:
    """What was found, or a question where something in the text speaks against it."""
    if found.question or (len(choices) == 1 and choices[0].left == 1):
        return found
    asked = {piece.index: piece.quantity for piece in found.lines}
    items = [ReadItem(c.line.name, c.left, asked.get(c.index, 0)) for c in choices]
    every = all(item.asked for item in items)
    all_asked = every or found.because in ALL_REASONS
    read = ReadItems(items, all_asked, found.because == ALL_BUT, counted)
    doubt = find_item_doubt(document, read)
    return replace(found, question=doubt, because=NOT_PLAIN) if doubt else found


def _select_lines(said: _Scope, choices: Sequence[_ReturnableLine]) -> RequestedItems:
    return (
        _select_whole(said, choices)
        or _select_troubled(said, choices)
        or _select_named_lines(said, choices)
        or _select_plain_order(said, choices)
        or _select_only_line(said, choices)
        or _ask_which(said, choices)
    )


def _reduce_choices(
    choices: Sequence[_ReturnableLine], pieces: Mapping[int, int]
) -> tuple[_ReturnableLine, ...]:
    """The lines without the pieces of them that are kept."""
    return tuple(replace(each, left=each.left - pieces.get(each.index, 0)) for each in choices)


@dataclass(frozen=True)
class _Scope:
    """What a message says of all and of what is left out; ``left`` is the rest of it."""

    wholes: tuple[WholeRequest, ...]
    kept: frozenset[int]
    doubts: tuple[str, ...]
    left: Document
    pieces: Mapping[int, int]
    excepted: frozenset[int]
    troubled: bool = False

    def list_kinds(self, *kinds: WholeKind) -> list[WholeRequest]:
        """The words for all of these kinds that something is asked for."""
        return [whole for whole in self.wholes if whole.kind in kinds]


def _read_scope(document: Document, choices: Sequence[_ReturnableLine]) -> _Scope:
    names = [choice.line.name for choice in choices]
    spoken = frozenset().union(*map(split_words, names))
    wholes = find_whole_requests(document, spoken)
    kept = find_kept_items(document, names, find_unique_words(names), wholes)
    left = document if kept.left == document.text else Document.read(kept.left)
    excepted = find_excepted_places(document, names, find_unique_words(names))
    pieces = {
        choices[place].index: count
        for place, count in kept.pieces.items()
        if count < choices[place].left
    }
    return _Scope(
        wholes=(*wholes, *(find_whole_requests(left, spoken) if left is not document else ())),
        kept=frozenset(choices[place].index for place in kept.places) - pieces.keys(),
        doubts=tuple(_iter_exception_doubts(kept)),
        left=left,
        pieces=pieces,
        excepted=frozenset(choices[place].index for place in excepted) - pieces.keys(),
        troubled=kept.troubled,
    )


def _iter_exception_doubts(kept: KeptItems) -> Iterator[str]:
    for said in kept.unnamed:
        yield f"Which item is left out: “{said}”?"
    for said in kept.depends:
        yield f"What is left out depends on something: does “{said}” go back or stay?"


def _select_whole(said: _Scope, choices: Sequence[_ReturnableLine]) -> RequestedItems | None:
    """All there is, where that is asked for; what speaks against it is a question."""
    wholes = [
        whole
        for whole in said.list_kinds(WholeKind.ALL, WholeKind.BOTH)
        if _fits_count(whole, choices)
    ]
    if rest := said.list_kinds(WholeKind.REST):
        return _select_rest(said, choices, rest)
    if not wholes:
        return None
    if said.doubts:
        return RequestedItems(question=said.doubts[0], because="what is left out is not plain")
    return (
        _ask_about_excepted(said.excepted - said.kept, choices)
        or _check_named_apart(said, choices, wholes)
        or _select_all_except(said.kept, choices)
    )


def _fits_count(whole: WholeRequest, choices: Sequence[_ReturnableLine]) -> bool:
    """Whether "both" or "all three" are as many as there are lines, or pieces."""
    count = 2 if whole.kind == WholeKind.BOTH else whole.count
    return count is None or count in (len(choices), sum(choice.left for choice in choices))


def _select_rest(
    said: _Scope, choices: Sequence[_ReturnableLine], rest: Sequence[WholeRequest]
) -> RequestedItems:
    """As in “Everything else”: all but what is kept; with what is asked for beside it, all."""
    named = {place for place, _ in _iter_mentions(said.left, choices)}
    praised = named - _find_unpraised(said, choices)
    asked = {each.choice.index for each in _find_requested_lines(said, choices)} - praised
    kept = (said.kept | praised) or (frozenset() if asked else frozenset(named))
    if said.doubts or not (said.kept or said.pieces or named) or any(whole.maybe for whole in rest):
        question = next(iter(said.doubts), f"Which items are the rest: {_join_names(choices)}?")
        return RequestedItems(question=question, because="what is left out is not plain")
    return _select_all_except(kept, choices)


def _find_unpraised(said: _Scope, choices: Sequence[_ReturnableLine]) -> set[int]:
    """The lines that are named elsewhere than where they are said to be fine."""
    names = [choice.line.name for choice in choices]
    rest = Document.read(remove_praise(said.left.text, names, find_unique_words(names)))
    return {place for place, _ in _iter_mentions(rest, choices)}


def _check_named_apart(
    said: _Scope, choices: Sequence[_ReturnableLine], wholes: Sequence[WholeRequest]
) -> RequestedItems | None:
    """A question where a request of its own names some lines only, or all is asked for on a
    condition: more than is named is never taken without one.
    """
    apart = [
        wish
        for wish in find_requests(said.left)
        if wish.kind in MONEY_KINDS and not _has_whole(wish.words, choices)
    ]
    words = Document.read(" . ".join(wish.words for wish in apart))
    names = [choice.line.name for choice in choices]
    only = find_only_items(said.left, names, find_unique_words(names))
    named = {place for place, _ in _iter_mentions(words, choices)}
    named = (named | {choices[place].index for place in only}) - said.kept
    only_maybe = all(whole.maybe for whole in wholes)
    if len(named | said.kept) == len(choices) or not (named or only_maybe):
        return None
    listed = _join_names([choice for choice in choices if choice.index in named])
    return RequestedItems(
        question=f"Only {listed}, or the whole order?" if named else "Is the whole order meant?",
        because="all is asked for only if something else is so" if only_maybe else "",
        whole_else=only_maybe,
    )


def _has_whole(words: str, choices: Sequence[_ReturnableLine]) -> bool:
    names = frozenset().union(*(split_words(choice.line.name) for choice in choices))
    return bool(find_whole_requests(Document.read(words), names))


def _select_named_lines(said: _Scope, choices: Sequence[_ReturnableLine]) -> RequestedItems | None:
    read = _build_reader(choices).read(said.left)
    if read.question or find_less_than_all(said.left):
        question = read.question or f"Which of the items: {_join_names(choices)}?"
        return RequestedItems(question=question, because="which item is meant is not plain")
    found = _find_requested_lines(said, choices) or _find_spoken_lines(said, choices)
    excepted = said.excepted & {each.choice.index for each in found}
    if asked := _ask_about_excepted(excepted, choices):
        return asked
    found = _settle_counts(found, said.left, choices)
    return _build_requested_items(found, choices) if found else None


def _settle_counts(
    found: Sequence[_RequestedLine], document: Document, choices: Sequence[_ReturnableLine]
) -> list[_RequestedLine]:
    """The lines, those of an open number with the only one that the text says of them."""
    sentences = list_item_sentences(document, [choice.line.name for choice in choices])
    return [
        replace(each, count=_find_only_count(each.choice, sentences, choices))
        if each.count is None and not each.question
        else each
        for each in found
    ]


def _find_only_count(
    choice: _ReturnableLine,
    sentences: Sequence[ItemSentence],
    choices: Sequence[_ReturnableLine],
) -> int | None:
    place = list(choices).index(choice)
    about = [each for each in sentences if not each.places or place in each.places]
    counts = {count for each in about for count in each.list_counts(place, choice.left)}
    return counts.pop() if len(counts) == 1 else None


def _ask_about_excepted(
    excepted: Collection[int], choices: Sequence[_ReturnableLine]
) -> RequestedItems | None:
    listed = [choice for choice in choices if choice.index in excepted]
    if not listed:
        return None
    return RequestedItems(
        question=f"Does {_join_names(listed)} go back, or everything else?",
        because="what is left out is not plain",
    )


def _select_troubled(said: _Scope, choices: Sequence[_ReturnableLine]) -> RequestedItems | None:
    """All but what is told to be whole, where nothing else is named: "all broken but the lamp"."""
    if not said.troubled or not find_money_requests(said.left):
        return None
    if said.doubts:
        return RequestedItems(question=said.doubts[0], because="what is left out is not plain")
    if any(True for _ in _iter_mentions(said.left, choices)):
        return None
    return _select_all_except(said.kept, choices)


def _build_reader(choices: Sequence[_ReturnableLine]) -> ObjectReader:
    names = [choice.line.name for choice in choices]
    return ObjectReader(names, find_unique_words(names))


def _find_requested_lines(said: _Scope, choices: Sequence[_ReturnableLine]) -> list[_RequestedLine]:
    """The lines that a request asks for; what its reasons name beside them is not asked for."""
    return _find_plain_lines(_build_reader(choices).read(said.left).words, said, choices)


def _find_spoken_lines(said: _Scope, choices: Sequence[_ReturnableLine]) -> list[_RequestedLine]:
    reader = _build_reader(choices)
    apart = (" ".join(iter_asides_removed(reader, said.left, told=told)) for told in (False, True))
    for words in (*apart, said.left.text):
        if found := _find_plain_lines(words, said, choices):
            return _reduce_to_only(found, said, choices)
    return []


def _reduce_to_only(
    found: list[_RequestedLine], said: _Scope, choices: Sequence[_ReturnableLine]
) -> list[_RequestedLine]:
    """Those that it is only about, where it says so: "about the lamp only"."""
    names = [choice.line.name for choice in choices]
    only = find_only_items(said.left, names, find_unique_words(names))
    indices = {choices[place].index for place in only}
    return [each for each in found if each.choice.index in indices] or found


def _find_plain_lines(
    text: str, said: _Scope, choices: Sequence[_ReturnableLine]
) -> list[_RequestedLine]:
    names = [choice.line.name for choice in choices]
    unique = find_unique_words(names)
    apart = remove_comparisons(text, names, unique)
    for words in dict.fromkeys((remove_praise(apart, names, unique), apart, text)):
        if found := _find_named_lines(Document.read(words), said.left, choices, said.kept):
            return found
    return []


def _select_plain_order(said: _Scope, choices: Sequence[_ReturnableLine]) -> RequestedItems | None:
    """As in “Cancel my order”, where no item is named."""
    if not said.list_kinds(WholeKind.ORDER):
        return None
    if said.doubts:
        return RequestedItems(question=said.doubts[0], because="what is left out is not plain")
    if said.list_kinds(WholeKind.BOTH):
        return None
    if asked := _ask_about_excepted(said.excepted - said.kept, choices):
        return asked
    return _select_all_except(said.kept, choices)


def _select_only_line(said: _Scope, choices: Sequence[_ReturnableLine]) -> RequestedItems | None:
    if len(choices) > 1:
        return None
    only = choices[0]
    if only.index in said.kept:
        return _select_all_except(said.kept, choices)
    return _build_requested_items([_RequestedLine(only, _count_pieces(said.left, only))], choices)


def _ask_which(said: _Scope, choices: Sequence[_ReturnableLine]) -> RequestedItems:
    """Nothing is named; where something is left out, all of it is not meant either."""
    left_out = said.kept or said.excepted or said.doubts
    return RequestedItems(
        question=f"Which of the items: {_join_names(choices)}?",
        because="no item is named",
        unnamed=not (left_out or any(True for _ in _iter_mentions(said.left, choices))),
    )


def _list_returnable_lines(order: Order) -> tuple[_ReturnableLine, ...]:
    goods = set(map(id, order.returnable_lines))
    return tuple(
        _ReturnableLine(index, line, line.quantity - line.returned)
        for index, line in enumerate(order.lines)
        if id(line) in goods and line.quantity > line.returned
    )


def _select_all_except(kept: frozenset[int], choices: Sequence[_ReturnableLine]) -> RequestedItems:
    taken = [choice for choice in choices if choice.index not in kept]
    return RequestedItems(
        lines=tuple(_build_piece(choice, choice.left) for choice in taken),
        whole=not kept,
        because=ALL_BUT if kept else ALL,
        question="" if taken else "Everything is to be kept: what is to go back?",
    )


def _build_piece(choice: _ReturnableLine, quantity: int) -> RequestedPiece:
    return RequestedPiece(
        sku=choice.line.sku,
        name=choice.line.name,
        quantity=min(quantity, choice.left),
        index=choice.index,
    )


def _join_names(choices: Sequence[_ReturnableLine]) -> str:
    return " or ".join(dict.fromkeys(choice.line.name for choice in choices))


@dataclass(frozen=True)
class _RequestedLine:
    """A line that is named; ``count`` is None where the words leave the number open."""

    choice: _ReturnableLine
    count: int | None
    question: str = ""


def _iter_mentions(
    document: Document, choices: Sequence[_ReturnableLine]
) -> Iterator[tuple[int, int]]:
    """(index of the line, word at which it is named) for every naming."""
    words = list_words(document)
    unique = find_unique_words([choice.line.name for choice in choices])
    for choice in choices:
        for named in find_mentions(words, choice.line.name, unique[choice.line.name]):
            yield choice.index, named.last


def _find_named_lines(
    part: Document, whole: Document, choices: Sequence[_ReturnableLine], kept: frozenset[int]
) -> list[_RequestedLine]:
    """The lines that are named; of several alike the one that its variants or price single out."""
    groups: dict[tuple[str, ...], list[_ReturnableLine]] = {}
    spoken = {place for place, _ in _iter_mentions(part, choices)} - kept
    for choice in choices:
        if choice.index in spoken:
            groups.setdefault(get_name_head(choice.line.name)[-1:], []).append(choice)
    return [asked for group in groups.values() for asked in _resolve_group(part, whole, group)]


def _resolve_group(
    part: Document, whole: Document, group: list[_ReturnableLine]
) -> list[_RequestedLine]:
    """The lines meant of those that one word names alike; what the request leaves open may be
    said elsewhere in the ``whole``.
    """
    if len(group) == 1:
        return [_RequestedLine(group[0], _count_pieces(part, group[0]))]
    best = _select_best_choices(part, group)
    number = _count_group_pieces(part, best)
    if len(best) > 1 and number is not None:
        best = _select_best_choices(whole, best)
    if len(best) == 1:
        return [_RequestedLine(best[0], _count_pieces(part, best[0]))]
    if number is None or number >= sum(choice.left for choice in best):
        return [_RequestedLine(choice, choice.left) for choice in best]
    if number and len({(choice.line.sku, choice.line.price) for choice in best}) == 1:
        return [_RequestedLine(choice, 1) for choice in best[:number]]
    return [_RequestedLine(best[0], None, _format_choice_question(best, number))]


def _format_choice_question(best: Sequence[_ReturnableLine], number: int) -> str:
    if len({choice.line.name for choice in best}) == 1:
        return f"How many of the {len(best)} × {best[0].line.name}?"
    return f"Which {number if number > 1 else 'one'}: {_join_names(best)}?"


def _select_best_choices(document: Document, group: list[_ReturnableLine]) -> list[_ReturnableLine]:
    """The choices that the text fits best: by the plainest naming, then the most words of its
    variant, then dearer or cheaper.
    """
    words = list_words(document)
    order = ["a word of its name", "what it is", "most of its name", "its full name"]
    unique = find_unique_words([choice.line.name for choice in group])
    marks = {}
    for choice in group:
        found = find_mentions(words, choice.line.name, unique[choice.line.name])
        own = {word for word in words if word in unique[choice.line.name]}
        marks[choice.index] = max(
            ((order.index(each.how), len(own), each.variants) for each in found), default=(0, 0, 0)
        )
    top = max(marks.values())
    best = [choice for choice in group if marks[choice.index] == top]
    if len(best) > 1:
        prices = [choice.line.price for choice in best]
        if DEARER.search(document.text):
            best = [choice for choice in best if choice.line.price == max(prices)]
        elif CHEAPER.search(document.text):
            best = [choice for choice in best if choice.line.price == min(prices)]
    return best


def _count_group_pieces(document: Document, group: Sequence[_ReturnableLine]) -> int | None:
    """How many of a group are asked for; 0 where that is open, None for all of them."""
    counts = [_find_spoken_count(document, choice, several=len(group) > 1) for choice in group]
    said = [count for count in counts if count is not None]
    return min(said) if said else None


def _count_pieces(document: Document, choice: _ReturnableLine) -> int | None:
    """How many pieces of a line: all where that is said or there is one; None if it is open."""
    if choice.left == 1 and choice.line.quantity == 1:
        return 1
    spoken = _find_spoken_count(document, choice)
    if spoken is None:
        return choice.left
    return None if spoken == 0 else spoken


def _find_spoken_count(
    document: Document, choice: _ReturnableLine, *, several: bool = False
) -> int | None:
    """The number before a naming; 0 where a singular leaves it open, None for all there are."""
    words = list_words(document)
    unique = find_unique_words([choice.line.name])[choice.line.name]
    found = find_mentions(words, choice.line.name, unique)
    if not found:
        return _find_unattached_count(words)
    for named in found:
        number = _find_preceding_count(words, named.first)
        if number is not None:
            return None if number < 0 else number
    raw = document.tokens
    plural = any(named.last < len(raw) and is_plural(raw[named.last]) for named in found)
    return None if plural or (choice.line.quantity == 1 and not several) else 0


def _find_unattached_count(words: Sequence[str]) -> int | None:
    """The number of "one of the two", where no item is named; None for all, and where none is
    said.
    """
    for place, word in enumerate(words):
        if word in ALL_WORDS:
            return None
        if word in NUMBER_WORDS and tuple(words[place + 1 : place + 2]) == ("of",):
            return NUMBER_WORDS[word]
    return None


def _find_preceding_count(words: Sequence[str], first: int) -> int | None:
    """The number said in the words before a place, -1 for all; of "one of the two" the first."""
    found: int | None = None
    before = _join_both_pairs(words[max(0, first - 6) : first])
    if _is_vague(before):
        return 0
    for place, word in enumerate(reversed(before)):
        if word in ALL_WORDS:
            near = FILLER_WORDS.issuperset(before[len(before) - place :])
            return 2 if word == "both" and near else -1
        if word in COUNT_WORDS or (word.isdigit() and len(word) <= 2 and int(word) > 0):
            found = COUNT_WORDS.get(word) or int(word)
        elif word in {"a", "an"} and found is None:
            return 1
        elif word not in FILLER_WORDS and found is not None:
            break
    return found


def _join_both_pairs(words: Sequence[str]) -> list[str]:
    """The words with "both pairs of" as "both of": how much one pair is does not matter then."""
    pairs = zip(["", *words], words, strict=False)
    return [word for before, word in pairs if (before, word) != ("both", "pair")]


def _is_vague(words: Sequence[str]) -> bool:
    """Whether nobody can count it: "a few", "most of the"."""
    said = next((word for word in reversed(words) if word not in FILLER_WORDS), "")
    return said in VAGUE_WORDS


def _build_requested_items(
    found: Sequence[_RequestedLine], choices: Sequence[_ReturnableLine]
) -> RequestedItems:
    """The pieces of the lines that are named, with the first question that is open."""
    open_ones = [asked for asked in found if asked.count is None]
    pieces = [_build_piece(asked.choice, asked.count) for asked in found if asked.count is not None]
    question = next((_format_count_question(asked) for asked in open_ones), "")
    too_many = [a for a in found if a.count is not None and a.count > a.choice.left]
    if too_many and not question:
        asked = too_many[0]
        question = (
            f"{asked.count} × {asked.choice.line.name} are asked for, "
            f"{asked.choice.left} can go back: how many?"
        )
    whole = not question and [(p.index, p.quantity) for p in pieces] == [
        (choice.index, choice.left) for choice in choices
    ]
    return RequestedItems(
        lines=tuple(sorted(pieces, key=lambda piece: piece.index)),
        whole=whole,
        because="named in the message" if len(choices) > 1 else "the only item of the order",
        question=question,
    )


def _format_count_question(asked: _RequestedLine) -> str:
    return asked.question or f"How many of the {asked.choice.left} × {asked.choice.line.name}?"
