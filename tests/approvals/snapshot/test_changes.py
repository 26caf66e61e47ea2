"""What a decision rests on, by name: whatever changes on the page can be told in a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals import services
from approvals.models import ApprovalLimit, Refund, RefundRule
from approvals.snapshot import build, changes
from tests.conftest import join
from tests.support import ticket_stories
from tickets.models import Attachment, Draft, Message

pytestmark = pytest.mark.django_db
RULE = "Damaged within 30 days"


@pytest.fixture
def refund(db: None) -> Refund:
    join("sol")
    rule = RefundRule.objects.create(
        name=RULE, clause="damaged.refund", effective_from=date(2024, 1, 1), window_days=30
    )
    rule.tiers.create(above=400, people=2)
    ticket_stories.policy()
    ticket = ticket_stories.ticket(ticket_stories.marta())
    return ticket_stories.refund_of(ticket, ticket_stories.finished(ticket))


def order_of(refund: Refund, **values: Any) -> None:
    type(refund.order).objects.filter(pk=refund.order_id).update(**values)


def message_of(refund: Refund) -> Message:
    return refund.ticket.messages.get(direction="in")


CHANGES: dict[str, tuple[Callable[[Refund], Any], str]] = {
    "paid": (
        lambda refund: refund.order.payments.update(amount="40.00"),
        "The amount paid changed from 61.00 to 40.00.",
    ),
    "given back": (
        lambda refund: refund.order.payments.create(kind="refund", amount="5.00"),
        "The amount given back already changed from 0.00 to 5.00.",
    ),
    "status": (
        lambda refund: order_of(refund, status="returned"),
        "The order was “delivered” and is “returned” now.",
    ),
    "delivered": (
        lambda refund: order_of(refund, delivered_at=ticket_stories.at("2026-11-10")),
        "The day of delivery changed from 9 Nov 2026 to 10 Nov 2026.",
    ),
    "undelivered": (
        lambda refund: order_of(refund, delivered_at=None),
        "The day of delivery changed from 9 Nov 2026 to none.",
    ),
    "price": (
        lambda refund: refund.order.lines.filter(sku="LMP-1").update(unit_price="30.00"),
        "The price of “Walnut table lamp” changed from 42.00 to 30.00.",
    ),
    "final sale": (
        lambda refund: refund.order.lines.filter(sku="LMP-1").update(final_sale=True),
        "The line “Walnut table lamp” was changed.",
    ),
    "tax": (
        lambda refund: refund.order.lines.filter(sku="LMP-1").update(tax="2.00"),
        "The line “Walnut table lamp” was changed.",
    ),
    "line gone": (
        lambda refund: refund.order.lines.filter(sku="LMP-1").delete(),
        "“Walnut table lamp” is no longer on the order.",
    ),
    "line new": (
        lambda refund: refund.order.lines.create(name="Vase", unit_price=1),
        "“Vase” was added to the order.",
    ),
    "wrote again": (
        lambda refund: refund.ticket.messages.create(direction="in", text="Never mind."),
        "The customer wrote again.",
    ),
    "file": (
        lambda refund: Attachment.objects.create(
            message=message_of(refund),
            name="a.jpg",
            content_type="image/jpeg",
            size=1,
            sha256="1" * 64,
            content=b"x",
        ),
        "The customer sent another file.",
    ),
    "reply": (
        lambda refund: Draft.objects.update(edited_body="Dear Marta, no."),
        "The reply that goes with it was changed.",
    ),
    "step": (
        lambda refund: ticket_stories.receipt(refund.ticket.runs.get(), "decide", attempt=2),
        "A step was taken again.",
    ),
    "rule": (
        lambda refund: RefundRule.objects.update(window_days=14),
        f"The rule “{RULE}” was edited.",
    ),
    "tier": (
        lambda refund: RefundRule.objects.get().tiers.update(above=300),
        f"The rule “{RULE}” was edited.",
    ),
    "rule off": (
        lambda refund: RefundRule.objects.update(active=False),
        f"The rule “{RULE}” was switched off.",
    ),
    "rule gone": (
        lambda refund: RefundRule.objects.update(name="Another"),
        f"The rule “{RULE}” is there no more.",
    ),
    "two people": (
        lambda refund: ApprovalLimit.objects.update(two_above=40),
        "It took 1 to approve it and takes 2 now.",
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_of_what_was_shown_is_told_in_a_sentence(refund: Refund, what: str) -> None:
    change, said = CHANGES[what]
    before, digest = build.build_snapshot(refund).values, services.compute_fingerprint(refund)
    change(refund)
    fresh = Refund.objects.get(pk=refund.pk)
    assert said in build.build_snapshot(fresh).list_changes_since(before)
    assert services.compute_fingerprint(fresh) != digest


def test_where_nothing_changed_nothing_is_said(refund: Refund) -> None:
    before = json.loads(json.dumps(build.build_snapshot(refund).values))
    fresh = Refund.objects.get(pk=refund.pk)
    assert build.build_snapshot(fresh).list_changes_since(before) == []
    assert (
        services.compute_fingerprint(fresh) == build.Snapshot(before).digest == refund.fingerprint
    )


def test_handing_over_notes_and_receipts_of_people_change_nothing(refund: Refund) -> None:
    digest = services.compute_fingerprint(refund)
    sam = join("sam")
    services.reassign_refund(refund.pk, by=join("sol"), to=sam, why="Yours.")
    refund.ticket.messages.create(direction="note", author=sam, text="Mind the lamp.")
    assert services.compute_fingerprint(Refund.objects.get(pk=refund.pk)) == digest


def test_what_a_machine_wrote_changes_nothing(refund: Refund) -> None:
    digest = services.compute_fingerprint(refund)
    away = refund.ticket.messages.create(direction="in", text="I am away.", automatic=True)
    Attachment.objects.create(
        message=away, name="a.ics", content_type="text/calendar", size=1, sha256="2" * 64
    )
    assert services.compute_fingerprint(Refund.objects.get(pk=refund.pk)) == digest


def test_no_words_of_the_customer_are_kept_in_it(refund: Refund) -> None:
    assert "cracked shade" in message_of(refund).text
    assert "cracked shade" not in str(build.build_snapshot(refund).values)


def test_its_own_payment_does_not_count(refund: Refund) -> None:
    before = services.compute_fingerprint(refund)
    refund.order.payments.create(kind="refund", amount=Decimal("42.00"), reference="re_1")
    assert services.compute_fingerprint(refund) != before
    assert services.compute_fingerprint(refund, paid_as="re_1") == before


VALUES = st.one_of(st.none(), st.text(max_size=4), st.lists(st.text(max_size=3), max_size=2))
PARTS = st.dictionaries(st.sampled_from([*changes.REQUEST_CHANGES, "amount", "new part"]), VALUES)


@given(PARTS, PARTS)
def test_it_is_silent_only_where_the_two_are_equal(
    before: dict[str, Any], now: dict[str, Any]
) -> None:
    same = all(before.get(part) == now.get(part) for part in {*before, *now})
    assert (list(changes.diff_snapshots(before, now)) == []) is same
