"""No reply leaves that promises money which nobody approved, whoever wrote it.

What a reply says is weighed against the requests of its ticket and the payments on file, under
the lock of the ticket: an approval that was lost a moment ago bears out nothing any more. Where
nothing at all was approved, a model reads the sentences that the rules let pass as well.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from functools import cache

from approvals.models import Refund
from approvals.services import is_as_approved
from tickets.delivery.sending import NotBorneOut, Objection
from tickets.models import Draft, Order, Payment, Ticket
from triage.contract.step import EngineUnavailable
from triage.guardrails.commitments import Granted, Records, own_words, unborne
from triage.guardrails.commitments.sentence_reading import speaks_of_money_back
from triage.inference.registry import pinned
from triage.models import Clause
from triage.pipeline import registry

log = logging.getLogger(__name__)
MODEL = "promises"
SOUNDS = (
    "it reads as if money were given, and none was approved on this ticket: say it more plainly, "
    "or ask for the refund first"
)
State = Refund.State
BEARING = {
    State.APPROVED: "approved",
    State.EXECUTING: "approved",
    State.DOUBT: "doubt",
    State.EXECUTED: "paid",
}
STANDING = {
    State.PENDING: "the refund is still under review, and until it is decided a reply may say no more",
    State.APPROVED: "the refund was approved, but what was approved has changed since",
    State.REJECTED: "the refund was refused",
    State.RETURNED: "the refund is not decided: more information is needed first",
    State.EXPIRED: "nobody decided on the refund in time",
    State.VOID: "the request for the refund no longer counts",
    State.FAILED: "the payment of the refund failed",
}


def refuse_unapproved(draft: Draft, ticket: Ticket) -> None:
    """Let the reply go, or raise NotBorneOut with each sentence that promises too much."""
    records = records_of(draft, ticket)
    found = {one.sentence: one.because for one in unborne(draft.text, records)}
    if not any(one.here for one in records.granted):
        others = [said for said in own_words(draft.text, records) if said not in found]
        found |= dict.fromkeys(_sounding_like_one(others), SOUNDS)
    if found:
        raise NotBorneOut(tuple(Objection(sentence=s, because=why) for s, why in found.items()))


@cache
def reader():  # type: ignore[no-untyped-def]  # its type would import numpy
    """The bundled model of sentences that promise money. Raises EngineUnavailable."""
    from triage.signals.commitment_model import PromiseModel

    return PromiseModel.loads(pinned.verified(registry.entries()[MODEL]).read_bytes())


def _sounding_like_one(sentences: Sequence[str]) -> list[str]:
    """Those that read like a promise of money; none where the model is not there."""
    try:
        model = reader()
    except EngineUnavailable:
        log.warning("replies are read for promises by rules alone", exc_info=True)
        return []
    heard = model.promises(sentences)
    return [sentence for sentence, is_one in zip(sentences, heard, strict=True) if is_one]


def records_of(draft: Draft, ticket: Ticket) -> Records:
    """What the rows say, as it is now."""
    refunds = list(ticket.refunds.filter(seeded=False).select_related("order").order_by("-pk"))
    orders = list(ticket.customer.orders.all()) if ticket.customer else []
    orders += [refund.order for refund in refunds if refund.order not in orders]
    words = list(ticket.messages.filter(direction="in").values_list("text", flat=True))
    return Records(
        granted=(*_granted(refunds), *_gone_back(orders)),
        orders=tuple(order.number for order in orders),
        standing=STANDING.get(State(refunds[0].state), "") if refunds else "",
        asked=bool(refunds) or any(map(speaks_of_money_back, words)),
        quotable=(*_quoted(draft), *Clause.objects.values_list("text", flat=True)),
        words=tuple(words),
    )


def _granted(refunds: list[Refund]) -> Iterator[Granted]:
    for refund in refunds:
        state = BEARING.get(State(refund.state))
        if state and (refund.state != State.APPROVED or is_as_approved(refund)):
            yield Granted(
                order=refund.order.number,
                amount=refund.amount,
                currency=refund.currency,
                captured=refund.order.paid(),
                state=state,
                remedy=refund.remedy,
            )


def _gone_back(orders: list[Order]) -> Iterator[Granted]:
    """Every payment on file that gave the customer money back."""
    payments = Payment.objects.filter(order__in=orders, kind=Payment.Kind.REFUND)
    for payment in payments.select_related("order"):
        yield Granted(
            order=payment.order.number,
            amount=payment.amount,
            currency=payment.order.currency,
            captured=payment.order.paid(),
            state="paid",
            here=False,
        )


def _quoted(draft: Draft) -> Iterator[str]:
    """The clauses that the machine quoted, as they were then."""
    for part in draft.parts:
        if part.get("kind") == "clause":
            yield part["text"].strip("“”")
