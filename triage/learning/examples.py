"""What a version learns from: written examples, and tickets that people labelled."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from tickets.intake.conversations import LABELLED_BY
from tickets.models import Correction, Message, Receipt, Ticket
from triage.contract.outcomes import LABELLED_LANGUAGES
from triage.inference.language import identify_language
from triage.models import Intent, IntentExample, IntentProposal

HELD_BACK_ONE_IN = 5  # of so many labelled tickets one is kept for comparing versions
COMPLETE_SHARE = 0.9
"""So many of the past tickets have to have a label of ours for them to stand for all that comes."""
DatedMessage = tuple[str, datetime, str]
"""Direction, time and text of a message."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A text and its intent's slug, "" for out of scope; ``ticket`` where a person labelled
    one.

    ``audited``: the ticket was drawn at random for a person to check, or is one of all that came
    before the machine did, with the label that people gave it.
    """

    text: str
    label: str
    ticket: int | None = None
    audited: bool = False

    def is_foreign_ticket(self) -> bool:
        """Whether it is a ticket that the part of a version for other languages labels."""
        return self.ticket is not None and identify_language(self.text) in LABELLED_LANGUAGES


@dataclass(frozen=True, kw_only=True)
class ExampleSplit:
    """``held_back`` are tickets that no version is trained on. ``shared`` more are no test
    either, since their words are among the training texts."""

    training: tuple[Row, ...]
    held_back: tuple[Row, ...]
    shared: int

    @property
    def tickets(self) -> int:
        return sum(row.ticket is not None for row in self.training)


def load_examples() -> ExampleSplit:
    """Every example there is: training rows, and those held back to compare versions."""
    slugs = {"", *Intent.objects.filter(active=True).values_list("slug", flat=True)}
    labelled = [row for row in load_labelled_tickets() if row.label in slugs]
    training = [
        *_iter_written_examples(),
        *(row for row in labelled if not is_held_back(row.ticket)),
    ]
    seen, taken = {_normalize_text(row.text) for row in training}, _find_example_tickets()
    kept = [row for row in labelled if is_held_back(row.ticket)]
    fresh = tuple(
        row for row in kept if _normalize_text(row.text) not in seen and row.ticket not in taken
    )
    return ExampleSplit(training=tuple(training), held_back=fresh, shared=len(kept) - len(fresh))


def _normalize_text(text: str) -> str:
    return " ".join(text.lower().split())


def _find_example_tickets() -> set[int]:
    """Tickets whose words an admin made examples of, whole or in part."""
    taken = IntentProposal.objects.filter(state=IntentProposal.State.TAKEN)
    return set(taken.values_list("tickets", flat=True).order_by())


def is_held_back(ticket: int | None) -> bool:
    """Whether a ticket's label is kept from training: decided by its number, for ever."""
    if ticket is None:
        return False
    digest = hashlib.sha256(f"held back:{ticket}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % HELD_BACK_ONE_IN == 0


def _iter_written_examples() -> Iterator[Row]:
    examples = IntentExample.objects.exclude(intent__active=False).order_by("pk")
    for text, slug in examples.values_list("text", "intent__slug"):
        if text.strip():
            yield Row(text=text.strip(), label=slug or "")


def load_labelled_tickets() -> list[Row]:
    """A row for each ticket that a person labelled or confirmed: the latest one counts. Those of
    the past have the label that they came with.

    The text is what the classify step read when the person decided; a ticket whose words
    were erased is left out.
    """
    last = Correction.objects.filter(step="classify").order_by("ticket", "-pk").distinct("ticket")
    spoken = list(last.values_list("ticket", "ticket__subject", "after", "at"))
    tickets = [ticket for ticket, *_ in spoken]
    drawn = _find_audited_tickets(tickets)
    said_by = load_messages(tickets)
    made = [
        Row(
            text=f"{subject}\n{get_customer_words(said_by[ticket], at)}".strip(),
            label=label,
            ticket=ticket,
            audited=ticket in drawn,
        )
        for ticket, subject, label, at in spoken
    ]
    slugs = set(Intent.objects.filter(active=True).values_list("slug", flat=True))
    past = load_past_tickets(slugs, without=set(tickets))
    return [row for row in (*made, *past) if row.text]


def load_past_tickets(labels: Collection[str], without: Collection[int] = ()) -> list[Row]:
    """A row for each ticket that came with one of the labels from elsewhere, by what was asked at
    first.

    They are evidence as drawn by lot only where nearly all that came have one: mails without are
    those that a label would be wrong for.
    """
    rows = Ticket.objects.filter(channel=Ticket.Channel.IMPORT, labelled_by=LABELLED_BY)
    found = rows.filter(label__in=labels).order_by("pk").values_list("pk", "subject", "label")
    labelled = [row for row in found if row[0] not in without]
    came = Message.objects.filter(delivery=Message.Delivery.IMPORTED).values("ticket").distinct()
    complete = len(found) >= COMPLETE_SHARE * came.count()
    said_by = load_messages([ticket for ticket, *_ in labelled])
    return [
        Row(
            text=f"{subject}\n{get_first_words(said_by[ticket])}".strip(),
            label=label,
            ticket=ticket,
            audited=complete,
        )
        for ticket, subject, label in labelled
    ]


def get_first_words(said: Iterable[DatedMessage]) -> str:
    """What the customer wrote before our first answer, as one text."""
    asked = takewhile(lambda message: message[0] == "in", said)
    return "\n\n".join(text for _, _, text in asked)


def _find_audited_tickets(tickets: Iterable[int]) -> set[int]:
    receipts = Receipt.objects.filter(ticket__in=tickets, step="classify", output__audited=True)
    return set(receipts.values_list("ticket", flat=True).order_by())


def load_messages(tickets: Iterable[int]) -> dict[int, list[DatedMessage]]:
    """Direction, time and text of each message by ticket, in the order of arrival."""
    found: dict[int, list[DatedMessage]] = defaultdict(list)
    rows = Message.objects.filter(ticket__in=tickets).exclude(direction="note").order_by("pk")
    for ticket, direction, at, text in rows.values_list("ticket", "direction", "at", "text"):
        found[ticket].append((direction, at, text))
    return found


def get_customer_words(said: Iterable[DatedMessage], at: datetime) -> str:
    """The customer's latest messages before a time, back to our last answer, as one text."""
    found: list[str] = []
    answered = False
    for direction, when, text in said:
        if when > at:
            continue
        if direction == "in":
            found = [text] if answered else [*found, text]
        answered = direction != "in"
    return "\n\n".join(found)


def count_corrected_tickets(at: datetime | None) -> int:
    """How many tickets people labelled or confirmed since then; None: ever."""
    said = Correction.objects.filter(step="classify")
    said = said.filter(at__gt=at) if at else said
    return said.values("ticket").distinct().count()
