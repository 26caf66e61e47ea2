"""A new version beside the one at work, on tickets that neither was trained on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tickets.statistics import SMALL, Share
from triage.contract.case import Intent as CaseIntent
from triage.contract.outcomes import Guess
from triage.contract.step import EngineError
from triage.learning.examples import Row, Rows
from triage.models import Classifier, Intent
from triage.pipeline import registry

FLIPS_SHOWN = 20


@dataclass(frozen=True)
class Verdict:
    """What a version says of a text: a slug or "", and whether it would label by itself."""

    label: str
    automatic: bool


def compare(new: Classifier, before: Classifier | None, data: Rows) -> dict[str, Any]:
    """Both versions on the held-back tickets, as JSON: shares with intervals, labels, flips."""
    rows = data.held_back
    mine = _verdicts(new, rows)
    theirs = _verdicts(before, rows) if before else None
    return {
        "tickets": len(rows),
        "few": len(rows) < SMALL,
        "shared": data.shared,
        "new": _figures(rows, mine),
        "before": _figures(rows, theirs) if theirs else None,
        "labels": _by_label(rows, mine, theirs),
        **_flips(rows, mine, theirs),
    }


def _verdicts(version: Classifier, rows: Sequence[Row]) -> list[Verdict] | None:
    """None where the version can no longer be used here at all."""
    names = Intent.objects.filter(active=True).values_list("slug", "name")
    intents = tuple(CaseIntent(slug=slug, name=name) for slug, name in names)
    try:
        engine: Any = registry.labeller_of(version.pk, reads=False)
    except EngineError:
        return None
    return [_verdict(engine.label(row.text, intents)) for row in rows]


def _verdict(guess: Guess) -> Verdict:
    outside = (
        guess.outside is not None
        and guess.outside_threshold is not None
        and guess.outside >= guess.outside_threshold
    )
    if outside or not guess.label:
        return Verdict("", automatic=False)
    sure = (guess.confidence or 0.0) >= (guess.threshold or 0.0)
    return Verdict(guess.label, sure and bool(guess.promise.get("valid")) and not guess.matters)


def _figures(rows: Sequence[Row], verdicts: Sequence[Verdict] | None) -> dict[str, Any] | None:
    if verdicts is None:
        return None
    pairs = list(zip(rows, verdicts, strict=True))
    given = [(row, said) for row, said in pairs if said.automatic]
    return {
        "right": _share(sum(said.label == row.label for row, said in pairs), len(pairs)),
        "automatic": _share(len(given), len(pairs)),
        "automatic_right": _share(sum(said.label == row.label for row, said in given), len(given)),
    }


def _share(count: int, of: int) -> dict[str, Any]:
    share = Share(count, of)
    low, high = round(share.low, 4), round(share.high, 4)
    return {"count": count, "of": of, "rate": round(share.rate, 4), "low": low, "high": high}


def _by_label(
    rows: Sequence[Row], mine: Sequence[Verdict] | None, theirs: Sequence[Verdict] | None
) -> list[dict[str, Any]]:
    """How many tickets of each label both versions get right, those that changed most first."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        places[row.label].append(place)

    def right(verdicts: Sequence[Verdict] | None, label: str) -> int | None:
        if verdicts is None:
            return None
        return sum(verdicts[place].label == label for place in places[label])

    found = [
        {"label": label, "of": len(at), "new": right(mine, label), "before": right(theirs, label)}
        for label, at in places.items()
    ]
    return sorted(found, key=lambda each: (-abs(_gain(each)), each["label"]))


def _gain(each: Mapping[str, Any]) -> int:
    return int((each["new"] or 0) - (each["before"] or 0))


def _flips(
    rows: Sequence[Row], mine: Sequence[Verdict] | None, theirs: Sequence[Verdict] | None
) -> dict[str, Any]:
    """Tickets that the two versions label differently, those that get worse first."""
    if mine is None or theirs is None:
        return {"flips": [], "flipped": 0}
    found = [
        {
            "ticket": row.ticket,
            "truth": row.label,
            "before": old.label,
            "after": new.label,
            "kind": _kind(row.label, old.label, new.label),
        }
        for row, new, old in zip(rows, mine, theirs, strict=True)
        if new.label != old.label
    ]
    found.sort(key=lambda flip: ("worse", "better", "neither").index(flip["kind"]))
    return {"flips": found[:FLIPS_SHOWN], "flipped": len(found)}


def _kind(truth: str, old: str, new: str) -> str:
    return "worse" if old == truth else "better" if new == truth else "neither"


def sentence(version: Classifier) -> str:
    """The comparison in a sentence."""
    compared, before = version.comparison, version.compared_with_id
    named = f"Version {version.pk}"
    if not compared.get("tickets"):
        return f"{named} is trained. No ticket was held back yet to compare it on."
    new, old = compared["new"], compared["before"]
    if not new:
        return f"{named} cannot be used here."
    told = f"{named} labels {new['right']['count']} of {compared['tickets']} held-back tickets"
    if old is None:
        return f"{told} right."
    few = " So few tickets say little." if compared["few"] else ""
    return f"{told} right, version {before} labels {old['right']['count']} right.{few}"
