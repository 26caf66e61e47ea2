"""Numbers of orders in messages: an order is named only where its number stands."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.order_number_messages import (
    RECEIVED,
    SHOPS,
    Sample,
    build_orders,
    make_samples,
)
from triage.nlu import OrderLink, link_order
from triage.nlu.document import Document
from triage.nlu.order_mentions import Verdict, find_order_mentions

SEEDS = (13, 2051)
MIN_SAMPLES = 900
MIN_RIGHT_SHARE = 0.95
PLAIN = SHOPS["plain"]
PARTS = SHOPS["several parts"]


def link_sample(sample: Sample) -> OrderLink:
    return link_order(Document.read(sample.text), build_orders(SHOPS[sample.shop]), RECEIVED)


def list_numbers(text: str, verdict: Verdict, own: tuple[str, ...] = PLAIN) -> list[str]:
    found = find_order_mentions(Document.read(text), own)
    return [number for each in found if each.verdict == verdict for number in each.numbers]


def list_strange(text: str, own: tuple[str, ...] = PLAIN) -> list[str]:
    found = find_order_mentions(Document.read(text), own)
    return [each.written for each in found if each.verdict == Verdict.STRANGE]


def test_of_nine_hundred_messages_none_takes_a_wrong_order() -> None:
    samples = [sample for seed in SEEDS for sample in make_samples(seed)]
    assert len(samples) >= MIN_SAMPLES
    wrong = [
        (sample, found.order.number)
        for sample in samples
        if (found := link_sample(sample)).order and sample.about != (found.order.number,)
    ]
    assert wrong == []


def test_of_the_messages_that_name_one_order_nearly_all_find_it_without_a_question() -> None:
    found = Counter(
        link_sample(sample).order is not None
        for seed in SEEDS
        for sample in make_samples(seed)
        if sample.kind == "order"
    )
    assert found[True] >= MIN_RIGHT_SHARE * found.total()


def test_a_number_of_none_of_theirs_is_told_as_it_is_written() -> None:
    untold = [
        sample.text
        for seed in SEEDS
        for sample in make_samples(seed)
        if sample.strange and sample.strange not in link_sample(sample).because
    ]
    assert untold == []


def test_where_two_orders_are_named_the_question_names_both() -> None:
    for sample in make_samples(SEEDS[0]):
        if sample.kind == "two":
            found = link_sample(sample)
            assert found.order is None
            assert all(number in found.question for number in sample.about), sample


def test_digits_of_something_else_do_not_outweigh_the_item_that_is_named() -> None:
    """The chair is of one order, the digits read as another: that one is never taken."""
    taken = Counter(
        link_sample(replace(sample, text=f"The oak chair broke. {sample.text}")).order is not None
        for sample in make_samples(SEEDS[1])
        if not sample.about and not sample.strange and sample.kind != "quantity"
    )
    assert taken[True] >= 0.8 * taken.total()
    for sample in make_samples(SEEDS[1]):
        if not sample.about and not sample.strange:
            found = link_sample(replace(sample, text=f"The oak chair broke. {sample.text}"))
            assert found.order is None or found.order.number == SHOPS[sample.shop][0], sample


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Order 2026/10/77 please refund", "2026/10/77"),
        ("RE/2026/0005", "RE/2026/0005"),
        ("it is re/2026/0005!", "RE/2026/0005"),
        ("about RE-2026-0005", "RE/2026/0005"),
        ("about re 2026 0005", "RE/2026/0005"),
        ("hp‑20001‑b came broken", "HP-20001-B"),
        ("HP20001B came broken", "HP-20001-B"),
        ("026 1234567 1234567 was never sent", "026-1234567-1234567"),
        ("order 2026 / 10 / 77", "2026/10/77"),
        ("order ２０２６/１０/７７", "2026/10/77"),
        ("Order 2026/10/08 is late", "2026/10/08"),
    ],
)
def test_a_number_in_several_parts_is_found_word_for_word(text: str, number: str) -> None:
    assert list_numbers(text, Verdict.NAMED, PARTS) == [number]


@pytest.mark.parametrize(
    "text",
    [
        "Cancel one item of HP-10423",
        "I paid HP-10423 with a gift card",
        "The telephone number on HP-10423 is wrong",
        "dans mon colis HP-10423 il manque une tente",
        "Order number: HP-10423 A colleague of yours called",
        "Refund request - HP-10423",
    ],
)
def test_a_number_with_letters_names_its_order_whatever_stands_around_it(text: str) -> None:
    assert list_numbers(text, Verdict.NAMED, ("HP-10423",)) == ["HP-10423"]
    assert list_strange(text, ("HP-10777",)) == ["HP-10423"]


@pytest.mark.parametrize("text", ["serial no. HP-10423", "Sendungsnummer HP-10423", "XHP-10423"])
def test_a_number_with_letters_that_is_called_something_else_is_not_named(text: str) -> None:
    assert list_numbers(text, Verdict.NAMED, ("HP-10423",)) == []


@pytest.mark.parametrize(
    "text", ["bought on 2026/10/08", "2026/10/78 came", "HP-20001 came", "order 2026/10/77-2"]
)
def test_a_day_or_a_piece_of_a_number_names_no_order(text: str) -> None:
    assert list_numbers(text, Verdict.NAMED, PARTS) == []


def test_two_numbers_with_the_same_digits_are_told_apart_by_their_parts() -> None:
    own = ("2026/1/12", "2026/11/2")
    assert list_numbers("order 2026/11/2", Verdict.NAMED, own) == ["2026/11/2"]
    assert list_numbers("order 2026112", Verdict.NAMED, own) == [*own]


@pytest.mark.parametrize(
    "text",
    [
        "order 1002",
        "#1002",
        "Order no. 1002",
        "Bestellung 1002",
        "pedido nº 1002",
        "my order (1002)",
        "Re: 1002\nWhere is it?",
        "1002",
        "- 1002",
        "I ordered a chair.\n\n1002\n\nThank you",
        "1002 is my order number",
        "order1002",
        "https://shop.example/orders/1002",
        "ORDER: 1002, paid £49",
        "order 1002 £49.00",
        "Order 1002 thanks",
        "nume\u0301ro de commande 1002",
        "SİPARİŞ 1002",
        "رقم الطلب ١٠٠٢",
        "订单1002的退款",
    ],
)
def test_digits_name_an_order_where_its_number_stands(text: str) -> None:
    assert list_numbers(text, Verdict.NAMED) == ["1002"]


@pytest.mark.parametrize(
    "text",
    [
        "I paid £1002 for it and want my money back",
        "order over 1002 euros",
        "my order was 1002 pounds",
        "1002.50",
        "£1002 order",
        "order WH-1002 headphones",
        "xia1002@example.org",
        "I want to order 1002 mugs",
        "my phone, 1002",
        "1002 is my PIN",
        "order 2026/1002",
        "Total:\n1002",
    ],
)
def test_digits_of_something_else_name_none(text: str) -> None:
    assert list_numbers(text, Verdict.NAMED) == []


@pytest.mark.parametrize(
    "text",
    [
        "Where is 1002?",
        "my number is 1002",
        "invoice 1002",
        "Refund 1002",
        "order 1002-B",
        "Ref: 1002",
    ],
)
def test_a_number_in_no_certain_place_is_unsure(text: str) -> None:
    assert list_numbers(text, Verdict.UNSURE) == ["1002"]


def test_what_goes_on_a_list_of_orders_is_one_too() -> None:
    assert list_numbers("orders 1002, 1003 and 2052", Verdict.NAMED) == ["1002", "1003", "2052"]
    assert list_numbers("order 1002/1003", Verdict.NAMED) == ["1002", "1003"]
    assert list_numbers("order 1002 and 1003 pounds", Verdict.NAMED) == ["1002"]
    assert list_strange("orders 1002 and 1009") == ["1009"]


def test_letters_may_be_left_out_and_are_not_a_word_of_the_sentence() -> None:
    own = ("IN-2026", "HP-1002", "NL-1002", "HP-10423")
    assert list_numbers("I bought it in 2026", Verdict.NAMED, own) == []
    assert list_numbers("it is IN-2026", Verdict.NAMED, own) == ["IN-2026"]
    assert list_numbers("order 10423", Verdict.NAMED, own) == ["HP-10423"]
    assert list_numbers("hp 10423", Verdict.NAMED, own) == ["HP-10423"]
    assert list_numbers("order 1002", Verdict.NAMED, own) == ["HP-1002", "NL-1002"]


@pytest.mark.parametrize(
    ("text", "own", "strange"),
    [
        ("HP-10999 never came", ("HP-10423",), "HP-10999"),
        ("hp10999 never came", ("HP-10423",), "hp10999"),
        ("RE/2026/0099", PARTS, "RE/2026/0099"),
        ("026-7654321-7654321 is late", PARTS, "026-7654321-7654321"),
        ("order 99812", PLAIN, "99812"),
        ("#555", PLAIN, "#555"),
    ],
)
def test_another_number_of_the_shops_form_is_strange(
    text: str, own: tuple[str, ...], strange: str
) -> None:
    assert list_strange(text, own) == [strange]


@pytest.mark.parametrize(
    "text", ["serial number HP-10999", "my HP 1099 printer", "in 2031", "order 2031 mugs", "#4711"]
)
def test_what_may_be_something_else_is_not_denied(text: str) -> None:
    """Of "#4711" the number is that of the ticket."""
    found = find_order_mentions(Document.read(text), ("HP-10423",), {"4711"})
    assert [each for each in found if each.verdict == Verdict.STRANGE] == []


def test_the_tickets_own_number_is_no_order() -> None:
    found = find_order_mentions(Document.read("Re: [#1002]"), PLAIN, {"1002"})
    assert [each.verdict for each in found] == [Verdict.UNSURE]


@given(text=st.text(alphabet="order no#1002/6-. £,\nHP", max_size=60), seed=st.integers(0, 99))
def test_a_mention_is_what_it_says_of_the_text(text: str, seed: int) -> None:
    own = random.Random(seed).choice([*SHOPS.values()])
    last = 0
    for each in find_order_mentions(Document.read(text), own):
        assert last <= each.start < each.end <= len(text)
        assert each.written == text[each.start : each.end]
        assert set(each.numbers) <= set(own)
        assert bool(each.numbers) or each.verdict != Verdict.NAMED
        last = each.end
