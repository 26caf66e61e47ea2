"""An act on a refund reads what it rests on once: how often, and in how many queries at most."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from approvals import services
from approvals.models import Decision, Refund
from approvals.review import page_views
from tests.support import ticket_stories
from tickets.models import Message, Receipt

pytestmark = pytest.mark.django_db
MAX_DECISION_QUERIES = 58  # five of them: which charge is still whole
MAX_REQUEST_QUERIES = 57
MAX_PAGE_QUERIES = 36


@pytest.fixture
def refund(sol: User, ana: User) -> Refund:
    ticket_stories.policy()
    ticket = ticket_stories.ticket(ticket_stories.marta())
    return ticket_stories.refund_of(ticket, ticket_stories.finished(ticket), by=ana)


def prepare_decision(refund: Refund, by: User) -> Callable[[], object]:
    """The decision of a person who was shown the page, to be taken when it is called."""
    look = page_views.start_page_view(refund, by)
    return lambda: services.decide_refund(
        refund.pk, by=by, verdict="approve", reason="Seen.", seen=look.fingerprint, look=look.pk
    )


def count_queries(act: Callable[[], object]) -> tuple[int, int]:
    """How often the act read all that the refund rests on, and its queries in all.

    Each snapshot asks for the digests of the customer's files, and nothing else does.
    """
    with CaptureQueriesContext(connection) as asked:
        act()
    files = 'SELECT "tickets_attachment"."id" AS "id", "tickets_attachment"."sha256"'
    snapshots = sum(each["sql"].startswith(files) for each in asked)
    return snapshots, len(asked)


def test_a_decision_builds_one_snapshot(refund: Refund, sol: User) -> None:
    snapshots, queries = count_queries(prepare_decision(refund, sol))
    assert snapshots == 1
    assert queries <= MAX_DECISION_QUERIES


def test_the_second_of_two_approvals_builds_one_snapshot(
    refund: Refund, sol: User, sam: User
) -> None:
    sol.groups.get().approval_limits.update(two_above=40)
    prepare_decision(refund, sam)()
    snapshots, queries = count_queries(prepare_decision(refund, sol))
    assert snapshots == 1
    assert queries <= MAX_DECISION_QUERIES


def test_page_decision_and_receipt_name_the_same_fingerprint(refund: Refund, sol: User) -> None:
    prepare_decision(refund, sol)()
    decision = Decision.objects.get()
    told = Receipt.objects.get(step="approve").output["fingerprint"]
    assert decision.look is not None
    assert decision.fingerprint == decision.look.fingerprint == told
    assert told == services.compute_fingerprint(Refund.objects.get())


def test_a_request_and_its_receipt_name_the_same_fingerprint(refund: Refund) -> None:
    told = Receipt.objects.get(step="request").output["fingerprint"]
    assert refund.fingerprint == told
    assert told == services.compute_fingerprint(Refund.objects.get())


def test_asking_anew_builds_one_snapshot_of_each_request(refund: Refund, ana: User) -> None:
    proposal = services.Proposal(order=refund.order, amount=Decimal(20))
    snapshots, queries = count_queries(
        lambda: services.propose_refund(refund.ticket, proposal, run=refund.run, by=ana)
    )
    assert snapshots == 2
    assert queries <= MAX_REQUEST_QUERIES


def test_the_page_builds_one_snapshot(refund: Refund, sol: User, sam: User, client: Client) -> None:
    sol.groups.get().approval_limits.update(two_above=40)
    prepare_decision(refund, sam)()
    client.force_login(sol)
    address = refund.get_absolute_url()
    assert count_queries(lambda: client.get(address))[0] == 1
    Message.objects.create(ticket=refund.ticket, direction="in", text="And the lamp.")
    snapshots, queries = count_queries(lambda: client.get(address))  # sam's approval is divided
    assert snapshots == 1
    assert queries <= MAX_PAGE_QUERIES


def test_paying_by_hand_builds_one_before_and_one_with_the_payment(
    refund: Refund, sol: User
) -> None:
    prepare_decision(refund, sol)()
    snapshots, _ = count_queries(
        lambda: services.record_manual_payment(refund.pk, by=sol, reference="re_1")
    )
    assert snapshots == 2
    told = Receipt.objects.get(step="pay").output["fingerprint"]
    assert told == services.compute_fingerprint(Refund.objects.get()) != refund.fingerprint
