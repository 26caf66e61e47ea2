"""Conversations as other helpdesks write them, turned into rows of our own form.

One file a helpdesk, one line here: whether a row is of its form, and that row in ours. The shapes
are those of their documentation: a ticket of Zendesk's JSON export, of Freshdesk's API v2 with
``include=conversations,requester``, a conversation of Help Scout's Mailbox API 2.0 with
``embed=threads``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tickets.intake.exports import freshdesk, help_scout, zendesk
from tickets.intake.fields import Row

FORMS: Final[tuple[tuple[Callable[[Row], bool], Callable[[Row], dict[str, Any]]], ...]] = (
    (zendesk.is_zendesk, zendesk.convert_ticket),
    (freshdesk.is_freshdesk, freshdesk.convert_ticket),
    (help_scout.is_help_scout, help_scout.convert_conversation),
)


def is_exported(row: Row) -> bool:
    """Whether the row is of another helpdesk's form."""
    return any(is_form(row) for is_form, _ in FORMS)


def convert_row(row: Row) -> Row:
    """The row in our form; one that is in none of the others is ours already."""
    return next((convert(row) for is_form, convert in FORMS if is_form(row)), row)
