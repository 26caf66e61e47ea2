"""A mail becomes a ticket, or a message of the ticket it answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from django.db import transaction
from django.utils import timezone

from tickets.intake.customers import find_customer_by_email
from tickets.intake.delivery_reports import (
    clear_failures,
    find_reported_message,
    record_report,
)
from tickets.intake.forwards import attribute_forward
from tickets.intake.outcome import Effect, Outcome, acquire_advisory_lock
from tickets.intake.threads import find_answered_ticket, list_known_addresses
from tickets.mail.bounces import Report
from tickets.mail.file_kinds import identify_content_type
from tickets.mail.mime import File
from tickets.mail.own_address import get_own_address
from tickets.mail.reading import Mail, UnreadableMail, derive_message_id, read_mail
from tickets.mail.senders import strip_tag
from tickets.mail.thread_tokens import find_marked_ticket
from tickets.models import Attachment, Message, Ticket
from tickets.queue import run_queue

REASON_ARRIVED, REASON_REPLIED = "arrived", "customer replied"
MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_FILES = 50


def receive_mail(raw: bytes) -> Outcome:
    """Keep a raw mail: as a new ticket, or in the thread it answers.

    The same mail again, by Message-ID and content, changes nothing. Mails that no person
    wrote are kept, but open and queue nothing; a server's report of a reply of ours is shown on
    that reply. Raises UnreadableMail.
    """
    mail = _read_arrived_mail(raw)
    with transaction.atomic():
        acquire_advisory_lock(f"mail:{mail.message_id}")
        known = Message.objects.filter(message_id=mail.message_id).first()
        if known and not _is_same_mail(known, mail):
            mail = _assign_own_id(mail, known)
            known = Message.objects.filter(message_id=mail.message_id).first()
        known = known or _find_sent_copy(mail)
        if known:
            return Outcome(Effect.UNCHANGED, known.ticket)
        return _keep_mail(mail)


def _read_arrived_mail(raw: bytes) -> Mail:
    """The mail; one that a colleague forwarded is the customer's, and our own is no question."""
    mail = attribute_forward(read_mail(raw, own_address=get_own_address()), get_own_address())
    if strip_tag(mail.from_email) == get_own_address().lower() and not mail.automatic:
        mail = replace(mail, automatic="it came from our own address")
    return mail


def _assign_own_id(mail: Mail, known: Message) -> Mail:
    """Two mails under one id: a broken mail program. Neither may be lost.

    Under an id of ours, which nobody can guess, it answers that mail.
    """
    ours = known.direction == Message.Direction.OUT
    answered = (str(known.message_id), *mail.answered_ids) if ours else mail.answered_ids
    return replace(mail, message_id=derive_message_id(mail.raw), answered_ids=answered)


def _is_same_mail(known: Message, mail: Mail) -> bool:
    """Whether the two mails agree; the ways they took (Received lines) may differ."""
    if known.direction == Message.Direction.OUT:
        return _is_copy_of_ours(known, mail)
    if known.raw is None or bytes(known.raw) == mail.raw:
        return True
    try:
        earlier = _read_arrived_mail(bytes(known.raw))
    except UnreadableMail:
        return False
    return _build_content_key(earlier) == _build_content_key(mail)


def _is_copy_of_ours(sent: Message, mail: Mail) -> bool:
    """Whether our own mail came back as it was; a server may have put a line below it."""
    if mail.report or strip_tag(mail.from_email) != get_own_address().lower():
        return False
    words = f"{mail.text} {mail.quoted} {mail.signature}".split()
    return sorted(words) == sorted(sent.text.split()) or " ".join(words).startswith(
        " ".join(sent.text.split())
    )


def _find_sent_copy(mail: Mail) -> Message | None:
    """Our own mail that came back under an id that a mail service gave it."""
    ticket = find_marked_ticket(mail.answered_ids, ())
    if ticket is None or strip_tag(mail.from_email) != get_own_address().lower():
        return None
    sent = Message.objects.filter(ticket=ticket, direction=Message.Direction.OUT)
    return next((message for message in sent if _is_copy_of_ours(message, mail)), None)


def _build_content_key(mail: Mail) -> tuple[object, ...]:
    files = tuple(file.sha256 for file in mail.attachments)
    return mail.from_email, mail.subject, mail.text, mail.quoted, mail.html, files


def _keep_mail(mail: Mail) -> Outcome:
    if mail.report and (sent := find_reported_message(mail, mail.report)):
        return _join_report(sent, mail, mail.report)
    ticket = find_answered_ticket(mail)
    return _join_thread(ticket, mail) if ticket else _open_ticket(mail)


def _open_ticket(mail: Mail) -> Outcome:
    ticket = Ticket.objects.create(
        channel=Ticket.Channel.EMAIL,
        subject=mail.subject,
        customer=find_customer_by_email(mail.from_email),
        name=mail.from_name,
        email=mail.from_email,
        received_at=mail.date or timezone.now(),
        status=Ticket.Status.CLOSED if mail.is_automatic else Ticket.Status.NEW,
    )
    notes = _save_message(ticket, mail)
    if mail.is_automatic:
        notes = [*notes, f"Closed on arrival: {mail.automatic}."]
    else:
        clear_failures(mail.from_email)
        run_queue.enqueue_run(ticket, reason=REASON_ARRIVED)
    return Outcome(Effect.CREATED, ticket, save_notes(ticket, notes))


def _join_thread(ticket: Ticket, mail: Mail) -> Outcome:
    ticket = Ticket.get_locked(ticket.pk)
    notes = _save_message(ticket, mail)
    if mail.from_email.lower() not in list_known_addresses(ticket):
        notes.append(
            f"This reply came from {mail.sender or 'an unknown sender'}, not from the address the"
            " ticket began with."
        )
    if mail.is_automatic:
        notes.append(f"This changed nothing: {mail.automatic}.")
    else:
        clear_failures(mail.from_email)
        ticket.mark_reopened()
        run_queue.enqueue_run(ticket, reason=REASON_REPLIED)
    return Outcome(Effect.JOINED, ticket, save_notes(ticket, notes))


def _join_report(sent: Message, mail: Mail, report: Report) -> Outcome:
    """Keep the report in the ticket of the reply, and say there what became of the reply."""
    ticket = sent.ticket = Ticket.get_locked(sent.ticket_id)
    automatic = mail.automatic or "it is a delivery report"
    notes = _save_message(ticket, replace(mail, automatic=automatic))
    notes += record_report(sent, report)
    return Outcome(Effect.JOINED, ticket, save_notes(ticket, notes))


def _save_message(ticket: Ticket, mail: Mail) -> list[str]:
    """Write the message with its files; return what a person should know about it."""
    message = Message.objects.create(
        ticket=ticket,
        direction=Message.Direction.IN,
        sender=mail.sender[:320],
        forwarded_by=mail.forwarded_by,
        at=mail.date or timezone.now(),
        message_id=mail.message_id,
        in_reply_to=mail.in_reply_to,
        references=" ".join(mail.references),
        text=mail.text,
        quoted=mail.quoted,
        signature=mail.signature,
        hidden=mail.hidden,
        html=mail.html,
        raw=mail.raw,
        automatic=mail.is_automatic,
    )
    return [*mail.notes, *save_files(message, mail.attachments)]


def save_files(message: Message, files: Iterable[File]) -> list[str]:
    """Attach the files; those too large, or too many, are only in the raw mail: say which."""
    notes = []
    for number, file in enumerate(files):
        if number >= MAX_FILES or len(file.content) > MAX_FILE_BYTES:
            notes.append(
                f"The file {file.name} is too large or one too many: it is in the raw mail."
            )
            continue
        Attachment.objects.create(
            message=message,
            name=file.name[:255],
            content_type=identify_content_type(file.content_type, file.content)[:120],
            size=len(file.content),
            sha256=file.sha256,
            content=file.content,
        )
    return notes


def save_notes(ticket: Ticket, notes: Iterable[str]) -> tuple[str, ...]:
    """Write each as an internal note of the ticket."""
    kept = tuple(notes)
    for text in kept:
        Message.objects.create(ticket=ticket, direction=Message.Direction.NOTE, text=text)
    return kept
