"""The faults a synthetic request can have.

Each says whether it fits a real request, and puts itself into the copy of it. All of them
can be seen on the page of the request.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any

from approvals.models import Refund, RefundRule
from approvals.review import synthetic_requests
from tickets.models import Payment
from tickets.models.amounts import get_decimal_places, write_amount

AMOUNT_STEP = Decimal("0.50")
RAISE_SHARE = Decimal("0.12")
TERMS_ENDED_BEFORE = timedelta(days=20)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A fault of a synthetic request.

    ``told`` explains it after the decision; ``put`` changes a copy that is not saved yet.
    """

    key: str
    told: str
    right: str
    fits: Callable[[Refund], bool]
    put: Callable[[Refund], None]


def list_fitting_faults(real: Refund) -> list[Fault]:
    """The faults that can be put into a copy of this request and would be its only one."""
    if _is_photo_required(real):
        return [fault for fault in FAULTS.values() if fault.key == "photo"]
    return [fault for fault in FAULTS.values() if fault.fits(real)]


def _find_rule(real: Refund) -> RefundRule | None:
    return RefundRule.objects.filter(name=real.rule).first()


def _is_photo_required(real: Refund) -> bool:
    rule = _find_rule(real)
    return rule is not None and rule.evidence == RefundRule.Evidence.PHOTO


def _compute_raised_amount(amount: Decimal, currency: str) -> Decimal:
    """About an eighth more, in steps of a half, or of a whole where there are no smaller coins."""
    step = AMOUNT_STEP if get_decimal_places(currency) else Decimal(1)
    return amount + (amount * RAISE_SHARE / step).to_integral_value(ROUND_CEILING) * step


def _can_raise_amount(real: Refund) -> bool:
    return (
        bool(real.arithmetic)
        and _compute_raised_amount(real.amount, real.currency) <= real.order.compute_paid_total()
    )


def _raise_amount(copy: Refund) -> None:
    copy.amount = _compute_raised_amount(copy.amount, copy.currency)
    *lines, last = copy.arithmetic
    copy.arithmetic = [*lines, [last[0], write_amount(copy.amount)]]


def _has_purchase_date(real: Refund) -> bool:
    return real.order.placed_at is not None


def _end_terms(copy: Refund) -> None:
    placed = copy.order.placed_at or copy.created_at
    until = placed.date() - TERMS_ENDED_BEFORE
    copy.citations = [_end_citation(citation, until) for citation in copy.citations]


def _end_citation(citation: dict[str, Any], until: date) -> dict[str, Any]:
    since = date.fromisoformat(citation["since"]) if citation.get("since") else until
    begun = min(since, until - timedelta(days=365))
    return {**citation, "since": begun.isoformat(), "until": until.isoformat()}


def _change_owner(copy: Refund) -> None:
    owner = copy.order.customer
    while str(owner) == str(copy.order.customer):
        owner = synthetic_requests.create_synthetic_customer()
    copy.order.customer = owner
    copy.order.save(update_fields=["customer"])


def _has_no_final_sale(real: Refund) -> bool:
    rule = _find_rule(real)
    return not (rule and rule.covers_final_sale) and not real.order.lines.filter(final_sale=True)


def _mark_final_sale(copy: Refund) -> None:
    lines, skus = copy.order.lines.all(), [line.get("sku") for line in copy.lines]
    named = lines.filter(sku__in=[sku for sku in skus if sku])
    (named if named.exists() else lines).update(final_sale=True)


def _has_room_for_two(real: Refund) -> bool:
    return 2 * real.amount <= real.order.compute_paid_total()


def _add_earlier_refund(copy: Refund) -> None:
    captured = copy.order.payments.filter(kind=Payment.Kind.CAPTURE).first()
    copy.order.payments.create(
        kind=Payment.Kind.REFUND,
        amount=copy.amount,
        at=copy.ticket.received_at - timedelta(days=2),
        method=captured.method if captured else "",
    )


FAULTS = {
    fault.key: fault
    for fault in (
        Fault(
            key="amount",
            told="More was asked for than the lines add up to.",
            right="reject",
            fits=_can_raise_amount,
            put=_raise_amount,
        ),
        Fault(
            key="clause",
            told="The terms it rested on were no longer in force when the order was placed.",
            right="reject",
            fits=_has_purchase_date,
            put=_end_terms,
        ),
        Fault(
            key="owner",
            told="The order belonged to another customer than the one who wrote.",
            right="reject",
            fits=lambda real: True,
            put=_change_owner,
        ),
        Fault(
            key="final sale",
            told="The item was bought as final sale, which the rule does not cover.",
            right="reject",
            fits=_has_no_final_sale,
            put=_mark_final_sale,
        ),
        Fault(
            key="paid",
            told="The same amount had gone back on this order two days before.",
            right="reject",
            fits=_has_room_for_two,
            put=_add_earlier_refund,
        ),
        Fault(
            key="photo",
            told="The rule asks for a photo, and none had come.",
            right="return",
            fits=_is_photo_required,
            put=lambda copy: None,
        ),
    )
}
