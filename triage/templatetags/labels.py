"""The taxonomy for pages below the machine: tickets may link to it, never import it."""

from __future__ import annotations

from django import template

from tickets.models import Ticket
from tickets.prepared import PreparedQuery
from triage.learning import corrections
from triage.models import Intent

register = template.Library()
ACTIVE = PreparedQuery(lambda: Intent.objects.filter(active=True).only("slug", "name"))


@register.simple_tag
def active_labels() -> list[Intent]:
    """Every label a ticket can be given now, by name."""
    return ACTIVE.fetch()


@register.simple_tag
def label_question(ticket: Ticket) -> dict[str, object]:
    """Whether to ask if the label is right, and who confirmed it where somebody did."""
    if not ticket.label:
        return {"asked": False, "confirmed_by": ""}
    said = corrections.get_last_correction(ticket)
    by = said.by if said and corrections.is_confirmation(said, ticket.label) else ""
    return {"asked": not said and corrections.is_in_audit_sample(ticket), "confirmed_by": by}
