"""Zendesk's, Freshdesk's and Help Scout's own forms, by the shapes of their documentation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.tickets.intake.test_import_commands import run, written
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

ZENDESK = {
    "url": "https://shop.zendesk.com/api/v2/tickets/35.json",
    "id": 35,
    "subject": "Lamp",
    "description": "Is the lamp dimmable?",
    "status": "solved",
    "created_at": "2026-03-01T10:00:00Z",
    "tags": ["product_question"],
    "requester": {"id": 7, "name": "Marta", "email": "marta@example.com"},
    "assignee": {"id": 8, "name": "Ben", "email": "ben@shop.example"},
    "comments": [
        {
            "author_id": 7,
            "plain_body": "Is the lamp dimmable?",
            "public": True,
            "created_at": "2026-03-01T10:00:00Z",
        },
        {
            "author_id": 9,
            "body": "look it up",
            "public": False,
            "created_at": "2026-03-01T10:05:00Z",
        },
        {
            "author_id": 8,
            "html_body": "<p>Yes, with any <b>wall dimmer</b>.</p>",
            "public": True,
            "created_at": "2026-03-01T11:00:00Z",
        },
    ],
}
FRESHDESK = {
    "id": 20,
    "subject": "Lamp",
    "status": 5,
    "priority": 1,
    "created_at": "2026-03-01T10:00:00Z",
    "description": "<div>Is the lamp dimmable?</div>",
    "description_text": "Is the lamp dimmable?",
    "requester": {"id": 1, "name": "Marta", "email": "marta@example.com"},
    "tags": ["product_question"],
    "conversations": [
        {
            "body_text": "look it up",
            "incoming": False,
            "private": True,
            "created_at": "2026-03-01T10:05:00Z",
        },
        {
            "body": "<div>Yes, with any wall dimmer.</div>",
            "incoming": False,
            "private": False,
            "from_email": "Shop <ben@shop.example>",
            "created_at": "2026-03-01T11:00:00Z",
        },
    ],
}
HELP_SCOUT = {
    "id": 100,
    "number": 1,
    "subject": "Lamp",
    "status": "closed",
    "createdAt": "2026-03-01T10:00:00Z",
    "tags": [{"id": 5, "tag": "product_question"}],
    "primaryCustomer": {"id": 1, "first": "Marta", "last": "", "email": "marta@example.com"},
    "_embedded": {
        "threads": [
            {"type": "lineitem", "createdAt": "2026-03-01T12:00:00Z", "action": {"text": "closed"}},
            {
                "type": "message",
                "body": "Yes, with any wall dimmer.",
                "createdBy": {"type": "user", "first": "Ben", "email": "ben@shop.example"},
                "createdAt": "2026-03-01T11:00:00Z",
            },
            {
                "type": "note",
                "body": "look it up",
                "createdBy": {"type": "user", "first": "Ana"},
                "createdAt": "2026-03-01T10:05:00Z",
            },
            {
                "type": "customer",
                "body": "<p>Is the lamp dimmable?</p>",
                "createdBy": {"type": "customer", "first": "Marta"},
                "createdAt": "2026-03-01T10:00:00Z",
            },
        ]
    },
}


@pytest.mark.parametrize(
    ("row", "external_id"),
    [(ZENDESK, "zendesk:35"), (FRESHDESK, "freshdesk:20"), (HELP_SCOUT, "helpscout:100")],
    ids=["zendesk", "freshdesk", "help scout"],
)
def test_a_line_of_another_helpdesk_is_the_same_conversation(
    tmp_path: Path, row: dict[str, Any], external_id: str
) -> None:
    path = written(tmp_path / "export.jsonl", json.dumps(row))
    assert run("import_tickets", path) == (0, "tickets: 1 created, 0 skipped\n", "")
    ticket = Ticket.objects.get()
    assert (ticket.external_id, ticket.status) == (external_id, "closed")
    assert (ticket.name, ticket.email) == ("Marta", "marta@example.com")
    assert ticket.label == "product_question"
    assert list(ticket.messages.order_by("pk").values_list("direction", "text")) == [
        ("in", "Is the lamp dimmable?"),
        ("note", "look it up"),
        ("out", "Yes, with any wall dimmer."),
    ]
    assert run("import_tickets", path)[1] == "tickets: 1 unchanged, 0 skipped\n"


@pytest.mark.parametrize(
    ("row", "status"),
    [
        ({**ZENDESK, "status": "pending"}, "waiting"),
        ({**ZENDESK, "status": "open"}, "waiting"),
        ({**ZENDESK, "status": "open", "comments": ZENDESK["comments"][:1]}, "new"),  # type: ignore[index]
        ({**FRESHDESK, "status": 3}, "waiting"),
        ({**FRESHDESK, "status": 2, "conversations": []}, "new"),
        ({**HELP_SCOUT, "status": "active"}, "waiting"),
    ],
)
def test_what_is_open_there_is_open_here(tmp_path: Path, row: dict[str, Any], status: str) -> None:
    run("import_tickets", written(tmp_path / "export.jsonl", json.dumps(row)))
    assert Ticket.objects.get().status == status


def test_who_is_copied_in_is_no_agent(tmp_path: Path) -> None:
    comments = [*ZENDESK["comments"], {**ZENDESK["comments"][0], "author_id": 7000}]  # type: ignore[misc, index]
    row = {**ZENDESK, "comments": comments, "email_cc_ids": [7000]}
    run("import_tickets", written(tmp_path / "export.jsonl", json.dumps(row)))
    directions = Ticket.objects.get().messages.order_by("pk").values_list("direction", flat=True)
    assert list(directions) == ["in", "note", "out", "in"]


def test_a_draft_and_a_forward_were_not_sent_to_the_customer(tmp_path: Path) -> None:
    (said,) = [t for t in HELP_SCOUT["_embedded"]["threads"] if t["type"] == "message"]  # type: ignore[index]
    threads = [*HELP_SCOUT["_embedded"]["threads"], {**said, "state": "draft", "body": "Not yet"}]  # type: ignore[index]
    scout = {**HELP_SCOUT, "_embedded": {"threads": threads}}
    told = [{**one, "source": 8} for one in FRESHDESK["conversations"]]  # type: ignore[attr-defined]
    desk = {**FRESHDESK, "conversations": told}
    lines = f"{json.dumps(scout)}\n{json.dumps(desk)}"
    run("import_tickets", written(tmp_path / "export.jsonl", lines))
    first, second = Ticket.objects.order_by("external_id")
    assert not second.messages.filter(text="Not yet").exists()
    assert not first.messages.filter(direction="out").exists()
