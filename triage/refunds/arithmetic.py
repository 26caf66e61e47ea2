"""What goes back for pieces of an order, line by line and to the smallest coin.

Pure. Whatever is spread (tax over the pieces of a line, a discount over the lines) is spread
by largest remainders over the lines and by the running total over the pieces of one, so that
the parts always add up: money for one piece and then for the others is money for all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from triage.contract.case import POSTAGE_CATEGORY, Line, Order

ZERO = Decimal(0)
BEYOND_LINES = "paid beyond the lines of the order"


@dataclass(frozen=True, kw_only=True)
class RefundPiece:
    """``quantity`` pieces of the line at ``index`` of an order; ``clause`` keeps back the fee."""

    index: int
    quantity: int
    fee_percent: Decimal = ZERO
    clause: str = ""


@dataclass(frozen=True, kw_only=True)
class Part:
    """What goes back for one line; the parts of a sum add up to its amount."""

    sku: str
    name: str
    quantity: int
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class Sum:
    """An amount in the order's currency; ``shown`` is how it came about, and ends with it.

    ``postage`` of it is for delivery. ``spread`` is the discount on the whole order, negative
    where more was paid than its lines come to.
    """

    amount: Decimal
    shown: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]
    postage: Decimal = ZERO
    spread: Decimal = ZERO


@dataclass
class _Bill:
    """A refund while it is added up: its amounts so far, their parts and total."""

    unit: Decimal
    shown: list[tuple[str, str]] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    total: Decimal = ZERO

    def add_amount(self, what: str, amount: Decimal) -> None:
        if amount:
            self.total += amount
            self.shown.append((what, str(amount.quantize(self.unit))))


def is_fully_returned(order: Order, pieces: Sequence[RefundPiece]) -> bool:
    """Whether with these pieces everything that can be sent back has gone back."""
    wanted = {piece.index: piece.quantity for piece in pieces}
    return all(
        line.returned + wanted.get(index, 0) >= line.quantity
        for index, line in enumerate(order.lines)
        if line.category != POSTAGE_CATEGORY
    )


def compute_refund(
    order: Order,
    pieces: Sequence[RefundPiece],
    *,
    remedy: str = "refund",
    fees: Sequence[tuple[Decimal, str]] = (),
    postage: bool = False,
    beyond: bool = False,
) -> Sum:
    """What goes back for the pieces, never more than what is left of the payment.

    ``fees`` are kept back once each, with the clause that says so; ``postage`` gives back
    delivery, ``beyond`` what was paid beyond the lines. Raises ValueError for pieces that are
    not there.
    """
    unit = Decimal(1).scaleb(-order.places)
    paid, left = (_round_down(each, unit) for each in (order.paid, order.amount_left))
    bill, discounts = _Bill(unit), _allocate_discounts(order, paid, unit)
    kept: dict[tuple[Decimal, str], Decimal] = {}
    for piece in pieces:
        fee = _add_goods(bill, order.lines[piece.index], piece, discounts[piece.index])
        key = (piece.fee_percent, piece.clause)
        kept[key] = kept.get(key, ZERO) + fee
    for (percent, clause), fee in kept.items():
        bill.add_amount(f"fee of {percent.normalize():f} %{_format_clause(clause)}", -fee)
    for fixed, clause in fees:
        bill.add_amount(
            f"fixed fee{_format_clause(clause)}", -min(_round_amount(fixed, unit), bill.total)
        )
    before = bill.total
    if postage:
        _add_postage(bill, order, discounts)
    added = bill.total - before
    if beyond:
        _add_overpayment(bill, max(paid - _compute_order_total(order, unit), ZERO))
    bill.add_amount(
        f"not more than what is left of {order.paid} paid",
        min(left - bill.total, ZERO),
    )
    bill.shown.append((f"{remedy}, {order.currency}", str(bill.total.quantize(unit))))
    return Sum(
        amount=bill.total.quantize(unit),
        shown=tuple(bill.shown),
        parts=tuple(_iter_adjusted_parts(bill)),
        postage=added,
        spread=_compute_order_total(order, unit) - paid,
    )


def allocate_shares(total: Decimal, weights: Sequence[Decimal], unit: Decimal) -> list[Decimal]:
    """``total`` in parts like the weights, each a multiple of ``unit``, by largest remainders.

    Nothing is spread over weights that are all zero.
    """
    whole = sum(weights, ZERO)
    if not whole or not total:
        return [ZERO] * len(weights)
    exact = [total * weight / whole for weight in weights]
    floors = [value.quantize(unit, ROUND_FLOOR) for value in exact]
    missing = int((total - sum(floors, ZERO)) / unit)
    order = sorted(range(len(weights)), key=lambda i: (floors[i] - exact[i], i))
    for index in order[:missing]:
        floors[index] += unit
    return floors


def _format_clause(clause: str) -> str:
    return f" ({clause})" if clause else ""


def _round_amount(amount: Decimal, unit: Decimal) -> Decimal:
    return amount.quantize(unit, ROUND_HALF_UP)


def _round_down(amount: Decimal, unit: Decimal) -> Decimal:
    """What can be paid of it: never more than was stored, whatever parts of a coin that has."""
    return amount.quantize(unit, ROUND_FLOOR)


def _compute_pieces_share(total: Decimal, begin: int, end: int, of: int, unit: Decimal) -> Decimal:
    """The part of ``total`` that falls on the pieces from ``begin`` to ``end`` of ``of``."""
    return _round_amount(total * end / of, unit) - _round_amount(total * begin / of, unit)


def _compute_line_total(line: Line, unit: Decimal) -> Decimal:
    return _round_amount(line.price * line.quantity, unit) + _round_amount(line.tax, unit)


def _compute_order_total(order: Order, unit: Decimal) -> Decimal:
    return sum((_compute_line_total(line, unit) for line in order.lines), ZERO)


def _allocate_discounts(order: Order, paid: Decimal, unit: Decimal) -> list[Decimal]:
    """What each line was cheaper by: less was paid than the lines come to, goods first."""
    discount = max(_compute_order_total(order, unit) - paid, ZERO)
    goods = [
        ZERO if line.category == POSTAGE_CATEGORY else _compute_line_total(line, unit)
        for line in order.lines
    ]
    other = [
        _compute_line_total(line, unit) - good
        for line, good in zip(order.lines, goods, strict=True)
    ]
    # As much as delivery cost: it was given free, and nothing was cheaper by it.
    on_goods = ZERO if discount == sum(other, ZERO) else min(discount, sum(goods, ZERO))
    spread = zip(
        allocate_shares(on_goods, goods, unit),
        allocate_shares(discount - on_goods, other, unit),
        strict=True,
    )
    return [one + two for one, two in spread]


def _add_goods(bill: _Bill, line: Line, piece: RefundPiece, discount: Decimal) -> Decimal:
    """Add what the pieces cost to the bill and return the fee to keep back of it."""
    begin, end = line.returned, line.returned + piece.quantity
    if not begin < end <= line.quantity:
        raise ValueError(f"{piece.quantity} more of {line.name}: there are {line.quantity}")
    before = bill.total
    _add_line(bill, line, begin, end, discount)
    fee = _compute_fee(line, end, discount, piece, bill.unit) - _compute_fee(
        line, begin, discount, piece, bill.unit
    )
    bill.parts.append(_build_part(line, piece.quantity, bill.total - before - fee))
    return fee


def _add_line(bill: _Bill, line: Line, begin: int, end: int, discount: Decimal) -> None:
    unit, of = bill.unit, line.quantity
    cost = _round_amount(line.price * end, unit) - _round_amount(line.price * begin, unit)
    bill.add_amount(f"{end - begin} × {line.name} at {line.price}", cost)
    bill.add_amount(f"tax on {line.name}", _compute_pieces_share(line.tax, begin, end, of, unit))
    share = _compute_pieces_share(discount, begin, end, of, unit)
    bill.add_amount(f"less the discount on the order, for {line.name}", -share)


def _compute_fee(
    line: Line, pieces: int, discount: Decimal, piece: RefundPiece, unit: Decimal
) -> Decimal:
    """The fee on the first so many pieces of a line."""
    value = (
        _round_amount(line.price * pieces, unit)
        + _compute_pieces_share(line.tax, 0, pieces, line.quantity, unit)
        - _compute_pieces_share(discount, 0, pieces, line.quantity, unit)
    )
    return _round_amount(value * piece.fee_percent / 100, unit)


def _build_part(line: Line, quantity: int, amount: Decimal) -> Part:
    return Part(sku=line.sku, name=line.name, quantity=quantity, amount=amount)


def _add_postage(bill: _Bill, order: Order, discounts: Sequence[Decimal]) -> None:
    for line, discount in zip(order.lines, discounts, strict=True):
        if line.category == POSTAGE_CATEGORY and line.returned < line.quantity:
            before = bill.total
            _add_line(bill, line, line.returned, line.quantity, discount)
            bill.parts.append(_build_part(line, line.quantity - line.returned, bill.total - before))


def _add_overpayment(bill: _Bill, beyond: Decimal) -> None:
    if beyond:
        bill.add_amount(BEYOND_LINES, beyond)
        bill.parts.append(Part(sku="", name=BEYOND_LINES, quantity=1, amount=beyond))


def _iter_adjusted_parts(bill: _Bill) -> Iterator[Part]:
    """The parts once more, each less its share of what was kept back from all together."""
    amounts = [part.amount for part in bill.parts]
    kept = allocate_shares(sum(amounts, ZERO) - bill.total, amounts, bill.unit)
    for part, less in zip(bill.parts, kept, strict=True):
        amount = (part.amount - less).quantize(bill.unit)
        yield Part(sku=part.sku, name=part.name, quantity=part.quantity, amount=amount)
