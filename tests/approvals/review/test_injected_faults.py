"""Sealed checks: what is wrong with each, how its answer is sealed, and when one is planted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from approvals.errors import NothingToCopy
from approvals.models import Care, Refund, RefundRule, SealedCheck
from approvals.review import injected_faults, seeded_checks
from tests.support import ticket_stories
from tests.support.seeded_check_rows import check, real, shown
from tickets.audit import receipts
from tickets.models import Receipt

__all__ = ["check", "real"]
pytestmark = pytest.mark.django_db


def planted(fault: str, monkeypatch: pytest.MonkeyPatch) -> Refund:
    monkeypatch.setattr(
        injected_faults, "list_fitting_faults", lambda real: [injected_faults.FAULTS[fault]]
    )
    return seeded_checks.plant_check("GBP").refund


# --- each fault is there to be seen --------------------------------------------------


def test_the_amount_is_more_than_the_lines(
    real: Refund, monkeypatch: pytest.MonkeyPatch, as_sol: Client
) -> None:
    made = planted("amount", monkeypatch)
    assert made.amount > real.amount
    assert made.arithmetic[0] == real.arithmetic[0]
    assert "£31.50" in shown(as_sol, made)


def test_the_terms_had_ended(real: Refund, monkeypatch: pytest.MonkeyPatch, as_sol: Client) -> None:
    made = planted("clause", monkeypatch)
    assert made.order.placed_at is not None
    assert made.citations[0]["until"] < made.order.placed_at.date().isoformat()


def test_the_order_is_of_another_customer(
    real: Refund, monkeypatch: pytest.MonkeyPatch, as_sol: Client
) -> None:
    made = planted("owner", monkeypatch)
    assert str(made.order.customer) != str(made.ticket.customer)
    page = shown(as_sol, made)
    assert str(made.order.customer) in page
    assert str(made.ticket.customer) in page


def test_the_item_was_final_sale(
    real: Refund, monkeypatch: pytest.MonkeyPatch, as_sol: Client
) -> None:
    made = planted("final sale", monkeypatch)
    assert made.order.lines.filter(final_sale=True).exists()
    assert "final sale" in shown(as_sol, made)


def test_the_money_had_gone_back(
    real: Refund, monkeypatch: pytest.MonkeyPatch, as_sol: Client
) -> None:
    made = planted("paid", monkeypatch)
    assert made.order.compute_refunded_total() == made.amount
    assert "Given back" in shown(as_sol, made)


def rule(**values: Any) -> RefundRule:
    return RefundRule.objects.create(
        name="Damaged within 30 days",
        clause="damaged.refund",
        effective_from="2020-01-01",
        **values,
    )


def test_the_photo_is_missing_where_the_rule_asks_for_one(real: Refund) -> None:
    rule(evidence="photo")
    assert [fault.key for fault in injected_faults.list_fitting_faults(real)] == ["photo"]
    made = seeded_checks.plant_check("GBP").refund
    assert not made.ticket.messages.get().attachments.exists()


def test_what_a_rule_covers_is_no_fault(real: Refund) -> None:
    rule(covers_final_sale=True)
    assert "final sale" not in [fault.key for fault in injected_faults.list_fitting_faults(real)]
    assert "photo" not in [fault.key for fault in injected_faults.list_fitting_faults(real)]


def test_a_fault_that_the_database_would_refuse_is_not_chosen(real: Refund) -> None:
    real.amount = Decimal("60.00")
    keys = [fault.key for fault in injected_faults.list_fitting_faults(real)]
    assert "paid" not in keys
    assert "amount" not in keys


# --- the answer is fixed before ------------------------------------------------------


def test_the_seal_is_in_a_receipt_before_anybody_decides(check: SealedCheck) -> None:
    receipt = Receipt.objects.get(step="seal")
    assert receipt.output == {"refund": check.refund_id, "seal": seeded_checks.compute_seal(check)}
    assert list(receipts.verify_chain()) == []


@pytest.mark.parametrize(
    "change",
    [{"fault": "photo"}, {"right_verdict": "approve"}, {"salt": "x"}, {"seal": "x"}],
)
def test_nobody_chooses_the_answer_afterwards(check: SealedCheck, change: dict[str, str]) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        SealedCheck.objects.update(**change)
    assert Receipt.objects.get(step="seal").output["seal"] == seeded_checks.compute_seal(check)


def test_supervisors_cannot_read_the_receipt_of_the_seal(
    as_sol: Client, check: SealedCheck
) -> None:
    for receipt in Receipt.objects.filter(ticket=check.refund.ticket):
        expected = 403 if receipt.step == "seal" else 200
        assert as_sol.get(receipt.get_absolute_url()).status_code == expected
        as_json = reverse("tickets:receipt_json", args=[receipt.pk])
        assert as_sol.get(as_json).status_code == expected


# --- when they are planted -----------------------------------------------------------


def several(real: Refund, many: int) -> None:
    for number in range(many):
        ticket_stories.refund_of(
            ticket_stories.ticket(real.ticket.customer), amount=f"1.{number:02}"
        )


def test_by_default_none_is_planted(real: Refund) -> None:
    several(real, 6)
    seeded_checks.plant_due_checks()
    Care.objects.create()
    seeded_checks.plant_due_checks()
    assert not SealedCheck.objects.exists()


def test_the_sweep_plants_the_share_that_admins_chose(
    real: Refund, monkeypatch: pytest.MonkeyPatch
) -> None:
    Care.objects.create(sealed_share=0.1)
    several(real, 6)
    monkeypatch.setattr(
        seeded_checks, "_compute_sample_point", lambda pk: 0.05 if pk == real.pk else 0.5
    )
    seeded_checks.plant_due_checks()
    seeded_checks.plant_due_checks()
    assert SealedCheck.objects.get().after == real


def test_among_few_requests_none_is_planted(real: Refund, monkeypatch: pytest.MonkeyPatch) -> None:
    Care.objects.create(sealed_share=0.2)
    monkeypatch.setattr(seeded_checks, "_compute_sample_point", lambda pk: 0.0)
    several(real, seeded_checks.MIN_WAITING_REQUESTS - 2)
    seeded_checks.plant_due_checks()
    assert not SealedCheck.objects.exists()


def test_without_a_real_one_to_copy_it_says_so(sol: User) -> None:
    with pytest.raises(NothingToCopy):
        seeded_checks.plant_check("GBP")


def test_ada_plants_one_by_hand(as_ada: Client, real: Refund, ada: User) -> None:
    Care.objects.create()
    as_ada.post(reverse("approvals:plant"), {"currency": "GBP"})
    assert SealedCheck.objects.get().planted_by == ada


@pytest.mark.parametrize("currency", ["EUR", ""])
def test_ada_is_told_why_none_was_planted(as_ada: Client, real: Refund, currency: str) -> None:
    Care.objects.create(currency="EUR")
    answer = as_ada.post(reverse("approvals:plant"), {"currency": currency}, follow=True)
    assert "say-error" in answer.content.decode() or "copied yet" in answer.content.decode()
    assert not SealedCheck.objects.exists()
