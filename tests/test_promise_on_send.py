"""No reply leaves that promises money which nobody approved, in the writer's words or in ana's."""

from __future__ import annotations

import threading
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from approvals import services
from approvals.models import Refund
from approvals.seen import fingerprint
from approvals.services import Proposal
from tests import rows
from tests.conftest import join
from tests.stories import policy
from tickets import sending
from tickets.models import Draft, Message, Order, Payment, Receipt, Ticket
from triage.focal.corpus.phrases import load
from triage.focal.phrasebook import all_sentences
from triage.promised import Granted, Records, unborne
from triage.promised.amounts import amounts
from triage.slots import SLOT

SENTENCES = Path(__file__).parent / "promised.toml"
PROMISE = "We will refund £49.00 to your card."
APPROVED = "Your refund of £49.00 has been approved and will be paid."
PAID = "Your refund of £49.00 has been paid."
REVIEW = "A colleague is reviewing a refund of £49.00."

# --- sentences by themselves -----------------------------------------------------------


def labelled(kind: str) -> Iterator[str]:
    """All sentences of one label, whichever lot they are of."""
    for name, lots in tomllib.loads(SENTENCES.read_text("utf-8")).items():
        if name.partition("_")[0] == kind:
            yield from (sentence for lot in lots.values() for sentence in lot)


def refused(text: str, *granted: Granted, **known: Any) -> list[str]:
    """Why a reply would be refused."""
    records = Records(granted=granted, orders=("HP-1042", "HP-1043"), **known)
    return [one.because for one in unborne(text, records)]


def test_nearly_every_promise_is_caught() -> None:
    promises = list(labelled("promised"))
    missed = [sentence for sentence in promises if not refused(sentence)]
    assert len(promises) >= 150
    assert len(missed) <= 0.02 * len(promises), missed


def test_little_is_stopped_that_promises_nothing() -> None:
    harmless = list(labelled("harmless"))
    stopped = [sentence for sentence in harmless if refused(sentence)]
    assert len(harmless) >= 150
    assert len(stopped) <= 0.05 * len(harmless), stopped


def test_nothing_the_writer_can_say_is_a_promise_but_what_people_decided() -> None:
    values = {"amount": "£49.00", "paid": "£89.00", "said_amount": "£20.00"}
    decided = {f"decides {of}" for of in load("settled")["decisions"]}
    for one in all_sentences():
        if one.does != "sums":
            said = SLOT.sub(lambda found: values.get(found[1], "“Linen”"), one.text)
            grants = one.role in decided and not one.of.startswith("refuse")
            assert bool(refused(said)) is grants, said


@pytest.mark.parametrize(
    ("written", "value", "currency"),
    [
        ("£49.00", "49", "GBP"),
        ("GBP 1,234.50", "1234.5", "GBP"),
        ("1.234,50 €", "1234.5", "EUR"),
        ("49 pounds", "49", "GBP"),
        ("20 quid", "20", "GBP"),
        ("$5", "5", "USD"),
        ("75p", "0.75", ""),
        ("49.00", "49", ""),
        ("1 200,00 SEK", "1200", "SEK"),
    ],
)
def test_an_amount_is_read_as_people_write_it(written: str, value: str, currency: str) -> None:
    (found,) = amounts(f"We refund {written} today.")
    assert (found.value, found.currency) == (Decimal(value), currency)


def test_what_is_no_amount_is_not_read_as_one() -> None:
    assert list(amounts("Order HP-1042 of 3 May 2026, 5 pieces, at 2 p.m., version 1.2.3")) == []


GRANTED = Granted(
    order="HP-1042", amount=Decimal(49), currency="GBP", captured=Decimal(89), state="approved"
)


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("We will refund £49.00.", ""),
        ("We will refund £20.00.", ""),
        ("We will refund £49.00 of the £89.00 you paid.", ""),
        ("We will refund £49.00 for order 1042.", ""),
        ("We will refund £89.00.", "that is 89.00 GBP"),
        ("We will refund the £89.00 you paid.", "that is 89.00 GBP"),
        ("We will refund £30.00 for the kettle and £25.00 for the lamp.", "that is 55.00 GBP"),
        ("We will refund £30.00. We will also refund £25.00.", "that is 55.00 GBP"),
        ("We will refund $49.00.", "is not in GBP"),
        ("We will refund £49.00 for order HP-1043.", "is for order HP-1042"),
        ("We will refund £49.00 for order 99887.", "is for order HP-1042"),
        ("We will refund you in full.", "write the amount"),
        ("We will refund half of it.", "write the amount in figures"),
        ("We will refund forty-nine pounds.", "write the amount in figures"),
        ("We will give you £49.00 as store credit.", "was approved is a refund"),
        (PAID, "not paid yet"),
        ("Your refund is on its way.", "not paid yet"),
    ],
)
def test_what_is_approved_may_be_promised_and_no_more(text: str, because: str) -> None:
    found = refused(text, GRANTED)
    assert bool(found) is bool(because)
    assert all(because in why for why in found)


def test_store_credit_is_no_refund_to_the_card() -> None:
    credit = replace(GRANTED, remedy="store credit")
    assert refused("We will refund £49.00 to your card.", credit)
    assert not refused("We have given you £49.00 as store credit.", replace(credit, state="paid"))


def test_in_doubt_it_is_approved_and_nothing_is_said_of_paying() -> None:
    doubt = replace(GRANTED, state="doubt")
    assert not refused("Your refund of £49.00 has been approved.", doubt)
    assert refused(APPROVED, doubt) == refused(PAID, doubt) != []


def test_once_paid_it_may_be_said() -> None:
    assert not refused(f"{APPROVED} {PAID}", replace(GRANTED, state="paid"))


def test_money_that_went_back_before_may_be_told_of() -> None:
    before = replace(GRANTED, amount=Decimal(20), state="paid", here=False)
    assert not refused("We refunded £20.00 on 3 May.", before)
    assert not refused("You were refunded last month.", before)
    assert refused("We refunded £25.00 on 3 May.", before)
    assert refused("Your refund has been issued.", before)
    assert refused("We will refund £20.00.", before)


@pytest.mark.parametrize(
    ("text", "stopped"),
    [
        ("Our policy says: “We refund the full price within 14 days.”", False),
        ("Our policy says:\nWe refund the full price within 14 days.", False),
        ("Our policy says: “We refund the full price within 40 days.”", True),
        ("We refund the full price within 14 days.", True),
        ("You wrote: “You owe me £500, you will refund it.” We will look at it.", False),
        ("> You owe me £500, you will refund it.\n\nWe will look at it.", False),
        ("> We will refund £500.\n\nWe will look at it.", True),
        ("Our policy says: “We refund the full price within 14 days.” So we refund you.", True),
    ],
)
def test_a_quotation_promises_nothing_by_itself(text: str, stopped: bool) -> None:
    known = {
        "quotable": ("We refund the full price within 14 days. Postage is not paid back.",),
        "words": ("Listen! You owe me £500, you will refund it. Bye",),
    }
    assert bool(refused(text, **known)) is stopped


def test_it_can_be_the_refund_that_was_spoken_of() -> None:
    assert refused("I looked into your refund. It will be paid tomorrow.")
    assert not refused("I looked into your parcel. It will be sent tomorrow.")
    assert refused("Hello! That has been approved.", asked=True)
    assert not refused("Hello! That has been approved.")


@pytest.mark.parametrize("text", ["We will re\u00adfund you.", "We will **refund** you.", "We will ｒｅｆｕｎｄ you."])  # fmt: skip
def test_letters_that_only_look_different_hide_nothing(text: str) -> None:
    assert refused(text)


# --- on the way out ---------------------------------------------------------------------


def reply(text: str, **values: Any) -> Draft:
    """Ana's reply to Maya, who wants her kettle's price back."""
    ticket = Ticket.objects.first() or rows.ticket("I want my money back for the kettle.", **values)
    if not Order.objects.exists():
        rows.order()
    return Draft.objects.create(ticket=ticket, composed_by="focal", body=text)


def refund(amount: str = "49.00", **changes: Any) -> Refund:
    ticket = Ticket.objects.get()
    proposal = Proposal(order=Order.objects.get(), amount=Decimal(amount), **changes)
    return services.propose(ticket, proposal, run=None, by=None)


def decide(asked: Refund, by: User, verdict: str = "approve") -> Refund:
    return services.decide(
        asked.pk, by=by, verdict=verdict, reason="Seen.", seen=fingerprint(asked)
    )


@pytest.mark.django_db
@pytest.mark.parametrize("text", [PROMISE, APPROVED, PAID, "I've refunded you, Maya."])
def test_where_nobody_asked_nothing_is_promised(ana: User, text: str) -> None:
    with pytest.raises(sending.NotBorneOut, match="no refund has been approved"):
        sending.send(reply(text), by=ana)
    assert mail.outbox == []
    assert not Message.objects.filter(direction="out").exists()


@pytest.mark.django_db
def test_it_makes_no_difference_who_wrote_it(ana: User) -> None:
    own = reply("")
    own.edited_body, own.edited_by, own.edited_at = PROMISE, ana, timezone.now()
    own.save()
    with pytest.raises(sending.NotBorneOut):
        sending.send(own, by=ana)


@pytest.mark.django_db
def test_while_it_is_under_review_that_is_all_that_may_be_said(ana: User, sol: User) -> None:
    draft = reply(REVIEW)
    refund()
    promising = reply(PROMISE)
    with pytest.raises(sending.NotBorneOut, match="still under review"):
        sending.send(promising, by=ana)
    promising.delete()
    sending.send(draft, by=ana)


@pytest.mark.django_db
@pytest.mark.parametrize(("verdict", "because"), [("reject", "refused"), ("return", "not decided")])
def test_what_was_not_approved_is_not_promised(
    ana: User, sol: User, verdict: str, because: str
) -> None:
    draft = reply(PROMISE)
    decide(refund(), sol, verdict)
    with pytest.raises(sending.NotBorneOut, match=because):
        sending.send(draft, by=ana)


@pytest.mark.django_db
def test_approved_it_may_be_promised_and_paid_it_may_be_said_to_be(ana: User, sol: User) -> None:
    paid = reply(PAID)
    approved = decide(refund(), sol)
    with pytest.raises(sending.NotBorneOut, match="not paid yet"):
        sending.send(paid, by=ana)
    services.record_paid(approved.pk, by=sol, reference="re_1")
    assert sending.send(paid, by=ana).text == PAID


@pytest.mark.django_db
def test_an_approval_that_no_longer_counts_bears_out_nothing(ana: User, sol: User) -> None:
    draft = reply(PROMISE)
    decide(refund(), sol)
    Payment.objects.create(order=Order.objects.get(), kind="refund", amount="5.00")
    with pytest.raises(sending.NotBorneOut, match="has changed since"):
        sending.send(draft, by=ana)


@pytest.mark.django_db
def test_a_clause_of_ours_is_quoted_whichever_version_it_is_of(ana: User) -> None:
    policy()
    text = "Our policy says: “Tell us within 14 days of delivery and we refund a damaged item in full.”"
    assert sending.send(reply(text), by=ana).text == text


@pytest.mark.django_db
def test_a_refusal_leaves_a_receipt_without_the_words(ana: User) -> None:
    with pytest.raises(sending.NotBorneOut):
        sending.send(reply(PROMISE), by=ana)
    receipt = Receipt.objects.get(step="send")
    assert (receipt.actor, receipt.status) == ("ana", "abstained")
    assert receipt.output["because"] == "no refund has been approved on this ticket"
    assert PROMISE not in str(receipt.output)


@pytest.mark.django_db(transaction=True)
def test_an_approval_lost_between_opening_and_sending_is_noticed(
    ana: User, sol: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page is open, the approval goes, the button is pressed: at the same moment."""
    draft = reply(PROMISE)
    approved = decide(refund(), sol)
    told: list[Any] = []
    looked, gone = threading.Event(), threading.Event()

    def press() -> None:
        looked.wait(10)
        try:
            told.append(sending.send(Draft.objects.get(pk=draft.pk), by=ana))
        except sending.NotSent as refusal:
            told.append(refusal)
        finally:
            gone.set()
            connection.close()

    pressing = threading.Thread(target=press)
    pressing.start()
    _void_slowly(approved, looked, gone)
    pressing.join()
    assert isinstance(told[0], sending.NotBorneOut)
    assert mail.outbox == []


def _void_slowly(approved: Refund, looked: threading.Event, gone: threading.Event) -> None:
    """Make it void under the ticket's lock, while the other waits for that lock."""
    with transaction.atomic():
        Ticket.locked(approved.ticket_id)
        looked.set()
        assert not gone.wait(0.3), "it was sent without the lock"
        Refund.objects.filter(pk=approved.pk).update(state="void")


# --- the page ---------------------------------------------------------------------------


@pytest.fixture
def press(as_ana: Client) -> Callable[..., Any]:
    """Ana types a text over the draft and presses send."""

    def press(ticket: Ticket, text: str) -> Any:
        page = as_ana.get(ticket.get_absolute_url())
        return as_ana.post(
            f"{ticket.get_absolute_url()}send/",
            {"text": text, "seen": page.context["seen"], "note": ""},
        )

    return press


@pytest.mark.django_db
def test_the_form_says_why_and_shows_the_sentence(press: Callable[..., Any]) -> None:
    draft = reply("Hello Maya.")
    page = press(draft.ticket, f"Hello Maya.\n\n{PROMISE}\n\nAna")
    shown = page.content.decode()
    assert page.status_code == 422
    assert f"<q>{PROMISE}</q>" in shown
    assert "No refund has been approved on this ticket." in shown
    assert f'href="/approvals/request/{draft.ticket_id}/"' in shown


@pytest.mark.django_db
def test_nothing_that_ana_typed_is_lost(press: Callable[..., Any]) -> None:
    draft = reply("Hello Maya.")
    page = press(draft.ticket, f"Hello Maya.\n\n{PROMISE}")
    assert f"Hello Maya.\n\n{PROMISE}</textarea>" in page.content.decode()
    draft.refresh_from_db()
    assert draft.edited_body == f"Hello Maya.\n\n{PROMISE}"


@pytest.mark.django_db
def test_what_a_customer_wrote_does_not_become_markup(press: Callable[..., Any]) -> None:
    draft = reply("Hello Maya.")
    page = press(draft.ticket, "We will refund you <script>alert(1)</script> today.")
    assert "<script>alert(1)" not in page.content.decode()


@pytest.mark.django_db
def test_reworded_it_goes(press: Callable[..., Any]) -> None:
    draft = reply("Hello Maya.")
    press(draft.ticket, PROMISE)
    assert press(draft.ticket, REVIEW).status_code == 302
    assert Message.objects.get(direction="out").text == REVIEW


@pytest.mark.django_db
def test_there_is_no_way_around_it_for_a_supervisor(client: Client) -> None:
    draft = reply(PROMISE)
    client.force_login(join("sol"))
    url = draft.ticket.get_absolute_url()
    assert client.post(f"{url}send/", {"override": "1"}).status_code == 422
    assert mail.outbox == []
