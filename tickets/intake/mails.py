"""A mail becomes a ticket, or a message of the ticket it answers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.db import transaction
from django.utils import timezone

from tickets.intake.customers import find_customers_by_email
from tickets.intake.delivery_reports import (
    clear_failures,
    find_reported_message,
    record_report,
)
from tickets.intake.forwards import attribute_forward, find_colleagues
from tickets.intake.outcome import Effect, Outcome, acquire_advisory_lock
from tickets.intake.threads import (
    find_answered_ticket,
    list_known_addresses,
    load_known_ids,
    may_be_known,
)
from tickets.mail.bounces import Report
from tickets.mail.file_kinds import identify_content_type
from tickets.mail.mime import File
from tickets.mail.own_address import get_own_address
from tickets.mail.reading import Mail, UnreadableMail, derive_message_id, read_mail
from tickets.mail.senders import strip_tag
from tickets.mail.thread_tokens import find_marked_ticket
from tickets.models import Attachment, Customer, FailedAddress, Message, Run, Ticket
from tickets.queue import run_queue

REASON_ARRIVED, REASON_REPLIED = "arrived", "customer replied"
MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_FILES = 50


@dataclass
class NewRows:
    """Tickets that mails began, with what belongs to them: written together, when they have to be.

    ``queued`` are those that wait for the machine.
    """

    tickets: list[Ticket] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    files: list[Attachment] = field(default_factory=list)
    notes: list[Message] = field(default_factory=list)
    queued: list[Ticket] = field(default_factory=list)

    def write_rows(self) -> list[Run]:
        """Write all of them; return the runs of those that are queued."""
        Ticket.objects.bulk_create(self.tickets)
        Message.objects.bulk_create(self.messages)
        Attachment.objects.bulk_create(self.files)
        Message.objects.bulk_create(self.notes)
        return run_queue.enqueue_new_tickets(self.queued, reason=REASON_ARRIVED, call=False)


@dataclass
class MailRecord:
    """What is there already for a batch of mails, read together and kept up as they go in."""

    ids: set[str]
    owners: Mapping[str, Customer]
    addresses: set[str]
    failed_addresses: set[str] = field(default_factory=set)
    runs: list[Run] = field(default_factory=list)
    new: NewRows = field(default_factory=NewRows)

    @classmethod
    def load(cls, mails: Sequence[Mail]) -> MailRecord:
        """What is there for these mails."""
        emails = {mail.from_email for mail in mails}
        owners = find_customers_by_email(emails)
        record = cls(load_known_ids(mails), owners, {each.lower() for each in emails})
        record.reload_failures()
        return record

    def write_new(self) -> None:
        """Write what was begun until now, for who asks the database for it."""
        new, self.new = self.new, NewRows()
        self.runs += new.write_rows()

    def reload_failures(self) -> None:
        """Read which of the senders' addresses did not work of late."""
        failed = FailedAddress.objects.filter(address__in=self.addresses)
        self.failed_addresses = set(failed.values_list("address", flat=True))

    def clear_failures(self, mail: Mail) -> None:
        """Whoever writes from an address again has one that works."""
        if mail.from_email.lower() in self.failed_addresses:
            clear_failures(mail.from_email)


def receive_mail(raw: bytes) -> Outcome:
    """Keep a raw mail: as a new ticket, or in the thread it answers.

    The same mail again, by Message-ID and content, changes nothing. Mails that no person
    wrote are kept, but open and queue nothing; a server's report of a reply of ours is shown on
    that reply. Raises UnreadableMail.
    """
    (received,) = receive_mails([raw])
    if isinstance(received, UnreadableMail):
        raise received
    return received


def receive_mails(raws: Sequence[bytes]) -> list[Outcome | UnreadableMail]:
    """Keep raw mails in their order, each as by ``receive_mail``, all in one transaction."""
    mails = _read_arrived_mails(raws)
    read = [mail for mail in mails if isinstance(mail, Mail)]
    with transaction.atomic():
        acquire_advisory_lock(*(f"mail:{mail.message_id}" for mail in read))
        record = MailRecord.load(read)
        received = [
            _receive_read_mail(mail, record) if isinstance(mail, Mail) else mail for mail in mails
        ]
        record.write_new()
        if record.runs:
            runs = [run.pk for run in record.runs]
            transaction.on_commit(lambda: run_queue.wake_workers(runs))
    return received


def _receive_read_mail(mail: Mail, record: MailRecord) -> Outcome:
    if _stands_alone(mail, record):
        return _open_ticket(mail, record)
    record.write_new()
    known = _find_known(mail, record)
    if known and not _is_same_mail(known, mail):
        mail = _assign_own_id(mail, known)
        known = Message.objects.filter(message_id=mail.message_id).first()
    known = known or _find_sent_copy(mail)
    if known:
        return Outcome(Effect.UNCHANGED, known.ticket)
    return _keep_mail(mail, record)


def _stands_alone(mail: Mail, record: MailRecord) -> bool:
    """Whether nothing in the mail can belong to a message or ticket that is there."""
    marked = find_marked_ticket(mail.answered_ids, mail.recipients)
    named = mail.report or marked or "#" in mail.subject
    return not named and not may_be_known(mail, record.ids)


def _find_known(mail: Mail, record: MailRecord) -> Message | None:
    """The message of the same id, None where there is none."""
    if mail.message_id not in record.ids:
        return None
    return Message.objects.select_related("ticket").filter(message_id=mail.message_id).first()


def _read_arrived_mails(raws: Iterable[bytes]) -> list[Mail | UnreadableMail]:
    """The mails; one that a colleague forwarded is the customer's, and our own is no question."""
    mails = [_try_reading(raw) for raw in raws]
    colleagues = find_colleagues(mail.from_email for mail in mails if isinstance(mail, Mail))
    return [_attribute_mail(mail, colleagues) if isinstance(mail, Mail) else mail for mail in mails]


def _try_reading(raw: bytes) -> Mail | UnreadableMail:
    try:
        return read_mail(raw, own_address=get_own_address())
    except UnreadableMail as unreadable:
        return unreadable


def _attribute_mail(mail: Mail, colleagues: Collection[str]) -> Mail:
    mail = attribute_forward(mail, get_own_address(), colleagues)
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
    (earlier,) = _read_arrived_mails([bytes(known.raw)])
    if isinstance(earlier, UnreadableMail):
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


def _keep_mail(mail: Mail, record: MailRecord) -> Outcome:
    if mail.report and (sent := find_reported_message(mail, mail.report)):
        return _join_report(sent, mail, mail.report, record)
    ticket = find_answered_ticket(mail, record.ids)
    return _join_thread(ticket, mail, record) if ticket else _open_ticket(mail, record)


def _open_ticket(mail: Mail, record: MailRecord) -> Outcome:
    """A new ticket, which is written with others of its batch."""
    ticket = Ticket(
        channel=Ticket.Channel.EMAIL,
        subject=mail.subject,
        customer=record.owners.get(mail.from_email),
        name=mail.from_name,
        email=mail.from_email,
        received_at=mail.date or timezone.now(),
        status=Ticket.Status.CLOSED if mail.is_automatic else Ticket.Status.NEW,
    )
    message = _build_message(ticket, mail)
    files, remarks = build_files(message, mail.attachments)
    notes = (*mail.notes, *remarks)
    record.ids.add(mail.message_id)
    if mail.is_automatic:
        notes = (*notes, f"Closed on arrival: {mail.automatic}.")
    else:
        record.clear_failures(mail)
        record.new.queued.append(ticket)
    record.new.tickets.append(ticket)
    record.new.messages.append(message)
    record.new.files += files
    record.new.notes += _build_notes(ticket, notes)
    return Outcome(Effect.CREATED, ticket, notes)


def _join_thread(ticket: Ticket, mail: Mail, record: MailRecord) -> Outcome:
    ticket = Ticket.get_locked(ticket.pk)
    notes = _save_message(ticket, mail, record)
    if mail.from_email.lower() not in list_known_addresses(ticket):
        notes.append(
            f"This reply came from {mail.sender or 'an unknown sender'}, not from the address the"
            " ticket began with."
        )
    if mail.is_automatic:
        notes.append(f"This changed nothing: {mail.automatic}.")
    else:
        record.clear_failures(mail)
        ticket.mark_reopened()
        record.runs.append(run_queue.replace_run(ticket, reason=REASON_REPLIED))
    return Outcome(Effect.JOINED, ticket, save_notes(ticket, notes))


def _join_report(sent: Message, mail: Mail, report: Report, record: MailRecord) -> Outcome:
    """Keep the report in the ticket of the reply, and say there what became of the reply."""
    ticket = sent.ticket = Ticket.get_locked(sent.ticket_id)
    automatic = mail.automatic or "it is a delivery report"
    notes = _save_message(ticket, replace(mail, automatic=automatic), record)
    notes += record_report(sent, report)
    record.reload_failures()
    return Outcome(Effect.JOINED, ticket, save_notes(ticket, notes))


def _save_message(ticket: Ticket, mail: Mail, record: MailRecord) -> list[str]:
    """Write the message with its files; return what a person should know about it."""
    message = _build_message(ticket, mail)
    message.save(force_insert=True)
    record.ids.add(mail.message_id)
    return [*mail.notes, *save_files(message, mail.attachments)]


def _build_message(ticket: Ticket, mail: Mail) -> Message:
    return Message(
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


def save_files(message: Message, files: Iterable[File]) -> list[str]:
    """Attach the files; those too large, or too many, are only in the raw mail: say which."""
    attachments, notes = build_files(message, files)
    Attachment.objects.bulk_create(attachments)
    return notes


def build_files(message: Message, files: Iterable[File]) -> tuple[list[Attachment], list[str]]:
    """The attachments to write, and what to say of files that are too large or too many."""
    attachments, notes = [], []
    for number, file in enumerate(files):
        if number >= MAX_FILES or len(file.content) > MAX_FILE_BYTES:
            notes.append(
                f"The file {file.name} is too large or one too many: it is in the raw mail."
            )
        else:
            attachments.append(_build_attachment(message, file))
    return attachments, notes


def _build_attachment(message: Message, file: File) -> Attachment:
    return Attachment(
        message=message,
        name=file.name[:255],
        content_type=identify_content_type(file.content_type, file.content)[:120],
        size=len(file.content),
        sha256=file.sha256,
        content=file.content,
    )


def save_notes(ticket: Ticket, notes: Iterable[str]) -> tuple[str, ...]:
    """Write each as an internal note of the ticket."""
    kept = tuple(notes)
    Message.objects.bulk_create(_build_notes(ticket, kept))
    return kept


def _build_notes(ticket: Ticket, notes: Iterable[str]) -> list[Message]:
    return [Message(ticket=ticket, direction=Message.Direction.NOTE, text=text) for text in notes]
