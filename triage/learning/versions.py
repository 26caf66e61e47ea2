"""Versions of the classifier: trained as candidates, put to work by a named person, taken back.

Nothing here changes what labels tickets but ``activate`` and ``roll_back``. A worker asks
which version is at work for each ticket, so none has to be restarted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from triage.learning import comparison, examples, label_encoder, version_report
from triage.learning.examples import Row
from triage.models import Activation, Classifier, IntentEncoder, Job
from triage.pipeline import jobs, registry
from triage.runtime.locks import VERSIONS, one_at_a_time

ANEW = "Train a new version instead."
FORM = 1  # of the weights that this release can read; a web process loads none of them


class NotTrained(Exception):
    """There is no new version; the message says what to do."""


class NotActivated(Exception):
    """The version at work is the same as before; the message says why."""


def running() -> Classifier | None:
    """The version at work, without its weights."""
    found = Classifier.objects.filter(active=True).defer("weights")
    return found.select_related("created_by").first()


# --- making one ----------------------------------------------------------------------


def train(
    *,
    by: User | None = None,
    target: float | None = None,
    epochs: int | None = None,
    progress: bool = False,
) -> Classifier:
    """A new version, compared with the one at work and not put to work.

    ``target`` is the share of automatic labels that shall be right; the one in force where
    it is None. For ``epochs`` the encoder is tuned anew first; 0 stands for the plain one,
    None for that of the version at work. Raises NotTrained.
    """
    began, data = timezone.now(), examples.rows()
    if len({row.label for row in data.training} - {""}) < 2:
        raise NotTrained("Give at least two intents some examples: there is nothing to tell apart.")
    encoder = _encoder(data.training, epochs, progress)
    made = _fitted(data.training, target or registry.target(), encoder)
    before = running()
    with transaction.atomic():
        if encoder and not encoder.pk:
            encoder.save()
        row = Classifier.objects.create(
            **made, encoder=encoder, compared_with=before, created_by=by, created_at=began
        )  # what people say while it is fitted is news for the next one
    row.comparison = comparison.compare(row, before, data)
    row.save(update_fields=["comparison"])
    return row


def train_job(job: Job) -> Mapping[str, Any]:
    """Train; by the clock only when people said something new since the last version.

    Raises jobs.CannotBeDone.
    """
    if not job.wanted.get("anyway"):
        last = Classifier.objects.defer("weights").first()
        if last and not examples.corrections_since(last.created_at):
            return {"sentence": "Nobody corrected or confirmed a label since the last version."}
    try:
        made = train(by=job.requested_by)
    except NotTrained as why:
        raise jobs.CannotBeDone(str(why)) from why
    return {"version": made.pk, "sentence": comparison.sentence(made)}


# --- putting one to work ---------------------------------------------------------------


def activate(classifier: Classifier, *, by: User, why: str) -> Activation:
    """Put the version to work in place of the one that is. Raises NotActivated."""
    with transaction.atomic():
        one_at_a_time(VERSIONS)
        return _put_to_work(classifier, by, why)


def roll_back(*, by: User, why: str) -> Activation:
    """Put the version before the one at work back to work. Raises NotActivated."""
    with transaction.atomic():
        one_at_a_time(VERSIONS)
        before = version_before()
        if before is None:
            raise NotActivated("No other version was at work before this one.")
        return _put_to_work(before, by, why)


def version_before() -> Classifier | None:
    """The version that ``roll_back`` puts to work: going back twice goes back further."""
    worked: list[int] = []
    history = Activation.objects.order_by("pk").values_list("classifier", "instead_of")
    for pk, instead_of in history:
        if not worked and instead_of:
            worked.append(instead_of)
        worked = [*worked[: worked.index(pk)], pk] if pk in worked else [*worked, pk]
    if len(worked) < 2:
        return None
    return Classifier.objects.defer("weights").get(pk=worked[-2])


def _put_to_work(classifier: Classifier, by: User, why: str) -> Activation:
    before = running()
    if before and before.pk == classifier.pk:
        raise NotActivated(f"Version {classifier.pk} is at work already.")
    if not why.strip():
        raise NotActivated("Say why: colleagues will read it.")
    if classifier.encoder_sha256 != registry.encoder_sha256():
        raise NotActivated(f"Version {classifier.pk} was made for another encoder. {ANEW}")
    if classifier.report.get("form") != FORM:
        raise NotActivated(f"Version {classifier.pk} was made by another release. {ANEW}")
    Classifier.objects.filter(active=True).update(active=False)
    Classifier.objects.filter(pk=classifier.pk).update(active=True)
    return Activation.objects.create(
        classifier=classifier, instead_of=before, by=by, why=why.strip()
    )


# --- the numerics ------------------------------------------------------------------------


def _encoder(rows: Sequence[Row], epochs: int | None, progress: bool) -> IntentEncoder | None:
    """Tuned anew and not saved yet, that of the version at work, or None. Raises NotTrained."""
    if not epochs:
        return label_encoder.of(running()) if epochs is None else None
    _let_go()
    try:
        return label_encoder.tuned(rows, epochs, progress=progress)
    except ValueError as error:
        raise NotTrained(str(error)) from error


def _fitted(rows: Sequence[Row], target: float, encoder: IntentEncoder | None) -> dict[str, Any]:
    """The columns of a Classifier, learned from these rows. Raises NotTrained."""
    from triage.classifier import fitting, labeller, out_of_scope, selective
    from triage.classifier.multi_intent import detector_fitting

    texts, reader = [row.text for row in rows], label_encoder.reader(encoder)
    vectors = registry.vectors(texts, reader)
    strangers = (out_of_scope.general(), registry.vectors(out_of_scope.general(), reader))
    labels, audited = [row.label for row in rows], [row.audited for row in rows]
    unseen = label_encoder.new_to(rows, encoder.seen if encoder else ())
    _let_go()
    try:
        model = fitting.fit(
            texts, vectors, labels, audited=audited, unseen=unseen, strangers=strangers
        )
        model = detector_fitting.taught(model, texts, labels, reader, vectors, unseen=unseen)
        promised = selective.promised(model.evidence, target)
    except ValueError as error:
        raise NotTrained(str(error)) from error
    weights, judged = model.dumps(), [row for row, new in zip(rows, unseen, strict=True) if new]
    report = version_report.report_of(model, promised, rows, judged)
    if encoder:
        report["tuned"] = {**encoder.report, "sha256": encoder.sha256, "unseen": len(judged)}
    return {
        "weights": weights,
        "sha256": hashlib.sha256(weights).hexdigest(),
        "labels": list(model.labels),
        "promise": labeller.described(promised),
        "report": report,
        "encoder_sha256": registry.encoder_sha256(),
    }


def _let_go() -> None:
    """Hold no connection while a model is fitted; inside a test's transaction it has to stay."""
    if not connection.in_atomic_block:
        connection.close()
