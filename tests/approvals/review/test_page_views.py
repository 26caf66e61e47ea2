"""How long an approver had the page in sight, and which receipts they opened."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from approvals import services
from approvals.errors import Stale
from approvals.models import Look, Refund
from approvals.review import page_views
from tests.support import ticket_stories
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def refund(sol: User) -> Refund:
    ticket_stories.policy()
    ticket = ticket_stories.ticket(ticket_stories.marta())
    return ticket_stories.refund_of(ticket, ticket_stories.finished(ticket))


def long_ago(look: Look, seconds: int = 60) -> Look:
    """The page was opened ``seconds`` before now."""
    earlier = timezone.now() - timedelta(seconds=seconds)
    return Look.objects.create(
        refund=look.refund, by=look.by, shown=look.shown, fingerprint=look.fingerprint, at=earlier
    )


def tell(client: Client, look: Look, visible_ms: object = 4_000, opened: str = "") -> int:
    data = {"visible_ms": str(visible_ms), "opened": opened}
    return client.post(reverse("approvals:look", args=[look.pk]), data).status_code


def receipts_of(refund: Refund) -> list[int]:
    assert refund.run is not None
    return list(refund.run.receipts.values_list("pk", flat=True))


def test_opening_the_page_keeps_what_was_shown(as_sol: Client, refund: Refund, sol: User) -> None:
    as_sol.get(refund.get_absolute_url())
    look = Look.objects.get()
    assert (look.by, look.refund, look.measured_at) == (sol, refund, None)
    assert look.fingerprint == services.compute_fingerprint(refund)
    assert look.shown["amount"] == "42.00"


def test_who_may_not_decide_leaves_no_look(as_ana: Client, refund: Refund) -> None:
    assert as_ana.get(refund.get_absolute_url()).status_code == 200
    assert not Look.objects.exists()


def test_the_decision_rests_on_the_page(as_sol: Client, refund: Refund) -> None:
    shown = as_sol.get(refund.get_absolute_url()).context
    look = shown["look"]
    data = {"verdict": "approve", "reason": "Right.", "seen": look.fingerprint, "look": look.pk}
    as_sol.post(reverse("approvals:decide", args=[refund.pk]), data)
    assert refund.decisions.get().look == look


def test_a_page_of_somebody_else_decides_nothing(refund: Refund, sol: User, sam: User) -> None:
    look = page_views.start_page_view(refund, sam)
    seen = services.compute_fingerprint(refund)
    with pytest.raises(Stale):
        services.decide_refund(
            refund.pk, by=sol, verdict="approve", reason="x", seen=seen, look=look.pk
        )
    assert not refund.decisions.exists()


@pytest.mark.parametrize("change", [{"by": "sam"}, {"blind": True}, {"fingerprint": "0" * 64}])
def test_the_database_refuses_another_page(
    refund: Refund, sol: User, sam: User, change: dict[str, object]
) -> None:
    values = {"by": sol, "fingerprint": services.compute_fingerprint(refund), **change}
    values["by"] = sam if values["by"] == "sam" else sol
    look = Look.objects.create(refund=refund, **values)
    with pytest.raises(IntegrityError, match="another page"), transaction.atomic():
        refund.decisions.create(
            by=sol,
            look=look,
            verdict="approve",
            reason="x",
            fingerprint=services.compute_fingerprint(refund),
            amount=refund.amount,
            limit_then=500,
        )


def test_time_in_sight_grows(as_sol: Client, refund: Refund, sol: User) -> None:
    look = long_ago(page_views.start_page_view(refund, sol))
    assert tell(as_sol, look, 9_000) == 204
    assert tell(as_sol, look, 4_000) == 204
    look.refresh_from_db()
    assert (look.visible_ms, look.measured_at is not None) == (9_000, True)


def test_no_browser_can_claim_more_time_than_passed(refund: Refund, sol: User) -> None:
    look = long_ago(page_views.start_page_view(refund, sol), seconds=5)
    told = page_views.update_page_view(look.pk, sol, 80_000_000, [])
    passed = (timezone.now() - look.at) / timedelta(milliseconds=1)
    assert 5_000 <= told.visible_ms <= passed


def test_the_time_after_the_decision_does_not_count(refund: Refund, sol: User) -> None:
    look = long_ago(page_views.start_page_view(refund, sol), seconds=30)
    seen = services.compute_fingerprint(refund)
    services.decide_refund(
        refund.pk, by=sol, verdict="approve", reason="x", seen=seen, look=look.pk
    )
    decision = refund.decisions.get()
    told = page_views.update_page_view(look.pk, sol, 80_000_000, [])
    assert told.visible_ms == int((decision.at - look.at) / timedelta(milliseconds=1))


def test_receipts_of_this_request_are_counted_and_no_others(
    as_sol: Client, refund: Refund, sol: User
) -> None:
    look = page_views.start_page_view(refund, sol)
    other = ticket_stories.ticket(None)
    strange = receipts_of_other(other)
    first, second, *_ = receipts_of(refund)
    assert tell(as_sol, look, 0, f"{second},{strange}") == 204
    assert tell(as_sol, look, 0, f"{first}") == 204
    look.refresh_from_db()
    assert look.opened == sorted([first, second])


def receipts_of_other(ticket: Ticket) -> int:
    receipt = ticket_stories.finished(ticket).receipts.first()
    assert receipt is not None
    return receipt.pk


@pytest.mark.parametrize(
    ("visible_ms", "opened"), [("-1", ""), ("many", ""), ("1", "a,b"), ("", ""), ("1", "1,,2")]
)
def test_nonsense_is_refused(
    as_sol: Client, refund: Refund, sol: User, visible_ms: str, opened: str
) -> None:
    look = page_views.start_page_view(refund, sol)
    assert tell(as_sol, look, visible_ms, opened) == 422
    look.refresh_from_db()
    assert look.measured_at is None


def test_sol_cannot_tell_of_sams_page(as_sol: Client, refund: Refund, sam: User) -> None:
    look = page_views.start_page_view(refund, sam)
    assert tell(as_sol, look) == 404
    with pytest.raises(Http404):
        page_views.update_page_view(look.pk, User.objects.get(username="sol"), 1, [])


@pytest.mark.parametrize("change", ["visible_ms = 1", "opened = '[]'", "measured_at = NULL"])
def test_the_database_lets_what_was_measured_only_grow(
    refund: Refund, sol: User, change: str
) -> None:
    from django.db import connection

    look = long_ago(page_views.start_page_view(refund, sol))
    page_views.update_page_view(look.pk, sol, 9_000, receipts_of(refund)[:1])
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE approvals_look SET {change} WHERE id = %s", [look.pk])
