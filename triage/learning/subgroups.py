"""Who pays for what the machine gets wrong: errors, corrections and waiting, by kind of ticket.

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

from tickets.statistics import FEWEST, Share, Z, difference, fisher, holm
from triage.learning import subgroup_keys

SQL = (Path(__file__).resolve().parent / "subgroups.sql").read_text()
GRID = [step / 200 for step in range(1, 200)]  # quantiles the database is asked for
SETTLED = timedelta(days=3)  # a ticket younger than this may be answered soon: it says nothing yet
CHANCE = 0.05


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
        return self.of >= FEWEST


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A group's share less that of all other groups together, where chance hardly explains it."""

    gap: float
    low: float
    high: float

    @property
    def size(self) -> tuple[float, float, float]:
        """How many more or fewer, whichever it is, and the interval of that."""
        sizes = (self.gap, self.low, self.high)
        return sizes if self.gap > 0 else (-self.gap, -self.high, -self.low)


@dataclass(frozen=True, kw_only=True)
class Group:
    """One group of tickets.

    ``shares`` by measure: "drawn" (wrong among labels checked because the ticket was drawn
    by lot: the unbiased figure), "seen" (changed among automatic labels of tickets that a
    person had in hand), "unlabelled" and "corrected" (of all tickets). ``drawn_of`` is how
    many were drawn, checked or not. ``waits`` has "labelled" and "unlabelled".
    """

    key: str
    name: str
    tickets: int
    drawn_of: int
    shares: dict[str, Share]
    waits: dict[str, Wait | None]
    differences: dict[str, Difference] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Side:
    """One way to part the tickets, such as by language, and its groups."""

    key: str
    title: str
    note: str
    groups: list[Group]


@dataclass(frozen=True, kw_only=True)
class Report:
    """All tickets together, each way to part them, and how many differences were looked at."""

    total: Group
    sides: list[Side]
    compared: dict[str, int]


MEASURES = ("drawn", "seen", "unlabelled", "corrected")


def report(days: int, now: datetime | None = None) -> Report:
    """Tickets that arrived in the last ``days`` and were read by the machine."""
    now = now or timezone.now()
    since = now - timedelta(days=days)
    spend = subgroup_keys.spend_since(since)
    rows = _rows(since, now, spend)
    total = next(_group(row, "") for row in rows if row["side"] == "")
    sides = [
        Side(key=key, title=title, note=note, groups=_groups(rows, key, spend))
        for key, title, note in subgroup_keys.SIDES
    ]
    compared = {measure: _compare(sides, measure) for measure in MEASURES}
    return Report(total=total, sides=sides, compared=compared)


def _rows(since: datetime, now: datetime, spend: subgroup_keys.Spend) -> list[dict[str, Any]]:
    values: dict[str, Any] = {
        "since": since,
        "settled": now - SETTLED,
        "grid": GRID,
        "currency": spend.currency,
        "lower": spend.lower,
        "upper": spend.upper,
    }
    with connection.cursor() as cursor:
        cursor.execute(SQL, values)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _groups(rows: Iterable[dict[str, Any]], side: str, spend: subgroup_keys.Spend) -> list[Group]:
    """In their own order where they have one, else the largest first."""
    mine = [row for row in rows if row["side"] == side]
    order = subgroup_keys.ORDER.get(side)
    mine.sort(key=lambda row: order.index(row["value"]) if order else -row["tickets"])
    return [_group(row, subgroup_keys.name_of(side, row["value"], spend)) for row in mine]


def _group(row: dict[str, Any], name: str) -> Group:
    tickets = row["tickets"]
    return Group(
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
            kind: _wait(row[f"{kind}_waits"], row[f"{kind}_waited"])
            for kind in ("labelled", "unlabelled")
        },
    )


def _wait(quantiles: Sequence[float] | None, of: int) -> Wait | None:
    if not quantiles:
        return None
    reach = Z * math.sqrt(0.25 / of)
    return Wait(
        of=of,
        half=_at(quantiles, 0.5),
        low=_at(quantiles, 0.5 - reach),
        high=_at(quantiles, 0.5 + reach),
        nine_in_ten=_at(quantiles, 0.9),
    )


def _at(quantiles: Sequence[float], share: float) -> float:
    """The quantile next to ``share``, rounded away from the middle."""
    place = math.floor(share * 200) if share < 0.5 else math.ceil(share * 200)
    return float(quantiles[min(len(quantiles), max(1, place)) - 1])


def _compare(sides: Sequence[Side], measure: str) -> int:
    """Note which groups differ from all others of their side beyond chance; how many were compared."""
    pairs = [
        (group, group.shares[measure], rest)
        for side in sides
        for group in side.groups
        for rest in [_rest(side, group, measure)]
        if group.shares[measure].enough and rest.enough
    ]
    chances = holm([fisher(mine, rest) for _, mine, rest in pairs])
    for (group, mine, rest), chance in zip(pairs, chances, strict=True):
        if chance < CHANCE:
            low, high = difference(mine, rest)
            group.differences[measure] = Difference(gap=mine.rate - rest.rate, low=low, high=high)
    return len(pairs)


def _rest(side: Side, group: Group, measure: str) -> Share:
    others = [other.shares[measure] for other in side.groups if other is not group]
    return Share(sum(share.count for share in others), sum(share.of for share in others))
