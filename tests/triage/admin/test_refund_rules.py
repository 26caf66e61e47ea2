"""Refund rules in the admin panel: ada is told what does not fit, and every change has a reason."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from approvals.models import RefundRule, RuleTier
from tests.support import shop_rows
from tests.support.ticket_stories import policy
from triage.models import Intent

pytestmark = pytest.mark.django_db
ADD = "/admin/approvals/refundrule/add/"
RULE = {
    "name": "Damaged, 30 days",
    "active": "on",
    "position": "10",
    "effective_from": "2026-01-01",
    "intents": ["damaged-item"],
    "statuses": ["delivered"],
    "categories": "",
    "remedy": "refund",
    "clause": "damaged.refund",
    "exclusion_clause": "",
    "window_days": "30",
    "counts_from": "delivery",
    "currency": "GBP",
    "fee_percent": "0",
    "fee_amount": "0",
    "covers_final_sale": "on",
    "covers_opened": "on",
    "covers_used": "on",
    "evidence": "",
    "auto_up_to": "0",
    "why": "as the policy says",
    "tiers-TOTAL_FORMS": "0",
    "tiers-INITIAL_FORMS": "0",
}


@pytest.fixture(autouse=True)
def shop() -> None:
    """One label with money in it, one without, one clause, and one order."""
    Intent.objects.create(slug="damaged-item", name="Damaged item", money=True)
    Intent.objects.create(slug="order-status", name="Order status")
    policy()
    shop_rows.order()


def tiers(*above_people: tuple[str, str]) -> dict[str, str]:
    form = {"tiers-TOTAL_FORMS": str(len(above_people)), "tiers-INITIAL_FORMS": "0"}
    for number, (above, people) in enumerate(above_people):
        form |= {f"tiers-{number}-above": above, f"tiers-{number}-people": people}
    return form


def saved(as_ada: Client, **changes: Any) -> str:
    page = as_ada.post(ADD, {**RULE, **changes}, follow=True)
    return page.content.decode()


def test_a_rule_with_its_tiers_is_kept_with_its_reason(as_ada: Client) -> None:
    saved(as_ada, **tiers(("100", "2")), categories="camp kitchen\nlamps\n\nlamps")
    rule = RefundRule.objects.get()
    assert (rule.intents, rule.statuses) == (["damaged-item"], ["delivered"])
    assert rule.categories == ["camp kitchen", "lamps"]
    assert RuleTier.objects.get().people == 2
    history = as_ada.get(f"/admin/approvals/refundrule/{rule.pk}/history/").content.decode()
    assert "as the policy says" in history
    assert "<td>ada</td>" in history


def test_a_change_without_a_reason_is_not_made(as_ada: Client) -> None:
    saved(as_ada, why="")
    assert not RefundRule.objects.exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"intents": ["no-such"]}, "no-such is not one of the available choices"),
        ({"intents": ["order-status"]}, "order-status is not one of the available choices"),
        ({"intents": []}, "This field is required"),
        ({"statuses": ["lost"]}, "lost is not one of the available choices"),
        (
            {"clause": "damaged.refnd"},
            "No policy has the clause damaged.refnd. Did you mean damaged.refund?",
        ),
        ({"exclusion_clause": "x.y"}, "No policy has the clause x.y."),
        ({"effective_to": "2025-12-31"}, "has to come after its first day"),
        ({"remedy": "none", "fee_percent": "10"}, "there is no fee to keep back"),
        ({"remedy": "replacement", "auto_up_to": "10"}, "Only money or store credit"),
        ({"evidence": "photo", "auto_up_to": "10"}, "so a person always decides"),
        ({"covers_used": "", "auto_up_to": "10"}, "so a person always decides"),
        (tiers(("100", "2"), ("200", "1")), "Above 100 it takes 2 people, so above 200"),
    ],
)
def test_what_cannot_be_meant_is_said_in_a_sentence(
    as_ada: Client, changes: dict[str, Any], sentence: str
) -> None:
    assert sentence in saved(as_ada, **changes)
    assert not RefundRule.objects.exists()


def test_a_category_no_order_ever_had_is_a_warning(as_ada: Client) -> None:
    page = saved(as_ada, categories="tents")
    assert "No order has had the category tents yet" in page
    assert RefundRule.objects.get().categories == ["tents"]


def test_final_sale_without_its_clause_is_a_warning(as_ada: Client) -> None:
    assert "a person will be asked each time" in saved(as_ada, covers_final_sale="")


def test_a_currency_nobody_may_approve_is_a_warning(as_ada: Client) -> None:
    assert "Nobody may approve amounts in EUR yet" in saved(as_ada, currency="eur")
    assert RefundRule.objects.get().currency == "EUR"


def test_a_label_that_is_gone_can_be_unticked(as_ada: Client) -> None:
    saved(as_ada)
    rule = RefundRule.objects.get()
    Intent.objects.filter(slug="damaged-item").update(active=False)
    Intent.objects.create(slug="broken", name="Broken", money=True)
    change = f"/admin/approvals/refundrule/{rule.pk}/change/"
    assert "damaged-item (not known)" in as_ada.get(change).content.decode()
    page = as_ada.post(change, RULE, follow=True).content.decode()
    assert "There is no label damaged-item any more: please untick it." in page
    as_ada.post(change, {**RULE, "intents": ["broken"]})
    rule.refresh_from_db()
    assert rule.intents == ["broken"]


def test_rules_are_not_deleted(as_ada: Client) -> None:
    saved(as_ada)
    rule = RefundRule.objects.get()
    page = as_ada.post(f"/admin/approvals/refundrule/{rule.pk}/delete/", {"post": "yes"})
    assert page.status_code in (302, 403)
    assert RefundRule.objects.exists()


def test_ana_has_no_business_there(as_ana: Client) -> None:
    answer: Any = as_ana.get(ADD)
    assert answer.status_code == 302
    assert "login" in answer.url
