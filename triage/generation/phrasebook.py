"""The sentences the writer may say, as tokens, and which of them a case bears out.

The bundled writer composes: it chooses and orders sentences that people wrote, and points
at values. Only those are offered to it whose values are known, whose decision is the one
that was made, and which react to what was told.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeVar

from triage.contract.fact_types import CLAUSE, MOST
from triage.contract.slots import CLOSE, OPEN, SLOT, WritingTask, slot_name
from triage.generation.phrases import LOOKED_UP, load
from triage.generation.prompt import speakable
from triage.generation.supported_sentences import borne_out, unsayable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Indices = NDArray[np.intp]
    Chosen = NDArray[np.bool_]
    Table = NDArray[np.int32]

K = TypeVar("K")
OVER: Final = -1
"""In a table of tokens: the sentence is at its end."""
LISTS: Final = {"items": "item", "others": "other_order"}
FIELD: Final = re.compile(r"\{(\w+)\}")
ACCOUNT: Final = frozenset({"since", "orders", "order", "other_order"})
"""Marks of what we have of a customer: without any there is no account to speak of."""
SEVERAL: Final = frozenset({"told", "names", "sums", "states"})
"""What can be done once for each of its matters; anything else is done once."""
FULLEST: Final = ("states", "sums", "decides")
"""What is said as fully as the values known allow."""
AFTER: Final = {
    ("sums", "goods"): ("sums", "order"),
    **{
        ("states", f"{family} {number}"): ("states", f"{family} 1")
        for family in ("delivery", "item", "order", "money")
        for number in (2, 3, 4)
    },
}
"""What can only be said after something else: what of an order that is not there?"""
INSTEAD: Final = {
    ("sums", "unclear"): (("sums", "order"),),
    ("sums", "ticket"): (("sums", "order"), ("sums", "unclear")),
}
"""What is said where nothing of those can be."""


@dataclass(frozen=True)
class Sentence:
    """A sentence with its marks, what it ``does`` ("greets", "decides", "quotes 1"), and
    of which intent, outcome or circumstance.

    ``lists`` is the kind of which it lists all values, and how many those are; ``fields``
    how many kinds of value it states.
    """

    text: str
    does: str
    of: str = ""
    lists: tuple[str, int] | None = None
    fields: int = 0

    @property
    def role(self) -> str:
        return f"{self.does} {self.of}"

    @cached_property
    def marks(self) -> frozenset[str]:
        return frozenset(SLOT.findall(self.text))


def all_sentences() -> tuple[Sentence, ...]:
    """Every sentence of the corpus with marks for fields, one that lists for each count."""
    return tuple(
        dict.fromkeys(
            filled
            for text, does, of in (*_replies(), *_quotes(), *_summaries())
            for filled in _filled(text, does, of)
        )
    )


def _replies() -> Iterator[tuple[str, str, str]]:
    words = load("replies")
    deeds = {
        "greetings": "greets", "thanks": "thanks", "closings": "closes", "acknowledge": "about",
        "also": "second", "decisions": "decides", "next": "next", "said": "names",
        "other_orders": "orders", "offer": "offers",
    }  # fmt: skip
    for table, does in deeds.items():
        for of, texts in words[table].items():
            yield from ((text, "urges" if of == "urgent" else does, of) for text in texts)
    for family, groups in words["facts"].items():
        for number, group in enumerate(groups, 1):
            yield from ((text, "states", f"{family} {number}") for text in group)
    for table, does in (("decisions", "decides"), ("next", "next")):
        for of, texts in load("settled")[table].items():
            yield from ((text, does, of) for text in texts)
    for of, table in load("circumstances").items():
        yield from ((text, "told", of) for text in table["replies"])


def _quotes() -> Iterator[tuple[str, str, str]]:
    words = load("replies")["policy"]
    for number in range(1, MOST[CLAUSE] + 1):
        for of in ("lead", "refuse") if number == 1 else ("second",):
            for lead in words[of]:
                yield f"{lead} {{{slot_name(CLAUSE, number)}}}", f"quotes {number}", of


def _summaries() -> Iterator[tuple[str, str, str]]:
    for of, texts in load("summaries")["groups"].items():
        yield from ((text, "sums", of) for text in texts)


def _filled(text: str, does: str, of: str) -> Iterator[Sentence]:
    listed = next((name for name in FIELD.findall(text) if name in LISTS), None)
    if listed is None:
        yield Sentence(_marked(text), does, of, fields=len(set(FIELD.findall(text))))
        return
    kind = LISTS[listed]
    for count in range(1, MOST[kind] + 1):
        *first, last = (f"{{{slot_name(kind, n)}}}" for n in range(1, count + 1))
        values = f"{', '.join(first)} and {last}" if first else last
        yield Sentence(
            _marked(text.replace(f"{{{listed}}}", values)),
            does,
            of,
            (kind, count),
            len(set(FIELD.findall(text))),
        )


def _marked(text: str) -> str:
    return FIELD.sub(lambda match: f"{OPEN}{match[1]}{CLOSE}", text)


class Phrasebook:
    """The sentences as tokens of one vocabulary; made once, when a file is loaded."""

    def __init__(self, tokens: Callable[[str], Sequence[int]], end: int) -> None:
        import numpy as np

        self.sentences = all_sentences()
        self.end = end
        (self.line_break,) = tokens("\n")
        self.plain = _table([tokens(one.text) for one in self.sentences])
        self.spaced = _table([tokens(f" {one.text}") for one in self.sentences])
        numbered = list(enumerate(self.sentences))
        self._does = _index((one.does, at) for at, one in numbered)
        self._role = _index(((one.does, one.of), at) for at, one in numbered)
        self._mark = _index((mark, at) for at, one in numbered for mark in one.marks)
        self._list = _index((one.lists, at) for at, one in numbered if one.lists)
        self._unnamed = [
            at for at in self._role["sums", "order"] if "order" not in self.sentences[at].marks
        ]
        self._looked_up = [
            at for at in self._does["about"] if LOOKED_UP.search(numbered[at][1].text)
        ]
        texts = "\n".join(f"{one.does} {one.of}: {one.text}" for one in self.sentences)
        self.sha256 = hashlib.sha256(texts.encode()).hexdigest()
        self._fields = np.array([one.fields for one in self.sentences])
        self._alike: dict[int, Chosen] = {}

    def permitted(self, task: WritingTask) -> Chosen:
        """Which sentences the case bears out: (sentences,)."""
        allowed = self._none()
        for does, of in borne_out(task):
            at = self._does.get(does) if of is None else self._role.get((does, of))
            if at is not None:
                allowed[at] = True
        for untrue in self._ruled_out(task):
            allowed[untrue] = False
        for less in self._said_better(allowed):
            allowed[less] = False
        return allowed

    def _ruled_out(self, task: WritingTask) -> Iterator[Indices | list[int]]:
        """Sentences whose values are not known, or which what is known makes untrue."""
        slots = speakable(task)
        names = {slot.name for slot in slots}
        if task.kind == "draft":
            names -= unsayable(task)
        yield from (at for mark, at in self._mark.items() if mark not in names)
        for (kind, count), at in self._list.items():
            if count != sum(slot.kind == kind for slot in slots):
                yield at
        yield self._unnamed if "order" in names else self._looked_up
        if not names & ACCOUNT:
            yield self._mark.get("said_order", [])

    def _said_better(self, allowed: Chosen) -> Iterator[Indices]:
        """Sentences that say less than others could, or what has nothing to follow."""
        able = {role: at[allowed[at]] for role, at in self._role.items()}
        for role, at in able.items():
            lacking = role in AFTER and not len(able[AFTER[role]])
            if lacking or any(len(able[other]) for other in INSTEAD.get(role, ())):
                yield at
            elif role[0] in FULLEST and len(at):
                yield at[self._fields[at] < self._fields[at].max()]

    def doing(self, deeds: Iterable[str]) -> Chosen:
        """Which sentences do one of these things: (sentences,)."""
        chosen = self._none()
        for does in deeds:
            if does in self._does:
                chosen[self._does[does]] = True
        return chosen

    def in_role(self, role: str) -> Chosen:
        """Which sentences have the role: (sentences,)."""
        does, _, of = role.partition(" ")
        chosen = self._none()
        chosen[self._role[does, of]] = True
        return chosen

    def like(self, at: int) -> Chosen:
        """Which sentences would say again what this one says, itself among them."""
        if at not in self._alike:
            self._alike[at] = self._repeating(self.sentences[at])
        return self._alike[at]

    def _repeating(self, said: Sentence) -> Chosen:
        chosen = self._none()
        if said.does in SEVERAL:
            chosen[self._role[said.does, said.of]] = True
        else:
            chosen[self._does[said.does]] = True
        return chosen

    def _none(self) -> Chosen:
        import numpy as np

        return np.zeros(len(self.sentences), bool)


def _table(rows: Sequence[Sequence[int]]) -> Table:
    """Token ids, (sentences, longest + 1), OVER behind the last of each."""
    import numpy as np

    table = np.full((len(rows), max(map(len, rows)) + 1), OVER, np.int32)
    for at, row in enumerate(rows):
        table[at, : len(row)] = row
    return table


def _index(pairs: Iterable[tuple[K, int]]) -> dict[K, Indices]:
    import numpy as np

    found: dict[K, list[int]] = {}
    for key, at in pairs:
        found.setdefault(key, []).append(at)
    return {key: np.array(ats, np.intp) for key, ats in found.items()}
