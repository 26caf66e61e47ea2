"""Stale forms and other people's pages: refused, nothing changed, and a record left."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from approvals.access_denials import DENIED
from approvals.models import ApprovalLimit, Care, Decision, Look, Refund
from approvals.review import page_views, seeded_checks
from tests.conftest import join
from tests.support import ticket_stories
from tests.support.rights_table import everybody
from tests.support.table_digests import everything
from tickets.audit import receipts
from tickets.models import Correction, Customer, Message, Receipt, Ticket

pytestmark = pytest.mark.django_db
MONEY_VERBS = ("decide", "paid", "take_back", "settle", "hand_over", "first_opinion")


@dataclass
class Shop:
    """sol signed in, and one request of 42.00 on which sol may decide."""

    client: Client
    sol: User
    sam: User
    refund: Refund

    def post(self, verb: str, **values: Any) -> Any:
        return self.client.post(reverse(f"approvals:{verb}", args=[self.refund.pk]), values)

    def decide(self, page: Look, **values: Any) -> Any:
        said = {"verdict": "approve", "reason": "Right.", "look": page.pk, "seen": page.fingerprint}
        return self.post("decide", **{**said, **values})

    def corrects(self) -> None:
        """sol has a hand in the ticket from now on."""
        Correction.objects.create(ticket=self.refund.ticket, step="classify", by=self.sol)

    def page(self) -> Look:
        return page_views.start_page_view(self.refund, self.sol)


@pytest.fixture
def shop(client: Client, sol: User, sam: User) -> Shop:
    ticket_stories.policy()
    ticket = ticket_stories.ticket(ticket_stories.marta())
    client.force_login(sol)
    return Shop(client, sol, sam, ticket_stories.refund_of(ticket, ticket_stories.finished(ticket)))


def look_of_a_colleague(shop: Shop) -> Callable[[], Any]:
    look = page_views.start_page_view(shop.refund, shop.sam)
    return lambda: shop.decide(look)


def look_of_another_request(shop: Shop) -> Callable[[], Any]:
    other = ticket_stories.refund_of(ticket_stories.ticket(Customer.objects.get()), amount="9.50")
    look = page_views.start_page_view(other, shop.sol)
    return lambda: shop.decide(look)


def look_that_never_was(number: int) -> Callable[[Shop], Callable[[], Any]]:
    def forge(shop: Shop) -> Callable[[], Any]:
        look = shop.page()
        return lambda: shop.decide(look, look=number)

    return forge


def digest_of_their_own(shop: Shop) -> Callable[[], Any]:
    look = shop.page()
    return lambda: shop.decide(look, seen="0" * 64)


def page_before_another_mail(shop: Shop) -> Callable[[], Any]:
    look = shop.page()
    Message.objects.create(ticket=shop.refund.ticket, direction="in", text="And the napkins too.")
    return lambda: shop.decide(look)


def the_same_form_again(shop: Shop) -> Callable[[], Any]:
    look = shop.page()
    assert shop.decide(look).status_code == 302
    return lambda: shop.decide(look)


def form_that_ran_out(shop: Shop) -> Callable[[], Any]:
    look = shop.page()
    past = timezone.now() - timedelta(minutes=1)
    Refund.objects.update(expires_at=past)
    return lambda: shop.decide(look)


def work_of_their_own(shop: Shop) -> Callable[[], Any]:
    look = shop.page()
    shop.corrects()
    return lambda: shop.decide(look)


def above_their_limit(shop: Shop) -> Callable[[], Any]:
    look = shop.page()
    ApprovalLimit.objects.update(up_to=10, two_above=5)
    return lambda: shop.decide(look)


def before_their_first_opinion(shop: Shop) -> Callable[[], Any]:
    Care.objects.create(currency="GBP", blind_above=1)
    look = shop.page()
    return lambda: shop.decide(look)


def opinion_on_a_colleagues_page(shop: Shop) -> Callable[[], Any]:
    Care.objects.create(currency="GBP", blind_above=1)
    look = page_views.start_page_view(shop.refund, shop.sam)
    return lambda: shop.post("first_opinion", first_verdict="reject", look=look.pk)


def paid_before_approval(shop: Shop) -> Callable[[], Any]:
    return lambda: shop.post("paid", reference="re_1")


def paid_twice(shop: Shop) -> Callable[[], Any]:
    assert shop.decide(shop.page()).status_code == 302
    assert shop.post("paid", reference="re_1").status_code == 302
    return lambda: shop.post("paid", reference="re_2")


def paid_by_another_payment(shop: Shop) -> Callable[[], Any]:
    """Its reference is on file for the order, with another amount."""
    shop.refund.order.payments.create(kind="refund", amount="5.00", reference="re_9")
    assert shop.decide(shop.page()).status_code == 302
    return lambda: shop.post("paid", reference="re_9")


def taken_back_before_approval(shop: Shop) -> Callable[[], Any]:
    return lambda: shop.post("take_back", why="It was another order.")


def taken_back_after_it_was_paid(shop: Shop) -> Callable[[], Any]:
    assert shop.decide(shop.page()).status_code == 302
    assert shop.post("paid", reference="re_1").status_code == 302
    return lambda: shop.post("take_back", why="It was another order.")


def taken_back_by_who_had_a_hand(shop: Shop) -> Callable[[], Any]:
    assert shop.decide(shop.page()).status_code == 302
    shop.corrects()
    return lambda: shop.post("take_back", why="It was another order.")


def taken_back_above_their_limit(shop: Shop) -> Callable[[], Any]:
    assert shop.decide(shop.page()).status_code == 302
    ApprovalLimit.objects.update(up_to=10, two_above=5)
    return lambda: shop.post("take_back", why="It was another order.")


def settled_without_a_payment(shop: Shop) -> Callable[[], Any]:
    return lambda: shop.post("settle", paid="yes", reference="re_1", why="I say so.")


def handed_over_after_the_end(shop: Shop) -> Callable[[], Any]:
    assert shop.decide(shop.page(), verdict="reject", reason_code="other").status_code == 302
    return lambda: shop.post("hand_over", why="Have a look.")


def handed_over_by_who_had_a_hand(shop: Shop) -> Callable[[], Any]:
    shop.corrects()
    return lambda: shop.post("hand_over", to=shop.sam.pk, why="Please approve.")


def asked_again_without_a_question(shop: Shop) -> Callable[[], Any]:
    return lambda: shop.post("ask_again", answer="The second one.")


FORGERIES: dict[str, tuple[Callable[[Shop], Callable[[], Any]], int]] = {
    "a colleague's page": (look_of_a_colleague, 409),
    "another request's page": (look_of_another_request, 409),
    "a page that never was": (look_that_never_was(987_654), 409),
    "a page below zero": (look_that_never_was(-1), 409),
    "a page beyond all numbers": (look_that_never_was(10**30), 409),
    "a digest of their own": (digest_of_their_own, 409),
    "a page from before": (page_before_another_mail, 409),
    "the same form again": (the_same_form_again, 409),
    "a form that ran out": (form_that_ran_out, 409),
    "their own work": (work_of_their_own, 403),
    "above their limit": (above_their_limit, 403),
    "before the first opinion": (before_their_first_opinion, 409),
    "an opinion on a colleague's page": (opinion_on_a_colleagues_page, 409),
    "paid before approval": (paid_before_approval, 409),
    "paid twice": (paid_twice, 409),
    "paid by another payment": (paid_by_another_payment, 422),
    "taken back before approval": (taken_back_before_approval, 409),
    "taken back after it was paid": (taken_back_after_it_was_paid, 409),
    "taken back by who had a hand in it": (taken_back_by_who_had_a_hand, 403),
    "taken back above their limit": (taken_back_above_their_limit, 403),
    "settled without a payment": (settled_without_a_payment, 409),
    "handed over after the end": (handed_over_after_the_end, 409),
    "handed over by who had a hand in it": (handed_over_by_who_had_a_hand, 403),
    "asked again without a question": (asked_again_without_a_question, 409),
}


@pytest.mark.parametrize("what", FORGERIES)
def test_what_is_forged_is_refused_and_leaves_a_receipt_alone(what: str, shop: Shop) -> None:
    forge, status = FORGERIES[what]
    act = forge(shop)
    before = everything()
    assert act().status_code == status
    assert everything() == before
    denied = Receipt.objects.get(status=DENIED)
    assert (denied.actor, denied.actor_kind, denied.ticket) == ("sol", "human", shop.refund.ticket)
    assert denied.output["refund"] == shop.refund.pk
    assert denied.output["reason"]
    assert list(receipts.verify_chain()) == []


def test_a_refusal_that_is_kept_does_not_make_other_pages_stale(shop: Shop) -> None:
    look = shop.page()
    assert shop.decide(look, seen="0" * 64).status_code == 409
    assert shop.decide(look).status_code == 302
    assert Decision.objects.get().look == look


@pytest.mark.parametrize("verb", MONEY_VERBS)
@pytest.mark.parametrize("who", ["ana", "ben", "ada", "nobody", "root"])
def test_who_has_no_part_in_it_is_refused_by_name(
    verb: str, who: str, shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    shop.client.force_login(everybody()[who])
    before = everything()
    with caplog.at_level(logging.WARNING):
        assert shop.post(verb, reference="re_1", why="x", paid="yes").status_code == 403
    assert everything() == before
    assert f"refused: {who} is none of supervisors" in caplog.text
    assert reverse(f"approvals:{verb}", args=[shop.refund.pk]) in caplog.text


# --- requests by hand, and made-up ones --------------------------------------------------


@pytest.mark.parametrize(
    "amount", ["NaN", "Infinity", "-1", "0", "61.01", "9" * 40, "1e9", "1.001"]
)
def test_no_impossible_amount_is_asked_for(amount: str, shop: Shop) -> None:
    shop.client.force_login(join("ana"))
    ticket, before = shop.refund.ticket, everything()
    said = {"order": shop.refund.order_id, "remedy": "refund", "amount": amount, "reason": "x"}
    answer = shop.client.post(reverse("approvals:request", args=[ticket.pk]), said)
    assert (answer.status_code, everything()) == (422, before)


def test_nobody_asks_for_money_of_another_customers_order(shop: Shop) -> None:
    shop.client.force_login(join("ana"))
    ticket = ticket_stories.ticket(
        Customer.objects.create(external_id="C-8", name="Ola", email="o@x.example")
    )
    before = everything()
    said = {"order": shop.refund.order_id, "remedy": "refund", "amount": "5", "reason": "x"}
    answer = shop.client.post(reverse("approvals:request", args=[ticket.pk]), said)
    assert (answer.status_code, everything()) == (422, before)


@pytest.mark.parametrize("to", ["ana", "nobody", "0", "x", "9" * 30])
def test_a_request_is_handed_to_nobody_who_may_not_decide(to: str, shop: Shop) -> None:
    chosen = str(join(to).pk) if to in ("ana", "nobody") else to
    before = everything()
    answer = shop.post("hand_over", to=chosen, why="Please.")
    assert (answer.status_code, everything()) == (422, before)


@pytest.mark.parametrize(
    ("verb", "who", "status"),
    [
        ("paid", "sol", 409),
        ("settle", "sol", 409),
        ("ask_again", "ana", 409),
        ("decide", "ana", 403),
        ("revealed", "sam", 404),
    ],
)
def test_by_a_made_up_request_nothing_is_moved(
    verb: str, who: str, status: int, shop: Shop
) -> None:
    shop.refund = seeded_checks.plant_check("GBP").refund
    shop.client.force_login(join(who))
    before = everything()
    said = {"reference": "re_1", "paid": "yes", "why": "x", "answer": "x"}
    url = reverse(f"approvals:{verb}", args=[shop.refund.pk])
    answer = shop.client.get(url) if verb == "revealed" else shop.client.post(url, said)
    assert (answer.status_code, everything()) == (status, before)


@pytest.mark.parametrize("name", ["request", "save", "send", "again", "assign", "close", "note"])
def test_the_ticket_of_a_made_up_request_is_not_worked_on(name: str, shop: Shop) -> None:
    ticket = seeded_checks.plant_check("GBP").refund.ticket
    shop.client.force_login(join("ana"))
    before = everything()
    app = "approvals" if name == "request" else "tickets"
    answer = shop.client.post(reverse(f"{app}:{name}", args=[ticket.pk]), {"note": "x"})
    assert (answer.status_code, everything()) == (404, before)
    assert not Ticket.objects.filter(pk=ticket.pk).exists()
