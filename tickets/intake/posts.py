"""Tickets that are no mails: the public form, and rows of another system."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from tickets.audit.receipts import plain
from tickets.intake import fields
from tickets.intake.customers import customer_by_email
from tickets.intake.fields import BadRow, Row
from tickets.intake.mails import ARRIVED, keep_files, keep_notes
from tickets.intake.outcome import Did, Outcome, one_at_a_time
from tickets.mail import quoting
from tickets.mail.mime import File, storable
from tickets.models import Message, Ticket
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
        "name": storable(name),
        "email": storable(email),
        "subject": storable(subject),
        "text": storable(text),
        "order_number": storable(order_number),
    }
    files = list(attachments)
    raw = _json({**posted, "files": [[file.name, file.sha256] for file in files]})
    external_id = f"form:{token}:{hashlib.sha256(raw).hexdigest()[:16]}"
    body = posted["text"].strip()
    if posted["order_number"]:
        body = f"Order number: {posted['order_number']}\n\n{body}"
    with transaction.atomic():
        one_at_a_time(external_id)
        known = Ticket.objects.filter(external_id=external_id).first()
        if known:
            return Outcome(Did.UNCHANGED, known)
        ticket = _ticket(external_id, Ticket.Channel.FORM, posted)
        message = _message(ticket, quoting.Parts(body, "", ""), raw)
        notes = keep_notes(ticket, keep_files(message, files))
        run_queue.enqueue(ticket, reason=ARRIVED)
    return Outcome(Did.CREATED, ticket, notes)


@transaction.atomic
def receive_ticket(row: Row) -> Outcome:
    """Keep a ticket of another system, by its external id. Raises BadRow.

    A ticket that is there is never changed: other words under the same id are refused.
    """
    fields.whole_row(row)
    external_id = fields.text(row, "external_id", 200, required=True)
    posted: dict[str, Any] = {
        "name": fields.text(row, "name", 200),
        "email": fields.email(row, "email"),
        "subject": fields.text(row, "subject", 1_000)[:300],
        "received_at": fields.moment(row, "received_at"),
    }
    body = fields.text(row, "body", 500_000)
    if not body and not posted["subject"]:
        raise BadRow("body and subject are both empty: a ticket needs one of them")
    channel = fields.choice(row, "channel", Ticket.Channel.values, Ticket.Channel.IMPORT)
    raw = _json(row)
    one_at_a_time(f"ticket:{external_id}")
    known = Ticket.objects.filter(external_id=external_id).first()
    if known:
        return _compare(known, posted["subject"], body, raw)
    ticket = _ticket(external_id, channel, posted)
    mailed = channel == Ticket.Channel.EMAIL
    _message(ticket, quoting.split(body) if mailed else quoting.Parts(body, "", ""), raw)
    run_queue.enqueue(ticket, reason=ARRIVED)
    return Outcome(Did.CREATED, ticket)


def _json(row: Row) -> bytes:
    return json.dumps(plain(row), sort_keys=True).encode()


def _compare(known: Ticket, subject: str, body: str, raw: bytes) -> Outcome:
    first = known.messages.filter(direction=Message.Direction.IN).order_by("id").first()
    same = first is not None and bytes(first.raw or b"") == raw
    there = quoting.Parts(first.text, first.quoted, first.signature) if first else None
    alike = known.subject == subject and there in (quoting.Parts(body, "", ""), quoting.split(body))
    if same or alike:
        return Outcome(Did.UNCHANGED, known)
    raise BadRow(
        f"ticket {known.external_id} is here already with other words: a ticket is never changed by"
        " an import, give a new one its own external_id"
    )


def _ticket(external_id: str, channel: str, posted: dict[str, Any]) -> Ticket:
    return Ticket.objects.create(
        external_id=external_id,
        channel=channel,
        subject=posted["subject"][:300],
        customer=customer_by_email(posted["email"]),
        name=posted["name"][:200],
        email=posted["email"],
        received_at=posted.get("received_at") or timezone.now(),
    )


def _message(ticket: Ticket, parts: quoting.Parts, raw: bytes) -> Message:
    return Message.objects.create(
        ticket=ticket,
        direction=Message.Direction.IN,
        sender=ticket.email or ticket.name,
        at=ticket.received_at,
        text=parts.text,
        quoted=parts.quoted,
        signature=parts.signature,
        raw=raw,
    )
