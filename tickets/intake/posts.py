"""Tickets that are no mails: the public form, and rows of another system."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from tickets.audit.canonical_json import make_json_safe
from tickets.intake import fields
from tickets.intake.customers import find_customers_by_email
from tickets.intake.fields import BadRow, Row
from tickets.intake.mails import REASON_ARRIVED, save_files, save_notes
from tickets.intake.outcome import (
    Effect,
    Outcome,
    Received,
    acquire_advisory_lock,
    get_single,
    list_good,
    try_each,
)
from tickets.mail import quoting
from tickets.mail.hidden_words import join_hidden, split_hidden_text
from tickets.mail.mime import File, make_storable
from tickets.models import Customer, Message, Ticket
from tickets.queue import run_queue

COLUMNS = ["external_id", "channel", "name", "email", "subject", "body", "received_at"]


def receive_form(
    *,
    token: str,
    name: str,
    email: str,
    subject: str,
    text: str,
    order_number: str = "",
    attachments: Iterable[File] = (),
) -> Outcome:
    """Keep a post of the public form. The same post with the same token again changes nothing."""
    posted = {
        "name": make_storable(name),
        "email": make_storable(email),
        "subject": make_storable(subject),
        "text": make_storable(text),
        "order_number": make_storable(order_number),
    }
    files = list(attachments)
    raw = serialize_row({**posted, "files": [[file.name, file.sha256] for file in files]})
    external_id = f"form:{token}:{hashlib.sha256(raw).hexdigest()[:16]}"
    said, title = split_hidden_text(posted["text"].strip()), split_hidden_text(posted["subject"])
    posted["subject"], body = title.seen, said.seen
    if posted["order_number"]:
        body = f"Order number: {posted['order_number']}\n\n{body}"
    with transaction.atomic():
        acquire_advisory_lock(external_id)
        known = Ticket.objects.filter(external_id=external_id).first()
        if known:
            return Outcome(Effect.UNCHANGED, known)
        owners = find_customers_by_email([posted["email"]])
        ticket = build_ticket(external_id, Ticket.Channel.FORM, posted, owners)
        ticket.save(force_insert=True)
        hidden = join_hidden((title.hidden, said.hidden))
        message = _build_message(ticket, quoting.BodyParts(body, "", ""), raw, hidden)
        message.save(force_insert=True)
        notes = save_notes(ticket, save_files(message, files))
        run_queue.enqueue_run(ticket, reason=REASON_ARRIVED)
    return Outcome(Effect.CREATED, ticket, notes)


@dataclass(frozen=True)
class TicketRow:
    """A ticket of another system, read from its row; ``raw`` is the row itself."""

    external_id: str
    channel: str
    posted: dict[str, Any]
    body: str
    hidden: str
    raw: bytes


def receive_ticket(row: Row) -> Outcome:
    """Keep a ticket of another system, by its external id. Raises BadRow.

    A ticket that is there is never changed: other words under the same id are refused.
    """
    return get_single(receive_tickets([row]))


@transaction.atomic
def receive_tickets(rows: Sequence[Row]) -> list[Received]:
    """Keep tickets of different external ids, each as by ``receive_ticket``, together."""
    read = try_each(_read_ticket_row, rows)
    good = list_good(read)
    acquire_advisory_lock(*(f"ticket:{each.external_id}" for each in good))
    known = _load_first_messages([each.external_id for each in good])
    made = _create_tickets([each for each in good if each.external_id not in known])
    return try_each(lambda each: _describe_outcome(each, known, made), read)


def list_ticket_keys(row: Row) -> list[str]:
    """What no two rows of one batch have."""
    return [each.external_id for each in list_good(try_each(_read_ticket_row, [row]))]


def _read_ticket_row(row: Row) -> TicketRow:
    fields.raise_if_not_utf8(row)
    external_id = fields.read_text(row, "external_id", 200, required=True)
    subject = split_hidden_text(fields.read_text(row, "subject", 1_000))
    posted: dict[str, Any] = {
        "name": fields.read_text(row, "name", 200),
        "email": fields.read_email(row, "email"),
        "subject": subject.seen[:300],
        "received_at": fields.read_datetime(row, "received_at"),
    }
    said = split_hidden_text(fields.read_text(row, "body", 500_000))
    body, hidden = said.seen, join_hidden((subject.hidden, said.hidden))
    if not body and not posted["subject"]:
        raise BadRow("body and subject are both empty: a ticket needs one of them")
    channel = fields.read_choice(row, "channel", Ticket.Channel.values, Ticket.Channel.IMPORT)
    return TicketRow(external_id, channel, posted, body, hidden, serialize_row(row))


def _load_first_messages(external_ids: list[str]) -> dict[str, tuple[Ticket, Message | None]]:
    """The tickets that are there, by their external id, each with what began it."""
    tickets = list(Ticket.objects.filter(external_id__in=external_ids))
    received = Message.objects.filter(ticket__in=tickets, direction=Message.Direction.IN)
    first = received.order_by("ticket_id", "id").distinct("ticket") if tickets else ()
    began = {message.ticket_id: message for message in first}
    return {str(each.external_id): (each, began.get(each.pk)) for each in tickets}


def _create_tickets(rows: list[TicketRow]) -> dict[str, Ticket]:
    """New tickets by their external id, each with its message and a run that waits."""
    owners = find_customers_by_email(row.posted["email"] for row in rows)
    tickets = Ticket.objects.bulk_create(
        build_ticket(row.external_id, row.channel, row.posted, owners) for row in rows
    )
    Message.objects.bulk_create(
        _build_message(ticket, _split_row(row), row.raw, row.hidden)
        for ticket, row in zip(tickets, rows, strict=True)
    )
    run_queue.enqueue_new_tickets(tickets, reason=REASON_ARRIVED)
    return {str(ticket.external_id): ticket for ticket in tickets}


def _split_row(row: TicketRow) -> quoting.BodyParts:
    if row.channel == Ticket.Channel.EMAIL:
        return quoting.split_body(row.body)
    return quoting.BodyParts(row.body, "", "")


def _describe_outcome(
    row: TicketRow | BadRow,
    known: Mapping[str, tuple[Ticket, Message | None]],
    made: Mapping[str, Ticket],
) -> Outcome:
    """The outcome of one row. Raises its BadRow, and one where the ticket is there otherwise."""
    if isinstance(row, BadRow):
        raise row
    if row.external_id in made:
        return Outcome(Effect.CREATED, made[row.external_id])
    return _check_unchanged(*known[row.external_id], row)


def serialize_row(row: Row) -> bytes:
    """The row as it is kept beside what was read from it."""
    return json.dumps(make_json_safe(row), sort_keys=True).encode()


def _check_unchanged(known: Ticket, first: Message | None, row: TicketRow) -> Outcome:
    """UNCHANGED where the known ticket has the same content. Raises BadRow otherwise."""
    same = first is not None and bytes(first.raw or b"") == row.raw
    there = quoting.BodyParts(first.text, first.quoted, first.signature) if first else None
    alike = known.subject == row.posted["subject"] and there in (
        quoting.BodyParts(row.body, "", ""),
        quoting.split_body(row.body),
    )
    if same or alike:
        return Outcome(Effect.UNCHANGED, known)
    raise BadRow(
        f"ticket {known.external_id} is here already with other words: a ticket is never changed by"
        " an import, give a new one its own external_id"
    )


def build_ticket(
    external_id: str, channel: str, posted: dict[str, Any], owners: Mapping[str, Customer]
) -> Ticket:
    """A ticket, not saved yet, of the customer among ``owners`` who has its address."""
    return Ticket(
        external_id=external_id,
        channel=channel,
        subject=posted["subject"][:300],
        customer=owners.get(posted["email"]),
        name=posted["name"][:200],
        email=posted["email"],
        received_at=posted.get("received_at") or timezone.now(),
    )


def _build_message(ticket: Ticket, parts: quoting.BodyParts, raw: bytes, hidden: str) -> Message:
    return Message(
        ticket=ticket,
        direction=Message.Direction.IN,
        sender=ticket.email or ticket.name,
        at=ticket.received_at,
        text=parts.text,
        quoted=parts.quoted,
        signature=parts.signature,
        hidden=hidden,
        raw=raw,
    )
