"""Versions of the classifier: trained, activated by a named person, rolled back.

Nothing here changes what labels tickets but ``activate_version`` and
``roll_back_version``. A worker asks which version is active for each ticket, so none
has to be restarted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from triage.contract.step import EngineUnavailable
from triage.learning import comparison, examples, label_encoder, version_report
from triage.learning.examples import Row
from triage.learning.foreign_version import fit_foreign_part
from triage.models import Activation, Classifier, ForeignClassifier, IntentEncoder, Job
from triage.pipeline import jobs, registry
from triage.runtime.locks import VERSIONS_LOCK, acquire_lock

RETRAIN_HINT = "Train a new version instead."
WEIGHTS_FORMAT = 1  # of the weights that this release can read; a web process loads none of them


class NotTrained(Exception):
    """There is no new version; the message says what to do."""


class NotActivated(Exception):
    """The active version is the same as before; the message says why."""


def get_active_version() -> Classifier | None:
    """The active version, without its weights; None where there is none."""
    found = Classifier.objects.filter(active=True).defer("weights")
    return found.select_related("created_by").first()


def train_version(
    *,
    by: User | None = None,
    target: float | None = None,
    epochs: int | None = None,
    progress: bool = False,
) -> Classifier:
    """A new version, compared with the active one and not activated.

    ``target`` is the share of automatic labels that shall be right; the one in force where
    it is None. For ``epochs`` the encoder is tuned anew first; 0 stands for the plain one,
    None for that of the active version. Raises NotTrained.
    """
    began, data = timezone.now(), examples.load_examples()
    if len({row.label for row in data.training} - {""}) < 2:
        raise NotTrained("Give at least two intents some examples: there is nothing to tell apart.")
    encoder = _choose_encoder(data.training, epochs, progress)
    target = target or registry.get_target_precision()
    made, foreign = fit_version(data.training, target, encoder)
    before = get_active_version()
    with transaction.atomic():
        if encoder and not encoder.pk:
            encoder.save()
        row = Classifier.objects.create(
            **made, encoder=encoder, compared_with=before, created_by=by, created_at=began
        )  # what people say while it is fitted is news for the next one
        foreign.classifier = row
        foreign.save()
    row.comparison = comparison.compare_versions(row, before, data)
    row.save(update_fields=["comparison"])
    return row


def train_job(job: Job) -> Mapping[str, Any]:
    """Train; by the clock only when people said something new since the last version.

    Raises jobs.CannotBeDone.
    """
    if not job.wanted.get("anyway"):
        last = Classifier.objects.defer("weights").first()
        if last and not examples.count_corrected_tickets(last.created_at):
            return {"sentence": "Nobody corrected or confirmed a label since the last version."}
    try:
        made = train_version(by=job.requested_by)
    except NotTrained as why:
        raise jobs.CannotBeDone(str(why)) from why
    return {"version": made.pk, "sentence": comparison.format_comparison(made)}


def activate_version(classifier: Classifier, *, by: User, why: str) -> Activation:
    """Activate the version in place of the one that is. Raises NotActivated."""
    with transaction.atomic():
        acquire_lock(VERSIONS_LOCK)
        return _switch_version(classifier, by, why)


def roll_back_version(*, by: User, why: str) -> Activation:
    """Activate the version before the active one again. Raises NotActivated."""
    with transaction.atomic():
        acquire_lock(VERSIONS_LOCK)
        before = get_previous_version()
        if before is None:
            raise NotActivated("No other version was at work before this one.")
        return _switch_version(before, by, why)


def get_previous_version() -> Classifier | None:
    """The version that ``roll_back_version`` activates: twice goes back further."""
    worked: list[int] = []
    history = Activation.objects.order_by("pk").values_list("classifier", "instead_of")
    for pk, instead_of in history:
        if not worked and instead_of:
            worked.append(instead_of)
        worked = [*worked[: worked.index(pk)], pk] if pk in worked else [*worked, pk]
    if len(worked) < 2:
        return None
    return Classifier.objects.defer("weights").get(pk=worked[-2])


def _switch_version(classifier: Classifier, by: User, why: str) -> Activation:
    before = get_active_version()
    if before and before.pk == classifier.pk:
        raise NotActivated(f"Version {classifier.pk} is at work already.")
    if not why.strip():
        raise NotActivated("Say why: colleagues will read it.")
    if classifier.encoder_sha256 != registry.get_encoder_sha256():
        raise NotActivated(f"Version {classifier.pk} was made for another encoder. {RETRAIN_HINT}")
    if classifier.report.get("form") != WEIGHTS_FORMAT:
        raise NotActivated(f"Version {classifier.pk} was made by another release. {RETRAIN_HINT}")
    parts = ForeignClassifier.objects.filter(classifier=classifier)
    read_by = parts.values_list("encoder_sha256", flat=True).first()
    if read_by not in (None, registry.get_multilingual_sha256()):
        raise NotActivated(f"Version {classifier.pk} was made for another encoder. {RETRAIN_HINT}")
    Classifier.objects.filter(active=True).update(active=False)
    Classifier.objects.filter(pk=classifier.pk).update(active=True)
    return Activation.objects.create(
        classifier=classifier, instead_of=before, by=by, why=why.strip()
    )


def _choose_encoder(
    rows: Sequence[Row], epochs: int | None, progress: bool
) -> IntentEncoder | None:
    """Tuned anew and not saved yet, that of the active version, or None for the plain one.

    Raises NotTrained.
    """
    if not epochs:
        return label_encoder.get_tuned_encoder(get_active_version()) if epochs is None else None
    _release_connection()
    try:
        return label_encoder.tune_encoder(rows, epochs, progress=progress)
    except ValueError as error:
        raise NotTrained(str(error)) from error


def fit_version(
    rows: Sequence[Row], target: float, encoder: IntentEncoder | None
) -> tuple[dict[str, Any], ForeignClassifier]:
    """The columns of a Classifier row, learned from these rows, and its part for other
    languages, not saved. ``encoder`` is a tuned one, None for the plain. Raises NotTrained.
    """
    from triage.classifier import fitting, out_of_scope, promised_model, selective
    from triage.classifier.multi_intent import detector_fitting

    texts, reader = [row.text for row in rows], label_encoder.load_encoder(encoder)
    vectors = registry.embed_texts(texts, reader)
    strangers = (
        out_of_scope.load_background_texts(),
        registry.embed_texts(out_of_scope.load_background_texts(), reader),
    )
    labels, audited = [row.label for row in rows], [row.audited for row in rows]
    new = label_encoder.flag_unseen_rows(rows, encoder.seen if encoder else ())
    unseen = [
        fresh and not row.is_foreign_ticket() for fresh, row in zip(new, rows, strict=True)
    ]  # what the other part labels teaches this one and is no evidence of it
    share = registry.get_stranger_share()
    _release_connection()
    try:
        model = fitting.fit_model(
            texts, vectors, labels, audited=audited, unseen=unseen, strangers=strangers
        )
        model = detector_fitting.add_detector(model, texts, labels, reader, vectors, unseen=unseen)
        promised = selective.compute_guarantee(model.evidence, target, strangers=share)
        foreign = fit_foreign_part(rows, target, share)
    except (ValueError, EngineUnavailable) as error:
        raise NotTrained(str(error)) from error
    weights, judged = model.dumps(), [row for row, new in zip(rows, unseen, strict=True) if new]
    report = version_report.build_version_report(model, promised, rows, judged)
    if encoder:
        report["tuned"] = {**encoder.report, "sha256": encoder.sha256, "unseen": len(judged)}
    columns = {
        "weights": weights,
        "sha256": hashlib.sha256(weights).hexdigest(),
        "labels": list(model.labels),
        "promise": promised_model.serialize_guarantee(promised),
        "report": report,
        "encoder_sha256": registry.get_encoder_sha256(),
    }
    return columns, foreign


def _release_connection() -> None:
    """Close it while a model is fitted; inside a test's transaction it has to stay."""
    if not connection.in_atomic_block:
        connection.close()
