"""Who changed an account could act in its name: it decides on nothing until a colleague vouches."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from approvals import account_hands, review_queue, separation_of_duties
from approvals.errors import Incomplete, OwnWork
from approvals.models import AccountConfirmation
from tests.conftest import join
from tests.support.account_acts import confirm, put_into, set_password
from tests.support.refund_decisions import decide, refund
from tickets.access import SUPERVISORS
from tickets.models import Receipt

pytestmark = pytest.mark.django_db


def test_ada_cannot_approve_as_sol_by_a_password(ana: User, sol: User, ada: User) -> None:
    asked = refund(by=ana)
    set_password(sol, ada)
    with pytest.raises(OwnWork, match="ada set the password on this account"):
        decide(asked, sol)
    assert sol not in separation_of_duties.list_eligible_approvers(asked)
    assert not review_queue.list_waiting_ids(sol)


def test_nor_by_making_herself_or_a_friend_a_supervisor(ana: User, ada: User, sol: User) -> None:
    asked = refund()
    for account in (ada, join("ben")):
        put_into(account, SUPERVISORS, ada)
        with pytest.raises(OwnWork, match="ada added the group “supervisors”"):
            decide(asked, account)


def test_nor_by_a_new_password_that_sol_may_have_chosen(sol: User, ada: User) -> None:
    set_password(sol, ada)
    set_password(sol, sol)
    with pytest.raises(OwnWork):
        decide(refund(), sol)


def test_once_sam_vouches_sol_decides_and_the_receipt_says_so(
    ana: User, sol: User, sam: User, ada: User
) -> None:
    asked = refund(by=ana)
    set_password(sol, ada)
    set_password(sol, sol)
    confirm(sol, sam)
    decide(asked, sol)
    notes = Receipt.objects.filter(step="approve").latest("seq").output["account"]
    assert [(note["by"], note["change"], note["confirmed_by"]) for note in notes] == [
        ("ada", "set the password", "sam")
    ]


def test_a_receipt_of_an_unchanged_account_says_nothing(ana: User, sol: User) -> None:
    decide(refund(by=ana), sol)
    assert "account" not in Receipt.objects.filter(step="approve").latest("seq").output


def test_what_sol_and_the_console_do_stands_against_nobody(ana: User, sol: User) -> None:
    set_password(sol, sol)
    sol.set_password("at the console")
    sol.save()
    decide(refund(by=ana), sol)


def test_while_ada_knows_the_password_nobody_can_vouch(sol: User, sam: User, ada: User) -> None:
    set_password(sol, ada)
    with pytest.raises(OwnWork, match="First sol signs in and chooses a new one"):
        confirm(sol, sam)


@pytest.mark.parametrize(
    ("who", "because"),
    [
        ("sol", "Somebody else has to confirm your account"),
        ("ada", "You changed this account yourself"),
    ],
)
def test_neither_sol_nor_ada_vouches(sol: User, ada: User, who: str, because: str) -> None:
    put_into(sol, "finance", ada)
    with pytest.raises(OwnWork, match=because):
        confirm(sol, join(who))


def test_nor_somebody_whose_own_account_ada_changed(sol: User, sam: User, ada: User) -> None:
    put_into(sol, "finance", ada)
    put_into(sam, "finance", ada)
    with pytest.raises(OwnWork, match="Your own account has to be confirmed first"):
        confirm(sol, sam)


def test_an_agent_does_not_vouch(ana: User, sol: User, ada: User) -> None:
    put_into(sol, "finance", ada)
    with pytest.raises(OwnWork):
        confirm(sol, ana)


def test_the_console_vouches_for_the_first(ana: User, sol: User, ada: User) -> None:
    put_into(sol, "finance", ada)
    confirm(sol, None)
    decide(refund(by=ana), sol)


def test_a_later_change_is_to_be_confirmed_anew(sol: User, sam: User, ada: User) -> None:
    put_into(sol, "finance", ada)
    shown = account_hands.get_newest_change_id(sol)
    put_into(sol, "returns", ada)
    with pytest.raises(Incomplete, match="changed again meanwhile"):
        account_hands.confirm_account(sol.pk, by=sam, why="x", covers=shown)
    confirm(sol, sam)
    put_into(sol, "more", ada)
    assert account_hands.explain_open_changes(sol)


def test_vouching_takes_a_reason(sol: User, sam: User, ada: User) -> None:
    put_into(sol, "finance", ada)
    with pytest.raises(Incomplete, match="say how you know"):
        account_hands.confirm_account(sol.pk, by=sam, why=" ", covers=0)
    assert not AccountConfirmation.objects.exists()
