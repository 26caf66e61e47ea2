"""A person says that a label is right: kept as a correction that changes nothing."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction

from tickets import receipts
from tickets.models import Correction, Receipt, Ticket
from triage.learning import drift

STEP = "confirm"


class Changed(Exception):
    """The label is another by now; nothing was kept."""


def confirm(ticket: Ticket, label: str, *, by: User) -> None:
    """Keep that the label is right. The ticket and its run stay as they are. Raises Changed."""
    with transaction.atomic():
        ticket = Ticket.locked(ticket.pk)
        if not label or ticket.label != label:
            raise Changed("The label has changed meanwhile. Please look at it again.")
        if confirms(last_word(ticket), label):
            return
        run = ticket.current_run()
        Correction.objects.create(
            ticket=ticket, run=run, step="classify", before=label, after=label, by=by
        )
        receipts.append(
            ticket=ticket,
            run=run,
            step=STEP,
            actor_kind=Receipt.Actor.HUMAN,
            actor=by.get_username(),
            status="ok",
            label=label,
            output={"label": label, "name": ticket.label_name, "by": ticket.labelled_by},
        )
        drift.wake(ticket.pk)


def last_word(ticket: Ticket) -> Correction | None:
    """What a person said last of the label."""
    said = ticket.corrections.filter(step="classify").select_related("by")
    return said.order_by("-pk").first()


def confirms(said: Correction | None, label: str) -> bool:
    """Whether a person found the label right, rather than gave it."""
    return said is not None and said.before == said.after == label


def asked_about(ticket: Ticket) -> bool:
    """Whether the ticket was drawn by lot for a person to check its label."""
    return ticket.receipts.filter(step="classify", output__audited=True).exists()
