"""How each person decides on refunds, counted.

There is no ranking, and small numbers are marked as small.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import groupby, pairwise
from math import comb
from statistics import quantiles

from django.contrib.auth.models import User
from django.db.models import F, Q
from django.utils import timezone

from approvals.models import Decision, Look
from approvals.review import first_opinion
from tickets.access import SUPERVISORS
from tickets.statistics import MIN_SHARE_COUNT, SMALL_GROUP_SIZE, Share

AMOUNT_BANDS = (Decimal(25), Decimal(100), Decimal(500))
APPROVE = Decision.Verdict.APPROVE


@dataclass(frozen=True, kw_only=True)
class DwellTime:
    """How long pages were in sight before decisions of one band of amounts, in seconds.

    ``since`` and ``until`` bound the amounts (None is open); of ``decided`` decisions
    ``measured`` have a time. The quartiles are None below five.
    """

    since: Decimal | None
    until: Decimal | None
    currency: str
    decided: int
    measured: int
    quartiles: tuple[float, float, float] | None

    @property
    def small(self) -> bool:
        return self.measured < SMALL_GROUP_SIZE


@dataclass(frozen=True)
class Streak:
    """The longest run of approvals, and how often chance makes one as long.

    ``chance`` is that of a run at least as long, were the same decisions taken in random
    order; None where it says nothing, because all or none are approvals.
    """

    length: int
    of: int
    chance: float | None


@dataclass(frozen=True, kw_only=True)
class ReviewerRow:
    """The metrics of one person. ``opened``: decisions before which at least one receipt was
    opened.
    """

    person: User
    approved: Share
    sights: Sequence[DwellTime]
    opened: Share
    receipts: float | None
    streak: Streak
    agreed: Share
    other_verdict: int
    other_amount: int
    found: Share


@dataclass(frozen=True)
class ViewedDecision:
    """One decision with the pages its person saw before it."""

    decision: Decision
    looks: Sequence[Look]

    @property
    def measured(self) -> bool:
        return any(look.measured_at for look in self.looks)

    @property
    def seconds(self) -> float:
        return sum(look.visible_ms for look in self.looks) / 1000

    @property
    def opened(self) -> int:
        return len({receipt for look in self.looks for receipt in look.opened})

    @property
    def first(self) -> Look | None:
        return next((look for look in self.looks if look.first_verdict), None)


def build_reviewer_rows(days: int, only: User | None = None) -> list[ReviewerRow]:
    """The metrics of everybody who decides on refunds or did in the last ``days``, by name;
    or of ``only`` one.
    """
    since = timezone.now() - timedelta(days=days)
    theirs: dict[int, list[ViewedDecision]] = defaultdict(list)
    for decided in _load_decisions(since, only):
        theirs[decided.decision.by_id or 0].append(decided)
    people = User.objects.filter(Q(groups__name=SUPERVISORS, is_active=True) | Q(pk__in=theirs))
    if only:
        people = people.filter(pk=only.pk)
    return [
        _build_row(person, theirs[person.pk]) for person in people.distinct().order_by("username")
    ]


def compute_longest_run(marks: Iterable[bool]) -> int:
    """The length of the longest run of True."""
    return max((sum(1 for _ in run) for mark, run in groupby(marks) if mark), default=0)


def compute_run_probability(length: int, hits: int, of: int) -> float:
    """P(longest run of hits >= ``length``), ``hits`` of ``of`` in random order.

    Counts the arrangements in which each of the gaps around the misses holds fewer than
    ``length`` hits, by inclusion and exclusion: Burr & Cane, Biometrika 48 (1961).
    """
    if length <= 0:
        return 1.0
    gaps = of - hits + 1
    shorter = sum(
        (-1) ** j * comb(gaps, j) * comb(hits - j * length + gaps - 1, gaps - 1)
        for j in range(min(gaps, hits // length) + 1)
    )
    return 1.0 - float(shorter / comb(of, hits))


def _load_decisions(since: object, only: User | None) -> list[ViewedDecision]:
    """Decisions of people, oldest first, with the pages they saw.

    Seeded checks that their own planter decided are left out.
    """
    found = Decision.objects.filter(by__isnull=False, at__gte=since).exclude(
        refund__sealed_check__planted_by=F("by")
    )
    if only:
        found = found.filter(by=only)
    decisions = list(found.select_related("refund").order_by("at", "id"))
    looks: dict[tuple[int, int], list[Look]] = defaultdict(list)
    for look in Look.objects.filter(refund__decisions__in=decisions).distinct().defer("shown"):
        looks[look.refund_id, look.by_id].append(look)
    return [
        ViewedDecision(d, [k for k in looks[d.refund_id, d.by_id or 0] if k.at <= d.at])
        for d in decisions
    ]


def _build_row(person: User, theirs: Sequence[ViewedDecision]) -> ReviewerRow:
    real = [d for d in theirs if not d.decision.refund.seeded]
    checks = [d for d in theirs if d.decision.refund.seeded]
    approved = [d.decision.verdict == APPROVE for d in real]
    measured = [d for d in real if d.measured]
    first = [(d.first, d.decision) for d in real if d.first]
    told = [first_opinion.matches_decision(look, decision) for look, decision in first]
    turned = sum(look.first_verdict != decision.verdict for look, decision in first)
    return ReviewerRow(
        person=person,
        approved=Share(sum(approved), len(real)),
        sights=list(_iter_dwell_times(real)),
        opened=Share(sum(d.opened > 0 for d in measured), len(measured)),
        receipts=_compute_mean([d.opened for d in measured]),
        streak=_compute_streak(approved),
        agreed=Share(sum(told), len(told)),
        other_verdict=turned,
        other_amount=len(told) - sum(told) - turned,
        found=Share(sum(d.decision.verdict != APPROVE for d in checks), len(checks)),
    )


def _compute_streak(approved: Sequence[bool]) -> Streak:
    length, hits, of = compute_longest_run(approved), sum(approved), len(approved)
    says = 0 < hits < of
    return Streak(length, of, compute_run_probability(length, hits, of) if says else None)


def _iter_dwell_times(decided: Sequence[ViewedDecision]) -> Iterable[DwellTime]:
    """One for each currency and band of amounts with a decision, in that order."""
    for currency in sorted({d.decision.refund.currency for d in decided}):
        for since, until in pairwise((None, *AMOUNT_BANDS, None)):
            part = [d for d in decided if _is_in_band(d.decision, currency, since, until)]
            times = sorted(d.seconds for d in part if d.measured)
            if part:
                yield DwellTime(
                    since=since,
                    until=until,
                    currency=currency,
                    decided=len(part),
                    measured=len(times),
                    quartiles=_compute_quartiles(times),
                )


def _is_in_band(
    decision: Decision, currency: str, since: Decimal | None, until: Decimal | None
) -> bool:
    amount = decision.amount
    low, high = since is None or amount >= since, until is None or amount < until
    return decision.refund.currency == currency and low and high


def _compute_quartiles(times: Sequence[float]) -> tuple[float, float, float] | None:
    if len(times) < MIN_SHARE_COUNT:
        return None
    first, half, third = quantiles(times, n=4, method="inclusive")
    return first, half, third


def _compute_mean(counts: Sequence[int]) -> float | None:
    return sum(counts) / len(counts) if len(counts) >= MIN_SHARE_COUNT else None
