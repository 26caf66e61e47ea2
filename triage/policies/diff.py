"""What changed between two wordings, word by word and clause by clause.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Final, Literal

Change = Literal["same", "added", "removed"]
WORD: Final = re.compile(r"\s*(?:[£$€]?\d[\d.,:]*(?<![.,:])%?|\w+(?:['’-]\w+)*|\S)|\s+$")
"""A word, a figure with its sign, or a mark, each with the space before it."""
MAX_LONELY_WORDS: Final = 2
"""So few words kept between two changes are read more easily as changed with them."""


@dataclass(frozen=True)
class Piece:
    """A run of words that stayed, was added or was removed."""

    change: Change
    text: str

    @property
    def space(self) -> str:
        """The white space before it, which is not shown as changed."""
        return self.text[: len(self.text) - len(self.text.lstrip())]

    @property
    def words(self) -> str:
        return self.text.lstrip()


@dataclass(frozen=True)
class Wording:
    """A clause as far as it can differ: its reference, heading and text."""

    ref: str
    heading: str
    text: str


@dataclass(frozen=True)
class ClauseDiff:
    """One clause in two versions: "added", "removed", "changed" or "same", and the pieces."""

    ref: str
    kind: Literal["added", "removed", "changed", "same"]
    heading: tuple[Piece, ...]
    text: tuple[Piece, ...]


def compare_clauses(old: Sequence[Wording], new: Sequence[Wording]) -> list[ClauseDiff]:
    """Every clause of either version in the order of the new one; those removed come last."""
    before, after = {w.ref: w for w in old}, {w.ref: w for w in new}
    gone = [wording for wording in old if wording.ref not in after]
    return [
        *(_compare_clause(before.get(wording.ref), wording) for wording in new),
        *(_compare_clause(wording, None) for wording in gone),
    ]


def _compare_clause(old: Wording | None, new: Wording | None) -> ClauseDiff:
    one, other = old or Wording("", "", ""), new or Wording("", "", "")
    kind: Literal["added", "removed", "changed", "same"] = "changed"
    if old is None or new is None:
        kind = "added" if old is None else "removed"
    elif (old.heading, old.text) == (new.heading, new.text):
        kind = "same"
    return ClauseDiff(
        ref=other.ref or one.ref,
        kind=kind,
        heading=diff_texts(one.heading, other.heading),
        text=diff_texts(one.text, other.text),
    )


def diff_texts(old: str, new: str) -> tuple[Piece, ...]:
    """The words of two texts as pieces; those that are same or added make up the new text."""
    before, after = WORD.findall(old), WORD.findall(new)
    found = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return tuple(_merge_changes(_iter_steps(before, after, found)))


def _iter_steps(
    old: Sequence[str], new: Sequence[str], codes: Sequence[tuple[str, int, int, int, int]]
) -> Iterator[Piece]:
    """The pieces of each edit operation, what was removed before what was added."""
    for number, (code, i, j, k, m) in enumerate(codes):
        inside = 0 < number < len(codes) - 1
        if code == "equal" and (j - i > MAX_LONELY_WORDS or not inside):
            yield Piece("same", "".join(new[k:m]))
            continue
        yield Piece("removed", "".join(old[i:j]))
        yield Piece("added", "".join(new[k:m]))


def _merge_changes(steps: Iterator[Piece]) -> Iterator[Piece]:
    """Neighbouring changes as one removal and one addition."""
    for same, run in groupby(steps, key=lambda piece: piece.change == "same"):
        group = list(run)
        if same:
            yield from group
            continue
        for change in ("removed", "added"):
            text = "".join(piece.text for piece in group if piece.change == change)
            if text:
                yield Piece("removed" if change == "removed" else "added", text)
