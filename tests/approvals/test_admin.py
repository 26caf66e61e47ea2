"""The audit lists in the admin panel: read, searched and filtered, never written."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from approvals.models import Decision, Notice, Refund
from tests.support import ticket_stories
from tests.support.decision_form import decide


@pytest.fixture
def refund(sol: User) -> Refund:
    ticket_stories.policy()
    ticket = ticket_stories.ticket(ticket_stories.marta())
    asked = ticket_stories.refund_of(ticket, ticket_stories.finished(ticket))
    client = Client()
    client.force_login(sol)
    decide(client, asked, "reject", reason="Too late.", reason_code="outside_window")
    return asked


@pytest.mark.parametrize("name", ["refund", "decision", "execution", "notice"])
def test_ada_reads_the_list_and_cannot_add_to_it(as_ada: Client, refund: Refund, name: str) -> None:
    assert as_ada.get(f"/admin/approvals/{name}/").status_code == 200
    assert as_ada.get(f"/admin/approvals/{name}/add/").status_code == 403


def test_filters_and_search_find_a_decision(as_ada: Client, refund: Refund) -> None:
    found = as_ada.get("/admin/approvals/decision/?reason_code__exact=outside_window&q=HP-10423")
    assert found.context["cl"].result_count == 1
    none = as_ada.get("/admin/approvals/decision/?reason_code__exact=other")
    assert none.context["cl"].result_count == 0


def test_what_is_there_is_shown_and_not_changed(as_ada: Client, refund: Refund) -> None:
    rows = [("refund", refund.pk), ("decision", Decision.objects.get().pk)]
    rows.append(("notice", Notice.objects.filter(kind="arrived")[0].pk))
    for name, pk in rows:
        change = f"/admin/approvals/{name}/{pk}/change/"
        shown = as_ada.get(change)
        assert shown.status_code == 200
        assert "seeded" not in shown.content.decode().lower()
        assert as_ada.post(change, {"state": "approved"}).status_code == 403
        assert (
            as_ada.post(f"/admin/approvals/{name}/{pk}/delete/", {"post": "yes"}).status_code == 403
        )
    refund.refresh_from_db()
    assert refund.state == Refund.State.REJECTED
