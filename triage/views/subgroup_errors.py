"""Who pays for what the machine gets wrong."""

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
from triage.learning.subgroups import Difference, Group, Report, Side, Wait, report

PERIODS = {"30": "Last 30 days", "90": "Last 90 days", "365": "Last year"}
VIEWS = {
    "errors": "Wrong labels",
    "unlabelled": "No label",
    "corrected": "Corrections",
    "waiting": "Waiting",
}
LINES = {
    "errors": (("drawn", "Drawn by lot"), ("seen", "All in hand")),
    "unlabelled": (("unlabelled", ""),),
    "corrected": (("corrected", ""),),
    "waiting": (("unlabelled", "No label"), ("labelled", "Labelled")),
}
TOPS = (0.1, 0.25, 0.5, 1.0)  # where a scale may end
MINUTE = 60.0


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
def who_pays(request: HttpRequest) -> HttpResponse:
    """One measure by language, length, way in, customer age and spend, over one period."""
    require_role(request.user, SUPERVISORS, ADMINS)
    days = _chosen(request, "days", PERIODS, "90")
    view = _chosen(request, "show", VIEWS, "errors")
    found = report(int(days))
    shown = {
        "days": days,
        "periods": PERIODS,
        "view": view,
        "views": VIEWS,
        "total": found.total,
        **(_waiting(found) if view == "waiting" else _shares(found, view)),
    }
    return render(request, "triage/who_pays.html", shown)


def _chosen(request: HttpRequest, name: str, known: Collection[str], usual: str) -> str:
    given = request.GET.get(name, usual)
    return given if given in known else usual


def _shares(found: Report, view: str) -> dict[str, Any]:
    """Every group with its lines, on one scale that ends where the page needs it to."""
    measures = LINES[view]
    groups = list(_groups(found))
    top = _top(group.shares[measure] for group in groups for measure, _ in measures)

    def lines(group: Group) -> Iterator[Line]:
        for measure, title in measures:
            share, whole = group.shares[measure], found.total.shares[measure]
            bar = _bar(share, whole, top) if share.enough else None
            apart = group.differences.get(measure)
            yield Line(title=title, share=share, difference=apart, bar=bar)

    return {
        **_laid_out(found, lines),
        "compared": sum(found.compared[measure] for measure, _ in measures),
        "apart": sum(len(group.differences.keys() & dict(measures).keys()) for group in groups),
        "top": top,
    }


def _top(shares: Iterable[Share]) -> float:
    """Where the scale ends; small groups may run off it, or all others would be too small to see."""
    widest = max((share.high for share in shares if not share.small), default=1.0)
    return next(end for end in TOPS if widest <= end)


def _bar(share: Share, whole: Share, top: float) -> Bar:
    low, middle, high, everybody = (
        min(100, 100 * rate / top) for rate in (share.low, share.rate, share.high, whole.rate)
    )
    return Bar(low=low, middle=middle, high=high, whole=everybody, beyond=share.rate > top)


def _waiting(found: Report) -> dict[str, Any]:
    """Waiting on a logarithmic scale: minutes and weeks both have to be seen."""
    longest = max(map(_longest, _groups(found)))

    def along(seconds: float) -> float:
        return min(100.0, 100 * math.log1p(seconds / MINUTE) / math.log1p(longest / MINUTE))

    def lines(group: Group) -> Iterator[Line]:
        for kind, title in LINES["waiting"]:
            wait = group.waits[kind]
            bar = None
            if wait and wait.enough:
                low, half, high = along(wait.low), along(wait.half), along(wait.high)
                bar = Bar(low=low, middle=half, high=high, far=along(wait.nine_in_ten))
            yield Line(title=title, wait=wait, bar=bar)

    return _laid_out(found, lines)


def _longest(group: Group) -> float:
    waits = [wait.nine_in_ten for wait in group.waits.values() if wait and wait.enough]
    return max((wait for wait in waits if math.isfinite(wait)), default=MINUTE)


def _groups(found: Report) -> Iterator[Group]:
    yield found.total
    for side in found.sides:
        yield from side.groups


def _laid_out(found: Report, lines: Callable[[Group], Iterable[Line]]) -> dict[str, Any]:
    def rows(side: Side) -> list[dict[str, Any]]:
        return [{"group": group, "lines": list(lines(group))} for group in side.groups]

    sides = [{"side": side, "rows": rows(side)} for side in found.sides]
    return {"sides": sides, "all_lines": list(lines(found.total))}
