"""The taxonomy for pages below the machine: tickets may link to it, never import it."""

from __future__ import annotations

from django import template

from tickets.models import Ticket
from triage.learning import corrections
from triage.models import Intent

register = template.Library()


@register.simple_tag
def active_labels() -> list[Intent]:
    """Every label a ticket can be given now, by name."""
    return list(Intent.objects.filter(active=True).only("slug", "name"))


@register.simple_tag
def label_question(ticket: Ticket) -> dict[str, object]:
    """Whether to ask if the label is right, and who said so where somebody did."""
    if not ticket.label:
        return {"asked": False, "confirmed_by": ""}
    said = corrections.last_word(ticket)
    by = said.by if said and corrections.confirms(said, ticket.label) else ""
    return {"asked": not said and corrections.asked_about(ticket), "confirmed_by": by}
