"""What a version learns from: written examples, and tickets as people labelled them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from tickets.models import Correction, Message, Receipt
from triage.models import Intent, IntentExample, IntentProposal

KEPT_BACK = 5  # of so many labelled tickets one is kept for comparing versions


@dataclass(frozen=True, kw_only=True)
class Row:
    """A text and its intent's slug, "" for none of ours; ``ticket`` where a person labelled one.

    ``audited``: the ticket was drawn by lot for a person to check.
    """

    text: str
    label: str
    ticket: int | None = None
    audited: bool = False


@dataclass(frozen=True, kw_only=True)
class Rows:
    """``held_back`` are tickets that no version is trained on. ``shared`` more are no test
    either, since their words are among the training texts."""

    training: tuple[Row, ...]
    held_back: tuple[Row, ...]
    shared: int

    @property
    def tickets(self) -> int:
        return sum(row.ticket is not None for row in self.training)


def rows() -> Rows:
    """Everything there is to learn from now, and what is kept to compare versions by."""
    slugs = {"", *Intent.objects.filter(active=True).values_list("slug", flat=True)}
    labelled = [row for row in labelled_tickets() if row.label in slugs]
    training = [*_written(), *(row for row in labelled if not held_back(row.ticket))]
    seen, taken = {_plain(row.text) for row in training}, _taken()
    kept = [row for row in labelled if held_back(row.ticket)]
    fresh = tuple(row for row in kept if _plain(row.text) not in seen and row.ticket not in taken)
    return Rows(training=tuple(training), held_back=fresh, shared=len(kept) - len(fresh))


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def _taken() -> set[int]:
    """Tickets whose words an admin made examples of, whole or in part."""
    taken = IntentProposal.objects.filter(state=IntentProposal.State.TAKEN)
    return set(taken.values_list("tickets", flat=True).order_by())


def held_back(ticket: int | None) -> bool:
    """Whether a ticket's label is kept from training: decided by its number, for ever."""
    if ticket is None:
        return False
    digest = hashlib.sha256(f"held back:{ticket}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % KEPT_BACK == 0


def _written() -> Iterator[Row]:
    examples = IntentExample.objects.exclude(intent__active=False).order_by("pk")
    for text, slug in examples.values_list("text", "intent__slug"):
        if text.strip():
            yield Row(text=text.strip(), label=slug or "")


def labelled_tickets() -> list[Row]:
    """One row a ticket that a person labelled or confirmed: the last word counts.

    The text is what the classify step read when the person spoke; a ticket whose words
    were erased is left out.
    """
    last = Correction.objects.filter(step="classify").order_by("ticket", "-pk").distinct("ticket")
    spoken = list(last.values_list("ticket", "ticket__subject", "after", "at"))
    tickets = [ticket for ticket, *_ in spoken]
    drawn = _audited(tickets)
    said_by = messages(tickets)
    made = [
        Row(
            text=f"{subject}\n{words(said_by[ticket], at)}".strip(),
            label=label,
            ticket=ticket,
            audited=ticket in drawn,
        )
        for ticket, subject, label, at in spoken
    ]
    return [row for row in made if row.text]


def _audited(tickets: Iterable[int]) -> set[int]:
    receipts = Receipt.objects.filter(ticket__in=tickets, step="classify", output__audited=True)
    return set(receipts.values_list("ticket", flat=True).order_by())


Said = tuple[str, datetime, str]


def messages(tickets: Iterable[int]) -> dict[int, list[Said]]:
    """Direction, time and text of each message, in the order of arrival."""
    found: dict[int, list[Said]] = defaultdict(list)
    rows = Message.objects.filter(ticket__in=tickets).exclude(direction="note").order_by("pk")
    for ticket, direction, at, text in rows.values_list("ticket", "direction", "at", "text"):
        found[ticket].append((direction, at, text))
    return found


def words(said: Iterable[Said], at: datetime) -> str:
    """The customer's last words before a time, up to the answer of ours before them."""
    found: list[str] = []
    answered = False
    for direction, when, text in said:
        if when > at:
            continue
        if direction == "in":
            found = [text] if answered else [*found, text]
        answered = direction != "in"
    return "\n\n".join(found)


def corrections_since(at: datetime | None) -> int:
    """How many tickets people labelled or confirmed since then, ever where it is None."""
    said = Correction.objects.filter(step="classify")
    said = said.filter(at__gt=at) if at else said
    return said.values("ticket").distinct().count()
