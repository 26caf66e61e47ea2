"""Which ticket a mail belongs to: by what it answers, by our marks, at last by its subject."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import reduce
from operator import or_

from django.db.models import Q

from tickets.mail.reading import Mail
from tickets.mail.thread_tokens import find_marked_ticket
from tickets.models import Message, Ticket

MAX_NUMBER_CHARS = 18
MAX_IDS = 20  # ids nearest to a mail that are looked for by their local part
MAX_FOUND = 200


def find_answered_ticket(mail: Mail, known_ids: Collection[str]) -> Ticket | None:
    """The ticket that the mail goes on with, None where it begins one.

    ``known_ids`` are those that ``load_known_ids`` found for it, and of messages since.
    """
    said = [*mail.answered_ids, mail.message_id]
    if may_be_known(mail, known_ids) and (parent := find_answered_message(said)):
        return parent.ticket
    if marked := find_marked_ticket(mail.answered_ids, mail.recipients):
        return Ticket.objects.filter(pk=marked).first()
    return _find_ticket_in_subject(mail)


def find_answered_message(ids: list[str]) -> Message | None:
    """The message with the first of these ids that is known, however its domain is written."""
    said = [each for each in ids if each]
    messages = Message.objects.select_related("ticket")
    found = list(messages.filter(message_id__in=said))
    if said and not found:
        starts = [Q(message_id__startswith=_get_local_part(each)) for each in said[:MAX_IDS]]
        found = list(messages.filter(reduce(or_, starts))[:MAX_FOUND])
    known = {_fold_domain(message.message_id or ""): message for message in found}
    return next((known[each] for each in map(_fold_domain, said) if each in known), None)


def may_be_known(mail: Mail, known_ids: Collection[str]) -> bool:
    """Whether a message with one of these ids may be the mail itself, or what it answers."""
    said = [each for each in [*mail.answered_ids, mail.message_id] if each]
    starts = tuple(map(_get_local_part, said))
    return any(known.startswith(starts) for known in known_ids)


def load_known_ids(mails: Iterable[Mail]) -> set[str]:
    """The ids of the messages that any of these mails may be, or answer, in one query."""
    said = [[*mail.answered_ids, mail.message_id] for mail in mails]
    starts = {_get_local_part(each) for ids in said for each in ids[:MAX_IDS] if each}
    exact = Q(message_id__in={each for ids in said for each in ids if each})
    alike = [Q(message_id__startswith=start) for start in sorted(starts)]
    found = Message.objects.filter(reduce(or_, alike, exact)).values_list("message_id", flat=True)
    return {str(each) for each in found} if said else set()


def _get_local_part(message_id: str) -> str:
    return "".join(message_id.rpartition("@")[:2]) or message_id


def _fold_domain(message_id: str) -> str:
    """The id with its domain in small letters: these mean nothing there (RFC 5321, 2.3.11)."""
    local, mark, domain = message_id.rpartition("@")
    return f"{local}{mark}{domain.lower()}" if mark else message_id


def list_known_addresses(ticket: Ticket) -> set[str]:
    """The addresses of the ticket's customer, in lower case."""
    customer = ticket.customer.email if ticket.customer else ""
    return {ticket.email.lower(), customer.lower()} - {""}


def _find_ticket_in_subject(mail: Mail) -> Ticket | None:
    """The ticket whose number the subject has, where the same customer wrote it.

    A number that may be one of the customer's orders is none of ours, but in our brackets.
    """
    for number, bracketed in _iter_numbers(mail.subject):
        ticket = Ticket.objects.select_related("customer").filter(pk=int(number)).first()
        if ticket is None or mail.from_email.lower() not in list_known_addresses(ticket):
            continue
        customer = ticket.customer
        if bracketed or not (customer and customer.orders.filter(number__endswith=number).exists()):
            return ticket
    return None


def _iter_numbers(subject: str) -> Iterator[tuple[str, bool]]:
    """Each number behind a "#", and whether it stands in brackets as in "[#12]"."""
    before, *rest = subject.split("#")
    for piece in rest:
        digits = piece[: len(piece) - len(piece.lstrip("0123456789"))]
        if 0 < len(digits) <= MAX_NUMBER_CHARS:
            yield digits, before.endswith("[") and piece[len(digits) :].startswith("]")
        before = piece
