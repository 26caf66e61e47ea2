"""What a decision rests on, as one digest: it names what a person saw, and shows any change."""

from __future__ import annotations

from approvals.models import Decision, Refund
from tickets import receipts
from tickets.models import Draft, Payment


def is_as_approved(refund: Refund, *, paid_as: str = "") -> bool:
    """Whether everything is as those who approved saw it, but for its own payment."""
    agreed = refund.decisions.filter(verdict=Decision.Verdict.APPROVE)
    return set(agreed.values_list("fingerprint", flat=True)) == {
        fingerprint(refund, paid_as=paid_as)
    }


def fingerprint(refund: Refund, *, paid_as: str = "") -> str:
    """Digest of everything an approver is shown, as it is in the rows now.

    A payment of the refund itself, with the reference ``paid_as``, does not count.
    """
    order, ticket = refund.order, refund.ticket
    payments = order.payments.order_by("id")
    if paid_as:
        payments = payments.exclude(
            kind=Payment.Kind.REFUND, reference=paid_as, amount=refund.amount
        )
    lines = order.lines.order_by("id")
    return receipts.sha256(
        {
            "refund": [refund.amount, refund.currency, refund.remedy, refund.rule, refund.note],
            "arithmetic": refund.arithmetic,
            "reasons": refund.reasons,
            "clauses": [[c.get("ref"), c.get("version")] for c in refund.citations],
            "order": [order.number, order.status, order.placed_at, order.delivered_at],
            "lines": list(lines.values_list("sku", "name", "quantity", "unit_price", "final_sale")),
            "payments": list(payments.values_list("kind", "amount")),
            "messages": list(
                ticket.messages.filter(direction="in").order_by("id").values_list("id", flat=True)
            ),
            "drafts": [draft.text for draft in _drafts(refund)],
        }
    )


def _drafts(refund: Refund) -> list[Draft]:
    return list(refund.run.drafts.order_by("id")) if refund.run else []
