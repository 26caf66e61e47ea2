"""The part of a version that labels what is not written in English."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from triage.learning.examples import Row
from triage.models import ForeignClassifier
from triage.pipeline import registry


def fit_foreign_part(
    rows: Sequence[Row], target: float, stranger_share: float
) -> ForeignClassifier:
    """Learned from the same rows, read by the encoder of many languages; not saved.

    The examples may be English alone: what lies beside each other in that encoder's space is the
    same request in any of its languages. Its guarantee is measured on these rows, and on checked
    tickets in other languages as soon as there are enough. Raises ValueError where there is too
    little to learn from, EngineUnavailable without the encoder.
    """
    from triage.classifier import out_of_scope, promised_model, selective
    from triage.classifier.fitting import fit_model

    encoder, texts = registry.load_multilingual_encoder(), [row.text for row in rows]
    general = out_of_scope.load_background_texts()
    model = fit_model(
        texts,
        encoder.embed(texts),
        [row.label for row in rows],
        audited=[row.audited and row.is_foreign_ticket() for row in rows],
        strangers=(general, encoder.embed(general)),
    )
    promised = selective.compute_guarantee(model.evidence, target, strangers=stranger_share)
    weights = model.dumps()
    return ForeignClassifier(
        weights=weights,
        sha256=hashlib.sha256(weights).hexdigest(),
        promise=promised_model.serialize_guarantee(promised),
        encoder_sha256=encoder.entry.sha256,
    )
