"""What a mask lets through: proven over random and adversarial writers."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable, Iterable
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.contract.slots import SLOT, Slot, WritingTask, iter_slot_names
from triage.generation.constrained_decoding import LINK_PREFIXES, PARTIAL_LINKS, Mask, Vocabulary
from triage.generation.prompt import list_speakable_slots
from triage.guardrails.attribution import UNSOURCED_VALUE, has_unsourced_value

MARKS = tuple(f"⟦{name}⟧" for name in iter_slot_names())
BYTES = [bytes([byte]) for byte in range(256)]
WORDS = ["Hello", " the", " order", " is", ".", ",", "\n", "\n\n", " —", "“", "é", " naïve", "你好"]
TYPING = [
    "12",
    " 7",
    "½",
    "Ⅻ",
    "٥",
    "５",
    "①",
    "三",
    "£",
    " €",
    "₿",
    "＄",
    "@",
    "＠",
    "%",
    "#",
    "﹟",
]
LINKING = [
    "http",
    "htt",
    "ps:",
    "s:",
    "p:",
    "://",
    "ttp",
    "ww",
    "www",
    "w.",
    "www.",
    "WWW",
    "ſ:",
    "tpſ",
]
HALVES = [
    "⟦",
    "⟧",
    " ⟦",
    "⟦o",
    "⟦order",
    "der",
    "rder⟧",
    "clause",
    "2⟧",
    "⟧.",
    "⟧⟦",
    "a⟦x⟧",
    "⟦item",
]
UNSEEN = ["\u202e", "\u200b", "\ufeff", "\u2028", "\t", "\0", "\ue000"]
CUT = [
    b"\xe2\x9f",
    b" \xe2",
    b"\x9f\xa6",
    b"\xa6order",
    b"\xc2",
    b"\xbd",
    b"\xd9",
    b"\xa5",
    b"a\xef\xbc",
]


def made(pieces: Iterable[str | bytes], silent: Iterable[int] = ()) -> Vocabulary:
    """A vocabulary of these tokens and, last, one that ends the text."""
    spelled = [piece.encode() if isinstance(piece, str) else piece for piece in pieces]
    return Vocabulary([*spelled, b"<|end|>"], set(silent), {len(spelled)})


VOCABULARIES = {
    "marks are whole tokens": made([*BYTES, *WORDS, *MARKS, *TYPING, *LINKING]),
    "marks are split": made([*BYTES, *WORDS, *TYPING, *LINKING, *HALVES, *UNSEEN, *CUT]),
    "spelled in bytes": made([*BYTES, *WORDS, *"0123456789htpsw:./@", *TYPING, *LINKING]),
    "some marks are whole": made([*BYTES, *WORDS, *MARKS[:9], *HALVES, *TYPING, *LINKING, *CUT]),
}
vocabularies = pytest.mark.parametrize("vocabulary", VOCABULARIES.values(), ids=VOCABULARIES)


def allowed(mask: Mask, vocabulary: Vocabulary) -> np.ndarray[Any, np.dtype[np.intp]]:
    logits = np.zeros(len(vocabulary.pieces), np.float32)
    mask.mask_logits(logits)
    return np.flatnonzero(np.isfinite(logits))


def written(vocabulary: Vocabulary, ids: list[int], mask: Mask) -> str:
    """The text as the engine takes it, which may not hold half a character."""
    spelled = vocabulary.spell_tokens(ids)
    return spelled[: len(spelled) - mask.pending_mark_bytes].decode()


def assert_nothing_typed(text: str, marks: Iterable[str]) -> None:
    prose = SLOT.sub("", text)
    assert {f"⟦{name}⟧" for name in SLOT.findall(text)} <= {*marks}
    assert not has_unsourced_value(prose), text
    assert not any(unicodedata.category(c) in ("Sc", "Cf", "Co") for c in prose)
    assert not has_unsourced_value(unicodedata.normalize("NFKC", prose))


def taking(
    vocabulary: Vocabulary, marks: Iterable[str], choose: Callable[[Any], int], most: int
) -> tuple[str, Mask]:
    """What comes of it when ``choose`` picks among the allowed tokens."""
    mask, ids = Mask(vocabulary, marks), list[int]()
    while len(ids) < most:
        free = allowed(mask, vocabulary)
        assert free.size, "a writer must always be able to go on"
        token = choose(free)
        if token in vocabulary.ends:
            assert mask.pending_mark_bytes == 0, "a text may not end within a mark"
            break
        ids.append(token)
        mask.accept_token(token)
    return written(vocabulary, ids, mask), mask


def leading_astray(vocabulary: Vocabulary) -> Callable[[Any, float], int]:
    """A chooser that likes brackets, parts of links and whatever else could go wrong."""
    liked = re.compile(rb"[\xe2\x9f\xa6\xa7htpsw:.0-9\xc2-\xf4]|\xef\xbc")
    order = sorted(
        range(len(vocabulary.pieces)), key=lambda t: (not liked.search(vocabulary.pieces[t]), t)
    )
    place = np.argsort(order)

    def choose(free: Any, pick: float) -> int:
        ranked = free[np.argsort(place[free])]
        return int(ranked[int(pick * len(ranked))])

    return choose


ASTRAY = {name: leading_astray(vocabulary) for name, vocabulary in VOCABULARIES.items()}
picks = st.lists(st.floats(0, 1, exclude_max=True), max_size=60)


@settings(deadline=None, max_examples=400)
@given(
    name=st.sampled_from(sorted(VOCABULARIES)),
    marks=st.sets(st.sampled_from(MARKS)),
    chances=picks,
    astray=st.booleans(),
)
def test_whatever_is_chosen_nothing_is_typed_and_every_mark_is_of_this_case(
    name: str, marks: set[str], chances: list[float], astray: bool
) -> None:
    vocabulary, rest = VOCABULARIES[name], iter(chances)
    evenly = lambda free, pick: int(free[int(pick * len(free))])  # noqa: E731
    chooser = ASTRAY[name] if astray else evenly
    text, _ = taking(vocabulary, marks, lambda free: chooser(free, next(rest)), len(chances))
    assert_nothing_typed(text, marks)


@pytest.mark.parametrize(
    "pieces",
    [["h", "t", "tp", "HTTP", "s", "ſ", "ps", ":", "p:", "s:/", "w", "WW", ".", "w.", "x"]],
)
def test_no_link_comes_together_from_any_four_tokens(pieces: list[str]) -> None:
    vocabulary = made([*pieces, "⟦order⟧"])
    for tokens in product(range(len(pieces) + 1), repeat=4):
        mask = Mask(vocabulary, ["⟦order⟧"])
        for token in tokens:
            if token not in allowed(mask, vocabulary):
                break
            mask.accept_token(token)
        else:
            assert_nothing_typed(written(vocabulary, list(tokens), mask), ["⟦order⟧"])


@vocabularies
def test_every_mark_of_the_case_can_be_written_to_its_end(vocabulary: Vocabulary) -> None:
    for mark in MARKS:
        mask, said = Mask(vocabulary, MARKS), b""
        while said != mark.encode():
            free = [(vocabulary.pieces[token], token) for token in allowed(mask, vocabulary)]
            fitting = [(len(p), t) for p, t in free if mark.encode().startswith(said + p)]
            token = max(fitting)[1]
            said += vocabulary.pieces[token]
            mask.accept_token(token)
        assert mask.pending_mark_bytes == 0


@vocabularies
def test_ordinary_words_stay_free(vocabulary: Vocabulary) -> None:
    free = {*allowed(Mask(vocabulary, []), vocabulary)}
    for word in ["Hello", " the", ".", ",", "\n", "\n\n", " —", "“", "é", "http", "www", "w", ":"]:
        if word.encode() in vocabulary.pieces:
            assert vocabulary.pieces.index(word.encode()) in free, word


@vocabularies
def test_without_marks_no_bracket_is_begun_and_no_character_left_half(
    vocabulary: Vocabulary,
) -> None:
    for token in allowed(Mask(vocabulary, []), vocabulary):
        assert not set(vocabulary.pieces[token].decode()) & set("⟦⟧")


@vocabularies
def test_inside_a_mark_only_its_own_continuations_are_free(vocabulary: Vocabulary) -> None:
    mask = Mask(vocabulary, ["⟦paid⟧", "⟦placed⟧"])
    for byte in "⟦p".encode():
        if bytes([byte]) in (vocabulary.pieces[t] for t in allowed(mask, vocabulary)):
            mask.accept_token(vocabulary.pieces.index(bytes([byte])))
    if mask.pending_mark_bytes:
        assert {vocabulary.pieces[t] for t in allowed(mask, vocabulary)} == {b"a", b"l"}


def test_a_token_that_closes_a_mark_and_goes_on_is_never_taken() -> None:
    vocabulary = made([*BYTES, "⟧.", "⟧ 1", "⟦order⟧!", "⟦order⟧⟦order⟧", " ⟦order⟧"])
    mask = Mask(vocabulary, ["⟦order⟧"])
    free = {vocabulary.pieces[token] for token in allowed(mask, vocabulary)}
    assert " ⟦order⟧".encode() in free
    assert not free & {"⟦order⟧!".encode(), "⟦order⟧⟦order⟧".encode()}


def test_a_mark_that_no_token_can_close_is_never_begun() -> None:
    vocabulary = made(["a", "⟦", "order"])
    assert "⟦".encode() not in {
        vocabulary.pieces[t] for t in allowed(Mask(vocabulary, ["⟦order⟧"]), vocabulary)
    }


def test_where_marks_are_tokens_the_mask_is_the_same_throughout() -> None:
    vocabulary = VOCABULARIES["marks are whole tokens"]
    mask = Mask(vocabulary, MARKS[:5])
    before = allowed(mask, vocabulary)
    for word in ["Hello", " the", MARKS[0], ".", MARKS[4]]:
        mask.accept_token(vocabulary.pieces.index(word.encode()))
        assert (allowed(mask, vocabulary) == before).all()
    assert not {m.encode() for m in MARKS[5:]} & {vocabulary.pieces[t] for t in before}


@pytest.mark.parametrize("heat", [0.0, 1.5])
@vocabularies
def test_a_model_that_wants_digits_above_all_gets_none(vocabulary: Vocabulary, heat: float) -> None:
    random = np.random.default_rng(3)
    wants = np.array([20.0 if re.search(rb"\d", p) else 0.0 for p in vocabulary.pieces])

    def choose(free: Any) -> int:
        noise = random.gumbel(size=len(free)) * heat
        return int(free[(wants[free] + noise + random.random(len(free))).argmax()])

    text, _ = taking(vocabulary, ["⟦order⟧", "⟦item2⟧"], choose, 80)
    assert_nothing_typed(text, ["⟦order⟧", "⟦item2⟧"])


def test_controls_are_never_written_and_the_end_always_can_be() -> None:
    vocabulary = made([*BYTES, "<|im_start|>", ""], silent=[256])
    free = allowed(Mask(vocabulary, []), vocabulary)
    assert not {256, 257} & {*free}
    assert vocabulary.ends <= {*free}


def test_a_link_the_customer_sent_can_be_read_but_not_repeated() -> None:
    slots = [
        Slot(name=n, about=n, value="x", ref="r", kind=n) for n in ("order", "said_link", "clause")
    ]
    task = WritingTask(kind="draft", intent="", outcome="", urgency="", slots=tuple(slots))
    assert [slot.name for slot in list_speakable_slots(task)] == ["order", "clause"]


def test_the_digest_of_a_mask_tells_one_case_from_another() -> None:
    for vocabulary in VOCABULARIES.values():
        masks = [Mask(vocabulary, marks) for marks in (MARKS[:2], MARKS[:2], MARKS[:3])]
        assert masks[0].sha256 == masks[1].sha256 != masks[2].sha256


def test_the_links_are_all_that_grounding_forbids_beyond_one_character() -> None:
    longer = UNSOURCED_VALUE.pattern.partition("]|")[2].split("|")
    assert longer == ["https?:", r"www\."]
    assert all(UNSOURCED_VALUE.search(link) for link in LINK_PREFIXES)
    assert not any(UNSOURCED_VALUE.search(begun) for begun in PARTIAL_LINKS)


def test_no_letter_passes_for_another_in_a_link() -> None:
    alike = re.compile("[htpsw]", re.IGNORECASE)
    for character in map(chr, range(sys.maxunicode + 1)):
        if alike.match(character):
            assert character.casefold() in "htpsw"
