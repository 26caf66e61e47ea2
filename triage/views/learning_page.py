"""What the pages about learning show, as plain values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tickets.models import Ticket
from triage.learning import drift, examples, telling_tickets, versions
from triage.models import Activation, Classifier, Intent, Job
from triage.pipeline import jobs, registry
from triage.views.forms import ReasonForm

MAX_SHOWN_VERSIONS = 30


def build_overview(back: ReasonForm | None = None) -> dict[str, Any]:
    """What the first page shows: the active version, the last training, all versions."""
    at_work = versions.get_active_version()
    listed = Classifier.objects.defer("weights").select_related("created_by")
    newest = listed.first()
    job = get_last_job()
    return {
        "at_work": at_work,
        "activation": get_last_activation(at_work),
        "promise": get_guarantee(at_work),
        "target_now": _get_changed_target(at_work),
        "strangers_now": _get_changed_strangers(at_work),
        "alarms": list(drift.find_open_alarms()),
        "notice": drift.check_coverage(),
        "telling": list(_iter_telling_rows(at_work)),
        "before": versions.get_previous_version(),
        "back": back or ReasonForm(auto_id="back_%s"),
        "news": examples.count_corrected_tickets(newest.created_at if newest else None),
        "newest": newest,
        "listed": listed[:MAX_SHOWN_VERSIONS],
        **(build_job_status(job) if job else {}),
    }


def _iter_telling_rows(at_work: Classifier | None) -> Iterator[dict[str, Any]]:
    """The tickets that teach most, with the names of the labels they lie between."""
    names = dict(Intent.objects.values_list("slug", "name"))
    for one in telling_tickets.list_telling_tickets(at_work):
        yield {
            "ticket": one.ticket,
            "label": names.get(one.label, one.label),
            "other": names.get(one.other, one.other),
        }


def build_version_detail(version: Classifier) -> dict[str, Any]:
    """One version with everything that was measured, for its page."""
    compared = version.comparison
    flips = list(_iter_flips(compared.get("flips", [])))
    changed = [row for row in compared.get("labels", []) if row["before"] not in (None, row["new"])]
    thin = version.report.get("thin", [])
    return {
        "version": version,
        "at_work": versions.get_active_version(),
        "activations": version.activations.select_related("by", "instead_of"),
        "promise": get_guarantee(version),
        "foreign": version.get_foreign_promise(),
        "alarms": list(drift.find_open_alarms(version)),
        "sides": list(_iter_measures(compared)),
        "flips": flips,
        "changed": [{**row, "name": _get_intent_name(row["label"])} for row in changed],
        "thin": [{**row, "name": _get_intent_name(row["label"])} for row in thin],
        "overlaps": list(_iter_overlaps(version)),
        "labels": [
            {**row, "name": _get_intent_name(row["label"])}
            for row in _list_label_guarantees(version)
        ],
    }


COMPARED_MEASURES = (
    ("right", "Right label", "whether or not it would have been given by itself"),
    ("automatic", "Labelled by itself", "under the promise"),
    ("automatic_right", "Of those, right", "what the promise is about"),
)


def _iter_measures(compared: dict[str, Any]) -> Iterator[dict[str, Any]]:
    new, before = compared.get("new"), compared.get("before")
    if not compared.get("tickets") or not new:
        return
    for key, name, of in COMPARED_MEASURES:
        yield {"name": name, "of": of, "new": new[key], "before": before and before[key]}


def _iter_flips(flips: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each flip with the ticket's subject as it is now and the intents by name."""
    tickets = Ticket.objects.filter(pk__in=[flip["ticket"] for flip in flips])
    subjects = dict(tickets.values_list("pk", "subject"))
    for flip in flips:
        names = {key: _get_intent_name(flip[key]) for key in ("truth", "before", "after")}
        yield {**flip, "names": names, "subject": subjects.get(flip["ticket"], "")}


def _iter_overlaps(version: Classifier) -> Iterator[dict[str, Any]]:
    for pair in version.report.get("overlaps", []):
        yield {
            **pair,
            "one_name": _get_intent_name(pair["one"]),
            "other_name": _get_intent_name(pair["other"]),
        }


def _list_label_guarantees(version: Classifier) -> list[dict[str, Any]]:
    return [row for row in version.promise.get("per_label", []) if row["label"]]


def _get_intent_name(slug: str) -> str:
    """The intent's name; the slug itself where there is no such intent any more."""
    if not slug:
        return "None of ours"
    return Intent.objects.filter(slug=slug).values_list("name", flat=True).first() or slug


def get_guarantee(version: Classifier | None) -> dict[str, Any]:
    """The precision guarantee of when the version was trained; empty for None."""
    return version.promise if version else {}


def get_last_activation(version: Classifier | None) -> Activation | None:
    if version is None:
        return None
    return version.activations.select_related("by").first()


def _get_changed_target(version: Classifier | None) -> float | None:
    """The target in force where the version's guarantee was made for another, else None."""
    now = registry.get_target_precision()
    return None if version is None or version.promise.get("target") == now else now


def _get_changed_strangers(version: Classifier | None) -> float | None:
    """The share of strangers that is assumed now where the version's guarantee was made for
    another, else None.
    """
    now = registry.get_stranger_share()
    made_for = version.promise.get("assumed", now) if version else now
    return None if made_for == now else now


def get_last_job() -> Job | None:
    return Job.objects.filter(kind="train").select_related("requested_by").first()


def get_job_revision(job: Job) -> str:
    """A string that changes whenever the job does."""
    return f"{job.pk}.{job.state}.{job.attempt}"


def build_job_status(job: Job) -> dict[str, Any]:
    """The training job and its state; ``old_news`` where another version was made since."""
    made = job.result.get("version")
    return {
        "job": job,
        "rev": get_job_revision(job),
        "working": job.state in jobs.OPEN_STATES,
        "old_news": bool(made) and Classifier.objects.filter(pk__gt=made).exists(),
    }
