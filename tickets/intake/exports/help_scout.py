"""A conversation of Help Scout's Mailbox API 2.0 with its threads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tickets.intake.exports.export_values import (
    AGENT,
    CLOSED,
    CUSTOMER,
    NOTE,
    OPEN,
    WAITING,
    get_object,
    join_name,
    list_objects,
)
from tickets.intake.fields import Row

STATUSES = {"active": OPEN, "open": OPEN, "pending": WAITING}
PUBLISHED = (None, "published")
"""Drafts and hidden threads were never sent."""
WRITERS = {"customer": CUSTOMER, "message": AGENT, "note": NOTE}
"""By the type of a thread; the others (lineitem, chat events) say nothing to anybody."""


def is_help_scout(row: Row) -> bool:
    """Whether the row is a conversation with threads."""
    return bool(list_objects(get_object(row, "_embedded"), "threads"))


def convert_conversation(row: Row) -> dict[str, Any]:
    """The conversation in our form, its threads the oldest first."""
    customer = get_object(row, "primaryCustomer")
    return {
        "external_id": f"helpscout:{row.get('id', '')}",
        "subject": row.get("subject"),
        "name": _read_name(customer),
        "email": customer.get("email"),
        "received_at": row.get("createdAt"),
        "status": STATUSES.get(str(row.get("status")), CLOSED),
        "labels": [tag.get("tag") for tag in list_objects(row, "tags")],
        "messages": sorted(_iter_messages(row), key=lambda said: str(said["at"])),
    }


def _read_name(person: Mapping[str, Any]) -> str:
    first = person.get("first") or person.get("firstName")
    return join_name(first, person.get("last") or person.get("lastName"))


def _iter_messages(row: Row) -> Iterator[Mapping[str, Any]]:
    for thread in list_objects(get_object(row, "_embedded"), "threads"):
        wrote = WRITERS.get(str(thread.get("type")))
        if wrote and thread.get("state") in PUBLISHED:
            author = get_object(thread, "createdBy")
            yield {
                "from": wrote,
                "name": _read_name(author),
                "email": author.get("email"),
                "at": thread.get("createdAt"),
                "html": thread.get("body") or "",
            }
