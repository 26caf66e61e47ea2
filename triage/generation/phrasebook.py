"""The sentences the writer may say, as tokens, and which of them a case supports.

The bundled writer composes: it chooses and orders sentences that people wrote, and points
at values. Only those are offered to it whose values are known, whose decision is the one
that was made, and which react to what the customer told.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeVar

from triage.contract.fact_types import CLAUSE, MAX_SLOTS_BY_KIND
from triage.contract.slots import CLOSE, OPEN, SLOT, WritingTask, get_slot_name
from triage.generation.phrases import LOOKED_UP, load_phrases
from triage.generation.prompt import list_speakable_slots
from triage.generation.supported_sentences import find_unsayable_marks, iter_supported_acts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Indices = NDArray[np.intp]
    Chosen = NDArray[np.bool_]
    Table = NDArray[np.int32]

K = TypeVar("K")
SENTENCE_OVER: Final = -1
"""In a table of tokens: the sentence is at its end."""
LIST_FIELDS: Final = {"items": "item", "others": "other_order"}
FIELD: Final = re.compile(r"\{(\w+)\}")
ACCOUNT_MARKS: Final = frozenset({"since", "orders", "order", "other_order"})
"""Marks of what we have of a customer: without any there is no account to speak of."""
REPEATABLE_ACTS: Final = frozenset({"told", "names", "sums", "states"})
"""What can be done once for each of its matters; anything else is done once."""
FULLEST_ACTS: Final = ("states", "sums", "decides")
"""What is said as fully as the values known allow."""
PREREQUISITE_ROLES: Final = {
    ("sums", "goods"): ("sums", "order"),
    **{
        ("states", f"{family} {number}"): ("states", f"{family} 1")
        for family in ("delivery", "item", "order", "money")
        for number in (2, 3, 4)
    },
}
"""What can only be said after something else: what of an order that is not there?"""
FALLBACK_ROLES: Final = {
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


def build_all_sentences() -> tuple[Sentence, ...]:
    """Every sentence of the corpus with slots for fields; one that lists values, for each count."""
    return tuple(
        dict.fromkeys(
            filled
            for text, does, of in (
                *_iter_reply_sentences(),
                *_iter_quote_sentences(),
                *_iter_summary_sentences(),
            )
            for filled in _expand_lists(text, does, of)
        )
    )


def _iter_reply_sentences() -> Iterator[tuple[str, str, str]]:
    words = load_phrases("replies")
    deeds = {
        "greetings": "greets",
        "thanks": "thanks",
        "closings": "closes",
        "acknowledge": "about",
        "also": "second",
        "decisions": "decides",
        "next": "next",
        "said": "names",
        "other_orders": "orders",
        "offer": "offers",
    }
    for table, does in deeds.items():
        for of, texts in words[table].items():
            yield from ((text, "urges" if of == "urgent" else does, of) for text in texts)
    for family, groups in words["facts"].items():
        for number, group in enumerate(groups, 1):
            yield from ((text, "states", f"{family} {number}") for text in group)
    for table, does in (("decisions", "decides"), ("next", "next")):
        for of, texts in load_phrases("settled")[table].items():
            yield from ((text, does, of) for text in texts)
    for of, table in load_phrases("circumstances").items():
        yield from ((text, "told", of) for text in table["replies"])


def _iter_quote_sentences() -> Iterator[tuple[str, str, str]]:
    words = load_phrases("replies")["policy"]
    for number in range(1, MAX_SLOTS_BY_KIND[CLAUSE] + 1):
        for of in ("lead", "refuse") if number == 1 else ("second",):
            for lead in words[of]:
                yield f"{lead} {{{get_slot_name(CLAUSE, number)}}}", f"quotes {number}", of


def _iter_summary_sentences() -> Iterator[tuple[str, str, str]]:
    for of, texts in load_phrases("summaries")["groups"].items():
        yield from ((text, "sums", of) for text in texts)


def _expand_lists(text: str, does: str, of: str) -> Iterator[Sentence]:
    listed = next((name for name in FIELD.findall(text) if name in LIST_FIELDS), None)
    if listed is None:
        yield Sentence(_replace_fields(text), does, of, fields=len(set(FIELD.findall(text))))
        return
    kind = LIST_FIELDS[listed]
    for count in range(1, MAX_SLOTS_BY_KIND[kind] + 1):
        *first, last = (f"{{{get_slot_name(kind, n)}}}" for n in range(1, count + 1))
        values = f"{', '.join(first)} and {last}" if first else last
        yield Sentence(
            _replace_fields(text.replace(f"{{{listed}}}", values)),
            does,
            of,
            (kind, count),
            len(set(FIELD.findall(text))),
        )


def _replace_fields(text: str) -> str:
    return FIELD.sub(lambda match: f"{OPEN}{match[1]}{CLOSE}", text)


class Phrasebook:
    """The sentences as tokens of one vocabulary; made once, when a file is loaded."""

    def __init__(self, tokens: Callable[[str], Sequence[int]], end: int) -> None:
        import numpy as np

        self.sentences = build_all_sentences()
        self.end = end
        (self.line_break,) = tokens("\n")
        self.plain = _build_table([tokens(one.text) for one in self.sentences])
        self.spaced = _build_table([tokens(f" {one.text}") for one in self.sentences])
        numbered = list(enumerate(self.sentences))
        self._does = _build_index((one.does, at) for at, one in numbered)
        self._role = _build_index(((one.does, one.of), at) for at, one in numbered)
        self._mark = _build_index((mark, at) for at, one in numbered for mark in one.marks)
        self._list = _build_index((one.lists, at) for at, one in numbered if one.lists)
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

    def select_supported(self, task: WritingTask) -> Chosen:
        """Which sentences the records of the case support: (sentences,)."""
        allowed = self._select_none()
        for does, of in iter_supported_acts(task):
            at = self._does.get(does) if of is None else self._role.get((does, of))
            if at is not None:
                allowed[at] = True
        for untrue in self._iter_untrue_sentences(task):
            allowed[untrue] = False
        for less in self._iter_weaker_sentences(allowed):
            allowed[less] = False
        return allowed

    def _iter_untrue_sentences(self, task: WritingTask) -> Iterator[Indices | list[int]]:
        """Sentences whose values are not known, or that the known values make untrue."""
        slots = list_speakable_slots(task)
        names = {slot.name for slot in slots}
        if task.kind == "draft":
            names -= find_unsayable_marks(task)
        yield from (at for mark, at in self._mark.items() if mark not in names)
        for (kind, count), at in self._list.items():
            if count != sum(slot.kind == kind for slot in slots):
                yield at
        yield self._unnamed if "order" in names else self._looked_up
        if not names & ACCOUNT_MARKS:
            yield self._mark.get("said_order", [])

    def _iter_weaker_sentences(self, allowed: Chosen) -> Iterator[Indices]:
        """Sentences that say less than others could, or that lack what they have to follow."""
        able = {role: at[allowed[at]] for role, at in self._role.items()}
        for role, at in able.items():
            lacking = role in PREREQUISITE_ROLES and not len(able[PREREQUISITE_ROLES[role]])
            if lacking or any(len(able[other]) for other in FALLBACK_ROLES.get(role, ())):
                yield at
            elif role[0] in FULLEST_ACTS and len(at):
                yield at[self._fields[at] < self._fields[at].max()]

    def select_by_acts(self, deeds: Iterable[str]) -> Chosen:
        """Which sentences perform one of these acts: (sentences,)."""
        chosen = self._select_none()
        for does in deeds:
            if does in self._does:
                chosen[self._does[does]] = True
        return chosen

    def select_by_role(self, role: str) -> Chosen:
        """Which sentences have the role: (sentences,)."""
        does, _, of = role.partition(" ")
        chosen = self._select_none()
        chosen[self._role[does, of]] = True
        return chosen

    def select_repetitions(self, at: int) -> Chosen:
        """Which sentences would repeat what this one says, itself among them: (sentences,)."""
        if at not in self._alike:
            self._alike[at] = self._find_repetitions(self.sentences[at])
        return self._alike[at]

    def _find_repetitions(self, said: Sentence) -> Chosen:
        chosen = self._select_none()
        if said.does in REPEATABLE_ACTS:
            chosen[self._role[said.does, said.of]] = True
        else:
            chosen[self._does[said.does]] = True
        return chosen

    def _select_none(self) -> Chosen:
        import numpy as np

        return np.zeros(len(self.sentences), bool)


def _build_table(rows: Sequence[Sequence[int]]) -> Table:
    """Token ids, (sentences, longest + 1), SENTENCE_OVER behind the last of each."""
    import numpy as np

    table = np.full((len(rows), max(map(len, rows)) + 1), SENTENCE_OVER, np.int32)
    for at, row in enumerate(rows):
        table[at, : len(row)] = row
    return table


def _build_index(pairs: Iterable[tuple[K, int]]) -> dict[K, Indices]:
    import numpy as np

    found: dict[K, list[int]] = {}
    for key, at in pairs:
        found.setdefault(key, []).append(at)
    return {key: np.array(ats, np.intp) for key, ats in found.items()}
