"""What the forms of other helpdesks have in common: parts that may be missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CUSTOMER, AGENT, NOTE = "customer", "agent", "note"
OPEN, WAITING, CLOSED = "open", "waiting", "closed"


def get_object(row: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """The object below these names, an empty one where it is not there."""
    for name in names:
        found = row.get(name)
        row = found if isinstance(found, dict) else {}
    return row


def list_objects(row: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The objects of a list, none where it is not there."""
    found = row.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def join_name(*parts: object) -> str:
    """First and last name in one."""
    return " ".join(str(part).strip() for part in parts if part)


def choose_text(row: Mapping[str, Any], html: str, *plain: str) -> dict[str, Any]:
    """The words of a message by the first of the ``plain`` names that has some, or else its
    HTML.
    """
    found = next((row[name] for name in plain if row.get(name)), None)
    return {"text": found} if found else {"html": row.get(html) or ""}
