"""The sums of a refund: every cent has its place, in pounds, yen and dinars."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.contract.case import Line, Order
from triage.pipeline.currencies import get_decimal_places
from triage.refunds.arithmetic import (
    RefundPiece,
    allocate_shares,
    compute_refund,
    is_fully_returned,
)

PLACES = {"GBP": 2, "JPY": 0, "KWD": 3}
KETTLE = Line(sku="K1", name="Kettle", quantity=1, price=Decimal("49.00"))
LAMPS = Line(sku="L1", name="Lamp", quantity=3, price=Decimal("20.00"))
POST = Line(sku="D", name="Delivery", quantity=1, price=Decimal("3.95"), category="delivery")
ORDER = Order(
    number="HP-1",
    status="delivered",
    currency="GBP",
    lines=(KETTLE, LAMPS, POST),
    paid=Decimal("112.95"),
)


def piece(index: int, quantity: int = 1, fee: str = "0") -> RefundPiece:
    return RefundPiece(
        index=index, quantity=quantity, fee_percent=Decimal(fee), clause="returns.fee"
    )


def test_each_line_is_shown_and_the_last_is_the_amount() -> None:
    found = compute_refund(
        ORDER, [piece(0, fee="10"), piece(1, 2)], fees=[(Decimal("3.50"), "returns.label")]
    )
    assert found.shown == (
        ("1 × Kettle at 49.00", "49.00"),
        ("2 × Lamp at 20.00", "40.00"),
        ("fee of 10 % (returns.fee)", "-4.90"),
        ("fixed fee (returns.label)", "-3.50"),
        ("refund, GBP", "80.60"),
    )
    assert sum(part.amount for part in found.parts) == found.amount


def test_delivery_goes_back_with_the_last_piece_only() -> None:
    assert not is_fully_returned(ORDER, [piece(0), piece(1, 2)])
    assert is_fully_returned(ORDER, [piece(0), piece(1, 3)])
    found = compute_refund(ORDER, [piece(0), piece(1, 3)], postage=True)
    assert (found.amount, found.postage) == (Decimal("112.95"), Decimal("3.95"))


def test_tax_comes_on_top_for_as_many_pieces_as_go_back() -> None:
    taxed = replace(ORDER, lines=(KETTLE, replace(LAMPS, tax=Decimal("1.00")), POST))
    found = compute_refund(replace(taxed, paid=Decimal("113.95")), [piece(1, 2)])
    assert ("tax on Lamp", "0.67") in found.shown
    assert found.amount == Decimal("40.67")


def test_a_discount_on_the_order_is_spread_over_its_goods() -> None:
    found = compute_refund(replace(ORDER, paid=Decimal("102.05")), [piece(0)])
    assert found.shown[1] == ("less the discount on the order, for Kettle", "-4.90")
    assert (found.amount, found.spread) == (Decimal("44.10"), Decimal("10.90"))


def test_delivery_that_was_given_free_makes_no_thing_cheaper() -> None:
    order = replace(ORDER, paid=Decimal("109.00"))
    found = compute_refund(order, [piece(1)])
    assert (found.amount, found.spread) == (Decimal("20.00"), Decimal("3.95"))
    whole = compute_refund(order, [piece(0), piece(1, 3)], postage=True)
    assert (whole.amount, whole.postage) == (Decimal("109.00"), Decimal(0))
    assert ("less the discount on the order, for Delivery", "-3.95") in whole.shown


def test_what_was_paid_beyond_the_lines_goes_back_with_the_whole_order() -> None:
    order, whole = replace(ORDER, paid=Decimal("120.00")), [piece(0), piece(1, 3)]
    assert compute_refund(order, whole, postage=True).amount == Decimal("112.95")
    found = compute_refund(order, whole, postage=True, beyond=True)
    assert found.amount == Decimal("120.00")
    assert ("paid beyond the lines of the order", "7.05") in found.shown


def test_never_more_than_what_is_left() -> None:
    found = compute_refund(replace(ORDER, refunded=Decimal("100.00")), [piece(0)])
    assert found.shown[-2] == ("not more than what is left of 112.95 paid", "-36.05")
    assert found.amount == Decimal("12.95")


def test_a_fee_takes_no_more_than_there_is() -> None:
    assert compute_refund(ORDER, [piece(1)], fees=[(Decimal("99.00"), "")]).amount == 0


@pytest.mark.parametrize("wanted", [piece(0, 2), piece(1, 0)])
def test_pieces_that_are_not_there_are_a_fault_of_the_caller(wanted: RefundPiece) -> None:
    with pytest.raises(ValueError, match="there are"):
        compute_refund(ORDER, [wanted])


def test_a_currency_is_paid_in_its_own_coins() -> None:
    codes = ("GBP", "JPY", "KWD", "RSD", "ALL", "LAK", "MMK", "YER", "IQD", "TND", "KRW", "XQQ")
    assert [get_decimal_places(code) for code in codes] == [2, 0, 3, 2, 2, 2, 2, 2, 3, 3, 0, 2]


@pytest.mark.parametrize(
    ("paid", "refunded", "given"),
    [
        ("1249.50", "0", "1249"),
        ("1250.00", "0.50", "1249"),
        ("0.50", "0", "0"),
        ("1250", "0", "1250"),
    ],
)
def test_parts_of_a_coin_that_were_stored_never_round_up(
    paid: str, refunded: str, given: str
) -> None:
    whole = Line(sku="V", name="Vase", quantity=1, price=Decimal(paid))
    order = replace(ORDER, currency="JPY", places=0, lines=(whole,), paid=Decimal(paid))
    found = compute_refund(replace(order, refunded=Decimal(refunded)), [piece(0)], beyond=True)
    assert found.amount == Decimal(given)
    assert found.amount <= Decimal(paid) - Decimal(refunded)
    assert sum(Decimal(amount) for _, amount in found.shown[:-1]) == found.amount
    assert sum(part.amount for part in found.parts) == found.amount


# --- properties ---------------------------------------------------------------------


@st.composite
def orders(draw: st.DrawFn) -> Order:
    """An order of any lines, taxes and discount, in any of three currencies."""
    currency = draw(st.sampled_from(sorted(PLACES)))
    unit = Decimal(1).scaleb(-PLACES[currency])
    coins = st.integers(0, 200_000).map(lambda number: number * unit)
    lines = tuple(
        Line(
            sku=str(index),
            name=f"thing {index}",
            quantity=draw(st.integers(1, 7)),
            price=draw(coins),
            tax=draw(st.integers(0, 999).map(lambda number: number * unit)),
            category="delivery" if draw(st.integers(0, 5)) == 0 and index else "",
        )
        for index in range(draw(st.integers(1, 5)))
    )
    gross = sum((line.price * line.quantity + line.tax for line in lines), Decimal(0))
    less = draw(st.sampled_from([0, 0, 1, 7, 10, 33, 99]))
    paid = (gross * (100 - less) / 100).quantize(unit)
    return Order(
        number="HP-1",
        status="delivered",
        currency=currency,
        lines=lines,
        paid=paid,
        places=PLACES[currency],
    )


def _goods(order: Order) -> list[int]:
    return [index for index, line in enumerate(order.lines) if line.category != "delivery"]


def _after(order: Order, pieces: list[RefundPiece], amount: Decimal) -> Order:
    """The order once the money for the pieces has gone back."""
    lines = list(order.lines)
    for wanted in pieces:
        line = lines[wanted.index]
        lines[wanted.index] = replace(line, returned=line.returned + wanted.quantity)
    return replace(order, lines=tuple(lines), refunded=order.refunded + amount)


@st.composite
def splits(
    draw: st.DrawFn,
) -> tuple[Order, list[RefundPiece], list[RefundPiece], list[RefundPiece]]:
    """An order, the pieces of a first and a second refund, and both together."""
    order = draw(orders())
    fee = draw(st.sampled_from([Decimal(0), Decimal(10), Decimal("12.5"), Decimal(100)]))
    first: list[RefundPiece] = []
    second: list[RefundPiece] = []
    both: list[RefundPiece] = []
    for index in _goods(order):
        one = draw(st.integers(0, order.lines[index].quantity))
        two = draw(st.integers(0, order.lines[index].quantity - one))
        for pieces, count in ((first, one), (second, two), (both, one + two)):
            if count:
                pieces.append(RefundPiece(index=index, quantity=count, fee_percent=fee))
    return order, first, second, both


@given(splits())
def test_one_refund_and_then_another_is_the_refund_of_both(
    split: tuple[Order, list[RefundPiece], list[RefundPiece], list[RefundPiece]],
) -> None:
    order, first, second, both = split
    one = compute_refund(order, first)
    two = compute_refund(_after(order, first, one.amount), second)
    assert one.amount + two.amount == compute_refund(order, both).amount


@given(splits(), st.integers(0, 5000), st.booleans(), st.integers(0, 100))
def test_parts_and_lines_add_up_and_nothing_goes_beyond_what_is_left(
    split: tuple[Order, list[RefundPiece], list[RefundPiece], list[RefundPiece]],
    fee: int,
    postage: bool,
    gone: int,
) -> None:
    order, _, _, pieces = split
    unit = Decimal(1).scaleb(-order.places)
    order = replace(order, refunded=(order.paid * gone / 100).quantize(unit))
    found = compute_refund(order, pieces, fees=[(fee * unit, "")], postage=postage)
    assert 0 <= found.amount <= order.amount_left
    assert sum(part.amount for part in found.parts) == found.amount
    assert sum(Decimal(amount) for _, amount in found.shown[:-1]) == found.amount
    assert all(part.amount >= 0 for part in found.parts)
    assert found.amount == found.amount.quantize(unit)


@given(orders())
def test_everything_back_is_everything_paid(order: Order) -> None:
    pieces = [RefundPiece(index=i, quantity=order.lines[i].quantity) for i in _goods(order)]
    assert compute_refund(order, pieces, postage=True).amount == order.paid


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=8), st.integers(0, 5000))
def test_shares_add_up_and_none_is_off_by_a_coin(weights: list[int], total: int) -> None:
    unit = Decimal("0.01")
    found = allocate_shares(total * unit, [Decimal(weight) for weight in weights], unit)
    whole = sum(weights)
    assert sum(found) == (total * unit if whole else 0)
    for share, weight in zip(found, weights, strict=True):
        assert not whole or abs(share - total * unit * weight / whole) < unit
