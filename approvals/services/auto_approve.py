"""Approval by a rule's own limit: off until an admin sets one, and only without any doubt."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import date_format

from approvals import notifications, refund_rows
from approvals.errors import Refused
from approvals.models import Decision, Refund, RefundRule
from approvals.payments import outbox
from approvals.refund_rows import State, Verdict
from approvals.snapshot.build import build_snapshot
from tickets.models import Customer, Payment

AUTO_APPROVAL_INTERVAL = timedelta(days=30)
ENDED_STATES = [State.REJECTED, State.RETURNED, State.EXPIRED, State.VOID]


def approve_by_rule(refund_id: int, *, doubts: tuple[str, ...] = ()) -> bool:
    """Approve a request of the machine by its rule's own limit; False leaves it to people.

    ``doubts`` are what the caller knows against it. Where the limit would reach, a receipt
    says why people have to decide all the same; the database checks everything once more.
    """
    with transaction.atomic():
        refund = refund_rows.lock_refund(refund_id)
        rule = RefundRule.objects.filter(name=refund.rule, active=True).first()
        if rule is None or not 0 < refund.amount <= rule.auto_up_to:
            return False
        Customer.objects.select_for_update(no_key=True).get(pk=refund.order.customer_id)
        why = [*doubts, *_iter_doubts(refund, rule)]
        if why:
            output = {"reason": "Left to people.", "because": why}
            refund_rows.append_refund_receipt(
                refund, None, "approve", "abstained", output, rule=rule.name
            )
            return False
        _write_approval(refund, rule)
    return True


def _iter_doubts(refund: Refund, rule: RefundRule) -> Iterator[str]:
    """What speaks against deciding without a person, in words; the database knows them too."""
    against = {
        "it is not a fresh request of the machine": refund.state != State.PENDING
        or refund.requested_by_id is not None
        or refund.run is None,
        "the rule's limit is in another currency": rule.currency != refund.currency,
        "there is something to look at": bool(refund.reasons or refund.conditions)
        or bool(refund.note or refund.risk),
        "it rests on more than one rule": set(refund.terms) != {rule.name},
        "the amount is left to certain people, or to several": refund.approvers_needed > 1
        or refund.reviewers is not None,
        "money went back, or was asked for, on this order before": _has_earlier_refund(refund),
        "the customer had one approved by a rule in the last 30 days": _has_recent_auto_approval(
            refund
        ),
        "nobody is on record for the rule's limit": not describe_limit_author(rule),
    }
    yield from (why for why, is_so in against.items() if is_so)


def _has_earlier_refund(refund: Refund) -> bool:
    others = Refund.objects.filter(order=refund.order, seeded=False).exclude(pk=refund.pk)
    paid = Payment.objects.filter(order=refund.order, kind=Payment.Kind.REFUND)
    return others.exclude(state__in=ENDED_STATES).exists() or paid.exists()


def _has_recent_auto_approval(refund: Refund) -> bool:
    return Decision.objects.filter(
        by=None,
        refund__order__customer=refund.order.customer_id,
        at__gt=timezone.now() - AUTO_APPROVAL_INTERVAL,
    ).exists()


def describe_limit_author(rule: RefundRule) -> str:
    """Who set the limit in force and when, as words; empty where no person is on record."""
    history: Any = RefundRule.pgh_event_model  # type: ignore[attr-defined]
    found, before = None, None
    for event in history.objects.filter(pgh_obj=rule).order_by("pgh_id"):
        if event.auto_up_to != before:
            found = event
        before = event.auto_up_to
    context = getattr(found, "pgh_context", None)
    by = User.objects.filter(pk=context.metadata.get("user") or 0).first() if context else None
    if found is None or by is None:
        return ""
    return (
        f"{by.get_username()} on {date_format(timezone.localdate(found.pgh_created_at), 'j F Y')}"
    )


def _write_approval(refund: Refund, rule: RefundRule) -> None:
    limit = f"{rule.auto_up_to} {rule.currency}"
    reason = (
        f"“{rule.name}” approves up to {limit} by itself, as set by {describe_limit_author(rule)}."
    )
    snapshot = build_snapshot(refund)
    try:
        with transaction.atomic():
            Decision.objects.create(
                refund=refund,
                verdict=Verdict.APPROVE,
                reason=reason,
                rule=rule,
                fingerprint=snapshot.digest,
                amount=refund.amount,
                limit_then=rule.auto_up_to,
            )
    except IntegrityError as error:
        raise refund_rows.translate_integrity_error(error, Refused) from error
    refund.state = State.APPROVED
    refund_rows.save_state(refund)
    outbox.order_payment(refund)
    output = {"reason": reason, "limit": str(rule.auto_up_to)}
    refund_rows.append_refund_receipt(
        refund, None, "approve", Verdict.APPROVE, output, rule=rule.name, snapshot=snapshot
    )
    notifications.notify_decided(refund)
