"""A person confirms that a label is right: a correction that changes nothing."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction

from tickets.audit import receipts
from tickets.models import Correction, Receipt, Ticket
from tickets.prepared import Given, PreparedQuery
from tickets.queue import run_queue
from triage.learning import drift
from triage.models import Intent

OUT_OF_SCOPE_NAME = "None of ours"
STEP = "confirm"
LAST_CORRECTION = PreparedQuery(
    lambda: (
        Correction.objects.filter(ticket=Given("ticket"), step="classify")
        .select_related("by")
        .order_by("-pk")[:1]
    )
)
AUDITED = PreparedQuery(
    lambda: (
        Receipt.objects.filter(ticket=Given("ticket"), step="classify", output__audited=True)
        .order_by()
        .values_list("pk")[:1]
    )
)


def find_suggestion(ticket: Ticket) -> Intent | None:
    """The intent suggested for a ticket that has no label; None where there is none."""
    if ticket.label:
        return None
    read = ticket.receipts.filter(step="classify").order_by("-seq").first()
    slug = read.output.get("suggestion", "") if read else ""
    return Intent.objects.filter(slug=slug, active=True).first() if slug else None


def correct_label(ticket: Ticket, intent: Intent | None, *, why: str, by: User) -> None:
    """Give the ticket the label a person chose; the machine works on with it.

    ``intent`` None: a person says that it is out of scope.
    """
    name, before = by.get_username(), ticket.label
    slug, named = (intent.slug, intent.name) if intent else ("", "")
    run = ticket.get_current_run()
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
        receipts.append_receipt(
            ticket=ticket,
            run=run,
            step="classify",
            actor_kind="human",
            actor=name,
            status="overridden",
            label=slug,
            output={
                "label": slug,
                "name": named or OUT_OF_SCOPE_NAME,
                "before": before,
                "why": why,
            },
        )
        ticket.change_label(slug, named, None, name)
        ticket.mark_reopened()
        run_queue.enqueue_run(ticket, reason="relabelled", by=by)
        drift.schedule_watch(ticket.pk)


class LabelChanged(Exception):
    """The ticket has another label by now; no confirmation was stored."""


def confirm_label(ticket: Ticket, label: str, *, by: User) -> None:
    """Store that the label is right; nothing else changes. Raises LabelChanged."""
    with transaction.atomic():
        ticket = Ticket.get_locked(ticket.pk)
        if not label or ticket.label != label:
            raise LabelChanged("The label has changed meanwhile. Please look at it again.")
        if is_confirmation(get_last_correction(ticket), label):
            return
        run = ticket.get_current_run()
        Correction.objects.create(
            ticket=ticket, run=run, step="classify", before=label, after=label, by=by
        )
        receipts.append_receipt(
            ticket=ticket,
            run=run,
            step=STEP,
            actor_kind=Receipt.Actor.HUMAN,
            actor=by.get_username(),
            status="ok",
            label=label,
            output={"label": label, "name": ticket.label_name, "by": ticket.labelled_by},
        )
        drift.schedule_watch(ticket.pk)


def get_last_correction(ticket: Ticket) -> Correction | None:
    """The latest correction or confirmation of the ticket's label, or None."""
    said: Correction | None = LAST_CORRECTION.fetch_first(ticket=ticket.pk)
    return said


def is_confirmation(said: Correction | None, label: str) -> bool:
    """Whether a correction confirms the label rather than changes it."""
    return said is not None and said.before == said.after == label


def is_in_audit_sample(ticket: Ticket) -> bool:
    """Whether the ticket was drawn at random for a person to check its label."""
    return AUDITED.fetch_first(ticket=ticket.pk) is not None
