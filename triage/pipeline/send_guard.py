"""The send guard: no reply leaves that promises money which nobody approved.

Whoever wrote it, what a reply says is weighed against the requests of its ticket and the
payments on file, under the lock of the ticket: an approval that was lost a moment ago
supports nothing any more. Where nothing at all was approved, a model reads the sentences that
the rules let pass as well; where the model is missing, that is a check that was not run, and the
reply waits until whoever sends it says to have read it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cache

from approvals.models import Refund
from approvals.services import is_as_approved
from tickets.delivery.sending import GapLeft, MissingCheck, Objection, UnapprovedCommitment
from tickets.models import Draft, Message, Order, Payment, Ticket
from tickets.prepared import Given, GivenList, PreparedQuery
from triage.contract.step import EngineUnavailable
from triage.guardrails.commitments import (
    ApprovedMoney,
    Records,
    find_unapproved_commitments,
    iter_own_sentences,
)
from triage.guardrails.commitments.sentence_reading import is_about_money_back
from triage.inference.registry import pinned
from triage.models import Clause
from triage.pipeline import registry
from triage.saved_replies.composing import find_gaps

COMMITMENT_MODEL = "promises"
COMMITMENT_REASON = (
    "it reads as if money were given, and none was approved on this ticket: say it more plainly, "
    "or ask for the refund first"
)
COMMITMENT_CHECK = "no hidden promise of money"
REFUNDS = PreparedQuery(
    lambda: (
        Refund.objects.filter(ticket=Given("ticket"), seeded=False)
        .select_related("order")
        .order_by("-pk")
    )
)
ORDERS = PreparedQuery(lambda: Order.objects.filter(customer=Given("customer")))
WORDS = PreparedQuery(
    lambda: Message.objects.filter(ticket=Given("ticket"), direction="in").values_list("text")
)
CLAUSES = PreparedQuery(lambda: Clause.objects.values_list("text"))
PAYMENTS = PreparedQuery(
    lambda: Payment.objects.filter(order__in=GivenList("orders")).order_by("pk")
)
State = Refund.State
GRANTED_STATES = {
    State.APPROVED: "approved",
    State.EXECUTING: "approved",
    State.DOUBT: "doubt",
    State.EXECUTED: "paid",
}
STATE_EXPLANATIONS = {
    State.PENDING: (
        "the refund is still under review, and until it is decided a reply may say no more"
    ),
    State.APPROVED: "the refund was approved, but what was approved has changed since",
    State.REJECTED: "the refund was refused",
    State.RETURNED: "the refund is not decided: more information is needed first",
    State.EXPIRED: "nobody decided on the refund in time",
    State.VOID: "the request for the refund no longer counts",
    State.FAILED: "the payment of the refund failed",
}


def refuse_gaps(draft: Draft, ticket: Ticket) -> tuple[MissingCheck, ...]:
    """Let the reply go, or raise GapLeft where an answer is still to be written."""
    if gaps := find_gaps(draft.text):
        raise GapLeft(gaps)
    return ()


def refuse_unapproved(draft: Draft, ticket: Ticket) -> tuple[MissingCheck, ...]:
    """Let the reply go, or raise UnapprovedCommitment with each sentence that promises too much.

    Returns the check that could not be run; none, as a rule.
    """
    records = load_records(draft, ticket)
    found = {one.sentence: one.because for one in find_unapproved_commitments(draft.text, records)}
    missing: tuple[MissingCheck, ...] = ()
    if not any(one.here for one in records.granted):
        others = [said for said in iter_own_sentences(draft.text, records) if said not in found]
        heard, missing = _detect_commitments(others)
        found |= dict.fromkeys(heard, COMMITMENT_REASON)
    if found:
        raise UnapprovedCommitment(
            tuple(Objection(sentence=s, because=why) for s, why in found.items())
        )
    return missing


@cache
def load_commitment_model():  # type: ignore[no-untyped-def]  # its type would import numpy
    """The bundled model that finds commitments in sentences. Raises EngineUnavailable."""
    from triage.signals.sentence_model import SentenceModel

    return SentenceModel.loads(
        pinned.verify_file(registry.load_entries()[COMMITMENT_MODEL]).read_bytes()
    )


def _detect_commitments(sentences: Sequence[str]) -> tuple[list[str], tuple[MissingCheck, ...]]:
    """The sentences that the model takes for commitments, in their order, and the check that was
    not run where there were sentences and no model to read them.
    """
    if not sentences:
        return [], ()
    try:
        model = load_commitment_model()
    except EngineUnavailable as error:
        because = f"rules alone read the reply, as its model cannot be used ({error})"
        return [], (MissingCheck(name=COMMITMENT_CHECK, because=because),)
    heard = model.flag_sentences(sentences)
    return [sentence for sentence, is_one in zip(sentences, heard, strict=True) if is_one], ()


def load_records(draft: Draft, ticket: Ticket) -> Records:
    """The requests, payments, orders and messages of a ticket, as the rows are now."""
    refunds = REFUNDS.fetch(ticket=ticket.pk)
    orders = ORDERS.fetch(customer=ticket.customer_id)
    orders += [refund.order for refund in refunds if refund.order not in orders]
    words = [text for (text,) in WORDS.fetch(ticket=ticket.pk)]
    return Records(
        granted=(*_iter_approved_grants(refunds), *_iter_paid_refunds(orders)),
        orders=tuple(order.number for order in orders),
        standing=STATE_EXPLANATIONS.get(State(refunds[0].state), "") if refunds else "",
        asked=bool(refunds) or any(map(is_about_money_back, words)),
        quotable=(*_iter_quoted_clauses(draft), *(text for (text,) in CLAUSES.fetch())),
        words=tuple(words),
    )


def _iter_approved_grants(refunds: list[Refund]) -> Iterator[ApprovedMoney]:
    for refund in refunds:
        state = GRANTED_STATES.get(State(refund.state))
        if refund.remedy == Payment.REPLACEMENT:
            continue  # it bears out no word about money
        if state and (refund.state != State.APPROVED or is_as_approved(refund)):
            yield ApprovedMoney(
                order=refund.order.number,
                amount=refund.amount,
                currency=refund.currency,
                captured=refund.order.compute_paid_total(),
                state=state,
                remedy=refund.remedy,
            )


def _iter_paid_refunds(orders: list[Order]) -> Iterator[ApprovedMoney]:
    """Every payment on file that gave the customer money back."""
    by_id = {order.pk: order for order in orders}
    captured = dict.fromkeys(by_id, Decimal("0.00"))
    payments = PAYMENTS.fetch(orders=list(by_id))
    for payment in payments:
        if payment.kind == Payment.Kind.CAPTURE:
            captured[payment.order_id] += payment.amount
    for payment in payments:
        if payment.kind != Payment.Kind.REFUND or payment.method == Payment.REPLACEMENT:
            continue
        order = by_id[payment.order_id]
        yield ApprovedMoney(
            order=order.number,
            amount=payment.amount,
            currency=order.currency,
            captured=captured[order.pk],
            state="paid",
            here=False,
        )


def _iter_quoted_clauses(draft: Draft) -> Iterator[str]:
    """The text of each clause that the draft quotes, as it was then."""
    for part in draft.parts:
        if part.get("kind") == "clause":
            yield part["text"].strip("“”")
