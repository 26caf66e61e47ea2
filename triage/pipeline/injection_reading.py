"""The model that finds sentences which read like orders to the machine."""

from __future__ import annotations

from functools import cache

from triage.contract.case import InjectionReading
from triage.contract.step import EngineUnavailable
from triage.inference.registry import pinned
from triage.pipeline import registry

INJECTION_MODEL = "injections"


@cache
def load_injection_model():  # type: ignore[no-untyped-def]  # its type would import numpy
    """The bundled model of orders to the machine. Raises EngineUnavailable."""
    from triage.signals.sentence_model import SentenceModel

    return SentenceModel.loads(
        pinned.verify_file(registry.load_entries()[INJECTION_MODEL]).read_bytes()
    )


def read_injections(subject: str, text: str) -> InjectionReading | None:
    """The sentences of a message that read like orders to the machine, and the model that says
    so; None where it cannot be used.
    """
    from triage.signals.injection_sentences import find_injected_sentences

    try:
        model = load_injection_model()
    except EngineUnavailable:
        return None
    sentences = find_injected_sentences(model, f"{subject}\n\n{text}")
    return InjectionReading(sentences=sentences, model=INJECTION_MODEL, sha256=model.sha256)
