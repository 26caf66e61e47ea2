"""Switching on what the first day found: what a named person ticked, and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from triage.learning import reply_discovery, versions
from triage.learning.first_day.past_labels import create_intents, find_past_labels
from triage.models import Job, ReplyProposal
from triage.pipeline.jobs import CannotBeDone, report_progress


def switch_on_job(job: Job) -> Mapping[str, Any]:
    """Make the "labels" and "replies" that are wanted the shop's own, and put a version trained on
    all of it to work, for the reason "why". Raises CannotBeDone.
    """
    person = job.requested_by
    if person is None:
        raise CannotBeDone("Only a person switches anything on.")
    report_progress(job, "Making labels and replies", 5)
    with transaction.atomic():
        labels = [one for one in find_past_labels() if one.slug in job.wanted["labels"]]
        create_intents(labels)
        taken, notes = _take_replies(job.wanted["replies"], person)
    report_progress(job, "Learning the labels", 20)
    version, promise = _put_to_work(person, job.wanted["why"], notes) if labels else (None, "")
    return {
        "labels": len(labels),
        "replies": taken,
        "version": version,
        "promise": promise,
        "notes": notes,
        "sentence": f"{len(labels)} labels and {taken} saved replies are in use.",
    }


def _take_replies(proposals: Collection[int], by: User) -> tuple[int, list[str]]:
    """Make each a saved reply as it was proposed: how many, and what could not be, in sentences."""
    found = list(ReplyProposal.objects.filter(pk__in=proposals, state=ReplyProposal.State.OPEN))
    notes = []
    for one in found:
        try:
            reply_discovery.accept_proposal(
                one.pk, title=one.title, text=one.text, questions=one.questions, by=by
            )
        except reply_discovery.ReplyNotTaken as why:
            notes.append(f"“{one.title}”: {why}")
    if gone := len(proposals) - len(found):
        notes.append(f"{gone} of the replies were decided on meanwhile, or are no longer proposed.")
    return len(found) - sum(note.startswith("“") for note in notes), notes


def _put_to_work(person: User, why: str, notes: list[str]) -> tuple[int | None, str]:
    """The id of a version trained on everything there is, and what it promises; None where none
    could be made.
    """
    try:
        version = versions.train_version(by=person)
        versions.activate_version(version, by=person, why=why)
    except (versions.NotTrained, versions.NotActivated) as error:
        notes.append(f"No labels are given by themselves yet: {error}")
        return None, ""
    return version.pk, version.promise["sentence"]
