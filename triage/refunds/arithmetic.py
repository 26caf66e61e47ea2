"""What goes back for pieces of an order, line by line and to the smallest coin.

Pure. Whatever is spread (tax over the pieces of a line, a discount over the lines) is spread
by largest remainders over the lines and by the running total over the pieces of one, so that
the parts always add up: money for one piece and then for the others is money for all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from triage.contract.case import POSTAGE, Line, Order

NIL = Decimal(0)
BEYOND = "paid beyond the lines of the order"


@dataclass(frozen=True, kw_only=True)
class Piece:
    """``quantity`` pieces of the line at ``index`` of an order; ``clause`` keeps back the fee."""

    index: int
    quantity: int
    fee_percent: Decimal = NIL
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
    postage: Decimal = NIL
    spread: Decimal = NIL


@dataclass
class _Bill:
    """A sum in the making."""

    unit: Decimal
    shown: list[tuple[str, str]] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    total: Decimal = NIL

    def add(self, what: str, amount: Decimal) -> None:
        if amount:
            self.total += amount
            self.shown.append((what, str(amount.quantize(self.unit))))


def completes(order: Order, pieces: Sequence[Piece]) -> bool:
    """Whether with these pieces everything that can be sent back has gone back."""
    wanted = {piece.index: piece.quantity for piece in pieces}
    return all(
        line.returned + wanted.get(index, 0) >= line.quantity
        for index, line in enumerate(order.lines)
        if line.category != POSTAGE
    )


def reckon(
    order: Order,
    pieces: Sequence[Piece],
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
    bill, discounts = _Bill(unit), _discounts(order, unit)
    kept: dict[tuple[Decimal, str], Decimal] = {}
    for piece in pieces:
        fee = _goods(bill, order.lines[piece.index], piece, discounts[piece.index])
        key = (piece.fee_percent, piece.clause)
        kept[key] = kept.get(key, NIL) + fee
    for (percent, clause), fee in kept.items():
        bill.add(f"fee of {percent.normalize():f} %{_by(clause)}", -fee)
    for fixed, clause in fees:
        bill.add(f"fixed fee{_by(clause)}", -min(_rounded(fixed, unit), bill.total))
    before = bill.total
    if postage:
        _add_postage(bill, order, discounts)
    added = bill.total - before
    if beyond:
        _add_beyond(bill, max(order.paid - _gross(order, unit), NIL))
    bill.add(f"not more than what is left of {order.paid} paid", min(order.left - bill.total, NIL))
    bill.shown.append((f"{remedy}, {order.currency}", str(bill.total.quantize(unit))))
    return Sum(
        amount=bill.total.quantize(unit),
        shown=tuple(bill.shown),
        parts=tuple(_adding_up(bill)),
        postage=added,
        spread=_gross(order, unit) - order.paid,
    )


def shares(total: Decimal, weights: Sequence[Decimal], unit: Decimal) -> list[Decimal]:
    """``total`` in parts like the weights, each a multiple of ``unit``, by largest remainders.

    Nothing is spread over weights that are all zero.
    """
    whole = sum(weights, NIL)
    if not whole or not total:
        return [NIL] * len(weights)
    exact = [total * weight / whole for weight in weights]
    floors = [value.quantize(unit, ROUND_FLOOR) for value in exact]
    missing = int((total - sum(floors, NIL)) / unit)
    order = sorted(range(len(weights)), key=lambda i: (floors[i] - exact[i], i))
    for index in order[:missing]:
        floors[index] += unit
    return floors


def _by(clause: str) -> str:
    return f" ({clause})" if clause else ""


def _rounded(amount: Decimal, unit: Decimal) -> Decimal:
    return amount.quantize(unit, ROUND_HALF_UP)


def _stretch(total: Decimal, begin: int, end: int, of: int, unit: Decimal) -> Decimal:
    """The part of ``total`` that falls on the pieces from ``begin`` to ``end`` of ``of``."""
    return _rounded(total * end / of, unit) - _rounded(total * begin / of, unit)


def _full(line: Line, unit: Decimal) -> Decimal:
    return _rounded(line.price * line.quantity, unit) + _rounded(line.tax, unit)


def _gross(order: Order, unit: Decimal) -> Decimal:
    return sum((_full(line, unit) for line in order.lines), NIL)


def _discounts(order: Order, unit: Decimal) -> list[Decimal]:
    """What each line was cheaper by: less was paid than the lines come to, goods first."""
    discount = max(_gross(order, unit) - order.paid, NIL)
    goods = [NIL if line.category == POSTAGE else _full(line, unit) for line in order.lines]
    other = [_full(line, unit) - good for line, good in zip(order.lines, goods, strict=True)]
    on_goods = min(discount, sum(goods, NIL))
    spread = zip(
        shares(on_goods, goods, unit), shares(discount - on_goods, other, unit), strict=True
    )
    return [one + two for one, two in spread]


def _goods(bill: _Bill, line: Line, piece: Piece, discount: Decimal) -> Decimal:
    """Add what the pieces cost; the fee to keep back of it."""
    begin, end = line.returned, line.returned + piece.quantity
    if not begin < end <= line.quantity:
        raise ValueError(f"{piece.quantity} more of {line.name}: there are {line.quantity}")
    before = bill.total
    _add_line(bill, line, begin, end, discount)
    fee = _fee(line, end, discount, piece, bill.unit) - _fee(
        line, begin, discount, piece, bill.unit
    )
    bill.parts.append(_part(line, piece.quantity, bill.total - before - fee))
    return fee


def _add_line(bill: _Bill, line: Line, begin: int, end: int, discount: Decimal) -> None:
    unit, of = bill.unit, line.quantity
    cost = _rounded(line.price * end, unit) - _rounded(line.price * begin, unit)
    bill.add(f"{end - begin} × {line.name} at {line.price}", cost)
    bill.add(f"tax on {line.name}", _stretch(line.tax, begin, end, of, unit))
    share = _stretch(discount, begin, end, of, unit)
    bill.add(f"less the discount on the order, for {line.name}", -share)


def _fee(line: Line, pieces: int, discount: Decimal, piece: Piece, unit: Decimal) -> Decimal:
    """The fee on the first so many pieces of a line."""
    value = (
        _rounded(line.price * pieces, unit)
        + _stretch(line.tax, 0, pieces, line.quantity, unit)
        - _stretch(discount, 0, pieces, line.quantity, unit)
    )
    return _rounded(value * piece.fee_percent / 100, unit)


def _part(line: Line, quantity: int, amount: Decimal) -> Part:
    return Part(sku=line.sku, name=line.name, quantity=quantity, amount=amount)


def _add_postage(bill: _Bill, order: Order, discounts: Sequence[Decimal]) -> None:
    for line, discount in zip(order.lines, discounts, strict=True):
        if line.category == POSTAGE and line.returned < line.quantity:
            before = bill.total
            _add_line(bill, line, line.returned, line.quantity, discount)
            bill.parts.append(_part(line, line.quantity - line.returned, bill.total - before))


def _add_beyond(bill: _Bill, beyond: Decimal) -> None:
    if beyond:
        bill.add(BEYOND, beyond)
        bill.parts.append(Part(sku="", name=BEYOND, quantity=1, amount=beyond))


def _adding_up(bill: _Bill) -> Iterator[Part]:
    """The parts once more, each less its share of what was kept back from all together."""
    amounts = [part.amount for part in bill.parts]
    kept = shares(sum(amounts, NIL) - bill.total, amounts, bill.unit)
    for part, less in zip(bill.parts, kept, strict=True):
        amount = (part.amount - less).quantize(bill.unit)
        yield Part(sku=part.sku, name=part.name, quantity=part.quantity, amount=amount)
