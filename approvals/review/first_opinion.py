"""First opinions: what a person would do, asked before they see what is recommended."""

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
from tickets.prepared import Given, GivenList, PreparedQuery

SALT = "approvals.opinions"
SAMPLE_SPACE = 16**8
CARES = PreparedQuery(lambda: Care.objects.filter(currency__in=GivenList("currencies", "text")))
OPINION = PreparedQuery(
    lambda: (
        Look.objects.filter(refund=Given("refund"), by=Given("person"))
        .exclude(first_verdict="")
        .order_by("at", "id")[:1]
    )
)


def is_opinion_due(refund: Refund, person: User) -> bool:
    """Whether this person has to give a first opinion on the refund.

    Once they have given one, or once they saw the whole page, it is never asked again.
    """
    return bool(find_blinded_refunds([refund], person))


def find_blinded_refunds(refunds: Collection[Refund], person: User) -> set[int]:
    """Ids of the refunds for which ``is_opinion_due``.

    Lists and mails leave out their amount. Where no care was set for a currency, none is due.
    """
    found = CARES.fetch(currencies=sorted({refund.currency for refund in refunds}))
    cares, unset = {care.currency: care for care in found}, Care(blind_share=0.0)
    asked = {
        refund.pk
        for refund in refunds
        if _is_opinion_asked(refund, person, cares.get(refund.currency, unset))
    }
    if not asked:
        return asked
    known = Look.objects.filter(Q(blind=False) | ~Q(first_verdict=""), by=person)
    return asked - set(known.filter(refund__in=asked).values_list("refund", flat=True))


def _is_opinion_asked(refund: Refund, person: User, asked: Care) -> bool:
    above = asked.blind_above is not None and refund.amount > asked.blind_above
    return above or compute_sample_point(refund, person) < asked.blind_share


def compute_sample_point(refund: Refund, person: User) -> float:
    """A number in [0, 1) for the two: the same for ever, and known to the server alone."""
    drawn = salted_hmac(SALT, f"{refund.pk}:{person.pk}", algorithm="sha256").hexdigest()
    return int(drawn[:8], 16) / SAMPLE_SPACE


def get_first_opinion(refund: Refund, person: User) -> Look | None:
    """The page view on which the person gave a first opinion, None where they gave none."""
    found: Look | None = OPINION.fetch_first(refund=refund.pk, person=person.pk)
    return found


def require_first_opinion(refund: Refund, person: User) -> None:
    """Raises FirstOpinion where the person has yet to give one."""
    if is_opinion_due(refund, person):
        raise FirstOpinion("Please say first what you would do; then you see the recommendation.")


def save_first_opinion(
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
        refund = refund_rows.lock_refund(refund_id)
        preconditions.check_still_open(refund)
        preconditions.check_decider(refund, by, Decision.Verdict.RETURN)
        page = Look.objects.select_for_update(of=["self"]).filter(
            pk=look, by=by, refund=refund, blind=True, first_verdict=""
        )
        shown = page.first()
        if shown is None:
            raise NotPending("You have said what you would do already. Now you can decide.")
        shown.first_verdict, shown.first_reason = verdict, reason.strip()
        shown.first_amount = amount if verdict == Decision.Verdict.APPROVE else None
        shown.first_at = timezone.now()
        _save_page_view(shown)
        _append_receipt(refund, by, shown)
    return shown


def matches_decision(look: Look, decision: Decision) -> bool:
    """Whether the final decision is what was said first: the verdict, and the amount too."""
    same = look.first_verdict == decision.verdict
    return same and look.first_amount in (None, decision.amount)


def _save_page_view(look: Look) -> None:
    try:
        with transaction.atomic():
            look.save(update_fields=["first_verdict", "first_reason", "first_amount", "first_at"])
    except IntegrityError as error:
        raise refund_rows.translate_integrity_error(error, NotPending) from error


def _append_receipt(refund: Refund, by: User, look: Look) -> None:
    said = {
        "look": look.pk,
        "first_verdict": look.first_verdict,
        "first_amount": None if look.first_amount is None else str(look.first_amount),
        "reason": look.first_reason,
    }
    refund_rows.append_refund_receipt(refund, by, "first opinion", "ok", said)
