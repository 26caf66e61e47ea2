"""The inbox: which ticket next."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.support import ticket_stories
from tickets import paging
from tickets.models import Correction, Message, Ticket

INBOX = reverse("tickets:inbox")


def listed(client: Client, **asked: str) -> list[str]:
    return [row.subject for row in client.get(INBOX, asked).context["page"].rows]


def make(subject: str, minutes: int = 0, **values: Any) -> Ticket:
    received = timezone.now() - timedelta(minutes=minutes)
    return ticket_stories.ticket(None, subject=subject, received_at=received, **values)


def test_ana_sees_open_tickets_newest_first(as_ana: Client) -> None:
    make("older", 60)
    make("newer", 5)
    make("done with", 1, status="closed")
    assert listed(as_ana) == ["newer", "older"]


def test_ana_asks_for_each_state(as_ana: Client) -> None:
    make("answered", status="waiting")
    make("odd", 1, status="attention")
    assert listed(as_ana, status="waiting") == ["answered"]
    assert listed(as_ana, status="attention") == ["odd"]
    assert listed(as_ana, status="all") == ["answered", "odd"]


def test_ana_narrows_by_label_and_urgency(as_ana: Client) -> None:
    make("lamp", label="damaged-item", urgency=4)
    make("sofa", label="return-request")
    assert listed(as_ana, label="damaged-item") == ["lamp"]
    assert listed(as_ana, urgency="4") == ["lamp"]


def test_ana_finds_her_own_tickets_and_nobodys(as_ana: Client, ana: User, ben: User) -> None:
    make("mine", assignee=ana)
    make("his", 1, assignee=ben)
    make("free", 2)
    assert listed(as_ana, who="me") == ["mine"]
    assert listed(as_ana, who="nobody") == ["free"]


@pytest.mark.parametrize("words", ["cracked", "lindqvist", "MARTA@example.com", "hp-10423"])
def test_ana_searches_by_what_she_has_at_hand(as_ana: Client, words: str) -> None:
    ticket_stories.ticket(ticket_stories.marta(), subject="A cracked shade")
    make("something else")
    assert listed(as_ana, q=words) == ["A cracked shade"]


@pytest.mark.parametrize(
    ("subject", "words"),
    [("Élan lamp", "élan"), ("ÅNGSTRÖM", "ångström"), ("Лампа", "ЛАМПА"), ("Straße", "STRASSE")],
)
def test_ana_searches_without_regard_to_case_in_any_alphabet(
    as_ana: Client, subject: str, words: str
) -> None:
    make(subject)
    assert listed(as_ana, q=words) == [subject]


def reply(ticket: Ticket, by: User, **values: Any) -> Message:
    return Message.objects.create(
        ticket=ticket, direction="out", author=by, text="We send a new one.", **values
    )


@pytest.mark.parametrize(
    "unsent",
    [
        {"delivery": "failed"},
        {"delivery": "doubt"},
        {"delivery": "queued", "at": timezone.now() - timedelta(hours=1)},
    ],
)
@pytest.mark.parametrize("status", ["waiting", "closed"])
def test_a_reply_that_did_not_leave_is_in_everybody_s_list_until_it_is_settled(
    as_ana: Client, ben: User, unsent: dict[str, Any], status: str
) -> None:
    message = reply(make("no reply", status=status), ben, **unsent)
    reply(make("answered", 1, status=status), ben, delivery="sent")
    reply(make("on its way", 2, status=status), ben, delivery="queued")
    assert listed(as_ana) == listed(as_ana, status="unsent") == ["no reply"]
    page = as_ana.get(INBOX)
    assert "Reply not sent" in page.content.decode()
    counts = {view["name"]: view["count"] for view in page.context["views"]}
    assert (counts["Open"], counts["Reply not sent"]) == ("1", "1")
    Message.objects.filter(pk=message.pk).update(delivery="sent")
    assert listed(as_ana) == listed(as_ana, status="unsent") == []


def test_a_failed_reply_of_an_open_ticket_is_counted_once(as_ana: Client, ben: User) -> None:
    reply(make("both", status="ready"), ben, delivery="failed")
    assert listed(as_ana) == ["both"]
    counts = {view["name"]: view["count"] for view in as_ana.get(INBOX).context["views"]}
    assert (counts["Open"], counts["Reply not sent"], counts["Draft ready"]) == ("1", "1", "1")


def test_ana_searches_by_ticket_number(as_ana: Client) -> None:
    wanted = make("this one")
    make("not this one")
    assert listed(as_ana, q=f"#{wanted.pk}") == ["this one"]


def test_older_and_newer_lead_through_every_ticket_once_and_back(as_ana: Client) -> None:
    moment = timezone.now()
    for number in range(95):  # many arrive in the same second: the id decides
        ticket_stories.ticket(None, subject=f"t{number}", received_at=moment)
    first = as_ana.get(INBOX).context["page"]
    second = as_ana.get(INBOX, {"older": str(first.older)}).context["page"]
    third = as_ana.get(INBOX, {"older": str(second.older)}).context["page"]
    assert len({row.pk for page in (first, second, third) for row in page.rows}) == 95
    assert third.older is None
    back = as_ana.get(INBOX, {"newer": str(third.newer)}).context["page"]
    assert [row.pk for row in back.rows] == [row.pk for row in second.rows]
    assert as_ana.get(INBOX, {"newer": str(second.newer)}).context["page"].newer is None


@pytest.mark.parametrize(
    "cursor", ["x", "2026-13-40T00:00_1", "2026-01-01T00:00_1", "_", "' OR 1=1"]
)
def test_a_cursor_of_somebody_elses_making_shows_the_first_page(
    as_ana: Client, cursor: str
) -> None:
    make("here")
    assert paging.parse_cursor(cursor) is None
    assert listed(as_ana, older=cursor) == ["here"]


def test_a_wrong_filter_value_is_no_error(as_ana: Client) -> None:
    make("here")
    assert as_ana.get(INBOX, {"urgency": "99", "status": "??"}).status_code == 200


def test_confidence_is_shown_only_where_it_was_earned(as_ana: Client, ana: User) -> None:
    make("a", label="x", label_name="Sure", confidence=0.94, labelled_by="minilm")
    make("b", label="x", label_name="Unsure", confidence=None, labelled_by="minilm")
    own = make("c", label="y", label_name="Hers", confidence=None, labelled_by="ana")
    Correction.objects.create(ticket=own, step="classify", before="x", after="y", by=ana)
    page = as_ana.get(INBOX).content.decode()
    assert "94\N{NO-BREAK SPACE}%" in page
    assert "not calibrated" in page
    assert "by ana" in page


def test_htmx_gets_the_list_alone_and_history_the_whole_page(as_ana: Client) -> None:
    make("here")
    part = as_ana.get(INBOX, headers={"HX-Request": "true"})
    whole = as_ana.get(INBOX, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert b"<html" not in part.content
    assert b"<html" in whole.content
    assert "HX-Request" in part.headers["Vary"]


def test_an_empty_inbox_says_that_all_is_done(as_ana: Client) -> None:
    assert "All done" in as_ana.get(INBOX).content.decode()
    assert "No ticket fits" in as_ana.get(INBOX, {"q": "nothing"}).content.decode()


def test_a_long_inbox_takes_few_queries(as_ana: Client, django_assert_max_num_queries: Any) -> None:
    customer = ticket_stories.marta()
    for number in range(50):
        ticket_stories.ticket(customer, subject=f"t{number}")
    with django_assert_max_num_queries(9):
        as_ana.get(INBOX)
