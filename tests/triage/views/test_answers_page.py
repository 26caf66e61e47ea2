"""Ada sees what nobody's text answers, and how drafts that were ready left."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.support import ticket_stories
from tests.support.ticket_stories import receipt, run_of
from tickets.models import Draft, Message, Ticket
from triage.learning.answer_report import (
    compute_changed_share,
    find_gap_groups,
    measure_readiness,
)

pytestmark = pytest.mark.django_db
PAGE = reverse("triage:answers")
SINCE = timedelta(days=1)


def asked(*words: str, blocker: str | None = "knowledge", label: str = "Product") -> Ticket:
    """A ticket that asks these, none of them answered."""
    ticket = ticket_stories.ticket(None, label_name=label)
    items = [{"words": each, "blocker": blocker, "source": ""} for each in words]
    receipt(run_of(ticket), "answer", output={"items": items})
    return ticket


def answer(ticket: Ticket, by: User, draft: str, sent: str) -> None:
    message = Message.objects.create(ticket=ticket, direction="out", author=by, text=sent)
    Draft.objects.create(
        ticket=ticket, run=ticket.runs.get(), composed_by="focal", body=draft, message=message
    )


def page(client: Client) -> str:
    return str(client.get(PAGE).content.decode())


def test_questions_alike_are_one_group_and_the_largest_comes_first(ana: User) -> None:
    asked("Are the slippers vegan?")
    asked("Is there a car park?")
    last = asked("Is the glue of the slippers vegan?")
    answer(last, ana, "", "It is, glue and all.")
    first, second = find_gap_groups(timezone.now() - SINCE)
    assert [gap.words for gap in first.gaps] == [
        "Is the glue of the slippers vegan?",
        "Are the slippers vegan?",
    ]
    assert (first.replies, len(second.gaps)) == (("It is, glue and all.",), 1)


@pytest.mark.parametrize("blocker", [None, "customer", "conflict"])
def test_what_is_answered_or_somebody_elses_turn_is_no_gap(blocker: Any) -> None:
    asked("Is it vegan?", blocker=blocker)
    assert find_gap_groups(timezone.now() - SINCE) == []


def test_only_the_newest_reading_of_a_ticket_counts() -> None:
    ticket = asked("Is it vegan?")
    receipt(run_of(ticket), "answer", output={"items": []})
    assert find_gap_groups(timezone.now() - SINCE) == []


@pytest.mark.parametrize(
    ("before", "after", "share"),
    [("a b c d", "a b c d", 0), ("a b c d", "a b c e", 0.25), ("a b", "a b c d", 0.5), ("", "", 1)],
)
def test_words_taken_out_and_put_in_count(before: str, after: str, share: float) -> None:
    assert compute_changed_share(before, after) == share


def test_how_ready_drafts_left_is_told_by_label(ana: User) -> None:
    words = "one two three four five six seven eight nine ten"
    answer(asked("Where?", blocker=None), ana, words, words)
    answer(asked("When?", blocker=None), ana, words, "Something else entirely.")
    answer(asked("Why?"), ana, "Hello [Please answer: “Why?”]", "Because.")
    overall, product = measure_readiness(timezone.now() - SINCE)
    assert (overall.ready, overall.findings, product.label) == (2, 1, "Product")
    assert (product.nearly_unchanged.count, product.nearly_unchanged.of) == (1, 2)


def test_ada_makes_a_saved_reply_of_what_was_answered(as_ada: Client, ana: User) -> None:
    assert "None: every question had an answer" in page(as_ada)
    answer(asked("Is the glue vegan <b>?"), ana, "", "It is, glue and all.")
    shown = page(as_ada)
    assert "Is the glue vegan &lt;b&gt;?" in shown
    link = shown.split('<a href="/admin/triage/savedreply/add/')[1].split('"')[0]
    form = as_ada.get(f"/admin/triage/savedreply/add/{link.replace('&amp;', '&')}")
    written = form.content.decode()
    assert "It is, glue and all.</textarea>" in written
    assert "Is the glue vegan &lt;b&gt;?</textarea>" in written


def test_gaps_that_people_filled_and_what_stood_in_the_way_are_told(
    as_ada: Client, ana: User
) -> None:
    answer(asked("Why?", "How?"), ana, "Hello [Please answer: “Why?”]", "Because.")
    asked("When?", blocker="person")
    (overall, *_) = measure_readiness(timezone.now() - SINCE)
    assert overall.gaps_filled == 1
    assert overall.blockers == (
        ("no text of ours says it", 2),
        ("a person has to do or judge it", 1),
    )
    assert "2 × no text of ours says it" in page(as_ada)
