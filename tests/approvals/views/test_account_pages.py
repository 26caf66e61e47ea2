"""The accounts page: what ada changed is seen, and sam vouches with a reason."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from approvals import account_hands
from tests.support.account_acts import put_into, set_password
from tests.support.decision_form import page
from tests.support.refund_decisions import refund

pytestmark = pytest.mark.django_db
URL = "/approvals/accounts/"


@pytest.fixture
def as_sam(client: Client, sam: User) -> Client:
    client.force_login(sam)
    return client


def test_everybody_who_decides_sees_what_ada_changed(as_sam: Client, sol: User, ada: User) -> None:
    put_into(sol, "finance", ada)
    for address in ("/approvals/", "/approvals/how-we-decide/"):
        assert "account of <strong>sol</strong> was changed" in " ".join(
            as_sam.get(address).content.decode().split()
        )
    shown = as_sam.get(URL).content.decode()
    assert "ada added the group “finance”" in shown
    assert "new task" in shown


def test_changes_are_told_in_words(as_sam: Client, ana: User) -> None:
    User.objects.filter(pk=ana.pk).update(is_active=False, email="ana@shop.example")
    shown = as_sam.get(URL).content.decode()
    assert "may sign in: yes → no" in shown
    assert "→ ana@shop.example" in shown
    assert "new: agents" in shown


def test_sam_vouches_with_a_reason(as_sam: Client, sol: User, ada: User) -> None:
    put_into(sol, "finance", ada)
    confirm = reverse("approvals:confirm_account", args=[sol.pk])
    newest = account_hands.get_newest_change_id(sol)
    assert as_sam.post(confirm, {"why": "", "covers": newest}).status_code == 422
    assert account_hands.explain_open_changes(sol)
    as_sam.post(confirm, {"why": "She sits beside me.", "covers": newest})
    assert not account_hands.explain_open_changes(sol)
    assert "She sits beside me." in as_sam.get(URL).content.decode()


def test_what_was_typed_stays_where_it_changed_meanwhile(
    as_sam: Client, sol: User, ada: User
) -> None:
    put_into(sol, "finance", ada)
    confirm = reverse("approvals:confirm_account", args=[sol.pk])
    answer = as_sam.post(confirm, {"why": "She sits beside me.", "covers": 0})
    assert answer.status_code == 422
    assert "She sits beside me." in answer.content.decode()
    assert "changed again meanwhile" in answer.content.decode()


def test_sol_reads_on_the_refund_why_they_cannot_decide(
    client: Client, sol: User, ada: User
) -> None:
    asked = refund()
    set_password(sol, ada)
    client.force_login(sol)
    assert "ada set the password on this account" in page(client, asked)
