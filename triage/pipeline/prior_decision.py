"""What people decided on a ticket's refund, for the reply that follows it."""

from __future__ import annotations

import re
from datetime import date, datetime

from django.utils import timezone

from approvals.models import Decision, Refund, RefundRule
from approvals.services import is_as_approved
from tickets.intake.mails import REASON_REPLIED
from tickets.models import Payment, Ticket
from triage.contract import case
from triage.pipeline.step_receipts import converter

State = Refund.State
QUESTION_PATTERNS = {
    "photo": re.compile(r"\b(?:photo\w*|picture\w*|image|pic)s?\b", re.IGNORECASE),
    "order": re.compile(r"\b(?:which order|order number|what order)\b", re.IGNORECASE),
}


def find_prior_decision(ticket: Ticket) -> case.Settled | None:
    """What was decided on the newest request; None while it is open, or once the customer wrote."""
    refund = ticket.refunds.filter(seeded=False).select_related("order").order_by("pk").last()
    if refund is None or refund.state == State.PENDING:
        return None
    last = refund.decisions.select_related("by").last()
    if last is None and refund.state != State.EXPIRED:
        return None  # made void before anybody looked at it
    if _has_written_since(ticket, last.at if last else refund.expires_at):
        return None
    return _build_decision(refund, last)


def _has_written_since(ticket: Ticket, at: datetime) -> bool:
    """Whether the customer wrote after that time, by our own clock: the date in a mail is the
    sender's.
    """
    return ticket.runs.filter(reason=REASON_REPLIED, created_at__gt=at).exists()


def _build_decision(refund: Refund, last: Decision | None) -> case.Settled:
    asked = last.reason if last and refund.state == State.RETURNED else ""
    wants = next((kind for kind, words in QUESTION_PATTERNS.items() if words.search(asked)), "")
    lapsed = refund.state == State.APPROVED and not is_as_approved(refund)
    return case.Settled(
        state=State.VOID if lapsed else refund.state,
        amount=refund.amount,
        currency=refund.currency,
        order=refund.order.number,
        remedy=refund.remedy,
        clause=_find_deciding_clause(refund, last.reason_code if last else ""),
        reason_code=last.reason_code if last else "",
        reason=last.reason if last else "",
        by=last.by.get_username() if last and last.by else "",
        wants=wants,
        paid=_get_payment_day(refund),
    )


def _find_deciding_clause(refund: Refund, code: str) -> case.Clause | None:
    """The clause that decided, as it was shown: what excludes it where it was not covered."""
    cited = [row for row in refund.citations if row.get("text") and row.get("since")]
    rule = RefundRule.objects.filter(name=refund.rule).first()
    if code == Decision.ReasonCode.NOT_COVERED and rule and rule.exclusion_clause:
        cited.sort(key=lambda row: row["ref"] != rule.exclusion_clause)
    if not cited:
        return None
    clause = cited[0]
    row = {
        "policy_title": clause.get("title", ""),
        **clause,
        "until": clause.get("until") or None,
    }
    return converter.structure(row, case.Clause)


def _get_payment_day(refund: Refund) -> date | None:
    if refund.state != State.EXECUTED:
        return None
    paid = refund.order.payments.filter(kind=Payment.Kind.REFUND, reference=refund.reference)
    at = paid.values_list("at", flat=True).first()
    return timezone.localdate(at) if at else None
