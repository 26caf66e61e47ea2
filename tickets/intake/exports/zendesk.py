"""A ticket of Zendesk's JSON export, one a line, with its comments."""

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
    choose_text,
    get_object,
    list_objects,
)
from tickets.intake.fields import Row

PEOPLE = ("requester", "submitter", "assignee")
STATUSES = {"new": OPEN, "open": OPEN, "hold": OPEN, "pending": WAITING}


def is_zendesk(row: Row) -> bool:
    """Whether the row is a ticket with comments."""
    return "comments" in row and ("requester" in row or "requester_id" in row)


def convert_ticket(row: Row) -> dict[str, Any]:
    """The ticket in our form. Whoever is neither the requester nor copied in is an agent."""
    asked_by = get_object(row, "requester")
    return {
        "external_id": f"zendesk:{row.get('id', '')}",
        "subject": row.get("subject"),
        "name": asked_by.get("name"),
        "email": asked_by.get("email"),
        "received_at": row.get("created_at"),
        "status": STATUSES.get(str(row.get("status")), CLOSED),
        "labels": row.get("tags"),
        "messages": list(_iter_messages(row, asked_by.get("id", row.get("requester_id")))),
    }


def _iter_messages(row: Row, requester: Any) -> Iterator[Mapping[str, Any]]:
    cc = row.get("email_cc_ids")
    copied = cc if isinstance(cc, list) else []
    people = {get_object(row, name).get("id"): get_object(row, name) for name in PEOPLE}
    for comment in list_objects(row, "comments"):
        author = comment.get("author_id")
        public = comment.get("public", True)
        wrote = CUSTOMER if author == requester or author in copied else AGENT
        known = people.get(author) or {}
        yield {
            "from": wrote if public else NOTE,
            "name": known.get("name"),
            "email": known.get("email"),
            "at": comment.get("created_at"),
            **choose_text(comment, "html_body", "plain_body", "body"),
        }
