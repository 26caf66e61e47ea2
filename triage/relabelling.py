"""A person corrects the label: the correction, its receipt and a new run in one act."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction

from tickets import queue, receipts
from tickets.models import Correction, Ticket
from triage.learning import drift
from triage.models import Intent

NONE_OF_OURS = "None of ours"


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
        queue.enqueue(ticket, reason="relabelled", by=by)
        drift.wake(ticket.pk)
