"""Conversations of the past: taken in as they were, closed, answered, and read by nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.tickets.intake.test_import_commands import run, written
from tickets.models import Customer, Message, Run, Ticket

pytestmark = pytest.mark.django_db

ASKED = {
    "from": "customer",
    "name": "Marta",
    "at": "2026-03-01T10:00:00Z",
    "text": "How long does a refund take?",
}
ANSWERED = {
    "from": "agent",
    "name": "Ben Okoro",
    "email": "ben@shop.example",
    "at": "2026-03-01T11:00:00Z",
    "text": "Hi Marta,\n\nfive working days.\n\nBen",
}
NOTED = {"from": "note", "name": "Ana", "at": "2026-03-01T11:30:00Z", "text": "asked twice"}
THANKED = {"from": "customer", "at": "2026-03-02T09:00:00Z", "text": "Thank you! And by which way?"}


def past(**changed: Any) -> dict[str, Any]:
    """A conversation in our own form."""
    return {
        "external_id": "old-1",
        "subject": "Refund",
        "email": "marta@example.com",
        "label": "Refund status",
        "messages": [ASKED, ANSWERED, NOTED],
        **changed,
    }


def imported(tmp_path: Path, *rows: dict[str, Any]) -> tuple[int, str, str]:
    """What an import of these rows says."""
    text = "\n".join(json.dumps(row) for row in rows)
    return run("import_tickets", written(tmp_path / "past.jsonl", text))


def test_a_closed_conversation_comes_in_whole_and_nothing_reads_it(tmp_path: Path) -> None:
    marta = Customer.objects.create(email="Marta@example.com")
    ben = User.objects.create_user("ben", "Ben@shop.example")
    assert imported(tmp_path, past()) == (0, "tickets: 1 created, 0 skipped\n", "")
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.customer) == ("closed", marta)
    assert (ticket.label, ticket.label_name) == ("refund-status", "Refund status")
    asked, answered, noted = ticket.messages.order_by("pk")
    assert (asked.direction, asked.text) == ("in", "How long does a refund take?")
    assert (answered.direction, answered.author, answered.delivery) == ("out", ben, "imported")
    assert (noted.direction, noted.author, noted.sender) == ("note", None, "Ana")
    assert not Run.objects.exists()


def test_an_agent_who_is_nobody_here_keeps_their_name(tmp_path: Path) -> None:
    imported(tmp_path, past())
    answered = Message.objects.get(direction="out")
    assert (answered.author, answered.sender) == (None, "Ben Okoro")


def test_a_conversation_that_waits_for_us_waits_here(tmp_path: Path) -> None:
    open_one = past(status="open", messages=[ASKED, ANSWERED, THANKED])
    imported(tmp_path, open_one, past(external_id="old-2", status="open"))
    waiting, answered = Ticket.objects.order_by("pk")
    assert waiting.status == "new"
    assert list(Run.objects.values_list("ticket", flat=True)) == [waiting.pk]
    assert answered.status == "waiting"


def test_a_second_import_brings_what_was_written_since(tmp_path: Path) -> None:
    imported(tmp_path, past())
    assert imported(tmp_path, past())[1] == "tickets: 1 unchanged, 0 skipped\n"
    grown = past(status="open", messages=[ASKED, ANSWERED, NOTED, THANKED])
    assert imported(tmp_path, grown)[1] == "tickets: 1 joined a thread, 0 skipped\n"
    assert Message.objects.count() == 4
    assert Ticket.objects.get().status == "new"


def test_what_was_worked_on_here_is_not_changed_by_an_import(tmp_path: Path) -> None:
    imported(tmp_path, past(status="open", messages=[ASKED]))
    code, said, errors = imported(tmp_path, past())
    assert (code, said) == (1, "tickets: 1 skipped\n")
    assert "is here already and was changed since" in errors
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"messages": [ANSWERED]}, "the customer wrote nothing in it"),
        ({"messages": [{**ASKED, "at": ""}]}, "needs its time"),
        ({"messages": [{**ASKED, "from": "robot"}]}, "from is 'robot'"),
        ({"messages": ["How long?"]}, "messages is not a list of objects"),
        ({"status": "asleep"}, "status is 'asleep'"),
        ({"external_id": ""}, "external_id is missing"),
    ],
)
def test_one_that_cannot_be_read_says_why_and_the_others_go_in(
    tmp_path: Path, changed: dict[str, Any], problem: str
) -> None:
    code, said, errors = imported(tmp_path, past(**changed), past(external_id="old-2"))
    assert (code, said) == (1, "tickets: 1 created, 1 skipped\n")
    assert problem in errors


def test_a_table_has_question_and_answer_in_a_row(tmp_path: Path) -> None:
    table = (
        "external_id,email,subject,body,received_at,label,reply,replied_by,replied_at\n"
        "r1,marta@example.com,Refund,How long?,2026-03-01T10:00:00Z,refunds,Five days.,Ben,\n"
        "r2,marta@example.com,Lamp,Is it in stock?,2026-03-01T10:00:00Z,,,,\n"
    )
    assert run("import_tickets", written(tmp_path / "past.csv", table))[0] == 0
    answered, fresh = Ticket.objects.order_by("external_id")
    assert list(answered.messages.values_list("direction", "text")) == [
        ("in", "How long?"),
        ("out", "Five days."),
    ]
    assert answered.status == "closed"
    assert fresh.status == "new"


def test_of_several_tags_none_is_the_label(tmp_path: Path) -> None:
    rows = [
        past(label="", labels=["refunds"]),
        past(external_id="old-2", label="", labels=["vip", "refunds"]),
    ]
    imported(tmp_path, *rows)
    assert list(Ticket.objects.order_by("pk").values_list("label", flat=True)) == ["refunds", ""]


def test_a_ticket_that_a_colleague_wrote_on_is_left_alone(tmp_path: Path) -> None:
    imported(tmp_path, past())
    ticket = Ticket.objects.get()
    ana = User.objects.create_user("ana")
    Message.objects.create(ticket=ticket, direction="note", author=ana, text="I called her.")
    code, _, errors = imported(tmp_path, past(messages=[ASKED, ANSWERED, NOTED, THANKED]))
    assert (code, "was changed since" in errors) == (1, True)


def test_a_label_without_latin_letters_has_a_short_name_all_the_same(tmp_path: Path) -> None:
    imported(tmp_path, past(label="возврат"))
    ticket = Ticket.objects.get()
    assert (ticket.label[:6], ticket.label_name) == ("label-", "возврат")
