"""A mail becomes a ticket, or a message of the ticket it answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from email.utils import parseaddr

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from tickets.intake.customers import find_customer_by_email
from tickets.intake.outcome import Effect, Outcome, acquire_advisory_lock
from tickets.mail.file_kinds import identify_content_type
from tickets.mail.mime import File
from tickets.mail.reading import Mail, UnreadableMail, derive_message_id, read_mail
from tickets.models import Attachment, Message, Ticket
from tickets.queue import run_queue

REASON_ARRIVED, REASON_REPLIED = "arrived", "customer replied"
MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_FILES = 50


def receive_mail(raw: bytes) -> Outcome:
    """Keep a raw mail: as a new ticket, or in the thread it answers by References or In-Reply-To.

    The same mail again, by Message-ID and content, changes nothing. Mails that no person
    wrote are kept, but open and queue nothing. Raises UnreadableMail.
    """
    mail = read_mail(raw, own_domain=get_own_address().partition("@")[2])
    if mail.from_email.lower() == get_own_address().lower() and not mail.automatic:
        mail = replace(mail, automatic="it came from our own address")
    with transaction.atomic():
        acquire_advisory_lock(f"mail:{mail.message_id}")
        known = Message.objects.filter(message_id=mail.message_id).first()
        if known and not _is_same_mail(known, mail):
            # Two mails under one id: a broken mail program. Neither may be lost.
            mail = replace(mail, message_id=derive_message_id(raw))
            known = Message.objects.filter(message_id=mail.message_id).first()
        if known:
            return Outcome(Effect.UNCHANGED, known.ticket)
        parent = _find_answered_message(mail)
        return _join_thread(parent.ticket, mail) if parent else _open_ticket(mail)


def get_own_address() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


def _is_same_mail(known: Message, mail: Mail) -> bool:
    """Whether the two mails agree; the ways they took (Received lines) may differ."""
    if known.direction == Message.Direction.OUT:
        return True  # a copy of our own mail came back
    if known.raw is None or bytes(known.raw) == mail.raw:
        return True
    try:
        return _build_content_key(read_mail(bytes(known.raw))) == _build_content_key(mail)
    except UnreadableMail:
        return False


def _build_content_key(mail: Mail) -> tuple[object, ...]:
    files = tuple(file.sha256 for file in mail.attachments)
    return mail.from_email, mail.subject, mail.text, mail.quoted, mail.html, files


def _find_answered_message(mail: Mail) -> Message | None:
    """The message that the mail answers, the nearest first. A subject alone never joins."""
    ids = [mail.in_reply_to, *reversed(mail.references)]
    found = Message.objects.select_related("ticket").filter(message_id__in=filter(None, ids))
    known = {message.message_id: message for message in found}
    return next((known[each] for each in ids if each in known), None)


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
        run_queue.enqueue_run(ticket, reason=REASON_ARRIVED)
    return Outcome(Effect.CREATED, ticket, save_notes(ticket, notes))


def _join_thread(ticket: Ticket, mail: Mail) -> Outcome:
    ticket = (
        Ticket.objects.select_for_update(of=["self"]).select_related("customer").get(pk=ticket.pk)
    )
    notes = _save_message(ticket, mail)
    known = {ticket.email.lower(), ticket.customer.email.lower() if ticket.customer else ""}
    if mail.from_email.lower() not in known - {""}:
        notes.append(
            f"This reply came from {mail.sender or 'an unknown sender'}, not from the address the"
            " ticket began with."
        )
    if mail.is_automatic:
        notes.append(f"This changed nothing: {mail.automatic}.")
    else:
        ticket.mark_reopened()
        run_queue.enqueue_run(ticket, reason=REASON_REPLIED)
    return Outcome(Effect.JOINED, ticket, save_notes(ticket, notes))


def _save_message(ticket: Ticket, mail: Mail) -> list[str]:
    """Write the message with its files; return what a person should know about it."""
    message = Message.objects.create(
        ticket=ticket,
        direction=Message.Direction.IN,
        sender=mail.sender[:320],
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
