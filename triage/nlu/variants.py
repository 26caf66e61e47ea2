"""The options of an item by its name, and which of them a request asks for.

Pure. What follows the first comma of a name are its options, "Lamp, black, medium" or "Lamp,
colour: black, brightness: medium"; those at the same place of two names are of the same kind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from triage.nlu.item_names import singularize_word, split_words
from triage.nlu.lexicon import LEXICONS, load_lexicon, match_any

Option = tuple[str, str]
"""What it is called, often nothing, and its value; both as words in the singular."""
LEXICON: Final = load_lexicon(LEXICONS / "items.toml")
REPLACEMENT_CUE: Final = re.compile(
    rf"\b(?:{match_any(LEXICON['replacement_cue'], plain_spaces=True)}|upgrad\w{{1,4}})\b",
    re.IGNORECASE,
)
INSTEAD_OF: Final = re.compile(r"\b(?:instead of|rather than)\s(?:\w{1,20}\s?){1,3}", re.IGNORECASE)
INCREASE_WORDS: Final = frozenset(LEXICON["increase"])
DECREASE_WORDS: Final = frozenset(LEXICON["decrease"])
EXTREME_WORDS: Final = frozenset(LEXICON["extreme"])
SCALES: Final = (
    ("low", "medium", "high"),
    ("small", "medium", "large"),
    ("xs", "s", "m", "l", "xl", "xxl", "xxxl"),
    ("beginner", "intermediate", "expert"),
)
STEM_CHARS: Final = 5
"""So many first letters make two words the same: "bright" and "brightness"."""


def parse_options(name: str) -> list[Option]:
    """The options of a name in order."""
    found = []
    for part in name.split(",")[1:]:
        key, colon, value = part.partition(":")
        found.append(
            (
                " ".join(split_words(key if colon else "")),
                " ".join(split_words(value if colon else part)),
            )
        )
    return found


def find_requested_options(
    own: Sequence[Option], others: Sequence[Sequence[Option]], words: str
) -> dict[int, set[str]]:
    """For each kind of option, by its place, the values that the words ask for.

    ``own`` are those of the item, ``others`` those of what it may become.
    """
    turn = REPLACEMENT_CUE.search(words)
    after = INSTEAD_OF.sub(" ", words[turn.start() :] if turn else words)
    spoken = f" {' '.join(map(singularize_word, after.split()))} "
    said: dict[int, set[str]] = {}
    for place in range(max(map(len, others), default=0)):
        values = {options[place][1] for options in others if place < len(options)}
        found = {value for value in values if value and f" {value} " in spoken}
        if len(found) > 1 and place < len(own):
            found -= {own[place][1]}
        if found:
            said[place] = found
    return {**_find_compared_options(own, others, after, set(said)), **said}


def _find_compared_options(
    own: Sequence[Option], others: Sequence[Sequence[Option]], words: str, said: set[int]
) -> dict[int, set[str]]:
    """The values asked for by "bigger" or "less bright", by place: of the option that is named,
    or of the only one on a scale.
    """
    spoken = words.casefold().split()
    marks = [word for word in spoken if word in INCREASE_WORDS | DECREASE_WORDS]
    places = [
        at for at, (_, value) in enumerate(own) if at not in said and _rank_value(value) is not None
    ]
    if not marks or not places:
        return {}
    near = {word[:STEM_CHARS] for word in spoken if len(word) >= 4}
    named = [at for at in places if any(key[:STEM_CHARS] in near for key in own[at][0].split())]
    chosen = named or (places if len(places) == 1 else [])
    return {
        at: found
        for at in chosen[:1]
        if (found := _select_values_beyond(own[at][1], at, others, marks[0]))
    }


def _select_values_beyond(
    value: str, place: int, others: Sequence[Sequence[Option]], mark: str
) -> set[str]:
    """The values that lie on the side of the item's own to which the word points."""
    here = _rank_value(value)
    found = {options[place][1] for options in others if place < len(options)}
    ranked = {each: rank for each in found if (rank := _rank_value(each)) is not None}
    left = {
        each: rank
        for each, rank in ranked.items()
        if here is not None and (rank > here if mark in INCREASE_WORDS else rank < here)
    }
    if mark not in EXTREME_WORDS or not left:
        return set(left)
    best = max(left.values()) if mark in INCREASE_WORDS else min(left.values())
    return {each for each, rank in left.items() if rank == best}


def _rank_value(value: str) -> float | None:
    """Where a value stands on its scale: by its number, else by its word."""
    if number := re.match(r"\d{1,9}(?:\.\d{1,3})?", value):
        return float(number.group())
    return next((float(scale.index(value)) for scale in SCALES if value in scale), None)
