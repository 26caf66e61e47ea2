"""Ada sees which tickets teach most when somebody labels them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.support import shop_rows
from tests.support.run_rows import receipt, run_of
from tickets.models import Ticket
from triage.learning.telling_tickets import MAX_SHOWN, list_telling_tickets
from triage.models import Classifier, Intent

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(ada: User) -> Classifier:
    for slug in ("returns", "damage", "late"):
        Intent.objects.create(slug=slug, name=slug.capitalize())
    known = [("returns", True), ("damage", None), ("late", True)]
    return Classifier.objects.create(
        weights=b"",
        sha256="c" * 64,
        labels=["returns", "damage", "late"],
        promise={"per_label": [{"label": label, "kept": kept} for label, kept in known]},
        encoder_sha256="e" * 64,
        active=True,
        created_by=ada,
    )


def doubted(subject: str, between: str, sure: float, other: float, **values: Any) -> Ticket:
    """A ticket that lies between a label and late delivery."""
    output = {
        "suggestion": between,
        "suggestion_confidence": sure,
        "runner_up": "late",
        "runner_up_confidence": other,
        "outcome": "unsure",
        "promise": {"version": values.pop("of", None) or Classifier.objects.get().pk},
    }
    ticket = shop_rows.ticket("Hello", subject=subject, **values)
    receipt(run_of(ticket), "classify", label="", status="abstained", output=output)
    return ticket


def subjects(version: Classifier) -> list[str]:
    return [one.ticket.subject for one in list_telling_tickets(version)]


def test_the_least_decided_come_first_and_thin_labels_before_all(version: Classifier) -> None:
    doubted("clear", "returns", 0.8, 0.1)
    doubted("undecided", "returns", 0.45, 0.44)
    doubted("thin", "damage", 0.7, 0.2)
    assert subjects(version) == ["thin", "undecided", "clear"]


def test_what_is_labelled_or_closed_teaches_nothing_any_more(version: Classifier) -> None:
    doubted("labelled", "returns", 0.5, 0.4, label="returns")
    doubted("closed", "returns", 0.5, 0.4, status=Ticket.Status.CLOSED)
    assert subjects(version) == []


def test_what_a_person_called_none_of_ours_is_not_asked_about_again(
    version: Classifier, ana: User
) -> None:
    ticket = doubted("spoken of", "returns", 0.5, 0.4)
    ticket.corrections.create(step="classify", before="", after="", by=ana)
    assert subjects(version) == []


def test_what_another_version_suggested_says_nothing_of_this_one(version: Classifier) -> None:
    doubted("of before", "returns", 0.5, 0.4, of=version.pk + 1)
    assert subjects(version) == []


def test_there_are_ten_at_most_and_none_without_a_version(version: Classifier) -> None:
    for number in range(12):
        doubted(f"ticket {number}", "returns", 0.5, 0.4)
    assert len(list_telling_tickets(version)) == MAX_SHOWN == 10
    assert list_telling_tickets(None) == []


def test_ada_goes_from_the_learning_page_to_the_ticket(version: Classifier, as_ada: Client) -> None:
    ticket = doubted("Torn sleeve", "damage", 0.5, 0.4)
    page = " ".join(as_ada.get("/machine/learning/").content.decode().split())
    assert f'<a href="{ticket.get_absolute_url()}">Torn sleeve</a>' in page
    assert "Damage or Late" in page


def test_without_any_the_page_speaks_of_none(version: Classifier, as_ada: Client) -> None:
    assert "Label these next" not in as_ada.get("/machine/learning/").content.decode()
