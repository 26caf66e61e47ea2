"""Conversations of the past: what customers wrote, what was answered, and the label it had.

They come from another helpdesk, so nothing in them is sent, and no machine reads those that are
closed. A conversation that is still open becomes a ticket that waits here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Lower
from django.utils.text import slugify

from tickets.intake import fields
from tickets.intake.customers import find_customers_by_email
from tickets.intake.exports import convert_row, is_exported
from tickets.intake.exports.export_values import AGENT, CLOSED, CUSTOMER, NOTE, OPEN, WAITING
from tickets.intake.fields import BadRow, Row
from tickets.intake.mails import REASON_ARRIVED
from tickets.intake.outcome import (
    Effect,
    Outcome,
    Received,
    acquire_advisory_lock,
    list_good,
    try_each,
)
from tickets.intake.posts import build_ticket, serialize_row
from tickets.mail import quoting
from tickets.mail.hidden_words import split_hidden_text
from tickets.mail.html import extract_text
from tickets.models import Customer, Message, Ticket
from tickets.queue import run_queue

COLUMNS: Final = ["label", "labels", "status", "messages", "reply", "replied_by", "replied_at"]
"""What a row of a conversation has beside those of a ticket."""
LABELLED_BY: Final = "import"
STATUSES: Final = {OPEN: Ticket.Status.NEW, WAITING: Ticket.Status.WAITING}
DIRECTIONS: Final = {
    CUSTOMER: Message.Direction.IN,
    AGENT: Message.Direction.OUT,
    NOTE: Message.Direction.NOTE,
}
MAX_MESSAGES: Final = 500
MAX_TEXT_CHARS: Final = 500_000


@dataclass(frozen=True, kw_only=True)
class Post:
    """One message of a conversation; ``by`` is the name, ``email`` the address of its writer."""

    direction: str
    by: str
    email: str
    at: datetime
    parts: quoting.BodyParts
    hidden: str


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """A conversation read from its row; ``raw`` is the row itself."""

    external_id: str
    posted: dict[str, Any]
    label: str
    status: str
    posts: tuple[Post, ...]
    raw: bytes

    @property
    def waits_for_us(self) -> bool:
        """Whether it is open and the customer wrote last."""
        spoken = [post for post in self.posts if post.direction != Message.Direction.NOTE]
        return self.status == Ticket.Status.NEW and spoken[-1].direction == Message.Direction.IN


def is_conversation(row: Row) -> bool:
    """Whether a row has more than a customer's first message."""
    return is_exported(row) or any(row.get(name) for name in COLUMNS)


@transaction.atomic
def receive_conversations(rows: Sequence[Row]) -> list[Received]:
    """Keep conversations of different external ids together; each that was refused says why.

    One that is there is given the messages that it lacks, unless somebody has worked on it here.
    """
    read = try_each(_read_conversation, rows)
    good = list_good(read)
    acquire_advisory_lock(*(f"ticket:{each.external_id}" for each in good))
    known = {
        str(ticket.external_id): ticket
        for ticket in Ticket.objects.filter(external_id__in=[one.external_id for one in good])
    }
    colleagues = _find_colleagues(good)
    made = _create_tickets([one for one in good if one.external_id not in known], colleagues)
    return try_each(lambda each: _receive_conversation(each, known, made, colleagues), read)


def list_conversation_keys(row: Row) -> list[str]:
    """What no two rows of one batch have."""
    return [str(convert_row(row).get("external_id", "")).strip()]


def _read_conversation(row: Row) -> Conversation:
    fields.raise_if_not_utf8(row)
    own = convert_row(row)
    subject = split_hidden_text(fields.read_text(own, "subject", 1_000)).seen[:300]
    posts = tuple(_iter_posts(own))
    if not any(post.direction == Message.Direction.IN for post in posts):
        raise BadRow("the customer wrote nothing in it: it tells nothing of what is asked here")
    status = fields.read_choice(own, "status", [OPEN, WAITING, CLOSED], CLOSED)
    posted = {
        "name": fields.read_text(own, "name", 200),
        "email": fields.read_email(own, "email"),
        "subject": subject,
        "received_at": fields.read_datetime(own, "received_at") or posts[0].at,
    }
    return Conversation(
        external_id=fields.read_text(own, "external_id", 200, required=True),
        posted=posted,
        label=_read_label(own),
        status=STATUSES.get(status, Ticket.Status.CLOSED),
        posts=posts,
        raw=serialize_row(row),
    )


def _read_label(row: Row) -> str:
    """The label, or the only one of several tags: of more than one nobody knows which it is."""
    if label := fields.read_text(row, "label", 120):
        return label
    tags = row.get("labels")
    found = tags if isinstance(tags, list) else str(tags or "").split(",")
    named = [str(tag).strip() for tag in found if str(tag or "").strip()]
    return named[0][:120] if len(named) == 1 else ""


def _iter_posts(row: Row) -> Iterator[Post]:
    """The messages in their order. Raises BadRow."""
    said = fields.read_object_list(row, "messages") if row.get("messages") else _list_columns(row)
    if len(said) > MAX_MESSAGES:
        raise BadRow(f"it has {len(said)} messages: at most {MAX_MESSAGES} can be kept")
    last = fields.read_datetime(row, "received_at")
    for each in said:
        post = _read_post(each, last)
        last = post.at
        if post.parts.text or post.hidden:
            yield post


def _list_columns(row: Row) -> list[Row]:
    """The messages of a row of a table: what was asked and what was answered."""
    asked = {"from": CUSTOMER, "text": row.get("body"), "at": row.get("received_at")}
    by, at = row.get("replied_by"), row.get("replied_at")
    return [asked, {"from": AGENT, "text": row.get("reply"), "name": by, "at": at}]


def _read_post(said: Row, earlier: datetime | None) -> Post:
    """One message; a time that it does not tell is that of the one before. Raises BadRow."""
    wrote = fields.read_choice(said, "from", list(DIRECTIONS), CUSTOMER)
    at = fields.read_datetime(said, "at") or earlier
    if at is None:
        raise BadRow("received_at is missing: a conversation of the past needs its time")
    text = fields.read_text(said, "text", MAX_TEXT_CHARS)
    html = "" if text else fields.read_text(said, "html", MAX_TEXT_CHARS)
    body = split_hidden_text(text or extract_text(html))
    return Post(
        direction=DIRECTIONS[wrote],
        by=fields.read_text(said, "name", 200),
        email=fields.read_text(said, "email", 254).lower(),
        at=at,
        parts=quoting.split_body(body.seen),
        hidden=body.hidden,
    )


def _find_colleagues(conversations: Iterable[Conversation]) -> Mapping[str, User]:
    """Those of us who wrote a message of these, by the address in small letters."""
    said = {post.email for one in conversations for post in one.posts} - {""}
    known = User.objects.annotate(lower=Lower("email")).filter(lower__in=said)
    return {user.lower: user for user in known}


def _create_tickets(
    conversations: Sequence[Conversation], colleagues: Mapping[str, User]
) -> dict[str, Ticket]:
    """New tickets by their external id, each with its messages; a run for those that wait."""
    owners = find_customers_by_email(one.posted["email"] for one in conversations)
    tickets = Ticket.objects.bulk_create(_build_ticket(one, owners) for one in conversations)
    made = list(zip(tickets, conversations, strict=True))
    Message.objects.bulk_create(
        message for ticket, one in made for message in _build_messages(ticket, one, colleagues)
    )
    waiting = [ticket for ticket, one in made if one.waits_for_us]
    run_queue.enqueue_new_tickets(waiting, reason=REASON_ARRIVED)
    return {str(ticket.external_id): ticket for ticket in tickets}


def _build_ticket(one: Conversation, owners: Mapping[str, Customer]) -> Ticket:
    ticket = build_ticket(one.external_id, Ticket.Channel.IMPORT, one.posted, owners)
    answered = one.status == Ticket.Status.NEW and not one.waits_for_us
    ticket.status = Ticket.Status.WAITING if answered else one.status
    if one.label:
        ticket.label, ticket.label_name = _build_slug(one.label), one.label[:120]
        ticket.labelled_by = LABELLED_BY
    return ticket


def _build_slug(label: str) -> str:
    """A short name in Latin letters; of a label without any, one by its digest."""
    return slugify(label)[:80] or f"label-{hashlib.sha256(label.encode()).hexdigest()[:8]}"


def _build_messages(
    ticket: Ticket, one: Conversation, colleagues: Mapping[str, User]
) -> Iterator[Message]:
    for place, post in enumerate(one.posts):
        yield _build_message(ticket, post, colleagues.get(post.email), b"" if place else one.raw)


def _build_message(ticket: Ticket, post: Post, author: User | None, raw: bytes) -> Message:
    """The message; what we wrote has left already, by another program."""
    out = post.direction == Message.Direction.OUT
    customer = ticket.email or ticket.name
    return Message(
        ticket=ticket,
        direction=post.direction,
        author=None if post.direction == Message.Direction.IN else author,
        sender=customer if post.direction == Message.Direction.IN else post.by or post.email,
        at=post.at,
        text=post.parts.text,
        quoted=post.parts.quoted,
        signature=post.parts.signature,
        hidden=post.hidden,
        raw=raw or None,
        delivery=Message.Delivery.IMPORTED if out else Message.Delivery.NONE,
    )


def _receive_conversation(
    one: Conversation | BadRow,
    known: Mapping[str, Ticket],
    made: Mapping[str, Ticket],
    colleagues: Mapping[str, User],
) -> Outcome:
    """The outcome of one row. Raises its BadRow, and one where it cannot be joined."""
    if isinstance(one, BadRow):
        raise one
    if one.external_id in made:
        return Outcome(Effect.CREATED, made[one.external_id])
    return _add_missing(known[one.external_id], one, colleagues)


def _add_missing(ticket: Ticket, one: Conversation, colleagues: Mapping[str, User]) -> Outcome:
    """Add what was written since it came in first. Raises BadRow where it was worked on here."""
    ticket = Ticket.get_locked(ticket.pk)
    there = set(ticket.messages.values_list("direction", "at", "text"))
    new = [post for post in one.posts if (post.direction, post.at, post.parts.text) not in there]
    if not new:
        return Outcome(Effect.UNCHANGED, ticket)
    if len(new) == len(one.posts) or _is_worked_on(ticket):
        raise BadRow(
            f"ticket {one.external_id} is here already and was changed since: give what is new an"
            " external_id of its own"
        )
    Message.objects.bulk_create(
        _build_message(ticket, post, colleagues.get(post.email), b"") for post in new
    )
    ticket.update_row(status=_build_ticket(one, {}).status)
    if one.waits_for_us:
        run_queue.enqueue_run(ticket, reason=REASON_ARRIVED)
    return Outcome(Effect.JOINED, ticket)


def _is_worked_on(ticket: Ticket) -> bool:
    """Whether a machine read it here, or a colleague wrote on it."""
    ours = ticket.messages.exclude(author=None).exclude(delivery=Message.Delivery.IMPORTED)
    return ticket.runs.exists() or ours.exists() or ticket.corrections.exists()
