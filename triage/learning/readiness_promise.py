"""A promise about ready drafts: so many of ten leave with at most a tenth of their words changed.

What people really sent decides. Of each draft that was ready and went out, the least chance among
its answers is held against whether it left nearly unchanged; the lowest chance from which the
promise is borne out is found as that of labels is (``classifier.selective``), with the same bound.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pghistory
from django.contrib.auth.models import User
from django.db import transaction

from tickets.models import Message, Receipt
from triage.contract.answers import CLAUSE, SAVED_REPLY
from triage.learning.answer_report import NEARLY_UNCHANGED_SHARE, compute_changed_share
from triage.models import Job, Limit
from triage.pipeline import registry
from triage.saved_replies.composing import find_gaps

MAX_DRAFTS: Final = 2_000
SURE: Final = 1.0
"""The chance of an answer that code worked out, such as what is decided about a refund."""


class NoEvidence(Exception):
    """There is no chance that evidence asks for; nothing was changed."""


@dataclass(frozen=True, kw_only=True)
class SentDraft:
    """A draft that was ready and left: the least ``chance`` of its answers, and whether it left
    nearly unchanged.
    """

    chance: float
    near: bool


def load_sent_drafts() -> list[SentDraft]:
    """The newest two thousand."""
    sent = Message.objects.filter(direction=Message.Direction.OUT, draft__run__isnull=False)
    rows = (
        sent.exclude(draft__body="")
        .order_by("-pk")
        .values_list("draft__run", "draft__body", "text")[:MAX_DRAFTS]
    )
    ready = [row for row in rows if not find_gaps(row[1])]
    chances = dict(_iter_chances([run for run, *_ in ready]))
    return [
        SentDraft(
            chance=chances[run],
            near=compute_changed_share(before, after) <= NEARLY_UNCHANGED_SHARE,
        )
        for run, before, after in ready
        if run in chances
    ]


def _iter_chances(runs: list[int]) -> Iterator[tuple[int, float]]:
    """The least chance among the answers of each run."""
    receipts = Receipt.objects.filter(run__in=runs, step="answer").order_by("seq")
    for run, output in receipts.values_list("run", "output"):
        given = [item for item in output.get("items", ()) if item["source"]]
        if given:
            yield run, min(_get_chance(item) for item in given)


def _get_chance(item: Mapping[str, Any]) -> float:
    return float(item.get("chance") or 0) if item["source"] in (SAVED_REPLY, CLAUSE) else SURE


def readiness_job(job: Job) -> Mapping[str, Any]:
    """How many ready drafts left nearly unchanged, and from which chance on the promise holds."""
    import numpy as np

    from triage.classifier.selective import compute_min_rows, find_threshold

    target, drafts = get_target(), load_sent_drafts()
    near = np.array([one.near for one in drafts], bool)
    chance = np.array([one.chance for one in drafts], float)
    threshold, coverage = find_threshold(chance, near, target) if drafts else (SURE, 0.0)
    least = compute_min_rows(target)
    found = {
        "target": target,
        "drafts": len(drafts),
        "near": int(near.sum()),
        "threshold": float(threshold) if coverage else None,
        "coverage": float(coverage),
        "least": least,
    }
    return {**found, "sentence": _format_sentence(found)}


def get_target() -> float:
    """The share of ready drafts that shall leave nearly unchanged, 0 to 1."""
    return float(registry.load_limits()["answer"]["ready"])


def _format_sentence(found: Mapping[str, Any]) -> str:
    target = f"{100 * found['target']:.3g} of 100 ready drafts"
    if found["threshold"] is not None:
        return (
            f"{target} leave with at most a tenth of their words changed where each answer has a "
            f"chance of {found['threshold']:.2f} or more, measured on {found['drafts']:,} that "
            "people sent."
        )
    if found["drafts"] < found["least"]:
        return (
            f"Nothing can be promised of ready drafts yet: {found['drafts']:,} were sent, and at "
            f"least {found['least']:,} have to be."
        )
    return f"{target} cannot be promised: of {found['drafts']:,} sent {found['near']:,} left so."


def apply_threshold(job: Job, *, by: User, why: str) -> float:
    """Ask of replies and clauses at least the chance that the evidence of the job asks for; what is
    stricter already stays. Raises NoEvidence.
    """
    threshold = job.result.get("threshold")
    if threshold is None:
        raise NoEvidence("Nothing was measured yet that could be used.")
    in_force = registry.load_limits()["answer"]
    with transaction.atomic(), pghistory.context(user=by.pk, why=why):
        for name in ("reply", "clause"):
            if in_force[name] < threshold:
                Limit.objects.update_or_create(
                    step="answer", name=name, defaults={"value": threshold}
                )
    return float(threshold)
