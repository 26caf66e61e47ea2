"""Sealed checks: made-up requests with a known fault, to see whether it is noticed.

No money can move by one (the database sees to that), nobody can choose the answer after the
decision (its seal is in a receipt from the planting on), and whoever decides is told at once.
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
from approvals.snapshot.build import fingerprint
from tickets.access import SEAL
from tickets.audit import receipts
from tickets.models import Order

log = logging.getLogger(__name__)

SALT = "approvals.sealed"
DRAWN = 16**8
LOOKED_BACK = timedelta(hours=1)
LIKE_THOSE_OF = timedelta(days=180)
LIKE_THE_LAST = 50
FEWEST_WAITING = 5  # among fewer, one that is made up stands out


def plant(currency: str, *, by: User | None = None, after: Refund | None = None) -> SealedCheck:
    """Put a made-up request before the people who decide; ``by`` is the admin who asked.

    ``after`` is the real request whose lot called for it. Raises NothingToCopy.
    """
    real = _to_copy(currency)
    fault = secrets.choice(injected_faults.fitting(real))
    with transaction.atomic():
        refund = synthetic_requests.copy_of(real)
        fault.put(refund)
        refund.fingerprint = fingerprint(refund)
        refund.save()
        _receipts_of_steps(refund)
        refund_rows.receipt(refund, None, "request", "ok", {"note": ""})
        notifications.arrived(refund)
        return _seal(refund, fault, by, after)


def reveal(refund: Refund, by: User, verdict: str) -> Refund:
    """Close a locked check after the decision on it: the answer goes into a receipt."""
    check = refund.sealed_check
    check.revealed_at = timezone.now()
    check.save(update_fields=["revealed_at"])
    refund.state = State.VOID
    refund_rows.save(refund)
    refund_rows.receipt(refund, by, "approve", verdict, {"seeded": True})
    told = {**answer(check), "salt": check.salt, "seal": check.seal, "found": found(verdict)}
    _receipt(refund, "unseal", by, told)
    refund.ticket.close()
    Order.free_number(refund.order.number)
    return refund


def found(verdict: str) -> bool:
    """Whether the fault was noticed: anything but an approval stops it."""
    return verdict != Decision.Verdict.APPROVE


def answer(check: SealedCheck) -> dict[str, object]:
    """What was sealed."""
    return {
        "refund": check.refund_id,
        "fault": check.fault,
        "right_verdict": check.right_verdict,
    }


def seal_of(check: SealedCheck) -> str:
    """sha256 over the answer and the salt; the receipt of the planting has to say the same."""
    return receipts.sha256({**answer(check), "salt": check.salt})


def decided_by(person: User) -> QuerySet[Decision]:
    """The checks this person decided, but for those they planted."""
    theirs = Decision.objects.filter(by=person, refund__seeded=True)
    return theirs.exclude(refund__sealed_check__planted_by=person)


def sweep() -> None:
    """Plant what the lots of the last hour's real requests call for, one a currency at a time."""
    for care in Care.objects.filter(sealed_share__gt=0):
        drawn = next(
            (refund for refund in _unanswered(care) if _lot(refund) < care.sealed_share), None
        )
        if drawn is None or _waiting(care.currency) < FEWEST_WAITING:
            continue
        try:
            plant(care.currency, after=drawn)
        except NothingToCopy as nothing:
            log.info("no sealed check was planted: %s", nothing)


def _unanswered(care: Care) -> QuerySet[Refund]:
    new = Refund.objects.filter(currency=care.currency, seeded=False)
    new = new.filter(created_at__gt=timezone.now() - LOOKED_BACK)
    return new.exclude(pk__in=SealedCheck.objects.filter(after__isnull=False).values("after"))


def _lot(refund: Refund) -> float:
    drawn = salted_hmac(SALT, str(refund.pk), algorithm="sha256").hexdigest()
    return int(drawn[:8], 16) / DRAWN


def _waiting(currency: str) -> int:
    waiting = Refund.objects.filter(state=State.PENDING, currency=currency, seeded=False)
    return waiting.filter(expires_at__gt=timezone.now()).count()


def _to_copy(currency: str) -> Refund:
    """A request of the machine that one person decides on, with a clause and nothing given back."""
    since = timezone.now() - LIKE_THOSE_OF
    like = Refund.objects.filter(currency=currency, seeded=False, created_at__gt=since)
    like = like.filter(requested_by=None, note="", reviewers=None, run__isnull=False)
    like = like.exclude(citations=[]).select_related("order", "ticket").order_by("-created_at")
    fitting = [refund for refund in like[:LIKE_THE_LAST] if _can_be_copied(refund)]
    if not fitting:
        raise NothingToCopy(
            f"No request in {currency} can be copied yet: it takes one from the rules, with a"
            " clause, for one person to decide."
        )
    return secrets.choice(fitting)


def _can_be_copied(refund: Refund) -> bool:
    order = refund.order
    whole = order.lines.exists() and order.refunded() == 0 and refund.amount <= order.paid()
    alone = separation_of_duties.approvers_for(refund.amount, refund.currency) == 1
    return whole and alone and bool(injected_faults.fitting(refund))


def _seal(
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
    check.seal = seal_of(check)
    check.save()
    _receipt(refund, SEAL, by, {"refund": refund.pk, "seal": check.seal})
    return check


def _receipts_of_steps(refund: Refund) -> None:
    """Why it is before people, as said by rules: no model is claimed to have read it."""
    order, shared = refund.order, {"citations": refund.citations, "run": refund.run}
    clauses = [f"{c.get('ref')}@{c.get('version')}" for c in refund.citations]
    as_of = order.placed_at.date().isoformat() if order.placed_at else ""
    read = {"clauses": clauses, "as_of": as_of, "as_of_because": "the day it was bought"}
    _receipt(refund, "retrieve", None, read, **shared)
    decided = {
        "outcome": "review",
        "amount": f"{refund.amount:.2f}",
        "approval_required": True,
        "order": order.number,
        **{
            name: getattr(refund, name)
            for name in ("currency", "remedy", "arithmetic", "reasons", "rule")
        },
    }
    _receipt(refund, "decide", None, decided, reasons=refund.reasons, **shared)


def _receipt(
    refund: Refund, step: str, by: User | None, output: Mapping[str, object], **values: object
) -> None:
    receipts.append(
        ticket=refund.ticket,
        step=step,
        actor_kind="human" if by else "rule",
        actor=by.get_username() if by else "rules",
        status="ok",
        output=output,
        **values,
    )
