"""An intent model with the guarantee that is in force of its labels."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from triage.classifier.selective import NO_THRESHOLD, PrecisionGuarantee, compute_guarantee
from triage.classifier.strangers import ASSUMED_SHARE
from triage.contract.outcomes import Guess

if TYPE_CHECKING:
    from triage.classifier.intent_model import IntentModel
    from triage.inference.encoder import Vectors


class PromisedModel:
    """The ``target`` is the share of automatic labels that shall be right, where a share of
    ``strangers`` among the messages is none of ours.

    ``alarms`` are labels whose guarantee tickets no longer bear out; "" stands for all of
    them. Such labels are guessed but never given by themselves. ``said`` stands beside the
    guarantee in each receipt, as what names the model.
    """

    def __init__(
        self,
        model: IntentModel,
        *,
        target: float,
        strangers: float = ASSUMED_SHARE,
        alarms: Collection[str] = (),
        **said: Any,
    ) -> None:
        self.model = model
        self._alarms = frozenset(alarms)
        promise = compute_guarantee(model.evidence, target, strangers=strangers)
        self._withheld, kept = promise.withheld, serialize_guarantee(promise)
        self._by_label = {one["label"]: one for one in kept.pop("per_label")}
        self._said = {**kept, **said}

    def label_vector(self, text: str, vector: Vectors) -> Guess:
        """The guess for a text and its vector, of shape (1, dimensions)."""
        judged = self.model.judge_texts([text], vector)
        shares = judged.shares[0]
        first, second = shares.argsort(kind="stable")[::-1][:2]
        label = self.model.labels[first]
        promise = self.describe_guarantee(label)
        return Guess(
            label=label,
            confidence=float(judged.confidence[0]),
            basis="model",
            runner_up=self.model.labels[second],
            runner_up_confidence=float(min(shares[second], judged.confidence[0])),
            threshold=promise["threshold"],
            promise=promise,
            outside=float(judged.outside[0]),
            outside_threshold=self.model.detector.threshold,
        )

    def describe_guarantee(self, label: str) -> dict[str, Any]:
        """The guarantee as a receipt keeps it, with what the evidence says of this label."""
        found = {**self._said, "label": self._by_label.get(label)}
        if self._alarms & {"", label}:
            return found | _describe_withheld("Checked tickets no longer bear the promise out")
        if label in self._withheld:
            return found | _describe_withheld(
                "This label alone was wrong too often in what was measured"
            )
        return found


def _describe_withheld(because: str) -> dict[str, Any]:
    return {
        "valid": False,
        "threshold": NO_THRESHOLD,
        "sentence": f"{because}, so a person labels.",
    }


def serialize_guarantee(promise: PrecisionGuarantee) -> dict[str, Any]:
    """The guarantee as a dict that JSON can hold."""
    return asdict(promise)
