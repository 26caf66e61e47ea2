"""Replacements that a person asks for: worth and stock are worked out as for the machine's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.contrib.auth.models import User

from approvals import services
from approvals.errors import Incomplete
from approvals.models import Refund
from tickets.models import Order, Payment, Ticket
from triage.contract.case import POSTAGE_CATEGORY, Line
from triage.pipeline import step_receipts
from triage.pipeline.case_builder import build_order, iter_offers
from triage.refunds.arithmetic import RefundPiece, compute_refund
from triage.refunds.resolution import iter_stock_conditions

MAX_ORDERS_SHOWN = 10


def list_replaceable_lines(ticket: Ticket) -> list[tuple[Order, dict[int, Line]]]:
    """The customer's newest orders, each with the lines of which pieces are left, by their index
    in the order.
    """
    if ticket.customer is None:
        return []
    newest = ticket.customer.orders.order_by("-placed_at", "-id")[:MAX_ORDERS_SHOWN]
    rows = newest.prefetch_related("lines", "payments", "refunds")
    found = [(row, dict(_iter_replaceable_lines(row))) for row in rows]
    return [(row, lines) for row, lines in found if lines]


def _iter_replaceable_lines(row: Order) -> Iterator[tuple[int, Line]]:
    for index, line in enumerate(build_order(row).lines):
        if line.category != POSTAGE_CATEGORY and line.returned < line.quantity:
            yield index, line


def request_replacement(
    ticket: Ticket, row: Order, pieces: Mapping[int, int], *, why: str, by: User
) -> Refund:
    """Ask people for a replacement of so many pieces of each line, by its index in the order.

    It is worth what the pieces cost and gives back no delivery. Raises Refused.
    """
    order = build_order(row)
    wanted = [RefundPiece(index=index, quantity=count) for index, count in pieces.items()]
    worth = compute_refund(order, wanted, remedy=Payment.REPLACEMENT)
    if not worth.amount:
        raise Incomplete(
            f"Nothing of what was paid for order {row} is left, so nothing can be sent once more."
        )
    stock = iter_stock_conditions([order.lines[index] for index in pieces], [*iter_offers([row])])
    proposal = services.Proposal(
        order=row,
        amount=worth.amount,
        remedy=Payment.REPLACEMENT,
        arithmetic=worth.shown,
        reasons=["Asked for by a person, not worked out from a rule"],
        note=why,
        lines=step_receipts.converter.unstructure(worth.parts),
        conditions=list(dict.fromkeys(stock)),
    )
    return services.propose_refund(ticket, proposal, run=ticket.get_current_run(), by=by)
