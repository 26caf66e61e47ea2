"""Decide before reveal: what a person would do, said before they see what is recommended."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from approvals import preconditions, refund_rows
from approvals.errors import FirstOpinion, Incomplete, NotPending
from approvals.models import Care, Decision, Look, Refund

SALT = "approvals.opinions"
DRAWN = 16**8


def care(currency: str) -> Care:
    """The care in force for a currency; where none was set, nothing is asked."""
    unset = Care(currency=currency, blind_share=0.0)
    return Care.objects.filter(currency=currency).first() or unset


def due(refund: Refund, person: User) -> bool:
    """Whether this person has to say first what they would do.

    Once they have, or once they saw the whole page, it is never asked again.
    """
    return bool(hidden([refund], person))


def hidden(refunds: Collection[Refund], person: User) -> set[int]:
    """Ids of those for which it is ``due``: lists and mails leave out their amount."""
    cares = {currency: care(currency) for currency in {refund.currency for refund in refunds}}
    asked = {refund.pk for refund in refunds if _asked(refund, person, cares[refund.currency])}
    known = Look.objects.filter(Q(blind=False) | ~Q(first_verdict=""), by=person)
    return asked - set(known.filter(refund__in=asked).values_list("refund", flat=True))


def _asked(refund: Refund, person: User, asked: Care) -> bool:
    above = asked.blind_above is not None and refund.amount > asked.blind_above
    return above or lot(refund, person) < asked.blind_share


def lot(refund: Refund, person: User) -> float:
    """A number in [0, 1) for the two: the same for ever, and known to the server alone."""
    drawn = salted_hmac(SALT, f"{refund.pk}:{person.pk}", algorithm="sha256").hexdigest()
    return int(drawn[:8], 16) / DRAWN


def of(refund: Refund, person: User) -> Look | None:
    """The page on which the person gave their first opinion, if they were asked."""
    return Look.objects.filter(refund=refund, by=person).exclude(first_verdict="").first()


def require(refund: Refund, person: User) -> None:
    """Raises FirstOpinion where the person has not yet said what they would do."""
    if due(refund, person):
        raise FirstOpinion("Please say first what you would do; then you see the recommendation.")


def give(
    refund_id: int,
    *,
    by: User,
    look: int,
    verdict: str,
    amount: Decimal | None = None,
    reason: str = "",
) -> Look:
    """Keep what the person would do, on the page they were shown; they decide afterwards.

    ``amount`` is what they would give, in the refund's currency, where they approve.
    Raises a Refused that says why; then nothing was changed.
    """
    if verdict == Decision.Verdict.APPROVE and amount is None:
        raise Incomplete("Please say how much you would give back.")
    with transaction.atomic():
        refund = refund_rows.locked(refund_id)
        preconditions.closed(refund)
        preconditions.person(refund, by, Decision.Verdict.RETURN)
        page = Look.objects.select_for_update(of=["self"]).filter(
            pk=look, by=by, refund=refund, blind=True, first_verdict=""
        )
        shown = page.first()
        if shown is None:
            raise NotPending("You have said what you would do already. Now you can decide.")
        shown.first_verdict, shown.first_reason = verdict, reason.strip()
        shown.first_amount = amount if verdict == Decision.Verdict.APPROVE else None
        shown.first_at = timezone.now()
        _save(shown)
        _receipt(refund, by, shown)
    return shown


def agrees(look: Look, decision: Decision) -> bool:
    """Whether the final decision is what was said first: the verdict, and the amount too."""
    same = look.first_verdict == decision.verdict
    return same and look.first_amount in (None, decision.amount)


def _save(look: Look) -> None:
    try:
        with transaction.atomic():
            look.save(update_fields=["first_verdict", "first_reason", "first_amount", "first_at"])
    except IntegrityError as error:
        raise refund_rows.refusal(error, NotPending) from error


def _receipt(refund: Refund, by: User, look: Look) -> None:
    said = {
        "look": look.pk,
        "first_verdict": look.first_verdict,
        "first_amount": None if look.first_amount is None else str(look.first_amount),
        "reason": look.first_reason,
    }
    refund_rows.receipt(refund, by, "first opinion", "ok", said)
