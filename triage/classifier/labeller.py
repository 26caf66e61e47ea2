"""Labels a ticket with a trained intent model, under the promise that is in force."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from triage.classifier.multi_intent import detector, heuristic
from triage.classifier.selective import NEVER, Promise, promised
from triage.contract.case import Intent
from triage.contract.outcomes import Guess, Matter, Signals
from triage.contract.step import EngineError

if TYPE_CHECKING:
    from triage.classifier.intent_model import IntentModel, Judgement
    from triage.inference.encoder import Encoder, Vectors
    from triage.signals.linear_models import SignalModel


class IntentLabeller:
    """The ``target`` is the share of automatic labels that shall be right.

    ``alarms`` are labels whose promise tickets no longer bear out; "" stands for all of
    them. Such labels are guessed but never given by themselves. ``version`` and ``sha256``
    name the model in the promise; the card's weights are the model's, not the encoder's.
    The ``signals`` were learned of the ``plain`` encoder, and go on reading with it where
    ``encoder`` is a tuned one; card and promise then name its digest.
    """

    def __init__(
        self,
        encoder: Encoder,
        model: IntentModel,
        *,
        sha256: str,
        target: float,
        version: int | None = None,
        alarms: Collection[str] = (),
        signals: SignalModel | None = None,
        plain: Encoder | None = None,
        name: str = "encoder",
    ) -> None:
        self.encoder, self.model, self.signals = encoder, model, signals
        self.plain = plain or encoder
        self._alarms = frozenset(alarms)
        promise = promised(model.evidence, target)
        self._withheld, said = promise.withheld, described(promise)
        self._by_label = {one["label"]: one for one in said.pop("per_label")}
        self._said = {**said, "version": version, "sha256": sha256}
        made = encoder.card(name, head_sha256=sha256, version=version, target=target)
        if tuned := made.settings.get("tuned_sha256"):
            self._said["tuned_sha256"] = tuned
        encoded_by = {"encoder_sha256": made.weights}
        self.card = replace(made, weights=sha256, settings={**made.settings, **encoded_by})

    def label(self, text: str, intents: tuple[Intent, ...]) -> Guess:
        """Raises EngineError where there is no text."""
        if not text.strip():
            raise EngineError("there is no text to label")
        vector, found = self._matters(text)
        read = self._read(self.signals, text, vector) if self.signals else None
        return replace(self.label_vector(text, vector), matters=found, signals=read)

    def _matters(self, text: str) -> tuple[Vectors, tuple[Matter, ...]]:
        """The text's vector (1, 384), and the matters by what its version has learned of them."""
        if self.model.several is None:
            found = heuristic.matters(text, self.model.labels, self._judge)
            return self.encoder.embed([text]), found
        vector, tokens = self.encoder.embed_with_tokens([text])
        known = vector[0], tokens[0]
        return vector, detector.matters(text, self.model, self.encoder, known)

    def _read(self, signals: SignalModel, text: str, vector: Vectors) -> Signals:
        """Urgency, mood and spam; a second embedding where the first was by a tuned encoder."""
        if self.plain is not self.encoder:
            vector = self.plain.embed([text])
        return signals.read(text, vector[0], self.plain.embed)

    def _judge(self, texts: Sequence[str]) -> Judgement:
        return self.model.judge(texts, self.encoder.embed(texts))

    def label_vector(self, text: str, vector: Vectors) -> Guess:
        """The guess for a text whose vector, of shape (1, 384), is known already."""
        judged = self.model.judge([text], vector)
        shares = judged.shares[0]
        first, second = shares.argsort(kind="stable")[::-1][:2]
        label = self.model.labels[first]
        promise = self.promise_of(label)
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

    def promise_of(self, label: str) -> dict[str, Any]:
        """The promise as a receipt keeps it, with what the evidence says of this label."""
        found = {**self._said, "label": self._by_label.get(label)}
        if self._alarms & {"", label}:
            return found | _broken("Checked tickets no longer bear the promise out")
        if label in self._withheld:
            return found | _broken("This label alone was wrong too often in what was measured")
        return found


def _broken(because: str) -> dict[str, Any]:
    return {"valid": False, "threshold": NEVER, "sentence": f"{because}, so a person labels."}


def described(promise: Promise) -> dict[str, Any]:
    """A promise as JSON has it."""
    return asdict(promise)


def report(model: IntentModel, promise: Promise) -> Mapping[str, Any]:
    """What a version's page shows: examples, accuracy, calibration_error, coverage, all out of fold."""
    from triage.classifier.calibration import calibration_error

    ours = model.evidence.only(model.evidence.truth >= 0)
    return {
        "examples": len(model.examples),
        "accuracy": round(float(ours.right.mean()), 4),
        "calibration_error": round(calibration_error(ours.confidence, ours.right), 4),
        "coverage": round(promise.coverage, 4),
        "turned_away": round(float(ours.outside.mean()), 4),
    }
