"""The encoder that a version reads with: as it came, or tuned on this shop's labelled texts.

Half of each label's texts are shown to it. The promise rests on the others, on tickets drawn
by lot above all, so those are never shown; tickets that are held back from training are not
among the rows at all.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from triage.learning.examples import Row
from triage.models import Classifier, IntentEncoder
from triage.pipeline import registry


def tuned(rows: Sequence[Row], epochs: int, *, progress: bool = False) -> IntentEncoder:
    """An encoder tuned on half of the rows, not saved. Raises ValueError where they are too few."""
    from triage.inference.label_tuning import tune_on_half

    made, seen = tune_on_half(
        registry.encoder(),
        [row.text for row in rows],
        [row.label for row in rows],
        kept=[row.text for row in rows if row.audited],
        epochs=epochs,
        progress=progress,
    )
    return IntentEncoder(
        weights=made.weights,
        sha256=made.sha256,
        base_sha256=made.base_sha256,
        seen=sorted(seen),
        report=dict(made.report),
    )


def new_to(rows: Sequence[Row], seen: Collection[str]) -> list[bool]:
    """Which rows an encoder does not know that was shown the texts of these digests."""
    from triage.inference.label_tuning import unseen

    return unseen([row.text for row in rows], frozenset(seen))


def of(version: Classifier | None) -> IntentEncoder | None:
    """The tuned encoder of a version, without its weights, where this machine has its base."""
    if version is None or version.encoder_id is None:
        return None
    here = IntentEncoder.objects.filter(base_sha256=registry.encoder_sha256())
    return here.defer("weights").filter(pk=version.encoder_id).first()


def reader(encoder: IntentEncoder | None) -> Any:  # its type would import it
    """What makes its vectors; None is the plain one. Raises EngineUnavailable."""
    if encoder is None:
        return registry.encoder()
    return registry.encoder_of(encoder.pk) if encoder.pk else registry.tuned_encoder(encoder)
