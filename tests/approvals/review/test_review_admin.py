"""The care of approvals is a knob: changed with a reason, one row a currency."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from approvals.models import ApprovalLimit, Care

pytestmark = pytest.mark.django_db
VALUES = {
    "currency": "GBP",
    "blind_above": "250",
    "blind_share": "0.2",
    "escalate_hours": "12",
    "sealed_share": "0.05",
}


def change(client: Client, care: Care, **values: str) -> str:
    url = reverse("admin:approvals_care_change", args=[care.pk])
    return client.post(url, {**VALUES, **values}, follow=True).content.decode()


def test_ada_changes_it_with_a_reason_that_is_kept(as_ada: Client, ada: User) -> None:
    care = Care.objects.create()
    change(as_ada, care, why="More money is at stake.")
    care.refresh_from_db()
    assert (str(care.blind_above), care.blind_share, care.escalate_hours) == ("250.00", 0.2, 12)
    history = as_ada.get(reverse("admin:approvals_care_history", args=[care.pk]))
    assert "More money is at stake." in history.content.decode()


@pytest.mark.parametrize(
    "wrong", [{"why": ""}, {"blind_share": "1.5"}, {"sealed_share": "0.5"}, {"blind_share": "-1"}]
)
def test_what_cannot_be_is_refused_and_nothing_changes(
    as_ada: Client, wrong: dict[str, str]
) -> None:
    care = Care.objects.create()
    assert "correct the error" in change(as_ada, care, **{"why": "x", **wrong})
    care.refresh_from_db()
    assert care.blind_share == 0.1


def test_the_first_limit_of_a_currency_brings_its_care(as_ada: Client, sol: User) -> None:
    group = Group.objects.get(name="supervisors")
    values = {"group": str(group.pk), "currency": "EUR", "up_to": "9", "two_above": "9", "why": "x"}
    as_ada.post(reverse("admin:approvals_approvallimit_add"), values)
    assert ApprovalLimit.objects.filter(currency="EUR").exists()
    assert Care.objects.get(currency="EUR").blind_share == 0.1
    assert not Care.objects.filter(currency="GBP").exists()
