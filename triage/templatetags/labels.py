"""The taxonomy for pages below the machine: tickets may link to it, never import it."""

from __future__ import annotations

from django import template

from triage.models import Intent

register = template.Library()


@register.simple_tag
def active_labels() -> list[Intent]:
    """Every label a ticket can be given now, by name."""
    return list(Intent.objects.filter(active=True).only("slug", "name"))
