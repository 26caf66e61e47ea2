"""What people decided on a ticket's refund, for the reply that follows it."""

from __future__ import annotations

import re
from datetime import date, datetime

from django.utils import timezone

from approvals.models import Decision, Refund, RefundRule
from approvals.services import is_as_approved
from tickets.intake.mails import REPLIED
from tickets.models import Payment, Ticket
from triage.contract import case
from triage.pipeline.step_receipts import converter

State = Refund.State
WANTED = {
    "photo": re.compile(r"\b(?:photo\w*|picture\w*|image|pic)s?\b", re.IGNORECASE),
    "order": re.compile(r"\b(?:which order|order number|what order)\b", re.IGNORECASE),
}


def settled(ticket: Ticket) -> case.Settled | None:
    """What was decided on the newest request; None while it is open, or once the customer wrote."""
    refund = ticket.refunds.filter(seeded=False).select_related("order").order_by("pk").last()
    if refund is None or refund.state == State.PENDING:
        return None
    last = refund.decisions.select_related("by").last()
    if last is None and refund.state != State.EXPIRED:
        return None  # made void before anybody looked at it
    if _wrote_since(ticket, last.at if last else refund.expires_at):
        return None
    return _as_value(refund, last)


def _wrote_since(ticket: Ticket, at: datetime) -> bool:
    """By our own clock: the date in a mail is the sender's."""
    return ticket.runs.filter(reason=REPLIED, created_at__gt=at).exists()


def _as_value(refund: Refund, last: Decision | None) -> case.Settled:
    asked = last.reason if last and refund.state == State.RETURNED else ""
    wants = next((kind for kind, words in WANTED.items() if words.search(asked)), "")
    lapsed = refund.state == State.APPROVED and not is_as_approved(refund)
    return case.Settled(
        state=State.VOID if lapsed else refund.state,
        amount=refund.amount,
        currency=refund.currency,
        order=refund.order.number,
        remedy=refund.remedy,
        clause=_clause(refund, last.reason_code if last else ""),
        reason_code=last.reason_code if last else "",
        reason=last.reason if last else "",
        by=last.by.get_username() if last and last.by else "",
        wants=wants,
        paid=_paid_on(refund),
    )


def _clause(refund: Refund, code: str) -> case.Clause | None:
    """The clause that decided, as it was shown: what excludes it where it was not covered."""
    cited = [row for row in refund.citations if row.get("text") and row.get("since")]
    rule = RefundRule.objects.filter(name=refund.rule).first()
    if code == Decision.ReasonCode.NOT_COVERED and rule and rule.exclusion_clause:
        cited.sort(key=lambda row: row["ref"] != rule.exclusion_clause)
    if not cited:
        return None
    row = {"policy_title": cited[0].get("title", ""), **cited[0], "until": cited[0].get("until") or None}  # fmt: skip
    return converter.structure(row, case.Clause)


def _paid_on(refund: Refund) -> date | None:
    if refund.state != State.EXECUTED:
        return None
    paid = refund.order.payments.filter(kind=Payment.Kind.REFUND, reference=refund.reference)
    at = paid.values_list("at", flat=True).first()
    return timezone.localdate(at) if at else None
