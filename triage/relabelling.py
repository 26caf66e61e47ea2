"""A person corrects the label: the correction, its receipt and a new run in one act."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction

from tickets import queue, receipts
from tickets.models import Correction, Ticket
from triage.learning import drift
from triage.models import Intent


def relabel(ticket: Ticket, intent: Intent, *, why: str, by: User) -> None:
    """Give the ticket the label a person chose; the machine works on with it."""
    name, before = by.get_username(), ticket.label
    run = ticket.current_run()
    with transaction.atomic():
        Correction.objects.create(
            ticket=ticket,
            run=run,
            step="classify",
            before=before,
            after=intent.slug,
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
            label=intent.slug,
            output={"label": intent.slug, "name": intent.name, "before": before, "why": why},
        )
        ticket.relabel(intent.slug, intent.name, None, name)
        ticket.mark_reopened()
        queue.enqueue(ticket, reason="relabelled", by=by)
        drift.wake(ticket.pk)
