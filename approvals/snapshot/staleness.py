"""Stale approvals: what changed after an approval, and payments that people must check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from approvals.models import Decision, Execution, Refund
from approvals.snapshot.build import Snapshot, is_as_approved
from tickets.models import Message, Payment, Ticket
from tickets.templatetags.show import money

State = Refund.State
LOOK_AGAIN = "so it has to be looked at again before it is paid."
WROTE_AGAIN = f"The customer wrote again after the refund was approved, {LOOK_AGAIN}"
CHANGED_SINCE = f"Something changed after the refund was approved, {LOOK_AGAIN}"


def iter_stale_warnings(ticket: Ticket) -> Iterator[str]:
    """A sentence for each refund of the ticket that a person has to look at again."""
    refunds = list(ticket.refunds.filter(state__in=[State.APPROVED, State.VOID], seeded=False))
    wrote = find_refunds_with_followup(refunds)
    for refund in refunds:
        if refund.state == State.VOID:
            yield from _iter_void_payment_warnings(refund)
        elif not (_has_execution(refund) or is_as_approved(refund)):
            yield WROTE_AGAIN if refund.pk in wrote else CHANGED_SINCE


def find_refunds_with_followup(refunds: Iterable[Refund]) -> set[int]:
    """Ids of those refunds whose customer wrote after the last approval.

    Takes two queries, however many refunds there are.
    """
    ticket_of = {refund.pk: refund.ticket_id for refund in refunds}
    agreed = Decision.objects.filter(refund__in=ticket_of, verdict=Decision.Verdict.APPROVE)
    pages = agreed.exclude(look=None).order_by("at", "id")
    known = dict(pages.values_list("refund", "look__shown__messages"))
    theirs = Message.objects.filter(direction=Message.Direction.IN, automatic=False)
    there: dict[int, set[str]] = {}
    for ticket, pk in theirs.filter(ticket__in=ticket_of.values()).values_list("ticket", "pk"):
        there.setdefault(ticket, set()).add(str(pk))
    return {pk for pk, page in known.items() if there.get(ticket_of[pk], set()) - {*(page or {})}}


def list_changes_since_approval(refund: Refund, snapshot: Snapshot) -> tuple[str, ...]:
    """What has changed since the last approval, in sentences; ``snapshot`` is how it is now.

    Empty where the page it was given on was not kept.
    """
    agreed = refund.decisions.filter(verdict=Decision.Verdict.APPROVE).exclude(look=None)
    page = agreed.values_list("look__shown", flat=True).last()
    return tuple(snapshot.list_changes_since(page)) if page else ()


def format_void_payment_warning(refund: Refund) -> str:
    """The warning about a payment of a refund that was no longer approved."""
    paid = f"{money(refund.amount, refund.currency)} was paid (ref {refund.reference})"
    return (
        f"{paid} although it was no longer as approved: please check it, and do not pay it again."
    )


def _iter_void_payment_warnings(refund: Refund) -> Iterator[str]:
    """The warning, until somebody has answered the customer after the payment."""
    if not refund.reference:
        return
    payments = Payment.objects.filter(order=refund.order_id, kind=Payment.Kind.REFUND)
    paid = payments.filter(reference=refund.reference).first()
    since = (paid and paid.at) or refund.created_at
    out = refund.ticket.messages.filter(direction=Message.Direction.OUT, at__gt=since)
    if not out.exists():
        yield format_void_payment_warning(refund)


def _has_execution(refund: Refund) -> bool:
    return Execution.objects.filter(refund=refund).exists()
