"""The status of a refund's payment, for pages."""

from __future__ import annotations

from dataclasses import dataclass

from approvals.models import Execution, Refund
from approvals.payments.gateways import manual
from approvals.payments.reconciliation import MAX_QUESTIONS
from approvals.snapshot import staleness
from tickets.prepared import Given, PreparedQuery

EXECUTION = PreparedQuery(
    lambda: Execution.objects.filter(refund=Given("refund")).select_related("settled_by")
)


@dataclass(frozen=True)
class PaymentStatus:
    """``said`` is a sentence for people. ``by_hand``: somebody has to pay it and record that.

    ``may_settle``: somebody can say how it went. ``asking_ended``: nobody else will.
    """

    said: str
    execution: Execution | None = None
    by_hand: bool = False
    may_settle: bool = False
    asking_ended: bool = False


def get_payment_status(refund: Refund) -> PaymentStatus:
    """The status of the payment; ``said`` is empty before there is anything to pay."""
    execution = EXECUTION.fetch_first(refund=refund.pk)
    if execution is None:
        if refund.state == Refund.State.VOID and refund.reference:
            return PaymentStatus(staleness.format_void_payment_warning(refund))
        if manual.may_have_been_paid(refund):
            return PaymentStatus(
                "It is not to be paid any more. Was it paid already?", by_hand=True
            )
        by_hand = refund.state == Refund.State.APPROVED and not refund.seeded
        return PaymentStatus("It is to be paid by hand." if by_hand else "", by_hand=by_hand)
    doubted = execution.state == Execution.State.DOUBT
    ended = doubted and execution.questions >= MAX_QUESTIONS
    return PaymentStatus(
        _describe_execution(execution, ended),
        execution=execution,
        may_settle=doubted or execution.state == Execution.State.QUEUED,
        asking_ended=ended,
    )


def _describe_execution(execution: Execution, ended: bool) -> str:
    by = execution.get_by_display()
    match execution.state:
        case Execution.State.QUEUED if execution.calls:
            return f"It is not paid yet and is tried again. {execution.note}"
        case Execution.State.QUEUED | Execution.State.CALLING:
            return f"It is being paid {by}."
        case Execution.State.DONE:
            return f"Paid {by}: {execution.reference}."
        case Execution.State.FAILED:
            return f"It was not paid. {execution.note}"
    if ended:
        return "It may or may not have been paid. Please look at the payment side and settle it."
    return (
        "It may or may not have been paid. The payment side is asked; please do not pay it again."
    )
