"""A new version compared with the active one, on tickets neither was trained on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tickets.statistics import SMALL_GROUP_SIZE, Share
from triage.contract.outcomes import Guess
from triage.contract.step import EngineError
from triage.inference.language import identify_language
from triage.learning.examples import ExampleSplit, Row
from triage.models import Classifier
from triage.pipeline import registry

MAX_SHOWN_FLIPS = 20


@dataclass(frozen=True)
class Prediction:
    """A version's guess at a text: a slug or "", and whether it would label by itself."""

    label: str
    automatic: bool


def compare_versions(
    new: Classifier, before: Classifier | None, data: ExampleSplit
) -> dict[str, Any]:
    """Both versions on the held-back tickets, as JSON: shares, labels and flips."""
    rows = data.held_back
    mine = _predict_rows(new, rows)
    theirs = _predict_rows(before, rows) if before else None
    return {
        "tickets": len(rows),
        "few": len(rows) < SMALL_GROUP_SIZE,
        "shared": data.shared,
        "new": _compute_figures(rows, mine),
        "before": _compute_figures(rows, theirs) if theirs else None,
        "labels": _compare_labels(rows, mine, theirs),
        **_find_flips(rows, mine, theirs),
    }


def _predict_rows(version: Classifier, rows: Sequence[Row]) -> list[Prediction] | None:
    """The version's predictions by row; None where it can no longer be used here."""
    try:
        engine: Any = registry.load_labeller(version.pk, reads=False)
    except EngineError:
        return None
    texts = [row.text for row in rows]
    languages = [identify_language(text) for text in texts]
    return [_interpret_guess(guess) for guess in engine.label_texts(texts, languages)]


def _interpret_guess(guess: Guess) -> Prediction:
    outside = (
        guess.outside is not None
        and guess.outside_threshold is not None
        and guess.outside >= guess.outside_threshold
    )
    if outside or not guess.label:
        return Prediction("", automatic=False)
    sure = (guess.confidence or 0.0) >= (guess.threshold or 0.0)
    return Prediction(guess.label, sure and bool(guess.promise.get("valid")) and not guess.matters)


def _compute_figures(
    rows: Sequence[Row], verdicts: Sequence[Prediction] | None
) -> dict[str, Any] | None:
    if verdicts is None:
        return None
    pairs = list(zip(rows, verdicts, strict=True))
    given = [(row, said) for row, said in pairs if said.automatic]
    return {
        "right": _build_share(sum(said.label == row.label for row, said in pairs), len(pairs)),
        "automatic": _build_share(len(given), len(pairs)),
        "automatic_right": _build_share(
            sum(said.label == row.label for row, said in given), len(given)
        ),
    }


def _build_share(count: int, of: int) -> dict[str, Any]:
    share = Share(count, of)
    low, high = round(share.low, 4), round(share.high, 4)
    return {"count": count, "of": of, "rate": round(share.rate, 4), "low": low, "high": high}


def _compare_labels(
    rows: Sequence[Row], mine: Sequence[Prediction] | None, theirs: Sequence[Prediction] | None
) -> list[dict[str, Any]]:
    """How many tickets of each label both get right, those that changed most first."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        places[row.label].append(place)

    def count_right(verdicts: Sequence[Prediction] | None, label: str) -> int | None:
        if verdicts is None:
            return None
        return sum(verdicts[place].label == label for place in places[label])

    found = [
        {
            "label": label,
            "of": len(at),
            "new": count_right(mine, label),
            "before": count_right(theirs, label),
        }
        for label, at in places.items()
    ]
    return sorted(found, key=lambda each: (-abs(_compute_gain(each)), each["label"]))


def _compute_gain(each: Mapping[str, Any]) -> int:
    return int((each["new"] or 0) - (each["before"] or 0))


def _find_flips(
    rows: Sequence[Row], mine: Sequence[Prediction] | None, theirs: Sequence[Prediction] | None
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
            "kind": _classify_flip(row.label, old.label, new.label),
        }
        for row, new, old in zip(rows, mine, theirs, strict=True)
        if new.label != old.label
    ]
    found.sort(key=lambda flip: ("worse", "better", "neither").index(flip["kind"]))
    return {"flips": found[:MAX_SHOWN_FLIPS], "flipped": len(found)}


def _classify_flip(truth: str, old: str, new: str) -> str:
    return "worse" if old == truth else "better" if new == truth else "neither"


def format_comparison(version: Classifier) -> str:
    """The comparison of a version with the one before it, as a sentence for people."""
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
