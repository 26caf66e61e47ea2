"""The report of a version from its evidence: figures, thin and confused intents.

For workers: the engines are imported where they are used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from django.utils.text import Truncator

from triage.learning.examples import Row

if TYPE_CHECKING:
    from triage.classifier.intent_model import IntentModel
    from triage.classifier.selective import PrecisionGuarantee

MIN_INTENT_EXAMPLES = 5  # an intent with fewer examples is hardly learned
MIN_CONFUSED_TEXTS, MIN_CONFUSED_SHARE = (
    3,
    0.05,
)  # texts of two intents, at least, that are taken for the other
MAX_SHOWN_PAIRS, MAX_SHOWN_TEXTS = 10, 2


def build_version_report(
    model: IntentModel, promise: PrecisionGuarantee, rows: Sequence[Row], judged: Sequence[Row]
) -> dict[str, Any]:
    """Figures out of fold, what was learned from, and intents that overlap or are thin.

    ``judged`` are the rows that the evidence is about, in its order.
    """
    from triage.classifier.intent_model import WEIGHTS_FORMAT
    from triage.classifier.labeller import build_report

    tickets = [row for row in rows if row.ticket is not None]
    counted = Counter(row.label for row in rows if row.label)
    few = [
        (label, count) for label, count in sorted(counted.items()) if count < MIN_INTENT_EXAMPLES
    ]
    return {
        **build_report(model, promise),
        "form": WEIGHTS_FORMAT,
        "tickets": len(tickets),
        "audited": sum(row.audited for row in tickets),
        "intents": len(counted),
        "background": sum(not row.label for row in rows),
        "thin": [{"label": label, "examples": count} for label, count in few],
        "overlaps": list(iter_intent_overlaps(model, judged)),
    }


def iter_intent_overlaps(model: IntentModel, rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """Pairs of intents by the share of their texts that get the other's label."""
    evidence = model.evidence
    truth, guess = evidence.truth.tolist(), evidence.guess.tolist()
    texts_of = Counter(truth)
    confused: dict[tuple[int, int], list[int]] = {}
    for place, (right, said) in enumerate(zip(truth, guess, strict=True)):
        if right >= 0 and right != said:
            pair = (min(right, said), max(right, said))
            confused.setdefault(pair, []).append(place)
    shares = {
        pair: len(places) / sum(texts_of[one] for one in pair)
        for pair, places in confused.items()
        if len(places) >= MIN_CONFUSED_TEXTS
    }
    known = rows if len(rows) == len(truth) else ()
    for pair in sorted(shares, key=lambda pair: -shares[pair])[:MAX_SHOWN_PAIRS]:
        if shares[pair] >= MIN_CONFUSED_SHARE:
            one, other = (model.labels[place] for place in pair)
            yield {
                "one": one,
                "other": other,
                "confused": len(confused[pair]),
                "of": sum(texts_of[place] for place in pair),
                "examples": _select_written_texts(known, confused[pair]),
            }


def _select_written_texts(rows: Sequence[Row], places: Sequence[int]) -> list[str]:
    """A few written examples: what customers wrote is not copied, so it can be erased."""
    written = [rows[place].text for place in places if rows and rows[place].ticket is None]
    return [Truncator(text).chars(120) for text in written[:MAX_SHOWN_TEXTS]]
