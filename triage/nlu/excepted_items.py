"""Which items stand only as an exception from all, in whatever language.

Pure. A net behind the readers of English: "alles außer dem Teppich" asks for anything but the
rug. What it finds is never taken without a question; it pays for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Final

from triage.nlu.document import Document
from triage.nlu.item_names import find_mentions, singularize_word
from triage.nlu.kept_items import LISTS as KEPT_LISTS
from triage.nlu.kept_items import TABLES as KEPT_TABLES
from triage.nlu.kept_items import tells_of_success
from triage.nlu.lexicon import LEXICONS, load_lexicon
from triage.nlu.spared_items import (
    find_survived,
    find_trouble,
    find_trouble_near,
    is_spared,
    list_predicate,
    tells_of_trouble,
)
from triage.nlu.spoken_words import Sentence, SpokenWord, list_sentences, load_phrase_tables
from triage.nlu.whole_order import MARKS, WholeKind, find_whole_mentions

LISTS: Final = {
    name: frozenset(words) for name, words in load_lexicon(LEXICONS / "excepted_items.toml").items()
}
TABLES: Final = load_phrase_tables(LEXICONS / "excepted_items.toml")
MAX_WORDS_NAMED: Final = 12


def find_excepted_places(
    document: Document, names: Sequence[str], unique: Mapping[str, frozenset[str]]
) -> frozenset[int]:
    """The places of the ``names`` that a text leaves out of all, keeps, or says came whole."""
    sentences = list_sentences(document)
    foreign = any(_has_all(words) for words in sentences)
    troubled = any(tells_of_trouble(words) for words in sentences)
    found: set[int] = set()
    for words in sentences:
        stretches = _list_stretches(words, foreign=foreign)
        stretches += [*_list_before_rest(words), *(_list_fine(words) if troubled else ())]
        for first, last in stretches:
            found |= _find_places(words[first:last], names, unique)
    return frozenset(found)


def _has_all(words: Sentence) -> bool:
    return bool(find_whole_mentions(words)) or TABLES["all"].find_first(words) is not None


def _list_stretches(words: Sentence, *, foreign: bool) -> list[tuple[int, int]]:
    """From which word up to which something is left out, kept or whole."""
    english = _has_all(words) and not tells_of_success(words) and not _has_nothing(words)
    found: list[tuple[int, int]] = []
    for at in range(len(words)):
        length = TABLES["except"].match_length(words, at) if foreign else 0
        length = length or (TABLES["except_english"].match_length(words, at) if english else 0)
        length = length or _match_around(words, at, foreign=foreign)
        if not length and english and _is_but_alone(words, at):
            length = 1
        if length:
            found.append((at + length, _find_end(words, at + length)))
        elif foreign and TABLES["kept"].match_length(words, at):
            found.append((_find_begin(words, at), _find_end(words, at)))
        elif find_survived(words, at):
            found.append((_find_begin(words, at), at))
    return found


def _has_trouble(words: Sentence, at: int) -> bool:
    return find_trouble_near(words, at) or find_trouble(list_predicate(words, at))


def _match_around(words: Sentence, at: int, *, foreign: bool) -> int:
    """As in Dutch "op de lamp na": 1 where such a pair begins."""
    if not foreign or words[at].text not in LISTS["around_first"]:
        return 0
    near = words[at + 1 : _find_end(words, at + 1)]
    return int(any(word.text in LISTS["around_last"] for word in near))


def _list_fine(words: Sentence) -> list[tuple[int, int]]:
    """What stands before "is fine", "came through", where all else is told to be broken."""
    kept = TABLES["kept_english"]
    return [
        (_find_begin(words, at), at)
        for at in range(len(words))
        if is_spared(words, at) or kept.match_length(words, at)
    ]


def _list_before_rest(words: Sentence) -> list[tuple[int, int]]:
    """What stands before "everything else is broken", "the others broken"."""
    return [
        (max(0, rest.first - MAX_WORDS_NAMED), rest.first)
        for rest in find_whole_mentions(words)
        if rest.kind == WholeKind.REST and _has_trouble(words, rest.last)
    ]


def _is_but_alone(words: Sentence, at: int) -> bool:
    """Whether only a name follows "but" up to a mark: no "but the lamp is broken"."""
    if words[at].text not in KEPT_LISTS["except_alone"]:
        return False
    behind = words[at + 1 : _find_end(words, at + 1)]
    stops = any(word.text in KEPT_LISTS["stop"] for word in behind)
    return bool(behind) and behind[0].text in KEPT_LISTS["article"] and not stops


def _has_nothing(words: Sentence) -> bool:
    return KEPT_TABLES["nothing"].find_first(words) is not None


def _find_end(words: Sequence[SpokenWord], at: int) -> int:
    near = words[at : at + MAX_WORDS_NAMED]
    return at + sum(1 for _ in takewhile(lambda word: word.text not in MARKS, near))


def _find_begin(words: Sequence[SpokenWord], at: int) -> int:
    near, edges = reversed(words[max(0, at - MAX_WORDS_NAMED) : at]), MARKS | KEPT_LISTS["turn"]
    return at - sum(1 for _ in takewhile(lambda word: word.text not in edges, near))


def _find_places(
    words: Sequence[SpokenWord], names: Sequence[str], unique: Mapping[str, frozenset[str]]
) -> set[int]:
    said = [singularize_word(word.text) for word in words if word.text.isalnum()]
    return {place for place, name in enumerate(names) if find_mentions(said, name, unique[name])}
