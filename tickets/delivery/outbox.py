"""Delivery: a reply that waits in its row is handed to Django's e-mail backend, once.

``deliver_message`` claims the row first. ``sweep_outbox`` calls a worker to what a dead
process left waiting and to what the server wanted later, and puts in doubt what was left half
sent: that is never sent again by itself.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from tickets.delivery.mail_server import (
    MAX_TRIES,
    Answer,
    HandingOverStopped,
    Submission,
    compute_pause,
    submit_mail,
)
from tickets.mail.own_address import get_own_address
from tickets.mail.senders import clean_address
from tickets.mail.thread_tokens import build_reply_address
from tickets.models import Message, Ticket
from tickets.prepared import Given, PreparedQuery
from tickets.queue import leases, run_queue

Delivery = Message.Delivery
STATES = {
    Answer.TAKEN: Delivery.SENT,
    Answer.LATER: Delivery.FAILED,
    Answer.REFUSED: Delivery.FAILED,
    Answer.UNKNOWN: Delivery.DOUBT,
}
DELIVER_TASK = "triage.tasks.deliver"
MISSED_AFTER = timedelta(seconds=5)
DOUBTED_AFTER = timedelta(seconds=60)
SWEEP_BATCH_SIZE = 20
WHOLE = PreparedQuery(
    lambda: Message.objects.filter(pk=Given("message")).select_related("ticket__customer")
)
LEAVING_NOTE = "It is being handed to the mail server."
MAX_SAVE_SECONDS, SAVE_PAUSE_SECONDS = 60, 0.5


def find_recipient(ticket: Ticket) -> str:
    """The address a reply goes to: the one the ticket came from, or else the customer's."""
    return clean_address(ticket.email) or clean_address(
        ticket.customer.email if ticket.customer else ""
    )


def deliver_message(message_pk: int) -> str:
    """Hand the message to the mail server if it waits for that; return its delivery state.

    "sent" and "failed" are what the server answered; what failed only for now is tried again
    at its ``retry_at``. Where nobody knows what arrived it is "doubt", never handed over again
    by itself.
    """
    claimed_at = timezone.now()
    waiting = Message.objects.filter(pk=message_pk, delivery=Delivery.QUEUED)
    if not leases.change_row(
        waiting, delivery=Delivery.SENDING, delivery_since=claimed_at, delivery_note=""
    ):
        return str(Message.objects.values_list("delivery", flat=True).get(pk=message_pk))
    message: Message = WHOLE.fetch_first(message=message_pk)
    try:
        submission = _submit_message(message)
    except HandingOverStopped:
        return str(Message.objects.values_list("delivery", flat=True).get(pk=message_pk))
    return _save_patiently(message, submission)


def _submit_message(message: Message) -> Submission:
    """Hand it over. Raises HandingOverStopped where the sweep gave it to somebody else."""
    claim = Message.objects.filter(
        pk=message.pk, delivery=Delivery.SENDING, delivery_since=message.delivery_since
    )

    def note_leaving() -> None:
        if not leases.change_row(claim, delivery_note=LEAVING_NOTE):
            raise HandingOverStopped(f"message {message.pk} was taken over")

    try:
        mail = compose_mail(message)
    except (ValueError, UnicodeError) as error:
        return Submission(Answer.REFUSED, f"It could not be written as a mail: {error}")
    return submit_mail(mail, note_leaving)


def _save_patiently(message: Message, submission: Submission) -> str:
    """Write down how it went, also where the database is away just now: nobody else knows."""
    deadline = time.monotonic() + MAX_SAVE_SECONDS
    while True:
        try:
            return _save_submission(message, submission)
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block or time.monotonic() > deadline:
                raise
        connection.close()
        time.sleep(SAVE_PAUSE_SECONDS)


def _save_submission(message: Message, submission: Submission) -> str:
    """The state that the server's answer means, written to the row and returned."""
    tries = message.delivery_tries + 1
    is_tried_again = submission.answer is Answer.LATER and tries < MAX_TRIES
    values = {
        "delivery": STATES[submission.answer],
        "delivery_since": timezone.now(),
        "delivery_note": submission.note[:300],
        "delivery_tries": tries,
        "retry_at": timezone.now() + compute_pause(tries) if is_tried_again else None,
    }
    row = Message.objects.filter(pk=message.pk)
    ours = row.filter(delivery=Delivery.SENDING, delivery_since=message.delivery_since)
    if not leases.change_row(ours, **values):
        # The server was so slow that the sweep doubted: its answer settles the doubt.
        leases.change_row(row.filter(delivery=Delivery.DOUBT), **values)
    return str(values["delivery"])


def change_delivery_state(pk: int, old: str, new: str, note: str = "") -> bool:
    """Change the state from ``old`` to ``new``; return whether it was still ``old``.

    Two processes cannot both do it. It is a person's decision: tries begin anew.
    """
    still = Message.objects.filter(pk=pk, delivery=old)
    return leases.change_row(
        still,
        delivery=new,
        delivery_since=timezone.now(),
        delivery_note=note[:300],
        delivery_tries=0,
        retry_at=None,
        set_aside_at=None,
    )


def compose_mail(message: Message) -> EmailMessage:
    """The mail as it is sent. No line break gets from a stored value into a header."""
    headers = {"Message-ID": str(message.message_id)}
    if message.in_reply_to:
        headers["In-Reply-To"] = _make_single_line(message.in_reply_to)
    if message.references:
        headers["References"] = _make_single_line(message.references)
    return EmailMessage(
        subject=_build_subject(message.ticket),
        body=message.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[find_recipient(message.ticket)],
        reply_to=_list_reply_addresses(message.ticket),
        headers=headers,
    )


def _list_reply_addresses(ticket: Ticket) -> list[str]:
    """Our address with the ticket's mark, where the shop's mail server takes such addresses."""
    if not settings.PLUS_ADDRESSES:
        return []
    return [build_reply_address(ticket.pk, get_own_address())]


def _build_subject(ticket: Ticket) -> str:
    """The subject of a reply, where the shop wants it with the ticket's number."""
    subject = format_reply_subject(ticket.subject)
    number = f"[#{ticket.pk}]"
    return f"{subject} {number}" if settings.SUBJECT_NUMBERS and number not in subject else subject


def format_reply_subject(subject: str) -> str:
    """The subject with one "Re:" before it."""
    line = _make_single_line(subject) or "your message"
    return line if line.lower().startswith("re:") else f"Re: {line}"


def _make_single_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def sweep_outbox() -> None:
    """See to what was left half sent, and call a worker to each mail that nobody delivered and
    to each that is due again.

    Each is a task of its own: one slow mail server must not outlast the sweep.
    """
    now = timezone.now()
    _settle_left_messages(now)
    for pk in [*_claim_missed_messages(now), *_requeue_due_messages(now)]:
        run_queue.dispatch_task(DELIVER_TASK, pk, expires=MISSED_AFTER.total_seconds())


def _settle_left_messages(now: datetime) -> None:
    """Doubt what had begun to leave when its process stopped; what had not is sent again."""
    left = Message.objects.filter(delivery=Delivery.SENDING, delivery_since__lt=now - DOUBTED_AFTER)
    left.filter(delivery_note="").update(delivery=Delivery.QUEUED, delivery_since=now)
    left.update(
        delivery=Delivery.DOUBT,
        delivery_since=now,
        delivery_note="The process that sent it stopped before the mail server's answer.",
    )


def _claim_missed_messages(now: datetime) -> list[int]:
    """The ids of the oldest mails that wait too long, at most ``SWEEP_BATCH_SIZE``.

    Each waits anew from now, so it is called out once.
    """
    return leases.call_out_overdue(
        Message.objects.filter(delivery=Delivery.QUEUED),
        "delivery_since",
        before=now - MISSED_AFTER,
        until=now,
        limit=SWEEP_BATCH_SIZE,
    )


def _requeue_due_messages(now: datetime) -> list[int]:
    """The ids of mails that the server wanted later, which is now; they wait to be sent again."""
    failed = Message.objects.filter(delivery=Delivery.FAILED)
    due = failed.filter(retry_at__lte=now).order_by("retry_at")
    pks = list(due.values_list("pk", flat=True)[:SWEEP_BATCH_SIZE])
    failed.filter(pk__in=pks).update(delivery=Delivery.QUEUED, delivery_since=now, retry_at=None)
    return pks
