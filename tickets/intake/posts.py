"""Tickets that are no mails: the public form, and rows of another system."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from tickets.audit.canonical_json import make_json_safe
from tickets.intake import fields
from tickets.intake.customers import find_customer_by_email
from tickets.intake.fields import BadRow, Row
from tickets.intake.mails import REASON_ARRIVED, save_files, save_notes
from tickets.intake.outcome import Effect, Outcome, acquire_advisory_lock
from tickets.mail import quoting
from tickets.mail.hidden_words import join_hidden, split_hidden_text
from tickets.mail.mime import File, make_storable
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
        "name": make_storable(name),
        "email": make_storable(email),
        "subject": make_storable(subject),
        "text": make_storable(text),
        "order_number": make_storable(order_number),
    }
    files = list(attachments)
    raw = _serialize_row({**posted, "files": [[file.name, file.sha256] for file in files]})
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
        ticket = _create_ticket(external_id, Ticket.Channel.FORM, posted)
        hidden = join_hidden((title.hidden, said.hidden))
        message = _create_message(ticket, quoting.BodyParts(body, "", ""), raw, hidden)
        notes = save_notes(ticket, save_files(message, files))
        run_queue.enqueue_run(ticket, reason=REASON_ARRIVED)
    return Outcome(Effect.CREATED, ticket, notes)


@transaction.atomic
def receive_ticket(row: Row) -> Outcome:
    """Keep a ticket of another system, by its external id. Raises BadRow.

    A ticket that is there is never changed: other words under the same id are refused.
    """
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
    raw = _serialize_row(row)
    acquire_advisory_lock(f"ticket:{external_id}")
    known = Ticket.objects.filter(external_id=external_id).first()
    if known:
        return _check_unchanged(known, posted["subject"], body, raw)
    ticket = _create_ticket(external_id, channel, posted)
    mailed = channel == Ticket.Channel.EMAIL
    parts = quoting.split_body(body) if mailed else quoting.BodyParts(body, "", "")
    _create_message(ticket, parts, raw, hidden)
    run_queue.enqueue_run(ticket, reason=REASON_ARRIVED)
    return Outcome(Effect.CREATED, ticket)


def _serialize_row(row: Row) -> bytes:
    return json.dumps(make_json_safe(row), sort_keys=True).encode()


def _check_unchanged(known: Ticket, subject: str, body: str, raw: bytes) -> Outcome:
    """UNCHANGED where the known ticket has the same content. Raises BadRow otherwise."""
    first = known.messages.filter(direction=Message.Direction.IN).order_by("id").first()
    same = first is not None and bytes(first.raw or b"") == raw
    there = quoting.BodyParts(first.text, first.quoted, first.signature) if first else None
    alike = known.subject == subject and there in (
        quoting.BodyParts(body, "", ""),
        quoting.split_body(body),
    )
    if same or alike:
        return Outcome(Effect.UNCHANGED, known)
    raise BadRow(
        f"ticket {known.external_id} is here already with other words: a ticket is never changed by"
        " an import, give a new one its own external_id"
    )


def _create_ticket(external_id: str, channel: str, posted: dict[str, Any]) -> Ticket:
    return Ticket.objects.create(
        external_id=external_id,
        channel=channel,
        subject=posted["subject"][:300],
        customer=find_customer_by_email(posted["email"]),
        name=posted["name"][:200],
        email=posted["email"],
        received_at=posted.get("received_at") or timezone.now(),
    )


def _create_message(ticket: Ticket, parts: quoting.BodyParts, raw: bytes, hidden: str) -> Message:
    return Message.objects.create(
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
