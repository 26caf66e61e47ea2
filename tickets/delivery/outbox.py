"""Delivery: a reply that waits in its row is handed to Django's e-mail backend, once.

``deliver_message`` claims the row first. ``sweep_outbox`` calls a worker to what a dead
process left waiting, and puts in doubt what it left half sent: that is never sent again by
itself.
"""

from __future__ import annotations

import logging
import smtplib
from datetime import timedelta
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from tickets.delivery import unicode_addresses
from tickets.mail.senders import clean_address
from tickets.mail.thread_tokens import build_reply_address
from tickets.models import Message, Ticket
from tickets.queue import leases, run_queue

log = logging.getLogger(__name__)

Delivery = Message.Delivery
DELIVER_TASK = "triage.tasks.deliver"
MISSED_AFTER = timedelta(seconds=5)
DOUBTED_AFTER = timedelta(seconds=60)
SWEEP_BATCH_SIZE = 20


def find_recipient(ticket: Ticket) -> str:
    """The address a reply goes to: the one the ticket came from, or else the customer's."""
    return clean_address(ticket.email) or clean_address(
        ticket.customer.email if ticket.customer else ""
    )


def deliver_message(message_pk: int) -> str:
    """Hand the message to the mail server if it waits for that; return its delivery state.

    "sent" and "failed" are what the server answered. Whatever else happens is "doubt":
    the mail may be on its way, so it is never handed over again by itself.
    """
    if not change_delivery_state(message_pk, Delivery.QUEUED, Delivery.SENDING):
        return str(Message.objects.values_list("delivery", flat=True).get(pk=message_pk))
    message = Message.objects.select_related("ticket__customer").get(pk=message_pk)
    state, note = _submit_mail(message)
    if not change_delivery_state(message_pk, Delivery.SENDING, state, note):
        # The server was so slow that the sweep doubted: its answer settles the doubt.
        change_delivery_state(message_pk, Delivery.DOUBT, state, note)
    return state


def change_delivery_state(pk: int, old: str, new: str, note: str = "") -> bool:
    """Change the state from ``old`` to ``new``; return whether it was still ``old``.

    Two processes cannot both do it.
    """
    still = Message.objects.filter(pk=pk, delivery=old)
    return leases.change_row(
        still, delivery=new, delivery_since=timezone.now(), delivery_note=note[:300]
    )


def _submit_mail(message: Message) -> tuple[Delivery, str]:
    """Ask the server to take the mail; return the state and what to tell people."""
    try:
        mail = compose_mail(message)
        mail.message().as_bytes()
        connection = get_connection()
    except (ValueError, UnicodeError, LookupError, ImportError) as error:
        return Delivery.FAILED, f"It could not be written as a mail: {error}"
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        return Delivery.FAILED, f"The mail server could not be reached or refused us: {error}"
    try:
        return _send_mail(connection, mail)
    except Exception as error:
        # Backends raise what they like, and after the first byte nobody knows what arrived.
        log.warning("message %s is in doubt", message.pk, exc_info=True)
        return Delivery.DOUBT, f"The connection broke while sending: {error or type(error)}"
    finally:
        _close_connection(connection)


def _send_mail(connection: BaseEmailBackend, mail: EmailMessage) -> tuple[Delivery, str]:
    """Send, and read the server's answer as a state; what is no answer is raised."""
    try:
        taken = unicode_addresses.send_mail(connection, mail)
    except smtplib.SMTPRecipientsRefused as error:
        answers = "; ".join(_format_server_answer(*answer) for answer in error.recipients.values())
        return Delivery.FAILED, f"The mail server refused the address: {answers}"
    except smtplib.SMTPResponseException as error:
        answer = _format_server_answer(error.smtp_code, error.smtp_error)
        return Delivery.FAILED, f"The mail server refused it: {answer}"
    except smtplib.SMTPNotSupportedError as error:
        return Delivery.FAILED, f"The mail server cannot take such a mail: {error}"
    if taken == 0:
        return Delivery.FAILED, "The e-mail backend took no message."
    return Delivery.SENT, ""


def _close_connection(connection: BaseEmailBackend) -> None:
    """Say goodbye; the answer is in already, so a failure here changes nothing."""
    try:
        connection.close()
    except (OSError, smtplib.SMTPException):
        log.info("the mail server hung up early")


def _format_server_answer(code: int, text: bytes | str) -> str:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return " ".join(f"{code} {said}".split())


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
    return [build_reply_address(ticket.pk, parseaddr(settings.DEFAULT_FROM_EMAIL)[1])]


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
    """Doubt what was left half sent, and call a worker to each mail that nobody delivered.

    Each is a task of its own: one slow mail server must not outlast the sweep.
    """
    now = timezone.now()
    Message.objects.filter(
        delivery=Delivery.SENDING, delivery_since__lt=now - DOUBTED_AFTER
    ).update(
        delivery=Delivery.DOUBT,
        delivery_since=now,
        delivery_note="The process that sent it stopped before the mail server's answer.",
    )
    for pk in _claim_missed_messages():
        run_queue.dispatch_task(DELIVER_TASK, pk, expires=MISSED_AFTER.total_seconds())


def _claim_missed_messages() -> list[int]:
    """The ids of the oldest mails that wait too long, at most ``SWEEP_BATCH_SIZE``.

    Each waits anew from now, so it is called out once.
    """
    now = timezone.now()
    return leases.call_out_overdue(
        Message.objects.filter(delivery=Delivery.QUEUED),
        "delivery_since",
        before=now - MISSED_AFTER,
        until=now,
        limit=SWEEP_BATCH_SIZE,
    )
