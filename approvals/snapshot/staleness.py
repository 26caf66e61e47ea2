"""Approvals of what has changed since, and payments of such: people have to hear of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from approvals.models import Decision, Execution, Refund
from approvals.snapshot import build
from tickets.models import Message, Payment, Ticket
from tickets.templatetags.show import money

State = Refund.State
LOOK_AGAIN = "so it has to be looked at again before it is paid."
WROTE_AGAIN = f"The customer wrote again after the refund was approved, {LOOK_AGAIN}"
CHANGED_SINCE = f"Something changed after the refund was approved, {LOOK_AGAIN}"


def to_look_at(ticket: Ticket) -> Iterator[str]:
    """A sentence for each refund of the ticket that a person has to look at again."""
    refunds = list(ticket.refunds.filter(state__in=[State.APPROVED, State.VOID], seeded=False))
    wrote = written_since(refunds)
    for refund in refunds:
        if refund.state == State.VOID:
            yield from _paid_all_the_same(refund)
        elif not (_is_ordered(refund) or build.is_as_approved(refund)):
            yield WROTE_AGAIN if refund.pk in wrote else CHANGED_SINCE


def written_since(refunds: Iterable[Refund]) -> set[int]:
    """Ids of those whose customer wrote after the last approval; two queries, however many."""
    ticket_of = {refund.pk: refund.ticket_id for refund in refunds}
    agreed = Decision.objects.filter(refund__in=ticket_of, verdict=Decision.Verdict.APPROVE)
    pages = agreed.exclude(look=None).order_by("at", "id")
    known = dict(pages.values_list("refund", "look__shown__messages"))
    theirs = Message.objects.filter(direction=Message.Direction.IN, automatic=False)
    there: dict[int, set[str]] = {}
    for ticket, pk in theirs.filter(ticket__in=ticket_of.values()).values_list("ticket", "pk"):
        there.setdefault(ticket, set()).add(str(pk))
    return {pk for pk, page in known.items() if there.get(ticket_of[pk], set()) - {*(page or {})}}


def since_approved(refund: Refund, *, paid_as: str = "") -> tuple[str, ...]:
    """What has changed since the last approval, in sentences, where its page was kept."""
    agreed = refund.decisions.filter(verdict=Decision.Verdict.APPROVE).exclude(look=None)
    page = agreed.values_list("look__shown", flat=True).last()
    return tuple(build.changed(page, refund, paid_as=paid_as)) if page else ()


def paid_all_the_same(refund: Refund) -> str:
    """What people read about a payment of what was no longer approved."""
    paid = f"{money(refund.amount, refund.currency)} was paid (ref {refund.reference})"
    return (
        f"{paid} although it was no longer as approved: please check it, and do not pay it again."
    )


def _paid_all_the_same(refund: Refund) -> Iterator[str]:
    """Until somebody has answered the customer since."""
    if not refund.reference:
        return
    payments = Payment.objects.filter(order=refund.order_id, kind=Payment.Kind.REFUND)
    paid = payments.filter(reference=refund.reference).first()
    since = (paid and paid.at) or refund.created_at
    out = refund.ticket.messages.filter(direction=Message.Direction.OUT, at__gt=since)
    if not out.exists():
        yield paid_all_the_same(refund)


def _is_ordered(refund: Refund) -> bool:
    return Execution.objects.filter(refund=refund).exists()
