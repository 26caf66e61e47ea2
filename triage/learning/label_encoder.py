"""The encoder of a classifier version: as it came, or tuned on this shop's labelled texts.

Half of each label's texts are shown to it. The precision guarantee rests on the others,
on the audit sample above all, so those are never shown; tickets that are held back from
training are not among the rows at all.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from triage.learning.examples import Row
from triage.models import Classifier, IntentEncoder
from triage.pipeline import registry


def tune_encoder(rows: Sequence[Row], epochs: int, *, progress: bool = False) -> IntentEncoder:
    """An encoder tuned on half of the rows, not saved. Raises ValueError for too few."""
    from triage.inference.label_tuning import tune_on_half

    made, seen = tune_on_half(
        registry.load_encoder(),
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


def flag_unseen_rows(rows: Sequence[Row], seen: Collection[str]) -> list[bool]:
    """Which rows an encoder was not tuned on, one flag a row; ``seen`` are the digests of the
    texts it was shown.
    """
    from triage.inference.label_tuning import flag_unseen_texts

    return flag_unseen_texts([row.text for row in rows], frozenset(seen))


def get_tuned_encoder(version: Classifier | None) -> IntentEncoder | None:
    """The tuned encoder of a version, without its weights; None where it has none, or where
    this machine has another base encoder.
    """
    if version is None or version.encoder_id is None:
        return None
    here = IntentEncoder.objects.filter(base_sha256=registry.get_encoder_sha256())
    return here.defer("weights").filter(pk=version.encoder_id).first()


def load_encoder(encoder: IntentEncoder | None) -> Any:  # its type would import it
    """The encoder to embed texts with; None is the plain one. Raises EngineUnavailable."""
    if encoder is None:
        return registry.load_encoder()
    return (
        registry.load_version_encoder(encoder.pk)
        if encoder.pk
        else registry.load_tuned_encoder(encoder)
    )
