"""Labels what is not written in English, by an encoder of many languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from triage.contract.outcomes import Guess
from triage.contract.step import EngineUnavailable
from triage.signals.whole_text import TextEncoder, WholeText

if TYPE_CHECKING:
    from triage.classifier.promised_model import PromisedModel
    from triage.signals.linear_models import SignalModel


class ForeignLabeller:
    """A model of the same examples as the version's own, and one of urgency, mood and spam.

    What it promises was measured on those examples, most of them English: none need be in the
    customer's language. ``readers`` name the models, by their sha256.
    """

    def __init__(
        self,
        encoder: TextEncoder,
        promised: PromisedModel,
        *,
        readers: Mapping[str, str],
        signals: SignalModel | None = None,
    ) -> None:
        self._encoder, self._promised = encoder, promised
        self._readers, self._signals = readers, signals

    def label(self, text: str, language: str) -> Guess:
        """The guess for a text in that ``language``, as ISO 639-1."""
        said = WholeText.encode(text, self._encoder)
        guess = self._promised.label_vector(text, said.vector[None])
        return replace(
            guess,
            promise={**guess.promise, "language": language},
            signals=self._signals.read_signals(said) if self._signals else None,
            readers=self._readers,
        )


@dataclass(frozen=True)
class UnavailableLabeller:
    """Stands where a version's part for other languages cannot serve: these alone get no label."""

    because: str

    def label(self, text: str, language: str) -> Guess:
        """Raises EngineUnavailable."""
        raise EngineUnavailable(self.because)
