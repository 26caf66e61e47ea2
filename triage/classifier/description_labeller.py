"""Suggests labels before any version is trained: by what the intents are called and described as.

Of the demo's examples 63 of 100 lie nearest to the description of their intent, 85 among the three
nearest. That is worth one click of a person and never a label of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from triage.classifier.selective import NO_THRESHOLD
from triage.contract.case import Intent
from triage.contract.outcomes import LABELLED_LANGUAGES, Guess
from triage.contract.step import EngineError, EngineInfo

if TYPE_CHECKING:
    from triage.contract.outcomes import Signals
    from triage.inference.encoder import Vectors

MIN_COSINE = 0.2  # four of five of the demo's letters are as near, three of ten general texts
NO_PROMISE: Mapping[str, Any] = {
    "valid": False,
    "threshold": NO_THRESHOLD,
    "sentence": "Nothing is promised: no examples were learned from yet, so this is only what the "
    "names and descriptions of your labels suggest.",
}


class TextEncoder(Protocol):
    def embed(self, texts: Sequence[str]) -> Vectors: ...

    def build_engine_info(self, name: str, **settings: Any) -> EngineInfo: ...


class DescriptionLabeller:
    """Compares a message with the intents by ``encoder``, or by what ``load_foreign`` gives where
    it is not written in English; ``read`` reads urgency, mood and spam.
    """

    def __init__(
        self,
        encoder: TextEncoder,
        load_foreign: Callable[[], TextEncoder],
        read: Callable[[str, str], Signals | None],
    ) -> None:
        self._encoder, self._load_foreign, self._read = encoder, load_foreign, read
        self._named: dict[bool, tuple[tuple[Intent, ...], Vectors]] = {}
        self.card = encoder.build_engine_info("encoder", compared_with="names and descriptions")

    def label(self, text: str, intents: tuple[Intent, ...], language: str = "") -> Guess:
        """The nearest intent, which is never sure enough. Raises EngineError where there is no
        text, or nothing that it is like.
        """
        if not text.strip() or not intents:
            raise EngineError("there is no text to label" if intents else "there are no labels")
        foreign = language in LABELLED_LANGUAGES
        reader = self._load_foreign() if foreign else self._encoder
        near = self._embed_intents(reader, intents, foreign) @ reader.embed([text])[0]
        first, *others = near.argsort(kind="stable")[::-1]
        if near[first] < MIN_COSINE:
            raise EngineError("no name or description of a label is like it")
        return Guess(
            label=intents[first].slug,
            confidence=None,
            basis="model",
            runner_up=intents[others[0]].slug if others else "",
            threshold=NO_THRESHOLD,
            promise={**NO_PROMISE, "language": language} if foreign else NO_PROMISE,
            signals=self._read(text, language),
        )

    def _embed_intents(
        self, reader: TextEncoder, intents: tuple[Intent, ...], foreign: bool
    ) -> Vectors:
        """A vector for each intent; those of the last intents are kept."""
        known = self._named.get(foreign)
        if known is None or known[0] != intents:
            said = [f"{intent.name}. {intent.description}" for intent in intents]
            known = self._named[foreign] = intents, reader.embed(said)
        return known[1]
