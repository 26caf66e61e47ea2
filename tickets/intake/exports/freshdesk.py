"""A ticket of Freshdesk's API v2 with its conversations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from email.utils import parseaddr
from typing import Any

from tickets.intake.exports.export_values import (
    AGENT,
    CLOSED,
    CUSTOMER,
    NOTE,
    OPEN,
    WAITING,
    choose_text,
    get_object,
    list_objects,
)
from tickets.intake.fields import Row

STATUSES = {2: OPEN, 3: WAITING}
"""Open and pending; 4 is resolved, 5 closed, from 6 on a shop's own."""


FORWARDED = 8
"""The source of a mail that was passed on to somebody else."""


def is_freshdesk(row: Row) -> bool:
    """Whether the row is a ticket with conversations."""
    return "conversations" in row and ("description_text" in row or "description" in row)


def convert_ticket(row: Row) -> dict[str, Any]:
    """The ticket in our form; its description is the customer's first message."""
    asked_by = get_object(row, "requester")
    first = {
        "from": CUSTOMER,
        "name": asked_by.get("name"),
        "email": asked_by.get("email") or row.get("email"),
        "at": row.get("created_at"),
        **choose_text(row, "description", "description_text"),
    }
    return {
        "external_id": f"freshdesk:{row.get('id', '')}",
        "subject": row.get("subject"),
        "name": asked_by.get("name"),
        "email": asked_by.get("email") or row.get("email"),
        "received_at": row.get("created_at"),
        "status": STATUSES.get(_read_number(row.get("status")), CLOSED),
        "labels": row.get("tags"),
        "messages": [first, *_iter_messages(row)],
    }


def _read_number(value: object) -> int:
    return int(str(value)) if str(value).isdigit() else 0


def _iter_messages(row: Row) -> Iterator[Mapping[str, Any]]:
    for said in list_objects(row, "conversations"):
        wrote = CUSTOMER if said.get("incoming") else AGENT
        name, address = parseaddr(str(said.get("from_email") or ""))
        yield {
            "from": NOTE if said.get("private") or said.get("source") == FORWARDED else wrote,
            "name": name,
            "email": address,
            "at": said.get("created_at"),
            **choose_text(said, "body", "body_text"),
        }
