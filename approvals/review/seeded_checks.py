"""Seeded checks: made-up requests with a known fault, to see whether it is noticed.

No money can move by one (the database sees to that), nobody can choose the answer after
the decision (its seal is in a receipt from the planting on), and whoever decides is told at
once.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from approvals import notifications, refund_rows, separation_of_duties
from approvals.errors import NothingToCopy
from approvals.models import Care, Decision, Refund, SealedCheck
from approvals.refund_rows import State
from approvals.review import injected_faults, synthetic_requests
from approvals.snapshot.build import compute_fingerprint
from tickets.access import SEEDED_CHECK_STEP
from tickets.audit import receipts
from tickets.models import Order
from tickets.models.amounts import write_amount

log = logging.getLogger(__name__)

SALT = "approvals.sealed"
SAMPLE_SPACE = 16**8
LOOKBACK_WINDOW = timedelta(hours=1)
MAX_SOURCE_AGE = timedelta(days=180)
MAX_SOURCES = 50
MIN_WAITING_REQUESTS = 5  # among fewer, one that is made up stands out


def plant_check(
    currency: str, *, by: User | None = None, after: Refund | None = None
) -> SealedCheck:
    """Put a made-up request before the people who decide; ``by`` is the admin who asked.

    ``after`` is the real request whose sample point called for it. Raises NothingToCopy.
    """
    real = _choose_source_request(currency)
    fault = secrets.choice(injected_faults.list_fitting_faults(real))
    with transaction.atomic():
        refund = synthetic_requests.build_synthetic_refund(real)
        fault.put(refund)
        refund.fingerprint = compute_fingerprint(refund)
        refund.save()
        # The steps' receipts are part of what is shown, so the snapshot is built anew below.
        _append_step_receipts(refund)
        refund_rows.append_refund_receipt(refund, None, "request", "ok", {"note": ""})
        notifications.notify_arrived(refund)
        return _write_sealed_check(refund, fault, by, after)


def reveal_check(refund: Refund, by: User, verdict: str) -> Refund:
    """Close a locked check after the decision on it: the answer goes into a receipt."""
    check = refund.sealed_check
    check.revealed_at = timezone.now()
    check.save(update_fields=["revealed_at"])
    refund.state = State.VOID
    refund_rows.save_state(refund)
    refund_rows.append_refund_receipt(refund, by, "approve", verdict, {"seeded": True})
    told = {
        **build_sealed_answer(check),
        "salt": check.salt,
        "seal": check.seal,
        "found": is_fault_noticed(verdict),
    }
    _append_receipt(refund, "unseal", by, told)
    refund.ticket.mark_closed()
    Order.free_number(refund.order.number)
    return refund


def is_fault_noticed(verdict: str) -> bool:
    """Whether the fault was noticed: anything but an approval stops it."""
    return verdict != Decision.Verdict.APPROVE


def build_sealed_answer(check: SealedCheck) -> dict[str, object]:
    """The part of the check that its seal covers."""
    return {
        "refund": check.refund_id,
        "fault": check.fault,
        "right_verdict": check.right_verdict,
    }


def compute_seal(check: SealedCheck) -> str:
    """sha256 over the answer and the salt; the receipt of the planting has to say the same."""
    return receipts.compute_sha256({**build_sealed_answer(check), "salt": check.salt})


def list_decided_checks(person: User) -> QuerySet[Decision]:
    """The decisions of this person on checks, without those they planted."""
    theirs = Decision.objects.filter(by=person, refund__seeded=True)
    return theirs.exclude(refund__sealed_check__planted_by=person)


def plant_due_checks() -> None:
    """Plant the checks that the real requests of the last hour call for, one a currency."""
    for care in Care.objects.filter(sealed_share__gt=0):
        new = _list_unmatched_requests(care).values_list("pk", flat=True)
        drawn = next((pk for pk in new if _compute_sample_point(pk) < care.sealed_share), None)
        if drawn is None or _count_waiting_requests(care.currency) < MIN_WAITING_REQUESTS:
            continue
        try:
            plant_check(care.currency, after=Refund.objects.get(pk=drawn))
        except NothingToCopy as nothing:
            log.info("no seeded check was planted: %s", nothing)


def _list_unmatched_requests(care: Care) -> QuerySet[Refund]:
    new = Refund.objects.filter(currency=care.currency, seeded=False)
    new = new.filter(created_at__gt=timezone.now() - LOOKBACK_WINDOW)
    return new.exclude(pk__in=SealedCheck.objects.filter(after__isnull=False).values("after"))


def _compute_sample_point(refund_id: int) -> float:
    drawn = salted_hmac(SALT, str(refund_id), algorithm="sha256").hexdigest()
    return int(drawn[:8], 16) / SAMPLE_SPACE


def _count_waiting_requests(currency: str) -> int:
    waiting = Refund.objects.filter(state=State.PENDING, currency=currency, seeded=False)
    return waiting.filter(expires_at__gt=timezone.now()).count()


def _choose_source_request(currency: str) -> Refund:
    """A request of the machine for one person to decide, with a clause and nothing given back.

    Raises NothingToCopy.
    """
    since = timezone.now() - MAX_SOURCE_AGE
    like = Refund.objects.filter(currency=currency, seeded=False, created_at__gt=since)
    like = like.filter(requested_by=None, note="", reviewers=None, run__isnull=False)
    like = like.exclude(citations=[]).select_related("order", "ticket").order_by("-created_at")
    fitting = [refund for refund in like[:MAX_SOURCES] if _can_copy_request(refund)]
    if not fitting:
        raise NothingToCopy(
            f"No request in {currency} can be copied yet: it takes one from the rules, with a"
            " clause, for one person to decide."
        )
    return secrets.choice(fitting)


def _can_copy_request(refund: Refund) -> bool:
    order = refund.order
    whole = (
        order.lines.exists()
        and order.compute_refunded_total() == 0
        and refund.amount <= order.compute_paid_total()
    )
    alone = separation_of_duties.count_approvers_by_limits(refund.amount, refund.currency) == 1
    return whole and alone and bool(injected_faults.list_fitting_faults(refund))


def _write_sealed_check(
    refund: Refund, fault: injected_faults.Fault, by: User | None, after: Refund | None
) -> SealedCheck:
    check = SealedCheck(
        refund=refund,
        fault=fault.key,
        right_verdict=fault.right,
        salt=secrets.token_hex(32),
        planted_by=by,
        after=after,
    )
    check.seal = compute_seal(check)
    check.save()
    _append_receipt(refund, SEEDED_CHECK_STEP, by, {"refund": refund.pk, "seal": check.seal})
    return check


def _append_step_receipts(refund: Refund) -> None:
    """The receipts of the steps, as written by rules: no model is claimed to have read it."""
    order, shared = refund.order, {"citations": refund.citations, "run": refund.run}
    clauses = [f"{c.get('ref')}@{c.get('version')}" for c in refund.citations]
    as_of = order.placed_at.date().isoformat() if order.placed_at else ""
    read = {"clauses": clauses, "as_of": as_of, "as_of_because": "the day it was bought"}
    _append_receipt(refund, "retrieve", None, read, **shared)
    decided = {
        "outcome": "review",
        "amount": write_amount(refund.amount),
        "approval_required": True,
        "order": order.number,
        **{
            name: getattr(refund, name)
            for name in ("currency", "remedy", "arithmetic", "reasons", "rule")
        },
    }
    _append_receipt(refund, "decide", None, decided, reasons=refund.reasons, **shared)


def _append_receipt(
    refund: Refund, step: str, by: User | None, output: Mapping[str, object], **values: object
) -> None:
    receipts.append_receipt(
        ticket=refund.ticket,
        step=step,
        actor_kind="human" if by else "rule",
        actor=by.get_username() if by else "rules",
        status="ok",
        output=output,
        **values,
    )
