"""Labels a ticket with a trained intent model, under the guarantee that is in force."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from triage.classifier.multi_intent import detector, heuristic
from triage.classifier.promised_model import PromisedModel
from triage.classifier.spelling import SpellingMender
from triage.classifier.strangers import ASSUMED_SHARE
from triage.contract.case import Intent
from triage.contract.outcomes import LABELLED_LANGUAGES, READABLE_LANGUAGES, Guess, Matter, Signals
from triage.contract.step import EngineError
from triage.signals.encoded_text import EncodedText

if TYPE_CHECKING:
    from triage.classifier.foreign_labeller import ForeignLabeller, UnavailableLabeller
    from triage.classifier.intent_model import IntentModel, Judgement
    from triage.classifier.selective import PrecisionGuarantee
    from triage.inference.encoder import Encoder, Vectors
    from triage.signals.linear_models import SignalModel


MAX_BATCH_TEXTS = 256  # of which the tokens' vectors are held: 100 MB, were all of them long


class IntentLabeller:
    """The ``target`` is the share of automatic labels that shall be right, where a share of
    ``strangers`` among the messages is none of ours.

    ``alarms`` are labels whose guarantee tickets no longer bear out; "" stands for all of
    them. Such labels are guessed but never given by themselves. ``version`` and ``sha256``
    name the model in the guarantee; the engine's weights are the model's, not the encoder's.
    The ``signals`` were learned of the ``plain`` encoder, and go on reading with it where
    ``encoder`` is a tuned one; engine info and guarantee then name its digest. What is not
    written in English is labelled by ``foreign``, where the version has one; of what is, words
    that are misspelt are read as they are meant.
    """

    def __init__(
        self,
        encoder: Encoder,
        model: IntentModel,
        *,
        sha256: str,
        target: float,
        strangers: float = ASSUMED_SHARE,
        version: int | None = None,
        alarms: Collection[str] = (),
        signals: SignalModel | None = None,
        plain: Encoder | None = None,
        foreign: ForeignLabeller | UnavailableLabeller | None = None,
        name: str = "encoder",
    ) -> None:
        self.encoder, self.model, self.signals = encoder, model, signals
        self.plain, self._foreign = plain or encoder, foreign
        self._mender = SpellingMender(model.terms, len(model.examples))
        made = encoder.build_engine_info(name, head_sha256=sha256, version=version, target=target)
        said: dict[str, Any] = {"version": version, "sha256": sha256}
        if tuned := made.settings.get("tuned_sha256"):
            said["tuned_sha256"] = tuned
        self.promised = PromisedModel(
            model, target=target, strangers=strangers, alarms=alarms, **said
        )
        encoded_by = {"encoder_sha256": made.weights}
        self.card = replace(made, weights=sha256, settings={**made.settings, **encoded_by})

    def label(self, text: str, intents: tuple[Intent, ...], language: str = "") -> Guess:
        """The guess for a text. Raises EngineError where there is no text."""
        if not text.strip():
            raise EngineError("there is no text to label")
        if self._foreign and language in LABELLED_LANGUAGES:
            return self._foreign.label(text, language)
        said = EncodedText.encode(text, self.encoder)
        read = self._read_signals(self.signals, said) if self.signals else None
        if language in READABLE_LANGUAGES:
            (guess,) = self._label_mended([text], said.vector[None])
        else:
            guess = self.promised.label_vector(text, said.vector[None])
        return replace(guess, matters=self._find_matters(said), signals=read)

    def label_texts(self, texts: Sequence[str], languages: Sequence[str] = ()) -> list[Guess]:
        """The guess for each text in its language, English where none are given: as of each
        alone but without signals; embedded in batches, so the vectors may differ in the fifth
        digit.
        """
        starts = range(0, len(texts), MAX_BATCH_TEXTS)
        guesses = [
            guess
            for start in starts
            for guess in self._label_batch(texts[start : start + MAX_BATCH_TEXTS])
        ]
        for place, language in enumerate(languages):
            if self._foreign and language in LABELLED_LANGUAGES:
                guesses[place] = self._foreign.label(texts[place], language)
        return guesses

    def _label_batch(self, texts: Sequence[str]) -> list[Guess]:
        if self.model.several is None:
            vectors = self.encoder.embed(texts)
            labels, judge = self.model.labels, self._judge_texts
            found = [heuristic.find_matters(text, labels, judge) for text in texts]
        else:
            vectors, tokens = self.encoder.embed_with_tokens(texts)
            known = list(zip(vectors, tokens, strict=True))
            found = detector.find_matters_of_each(texts, self.model, self.encoder, known)
        guesses = self._label_mended(texts, vectors)
        return [
            replace(guess, matters=matters) for guess, matters in zip(guesses, found, strict=True)
        ]

    def _label_mended(self, texts: Sequence[str], vectors: Vectors) -> list[Guess]:
        """The guess for each text, given its vector, with its misspelt words as they are meant."""
        read = [self._mender.mend(text) for text in texts]
        changed = [place for place, one in enumerate(read) if one.words]
        if changed:
            vectors = vectors.copy()
            vectors[changed] = self.encoder.embed([read[place].text for place in changed])
        return [
            replace(
                self.promised.label_vector(one.text, vector[None]),
                mended=tuple(one.words.items()),
            )
            for one, vector in zip(read, vectors, strict=True)
        ]

    def _find_matters(self, said: EncodedText) -> tuple[Matter, ...]:
        """The matters of a text, by what its version has learned of them."""
        if self.model.several is None:
            return heuristic.find_matters(said.text, self.model.labels, self._judge_texts)
        known = said.vector, said.tokens
        return detector.find_matters(said.text, self.model, self.encoder, known)

    def _read_signals(self, signals: SignalModel, said: EncodedText) -> Signals:
        """Urgency, mood and spam; a second embedding where the first was by a tuned encoder."""
        if self.plain is not self.encoder:
            said = EncodedText.encode(said.text, self.plain)
        return signals.read_signals(said)

    def _judge_texts(self, texts: Sequence[str]) -> Judgement:
        return self.model.judge_texts(texts, self.encoder.embed(texts))


def build_report(model: IntentModel, promise: PrecisionGuarantee) -> Mapping[str, Any]:
    """What a version's page shows: examples, accuracy, calibration_error, coverage, out of fold."""
    from triage.classifier.calibration import compute_calibration_error

    ours = model.evidence.select_rows(model.evidence.truth >= 0)
    return {
        "examples": len(model.examples),
        "accuracy": round(float(ours.is_right.mean()), 4),
        "calibration_error": round(compute_calibration_error(ours.confidence, ours.is_right), 4),
        "coverage": round(promise.coverage, 4),
        "turned_away": round(float(ours.outside.mean()), 4),
    }
