"""What people did with a saved reply that stood in a draft: kept it, changed it, or took it out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any, Final

from tickets.models import Draft
from triage.guardrails.attribution import PARAGRAPH_BREAK

MAX_DRAFTS: Final = 500
MAX_SHOWN: Final = 5
SAME_PARAGRAPH: Final = 0.4
"""How like two paragraphs have to be (share of matching words) for one to be the other."""


@dataclass(frozen=True, kw_only=True)
class ReplyEdit:
    """A paragraph as the saved reply had it, and as it was sent on that ticket; ``sent`` is empty
    where it was taken out.
    """

    ticket: int
    written: str
    sent: str


@dataclass(frozen=True, kw_only=True)
class ReplyUse:
    """How often a saved reply was sent as it stands, and the newest times that it was not."""

    kept: int
    edits: tuple[ReplyEdit, ...]

    @property
    def of(self) -> int:
        return self.kept + len(self.edits)

    @property
    def shown(self) -> tuple[ReplyEdit, ...]:
        return self.edits[:MAX_SHOWN]


def find_reply_use(slug: str) -> ReplyUse:
    """What became of the reply in the newest five hundred drafts that were sent."""
    sent = Draft.objects.filter(message__isnull=False, run__isnull=False).order_by("-pk")
    rows = sent.values_list("ticket", "parts", "message__text")[:MAX_DRAFTS]
    compared = [
        ReplyEdit(ticket=ticket, written=written, sent=_find_sent(written, text))
        for ticket, parts, text in rows
        for written in iter_paragraphs(parts, f"reply:{slug}@")
    ]
    edits = tuple(one for one in compared if one.sent != one.written)
    return ReplyUse(kept=len(compared) - len(edits), edits=edits)


def iter_paragraphs(parts: Iterable[Mapping[str, Any]], ref: str) -> Iterator[str]:
    """The paragraphs of a draft that rest on what begins with this reference."""
    for is_break, group in groupby(parts, lambda part: part["text"] == PARAGRAPH_BREAK):
        found: Sequence[Mapping[str, Any]] = list(group)
        if not is_break and any(str(part.get("ref", "")).startswith(ref) for part in found):
            said = "".join(part["text"] for part in found)
            yield from filter(None, map(str.strip, said.split(PARAGRAPH_BREAK)))


def _find_sent(written: str, text: str) -> str:
    """The paragraph as it was sent: the same, the one most like it, or nothing."""
    if written in text:
        return written
    likeness = {
        said: SequenceMatcher(None, written.split(), said.split(), False).ratio()
        for said in map(str.strip, text.split(PARAGRAPH_BREAK))
    }
    best = max(likeness, key=lambda said: likeness[said], default="")
    return best if best and likeness[best] >= SAME_PARAGRAPH else ""
