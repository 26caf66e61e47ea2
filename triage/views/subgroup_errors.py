"""Subgroup error analysis: for whom the machine is wrong or slow more often."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tickets.access import ADMINS, SUPERVISORS, require_role
from tickets.statistics import Share
from triage.learning.subgroups import (
    Difference,
    Dimension,
    Subgroup,
    SubgroupReport,
    Wait,
    build_subgroup_report,
)

PERIODS = {"30": "Last 30 days", "90": "Last 90 days", "365": "Last year"}
VIEWS = {
    "errors": "Wrong labels",
    "unlabelled": "No label",
    "corrected": "Corrections",
    "waiting": "Waiting",
}
MEASURE_LINES = {
    "errors": (("drawn", "Drawn by lot"), ("seen", "All in hand")),
    "unlabelled": (("unlabelled", ""),),
    "corrected": (("corrected", ""),),
    "waiting": (("unlabelled", "No label"), ("labelled", "Labelled")),
}
SCALE_ENDS = (0.1, 0.25, 0.5, 1.0)  # where a scale may end
MINUTE_SECONDS = 60.0


@dataclass(frozen=True)
class Bar:
    """Where an interval and its middle stand on a scale from 0 to 100.

    ``far`` is where nine in ten stand, ``whole`` the share of all tickets. ``beyond``: the
    middle is off the scale.
    """

    low: float
    middle: float
    high: float
    far: float | None = None
    whole: float | None = None
    beyond: bool = False


@dataclass(frozen=True, kw_only=True)
class Line:
    """One figure of one group, with its bar where there is enough to say it."""

    title: str
    share: Share | None = None
    wait: Wait | None = None
    difference: Difference | None = None
    bar: Bar | None = None


@require_safe
@login_required
def show_subgroups(request: HttpRequest) -> HttpResponse:
    """One measure by language, length, way in, customer age and spend, over one period."""
    require_role(request.user, SUPERVISORS, ADMINS)
    days = _choose_option(request, "days", PERIODS, "90")
    view = _choose_option(request, "show", VIEWS, "errors")
    found = build_subgroup_report(int(days))
    shown = {
        "days": days,
        "periods": PERIODS,
        "view": view,
        "views": VIEWS,
        "total": found.total,
        **(_build_wait_context(found) if view == "waiting" else _build_share_context(found, view)),
    }
    return render(request, "triage/who_pays.html", shown)


def _choose_option(request: HttpRequest, name: str, known: Collection[str], usual: str) -> str:
    given = request.GET.get(name, usual)
    return given if given in known else usual


def _build_share_context(found: SubgroupReport, view: str) -> dict[str, Any]:
    """Every group with its lines, on one scale that ends where the page needs it to."""
    measures = MEASURE_LINES[view]
    groups = list(_iter_groups(found))
    top = _find_scale_end(group.shares[measure] for group in groups for measure, _ in measures)

    def iter_share_lines(group: Subgroup) -> Iterator[Line]:
        for measure, title in measures:
            share, whole = group.shares[measure], found.total.shares[measure]
            bar = _build_bar(share, whole, top) if share.enough else None
            apart = group.differences.get(measure)
            yield Line(title=title, share=share, difference=apart, bar=bar)

    return {
        **_build_sides(found, iter_share_lines),
        "compared": sum(found.compared[measure] for measure, _ in measures),
        "apart": sum(len(group.differences.keys() & dict(measures).keys()) for group in groups),
        "top": top,
    }


def _find_scale_end(shares: Iterable[Share]) -> float:
    """Where the scale ends; small groups may run off it, lest all others shrink."""
    widest = max((share.high for share in shares if not share.small), default=1.0)
    return next(end for end in SCALE_ENDS if widest <= end)


def _build_bar(share: Share, whole: Share, top: float) -> Bar:
    low, middle, high, everybody = (
        min(100, 100 * rate / top) for rate in (share.low, share.rate, share.high, whole.rate)
    )
    return Bar(low=low, middle=middle, high=high, whole=everybody, beyond=share.rate > top)


def _build_wait_context(found: SubgroupReport) -> dict[str, Any]:
    """Waiting on a logarithmic scale: minutes and weeks both have to be seen."""
    longest = max(map(_find_longest_wait, _iter_groups(found)))

    def compute_position(seconds: float) -> float:
        return min(
            100.0, 100 * math.log1p(seconds / MINUTE_SECONDS) / math.log1p(longest / MINUTE_SECONDS)
        )

    def iter_wait_lines(group: Subgroup) -> Iterator[Line]:
        for kind, title in MEASURE_LINES["waiting"]:
            wait = group.waits[kind]
            bar = None
            if wait and wait.enough:
                low, half, high = (
                    compute_position(wait.low),
                    compute_position(wait.half),
                    compute_position(wait.high),
                )
                bar = Bar(low=low, middle=half, high=high, far=compute_position(wait.nine_in_ten))
            yield Line(title=title, wait=wait, bar=bar)

    return _build_sides(found, iter_wait_lines)


def _find_longest_wait(group: Subgroup) -> float:
    waits = [wait.nine_in_ten for wait in group.waits.values() if wait and wait.enough]
    return max((wait for wait in waits if math.isfinite(wait)), default=MINUTE_SECONDS)


def _iter_groups(found: SubgroupReport) -> Iterator[Subgroup]:
    yield found.total
    for side in found.sides:
        yield from side.groups


def _build_sides(
    found: SubgroupReport, lines: Callable[[Subgroup], Iterable[Line]]
) -> dict[str, Any]:
    def build_rows(side: Dimension) -> list[dict[str, Any]]:
        return [{"group": group, "lines": list(lines(group))} for group in side.groups]

    sides = [{"side": side, "rows": build_rows(side)} for side in found.sides]
    return {"sides": sides, "all_lines": list(lines(found.total))}
