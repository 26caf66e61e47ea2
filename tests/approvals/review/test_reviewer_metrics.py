"""The page for the head of support: counts of each person, with how far they can be trusted."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from approvals import services
from approvals.models import Look, Refund
from approvals.review import reviewer_metrics
from tests.support import ticket_stories
from tickets.models import Customer

PAGE = reverse("approvals:how_we_decide")


@pytest.fixture
def customer(db: None) -> Customer:
    return ticket_stories.marta()


def decided(
    customer: Customer,
    by: User,
    verdict: str = "approve",
    amount: str = "1.00",
    seconds: int | None = None,
    opened: int = 0,
    first: tuple[str, str | None] | None = None,
) -> Refund:
    """One decision after a look of so many seconds, with what was said first, if anything."""
    ticket = ticket_stories.ticket(customer)
    refund = ticket_stories.refund_of(ticket, amount=amount)
    print_ = services.compute_fingerprint(refund)
    earlier = timezone.now() - timedelta(hours=1)
    if seconds is not None or first:
        Look.objects.create(
            refund=refund,
            by=by,
            fingerprint=print_,
            at=earlier,
            visible_ms=(seconds or 0) * 1000,
            measured_at=earlier if seconds is not None else None,
            opened=list(range(opened)),
            **(
                {
                    "blind": True,
                    "first_verdict": first[0],
                    "first_amount": first[1],
                    "first_at": earlier,
                }
                if first
                else {}
            ),
        )
    services.decide_refund(refund.pk, by=by, verdict=verdict, reason="x", seen=print_)
    return refund


def row(person: User) -> reviewer_metrics.ReviewerRow:
    return reviewer_metrics.build_reviewer_rows(30, person)[0]


@pytest.mark.parametrize(
    ("length", "hits", "of"), [(1, 2, 5), (2, 3, 6), (3, 4, 7), (4, 4, 6), (2, 2, 2)]
)
def test_the_chance_of_a_row_is_that_of_all_orders(length: int, hits: int, of: int) -> None:
    orders = set(permutations([True] * hits + [False] * (of - hits)))
    long = sum(reviewer_metrics.compute_longest_run(order) >= length for order in orders)
    assert reviewer_metrics.compute_run_probability(length, hits, of) == pytest.approx(
        long / len(orders)
    )


def test_the_longest_row_is_of_approvals_only() -> None:
    assert reviewer_metrics.compute_longest_run([False, False, False, True, True, False, True]) == 2
    assert reviewer_metrics.compute_longest_run([]) == 0


def test_approvals_are_counted_with_their_interval(customer: Customer, sol: User) -> None:
    for verdict in ("approve", "approve", "reject", "approve", "return", "approve"):
        decided(customer, sol, verdict)
    found = row(sol)
    assert (found.approved.count, found.approved.of) == (4, 6)
    assert (round(found.approved.low, 2), round(found.approved.high, 2)) == (0.30, 0.90)
    assert (found.streak.length, found.streak.of) == (2, 6)


def test_a_row_of_nothing_but_approvals_has_no_chance(customer: Customer, sol: User) -> None:
    for _ in range(3):
        decided(customer, sol)
    assert row(sol).streak == reviewer_metrics.Streak(3, 3, None)


def test_times_are_told_by_amount_from_five_on(customer: Customer, sol: User) -> None:
    for seconds in (10, 20, 30, 40, 50):
        decided(customer, sol, seconds=seconds)
    decided(customer, sol)
    decided(customer, sol, "reject", amount="30.00", seconds=70)
    small, large = row(sol).sights
    assert (small.quartiles, small.measured, small.decided) == ((20, 30, 40), 5, 6)
    assert (str(large.since), str(large.until), large.quartiles) == ("25", "100", None)


def test_what_happened_after_the_decision_is_not_counted(customer: Customer, sol: User) -> None:
    refund = decided(customer, sol, seconds=10)
    later = timezone.now() + timedelta(seconds=5)
    Look.objects.create(
        refund=refund, by=sol, fingerprint="x", at=later, visible_ms=9_000, measured_at=later
    )
    assert (
        reviewer_metrics._load_decisions(timezone.now() - timedelta(days=1), sol)[0].seconds == 10
    )


def test_several_pages_of_one_request_are_added_up(customer: Customer, sol: User) -> None:
    refund = decided(customer, sol, seconds=10, opened=2)
    earlier = timezone.now() - timedelta(hours=2)
    Look.objects.create(
        refund=refund,
        by=sol,
        fingerprint="x",
        at=earlier,
        visible_ms=5_000,
        opened=[1, 7],
        measured_at=earlier,
    )
    seen = reviewer_metrics._load_decisions(timezone.now() - timedelta(days=1), sol)[0]
    assert (seen.seconds, seen.opened) == (15, 3)


def test_first_opinions_are_compared_with_the_decision(customer: Customer, sol: User) -> None:
    decided(customer, sol, first=("approve", "1.00"))
    decided(customer, sol, first=("approve", "0.50"))
    decided(customer, sol, first=("reject", None))
    decided(customer, sol, "reject", first=("reject", None))
    found = row(sol)
    assert (found.agreed.count, found.agreed.of) == (2, 4)
    assert (found.other_verdict, found.other_amount) == (1, 1)


def test_older_decisions_are_left_out(customer: Customer, sol: User) -> None:
    decided(customer, sol)
    assert reviewer_metrics.build_reviewer_rows(0, sol)[0].approved.of == 0


def page(client: Client, **asked: str) -> str:
    return client.get(PAGE, asked).content.decode()


def test_ada_reads_about_everybody_by_name(
    as_ada: Client, customer: Customer, sol: User, sam: User
) -> None:
    decided(customer, sol)
    shown = page(as_ada)
    assert shown.index(">sam<") < shown.index(">sol<")
    assert "It is no ranking" in shown
    assert "No decision in this time." in shown


def test_sol_reads_about_sol_alone(as_sol: Client, customer: Customer, sam: User) -> None:
    decided(customer, sam)
    shown = page(as_sol)
    assert ">sol<" in shown
    assert ">sam<" not in shown


def test_small_numbers_are_said_to_be_small(as_sol: Client, customer: Customer, sol: User) -> None:
    for _ in range(4):
        decided(customer, sol)
    assert "too few for a share" in page(as_sol)
    decided(customer, sol, seconds=8)
    shown = page(as_sol)
    assert "5 of 5, a small number" in shown
    assert "too few to say" in shown


def test_without_javascript_it_is_said_not_to_be_measured(
    as_sol: Client, customer: Customer, sol: User
) -> None:
    decided(customer, sol)
    assert page(as_sol).count("not measured") == 3  # once in the explanation


def test_people_are_told_that_checks_exist(as_sol: Client) -> None:
    assert "a few made-up requests" in page(as_sol)


def test_a_strange_period_is_the_usual_one(as_sol: Client) -> None:
    assert '<option value="90" selected>' in page(as_sol, days="-1")


def test_more_decisions_take_no_more_queries(as_ada: Client, customer: Customer, sol: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            as_ada.get(PAGE)
        return len(caught)

    decided(customer, sol, seconds=3)
    once = queries()
    for _ in range(4):
        decided(customer, sol, seconds=3)
    assert queries() == once
