"""What people say of a label: another is right, or this one is. Each with its receipt in one act."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction

from tickets.audit import receipts
from tickets.models import Correction, Receipt, Ticket
from tickets.queue import run_queue
from triage.learning import drift
from triage.models import Intent

NONE_OF_OURS = "None of ours"
STEP = "confirm"


def suggestion_for(ticket: Ticket) -> Intent | None:
    """What the machine thought of without being sure, of a ticket that has no label."""
    if ticket.label:
        return None
    read = ticket.receipts.filter(step="classify").order_by("-seq").first()
    slug = read.output.get("suggestion", "") if read else ""
    return Intent.objects.filter(slug=slug, active=True).first() if slug else None


def relabel(ticket: Ticket, intent: Intent | None, *, why: str, by: User) -> None:
    """Give the ticket the label a person chose; the machine works on with it.

    None: a person says that it is none of our requests.
    """
    name, before = by.get_username(), ticket.label
    slug, named = (intent.slug, intent.name) if intent else ("", "")
    run = ticket.current_run()
    with transaction.atomic():
        Correction.objects.create(
            ticket=ticket,
            run=run,
            step="classify",
            before=before,
            after=slug,
            why=why,
            by=by,
        )
        receipts.append(
            ticket=ticket,
            run=run,
            step="classify",
            actor_kind="human",
            actor=name,
            status="overridden",
            label=slug,
            output={"label": slug, "name": named or NONE_OF_OURS, "before": before, "why": why},
        )
        ticket.relabel(slug, named, None, name)
        ticket.mark_reopened()
        run_queue.enqueue(ticket, reason="relabelled", by=by)
        drift.wake(ticket.pk)


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
