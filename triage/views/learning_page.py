"""What the pages about learning show, as values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tickets.models import Ticket
from triage.learning import drift, examples, versions
from triage.models import Activation, Classifier, Intent, Job
from triage.pipeline import jobs, registry
from triage.views.forms import ReasonForm

VERSIONS_SHOWN = 30


def overview(back: ReasonForm | None = None) -> dict[str, Any]:
    """The version at work, the last training, and the versions there are."""
    at_work = versions.running()
    listed = Classifier.objects.defer("weights").select_related("created_by")
    newest = listed.first()
    job = last_job()
    return {
        "at_work": at_work,
        "activation": activation_of(at_work),
        "promise": promise_of(at_work),
        "target_now": _other_target(at_work),
        "alarms": list(drift.open_alarms()),
        "notice": drift.notice(),
        "before": versions.version_before(),
        "back": back or ReasonForm(auto_id="back_%s"),
        "news": examples.corrections_since(newest.created_at if newest else None),
        "newest": newest,
        "listed": listed[:VERSIONS_SHOWN],
        **(job_of(job) if job else {}),
    }


def detail(version: Classifier) -> dict[str, Any]:
    """One version with everything that was measured."""
    compared = version.comparison
    flips = list(_flips(compared.get("flips", [])))
    changed = [row for row in compared.get("labels", []) if row["before"] not in (None, row["new"])]
    thin = version.report.get("thin", [])
    return {
        "version": version,
        "at_work": versions.running(),
        "activations": version.activations.select_related("by", "instead_of"),
        "promise": promise_of(version),
        "alarms": list(drift.open_alarms(version)),
        "sides": list(_sides(compared)),
        "flips": flips,
        "changed": [{**row, "name": _name(row["label"])} for row in changed],
        "thin": [{**row, "name": _name(row["label"])} for row in thin],
        "overlaps": list(_overlaps(version)),
        "labels": [{**row, "name": _name(row["label"])} for row in _per_label(version)],
    }


MEASURES = (
    ("right", "Right label", "whether or not it would have been given by itself"),
    ("automatic", "Labelled by itself", "under the promise"),
    ("automatic_right", "Of those, right", "what the promise is about"),
)


def _sides(compared: dict[str, Any]) -> Iterator[dict[str, Any]]:
    new, before = compared.get("new"), compared.get("before")
    if not compared.get("tickets") or not new:
        return
    for key, name, of in MEASURES:
        yield {"name": name, "of": of, "new": new[key], "before": before and before[key]}


def _flips(flips: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each with the ticket's subject as it is now and the intents by name."""
    tickets = Ticket.objects.filter(pk__in=[flip["ticket"] for flip in flips])
    subjects = dict(tickets.values_list("pk", "subject"))
    for flip in flips:
        names = {key: _name(flip[key]) for key in ("truth", "before", "after")}
        yield {**flip, "names": names, "subject": subjects.get(flip["ticket"], "")}


def _overlaps(version: Classifier) -> Iterator[dict[str, Any]]:
    for pair in version.report.get("overlaps", []):
        yield {**pair, "one_name": _name(pair["one"]), "other_name": _name(pair["other"])}


def _per_label(version: Classifier) -> list[dict[str, Any]]:
    return [row for row in version.promise.get("per_label", []) if row["label"]]


def _name(slug: str) -> str:
    """The intent's name; the slug itself where there is no such intent any more."""
    if not slug:
        return "None of ours"
    return Intent.objects.filter(slug=slug).values_list("name", flat=True).first() or slug


def promise_of(version: Classifier | None) -> dict[str, Any]:
    """The promise as it was when the version was trained."""
    return version.promise if version else {}


def activation_of(version: Classifier | None) -> Activation | None:
    if version is None:
        return None
    return version.activations.select_related("by").first()


def _other_target(version: Classifier | None) -> float | None:
    """The target in force, where the version's sentence was made for another."""
    now = registry.target()
    return None if version is None or version.promise.get("target") == now else now


def last_job() -> Job | None:
    return Job.objects.filter(kind="train").select_related("requested_by").first()


def revision(job: Job) -> str:
    """Changes whenever the job does."""
    return f"{job.pk}.{job.state}.{job.attempt}"


def job_of(job: Job) -> dict[str, Any]:
    """The training and how it stands; ``old_news`` where another version was made since."""
    made = job.result.get("version")
    return {
        "job": job,
        "rev": revision(job),
        "working": job.state in jobs.OPEN,
        "old_news": bool(made) and Classifier.objects.filter(pk__gt=made).exists(),
    }
