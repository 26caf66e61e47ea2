"""Sentences by themselves: which of them promise money, and what an approval bears out."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from triage.contract.slots import SLOT
from triage.generation.phrasebook import build_all_sentences
from triage.generation.phrases import load_phrases
from triage.guardrails.commitments import ApprovedMoney, Records, find_unapproved_commitments
from triage.nlu.money import find_amounts

SENTENCES = Path(__file__).parent / "commitments.toml"
PROMISE = "We will refund £49.00 to your card."
APPROVED = "Your refund of £49.00 has been approved and will be paid."
PAID = "Your refund of £49.00 has been paid."
REVIEW = "A colleague is reviewing a refund of £49.00."


def labelled(kind: str) -> Iterator[str]:
    """All sentences of one label, whichever lot they are of."""
    for name, lots in tomllib.loads(SENTENCES.read_text("utf-8")).items():
        if name.partition("_")[0] == kind:
            yield from (sentence for lot in lots.values() for sentence in lot)


def refused(text: str, *granted: ApprovedMoney, **known: Any) -> list[str]:
    """Why a reply would be refused."""
    records = Records(granted=granted, orders=("HP-1042", "HP-1043"), **known)
    return [one.because for one in find_unapproved_commitments(text, records)]


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
    decided = {f"decides {of}" for of in load_phrases("settled")["decisions"]}
    for one in build_all_sentences():
        if one.does != "sums":
            said = SLOT.sub(lambda found: values.get(found[1], "“Linen”"), one.text)
            money = not one.of.startswith("refuse") and one.of != "approved replacement"
            grants = one.role in decided and money
            assert bool(refused(said)) is grants, said


def test_an_order_that_was_paid_for_is_never_told_as_a_refund_that_was_paid() -> None:
    groups = load_phrases("replies")["facts"]["money"]
    told = [said for group in groups for said in group if "{status}" in said]
    assert told
    for said in told:
        text = said.format(order="HP-1042", placed="3 May 2026", paid="£89.00", status="paid")
        asked = f"You have asked us how far your refund has come. {text}"
        assert not refused(asked, asked=True), said


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
    (found,) = find_amounts(f"We refund {written} today.")
    assert (found.value, found.currency) == (Decimal(value), currency)


def test_what_is_no_amount_is_not_read_as_one() -> None:
    assert (
        list(find_amounts("Order HP-1042 of 3 May 2026, 5 pieces, at 2 p.m., version 1.2.3")) == []
    )


GRANTED = ApprovedMoney(
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


@pytest.mark.parametrize(
    "text", ["We will re\u00adfund you.", "We will **refund** you.", "We will ｒｅｆｕｎｄ you."]
)
def test_letters_that_only_look_different_hide_nothing(text: str) -> None:
    assert refused(text)


@pytest.mark.parametrize(
    "text",
    [
        "We will give you 10 % back.",
        "We will give you 10% back.",
        "You get 15 % of it back.",
    ],
)
def test_a_percentage_is_money_given(text: str) -> None:
    assert refused(text)


def test_a_percentage_that_nobody_gives_is_no_promise() -> None:
    assert not refused("The blanket is 60 % wool and 40 % cotton.")
    assert not refused("You asked for 10 % back.")
