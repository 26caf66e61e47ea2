"""What a message tells came broken, all of it but something, and what came whole.

Pure, English. "Everything is broken except the lamp. Please refund." asks for all but the lamp,
and so does "only the lamp survived". Words nobody knows of leave it open.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from triage.nlu.lexicon import LEXICONS, load_lexicon
from triage.nlu.spoken_words import Sentence, SpokenWord, load_phrase_tables
from triage.nlu.whole_order import LISTS as WHOLE_LISTS
from triage.nlu.whole_order import MARKS, WholeKind, WholeMention, find_whole_mentions

LISTS: Final = {
    name: frozenset(words) for name, words in load_lexicon(LEXICONS / "spared_items.toml").items()
}
TABLES: Final = load_phrase_tables(LEXICONS / "spared_items.toml")
MAX_WORDS_TO_TROUBLE: Final = 3
MAX_WORDS_TO_DENIAL: Final = 8
MAX_WORDS_TOLD: Final = 16
MAX_WORDS_SKIPPED: Final = 8
NOTHING: Final = frozenset({"none", "nothing", "neither", "hardly", "few"})


def find_trouble(words: Sequence[SpokenWord]) -> bool:
    """Whether something is wrong, and not denied: "came badly damaged"."""
    at = TABLES["trouble"].find_first(words)
    return at is not None and not _has_denial(words[:at])


def find_trouble_near(words: Sequence[SpokenWord], at: int) -> bool:
    """Whether a trouble follows within a few words: "arrived completely broken"."""
    return find_trouble(words[at : at + 1 + MAX_WORDS_TO_TROUBLE])


def find_survived(words: Sequence[SpokenWord], at: int) -> bool:
    """Whether a word says that something came whole, and nothing denies it."""
    if not TABLES["survived"].match_length(words, at):
        return False
    return not _has_denial(words[max(0, at - MAX_WORDS_TO_DENIAL) : at])


def tells_of_trouble(words: Sentence) -> bool:
    """Whether a sentence tells that all of an order is broken."""
    return any(
        TABLES["trouble"].match_length(words, each.last)
        or find_trouble(list_predicate(words, each.last))
        for each in find_all_mentions(words)
    )


def is_spared(words: Sequence[SpokenWord], at: int) -> bool:
    """Whether a verb begins "is fine", "came through", and nothing denies it."""
    if words[at].text not in LISTS["predicate"] or not match_spared(words, at):
        return False
    return not _has_denial(words[max(0, at - MAX_WORDS_TO_DENIAL) : at])


def match_spared(words: Sequence[SpokenWord], at: int) -> int:
    """The word behind "is still fine", "came through", where that begins at a word; else 0."""
    for place in range(at, _skip_words(words, at, LISTS["link"]) + 1):
        if length := TABLES["spared"].match_length(words, place):
            return place + length
    return 0


def find_all_mentions(words: Sentence) -> list[WholeMention]:
    """Words for all that a trouble can be told of, from the first on: "the parcel", "all broken"
    too.
    """
    found = [each for each in find_whole_mentions(words) if each.kind != WholeKind.REST]
    for at, word in enumerate(words):
        if length := TABLES["together"].match_length(words, at):
            found.append(WholeMention(WholeKind.ALL, at, at + length))
        if word.text == "all" and TABLES["trouble"].match_length(words, at + 1):
            found.append(WholeMention(WholeKind.ALL, at, at + 1))
    return sorted(found, key=lambda each: each.first)


def match_single_spared(words: Sequence[SpokenWord], at: int) -> int:
    """The word behind "only thing that survived", "only survivor"; else 0."""
    if at + 1 >= len(words) or words[at].text not in LISTS["sole"]:
        return 0
    if words[at + 1].text not in LISTS["single"]:
        return 0
    survivor = at + 2 if words[at + 1].text == "survivor" else 0
    return match_spared(words, at + 2) or survivor


def list_predicate(words: Sentence, at: int) -> Sequence[SpokenWord]:
    """What is told from a word on up to a mark, where a verb of telling stands there."""
    before = (LISTS["link"] | WHOLE_LISTS["place"]) - LISTS["predicate"] - {"that", "which"}
    at = _skip_words(words, at, before)
    if at >= len(words) or words[at].text not in LISTS["predicate"]:
        return ()
    near = words[at : at + MAX_WORDS_TOLD]
    return near[: next((n for n, word in enumerate(near) if word.text in MARKS), len(near))]


def _skip_words(words: Sequence[SpokenWord], at: int, known: Collection[str]) -> int:
    end = min(at + MAX_WORDS_SKIPPED, len(words))
    while at < end and words[at].text in known:
        at += 1
    return at


def _has_denial(words: Sequence[SpokenWord]) -> bool:
    return any(word.text in WHOLE_LISTS["denying"] | NOTHING for word in words)
