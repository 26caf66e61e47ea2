"""A colleague's forward is about the person whose mail was forwarded, until somebody says no."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Lower

from tickets.intake.customers import find_customer_by_email
from tickets.mail.forwarded_mail import find_forward
from tickets.mail.parsing import make_storable
from tickets.mail.reading import Mail, read_mail
from tickets.mail.senders import get_own_domain, strip_tag
from tickets.models import Message, Ticket
from tickets.queue import run_queue


class NotForwarded(Exception):
    """The message was forwarded by nobody, or somebody took that back before."""


def attribute_forward(mail: Mail, own_address: str, colleagues: Collection[str]) -> Mail:
    """The mail as its first writer's, where a colleague forwarded it; else as it is.

    ``colleagues`` are addresses of people who sign in here, in lower case.
    """
    colleague = mail.from_email.lower() in colleagues or _is_own(mail.from_email, own_address)
    if mail.automatic or mail.report or not colleague:
        return mail
    forward = find_forward(mail.raw, own_address)
    if forward is None:
        return mail
    remark = f"{mail.from_email} forwarded this and wrote:\n\n{forward.remark}"
    known = {file.sha256 for file in mail.attachments}
    return replace(
        mail,
        from_name=forward.writer.name[:200],
        from_email=forward.writer.email,
        forwarded_by=mail.from_email,
        text=make_storable(forward.body.text or forward.body.quoted),
        quoted=make_storable(forward.body.quoted if forward.body.text else ""),
        signature=make_storable(forward.body.signature),
        attachments=(
            *mail.attachments,
            *(file for file in forward.files if file.sha256 not in known),
        ),
        notes=(*mail.notes, make_storable(remark)) if forward.remark else mail.notes,
    )


def find_colleagues(addresses: Iterable[str]) -> set[str]:
    """Those of the addresses that a person signs in here with, in lower case."""
    said = {each.lower() for each in addresses if each}
    people = User.objects.filter(is_active=True).alias(lower=Lower("email"))
    found = people.filter(lower__in=said).values_list("email", flat=True) if said else ()
    return {email.lower() for email in found}


def _is_own(address: str, own_address: str) -> bool:
    """Whether the address is the shop's, or one at its own domain."""
    domain = get_own_domain(own_address)
    if strip_tag(address) == own_address.lower():
        return True
    return bool(domain) and address.lower().partition("@")[2] == domain


@transaction.atomic
def take_back_forward(message: Message, own_address: str, by: User) -> None:
    """The message is its sender's own after all. Raises NotForwarded.

    The ticket is theirs too where it began with that message, and is looked at anew.
    """
    ticket = Ticket.get_locked(message.ticket_id)
    message = Message.objects.select_for_update().get(pk=message.pk)
    if not message.forwarded_by or message.raw is None:
        raise NotForwarded("This message is not a forwarded one, or somebody said so before.")
    written, mail = message.sender, read_mail(bytes(message.raw), own_address=own_address)
    if not ticket.messages.filter(direction=Message.Direction.IN, pk__lt=message.pk).exists():
        Ticket.objects.filter(pk=ticket.pk).update(
            email=mail.from_email,
            name=mail.from_name,
            customer=find_customer_by_email(mail.from_email),
        )
    Message.objects.filter(pk=message.pk).update(
        sender=mail.sender[:320],
        forwarded_by="",
        text=mail.text,
        quoted=mail.quoted,
        signature=mail.signature,
    )
    Message.objects.create(
        ticket=ticket,
        direction=Message.Direction.NOTE,
        author=by,
        text=f"This is a message of {mail.sender} itself, not one of {written} that was forwarded.",
    )
    ticket.mark_reopened()
    run_queue.enqueue_run(ticket, reason="taken back", by=by)
