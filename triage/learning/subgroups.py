"""Subgroup error analysis: errors, corrections and waiting times, by kind of ticket.

The database counts; only groups come back. Each share has an interval, small groups are
said to be small, and a difference is named only where chance hardly makes one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils import timezone

from tickets.statistics import (
    MIN_SHARE_COUNT,
    Z_95,
    Share,
    adjust_p_values,
    compute_difference_interval,
    compute_fisher_p_value,
)
from triage.learning import subgroup_keys

SUBGROUP_SQL = (Path(__file__).resolve().parent / "subgroups.sql").read_text()
QUANTILE_GRID = [step / 200 for step in range(1, 200)]  # quantiles the database is asked for
SETTLING_PERIOD = timedelta(
    days=3
)  # a ticket younger than this may be answered soon: it says nothing yet
SIGNIFICANCE_LEVEL = 0.05


@dataclass(frozen=True, kw_only=True)
class Wait:
    """How long customers waited for the first reply, in seconds; infinite: not answered yet.

    ``low`` and ``high`` are a 95 % interval of ``half``, by ranks.
    """

    of: int
    half: float
    low: float
    high: float
    nine_in_ten: float

    @property
    def enough(self) -> bool:
        return self.of >= MIN_SHARE_COUNT


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A group's share less that of all other groups together, where chance hardly explains it."""

    gap: float
    low: float
    high: float

    @property
    def size(self) -> tuple[float, float, float]:
        """The size of the difference without its sign, and the interval of that."""
        sizes = (self.gap, self.low, self.high)
        return sizes if self.gap > 0 else (-self.gap, -self.high, -self.low)


@dataclass(frozen=True, kw_only=True)
class Subgroup:
    """One subgroup of tickets.

    ``shares`` by measure: "drawn" (wrong among labels checked because the ticket was drawn
    for the audit sample: the unbiased figure), "seen" (changed among automatic labels of
    tickets that a person had in hand), "unlabelled" and "corrected" (of all tickets).
    ``drawn_of`` is how many were drawn, checked or not. ``waits`` has "labelled" and
    "unlabelled".
    """

    key: str
    name: str
    tickets: int
    drawn_of: int
    shares: dict[str, Share]
    waits: dict[str, Wait | None]
    differences: dict[str, Difference] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Dimension:
    """One dimension that splits the tickets, such as language, and its subgroups."""

    key: str
    title: str
    note: str
    groups: list[Subgroup]


@dataclass(frozen=True, kw_only=True)
class SubgroupReport:
    """All tickets, each dimension, and how many differences were tested by measure."""

    total: Subgroup
    sides: list[Dimension]
    compared: dict[str, int]


MEASURES = ("drawn", "seen", "unlabelled", "corrected")


def build_subgroup_report(days: int, now: datetime | None = None) -> SubgroupReport:
    """The errors on tickets of the last ``days`` that the classify step read."""
    now = now or timezone.now()
    since = now - timedelta(days=days)
    spend = subgroup_keys.compute_spend_thirds(since)
    rows = _fetch_rows(since, now, spend)
    total = next(_build_subgroup(row, "") for row in rows if row["side"] == "")
    sides = [
        Dimension(key=key, title=title, note=note, groups=_build_subgroups(rows, key, spend))
        for key, title, note in subgroup_keys.DIMENSIONS
    ]
    compared = {measure: _mark_differences(sides, measure) for measure in MEASURES}
    return SubgroupReport(total=total, sides=sides, compared=compared)


def _fetch_rows(
    since: datetime, now: datetime, spend: subgroup_keys.SpendThirds
) -> list[dict[str, Any]]:
    values: dict[str, Any] = {
        "since": since,
        "settled": now - SETTLING_PERIOD,
        "grid": QUANTILE_GRID,
        "currency": spend.currency,
        "lower": spend.lower,
        "upper": spend.upper,
    }
    with connection.cursor() as cursor:
        cursor.execute(SUBGROUP_SQL, values)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _build_subgroups(
    rows: Iterable[dict[str, Any]], side: str, spend: subgroup_keys.SpendThirds
) -> list[Subgroup]:
    """The subgroups in the dimension's own order where it has one, else largest first."""
    mine = [row for row in rows if row["side"] == side]
    order = subgroup_keys.GROUP_ORDER.get(side)
    mine.sort(key=lambda row: order.index(row["value"]) if order else -row["tickets"])
    return [
        _build_subgroup(row, subgroup_keys.get_group_name(side, row["value"], spend))
        for row in mine
    ]


def _build_subgroup(row: dict[str, Any], name: str) -> Subgroup:
    tickets = row["tickets"]
    return Subgroup(
        key=row["value"],
        name=name,
        tickets=tickets,
        drawn_of=row["drawn_of"],
        shares={
            "drawn": Share(row["drawn_wrong"], row["drawn"]),
            "seen": Share(row["seen_wrong"], row["seen"]),
            "unlabelled": Share(row["unlabelled"], tickets),
            "corrected": Share(row["corrected"], tickets),
        },
        waits={
            kind: _build_wait(row[f"{kind}_waits"], row[f"{kind}_waited"])
            for kind in ("labelled", "unlabelled")
        },
    )


def _build_wait(quantiles: Sequence[float] | None, of: int) -> Wait | None:
    if not quantiles:
        return None
    reach = Z_95 * math.sqrt(0.25 / of)
    return Wait(
        of=of,
        half=_get_quantile(quantiles, 0.5),
        low=_get_quantile(quantiles, 0.5 - reach),
        high=_get_quantile(quantiles, 0.5 + reach),
        nine_in_ten=_get_quantile(quantiles, 0.9),
    )


def _get_quantile(quantiles: Sequence[float], share: float) -> float:
    """The quantile next to ``share``, rounded away from the middle."""
    place = math.floor(share * 200) if share < 0.5 else math.ceil(share * 200)
    return float(quantiles[min(len(quantiles), max(1, place)) - 1])


def _mark_differences(sides: Sequence[Dimension], measure: str) -> int:
    """Mark which groups differ from all others of their dimension beyond chance; returns how
    many were tested.
    """
    pairs = [
        (group, group.shares[measure], rest)
        for side in sides
        for group in side.groups
        for rest in [_sum_other_shares(side, group, measure)]
        if group.shares[measure].enough and rest.enough
    ]
    chances = adjust_p_values([compute_fisher_p_value(mine, rest) for _, mine, rest in pairs])
    for (group, mine, rest), chance in zip(pairs, chances, strict=True):
        if chance < SIGNIFICANCE_LEVEL:
            low, high = compute_difference_interval(mine, rest)
            group.differences[measure] = Difference(gap=mine.rate - rest.rate, low=low, high=high)
    return len(pairs)


def _sum_other_shares(side: Dimension, group: Subgroup, measure: str) -> Share:
    others = [other.shares[measure] for other in side.groups if other is not group]
    return Share(sum(share.count for share in others), sum(share.of for share in others))
