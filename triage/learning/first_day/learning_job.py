"""The work of the first day: take the past in, learn from it, and show what it would have done."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from django.core.management import CommandError, call_command

from triage.learning import intent_discovery, reply_collection, reply_discovery
from triage.learning.first_day import preview
from triage.learning.first_day.past_labels import PastLabel, find_past_labels
from triage.models import Job
from triage.pipeline.jobs import CannotBeDone, report_progress
from triage.pipeline.sent_replies import load_answered_questions

MAX_PROBLEMS: Final = 20
STAGES: Final = {
    "import": (0, 10, "Taking the tickets in"),
    "collect": (10, 30, "Reading what was answered"),
    "replies": (30, 45, "Looking for answers that come again"),
    "learn": (45, 65, "Learning labels from the older tickets"),
    "preview": (65, 100, "Trying it on the newest"),
}
NOTHING: Final = (
    "There is no answered ticket to learn from. Import past tickets with the replies they had."
)


def learn_past_job(job: Job) -> Mapping[str, Any]:
    """Import the "file" that is wanted, if there is one; propose labels and replies; try them on
    the newest tickets. Nothing is switched on. Raises CannotBeDone.
    """
    said = _import_file(job, Path(job.wanted["file"])) if job.wanted.get("file") else {}
    _begin(job, "collect")
    reply_collection.collect_sent_replies(lambda done, of: _report(job, "collect", done, of))
    answered = load_answered_questions()
    if not answered:
        raise CannotBeDone(NOTHING)
    _begin(job, "replies")
    replies = reply_discovery.propose_replies()
    _, groups = intent_discovery.propose_intents()
    labels = find_past_labels()
    older, newer = preview.split_past(answered)
    return {
        **said,
        "answered": len(answered),
        "replies": replies,
        "groups": groups,
        "labels": [label.serialize() for label in labels],
        "preview": _build_preview(job, older, newer, labels) if newer else {},
        "sentence": f"{len(answered):,} answered tickets were read.",
    }


def _build_preview(job: Job, older: Any, newer: Any, labels: list[PastLabel]) -> Mapping[str, Any]:
    _begin(job, "learn")
    held_out = frozenset(one.ticket for one in newer)
    lesson = preview.learn(older, labels, held_out)
    found = preview.run_preview(newer, lesson, lambda done, of: _report(job, "preview", done, of))
    return {
        **found.serialize(),
        "learned_from": len(older),
        "replies": lesson.replies,
        "usable": len(lesson.usable),
        "promise": lesson.promise,
        "promises": [{"target": t, "coverage": share} for t, share in lesson.promises],
    }


def _import_file(job: Job, path: Path) -> dict[str, Any]:
    """What an import of the file says. The file goes once it is read: a second try after a worker
    died finds it gone, and what was in it here. Raises CannotBeDone.
    """
    _begin(job, "import")
    if not path.exists():
        return {"import": "", "problems": []}
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("import_tickets", path, stdout=out, stderr=err)
    except CommandError as error:
        path.unlink()
        raise CannotBeDone(str(error).replace(str(path), path.name)) from error
    except SystemExit:
        pass  # some rows were left out: each has its line
    path.unlink()
    problems = [line.replace(str(path), path.name) for line in err.getvalue().splitlines()]
    return {"import": out.getvalue().strip(), "problems": problems[:MAX_PROBLEMS]}


def _begin(job: Job, stage: str) -> None:
    _report(job, stage, 0, 1)


def _report(job: Job, stage: str, done: int, of: int) -> None:
    """Say how far the job is; within a stage by the share that is done. Raises LeaseLost."""
    start, end, doing = STAGES[stage]
    percent = start + round((end - start) * done / max(of, 1))
    if percent != job.percent or doing != job.doing:
        report_progress(job, doing, percent)
        job.percent, job.doing = percent, doing
