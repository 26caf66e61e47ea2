"""The first day of a shop: past tickets in, what they would have become, and switching it on."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST, require_safe

from tickets.access import ADMINS, require_role
from tickets.models import Message
from triage.models import Intent, Job, ReplyProposal, SentReply
from triage.pipeline import jobs
from triage.views.forms import PastTicketsForm, SwitchOnForm
from triage.views.learning_page import get_job_revision

KINDS = ("past", "switch on")
MAX_NAME_CHARS = 60
MAX_FILE_SECONDS = 7 * 24 * 3600


@require_safe
@login_required
def show_first_day(request: HttpRequest) -> HttpResponse:
    """What was found in the past tickets, and what may be switched on."""
    require_role(request.user, ADMINS)
    return _render_page(request)


@require_safe
@login_required
def show_progress(request: HttpRequest) -> HttpResponse:
    """How the work goes on since ``rev``: 204 where nothing changed."""
    require_role(request.user, ADMINS)
    job = _get_last_job()
    if job is None or request.GET.get("rev") == _get_revision(job):
        response = HttpResponse(status=204)
    else:
        response = render(request, "triage/first_day/_job.html", _describe_job(job))
        if job.state not in jobs.OPEN_STATES:
            response["HX-Refresh"] = "true"  # what was found stands on the page around it
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_POST
@login_required
def request_learning(request: HttpRequest) -> HttpResponse:
    """Keep the file, and ask a worker to learn from it and from what is here."""
    person = require_role(request.user, ADMINS)
    form = PastTicketsForm(request.POST, request.FILES)
    if not form.is_valid():
        return _render_page(request, learn=form, status=422)
    upload = form.cleaned_data["file"]
    wanted = {"file": str(_keep_file(upload))} if upload else {}
    jobs.request_job("past", by=person, **wanted)
    return redirect("triage:first_day")


@require_POST
@login_required
def request_switching_on(request: HttpRequest) -> HttpResponse:
    """Ask a worker to put to use what was ticked."""
    person = require_role(request.user, ADMINS)
    form = _build_switch_form(_get_last_job("past"), request.POST)
    if not form.is_valid():
        return _render_page(request, switch=form, status=422)
    said = form.cleaned_data
    jobs.request_job(
        "switch on", by=person, labels=said["label"], replies=said["reply"], why=said["why"]
    )
    messages.info(request, "A worker puts it to use now. This page says when it is done.")
    return redirect("triage:first_day")


def _keep_file(upload: UploadedFile[bytes]) -> Path:
    """The upload in a folder of the shop's data, until a worker has read it."""
    folder = Path(settings.DATA) / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    _delete_old_files(folder)
    path = folder / f"{uuid.uuid4().hex}-{Path(upload.name or 'past').name[-MAX_NAME_CHARS:]}"
    with path.open("wb") as file:
        for chunk in upload.chunks():
            file.write(chunk)
    return path


def _delete_old_files(folder: Path) -> None:
    """Delete what no worker came to read within a week."""
    for path in folder.iterdir():
        if time.time() - path.stat().st_mtime > MAX_FILE_SECONDS:
            path.unlink(missing_ok=True)


def _get_last_job(*kinds: str) -> Job | None:
    found = Job.objects.filter(kind__in=kinds or KINDS).select_related("requested_by")
    return found.first()


def _get_revision(job: Job) -> str:
    return f"{get_job_revision(job)}.{job.percent}"


def _describe_job(job: Job | None) -> dict[str, Any]:
    if job is None:
        return {"job": None, "working": False}
    return {"job": job, "working": job.state in jobs.OPEN_STATES, "rev": _get_revision(job)}


def _build_switch_form(job: Job | None, data: Any = None) -> SwitchOnForm:
    labels = [label["slug"] for label in job.result.get("labels", [])] if job else []
    waiting = ReplyProposal.objects.filter(state=ReplyProposal.State.OPEN)
    return SwitchOnForm(data, labels=labels, replies=list(waiting.values_list("pk", flat=True)))


def _render_page(
    request: HttpRequest,
    *,
    learn: PastTicketsForm | None = None,
    switch: SwitchOnForm | None = None,
    status: int = 200,
) -> HttpResponse:
    found = _get_last_job("past")
    done = found if found and found.state == Job.State.DONE else None
    shown = {
        **_describe_job(_get_last_job()),
        "done": done,
        "learn": learn or PastTicketsForm(),
        "switch": switch or _build_switch_form(done),
        "here": SentReply.objects.count() or _count_answers(),
        "replies": list(_iter_reply_rows(switch)) if done else [],
        "labels": list(_iter_label_rows(done, switch)) if done else [],
        "drafts": list(_iter_drafts(done.result["preview"].get("drafts", []))) if done else [],
    }
    return render(request, "triage/first_day/index.html", shown, status=status)


def _count_answers() -> int:
    """How many tickets were answered: by the first five thousand, which is enough to say so."""
    out = Message.objects.filter(direction=Message.Direction.OUT, ticket__seeded=False)
    return out.order_by().values("ticket").distinct()[:5_000].count()


def _iter_label_rows(job: Job, sent: SwitchOnForm | None) -> Iterator[dict[str, Any]]:
    """The labels of past tickets that are none of ours yet; ticked until somebody unticks them."""
    chosen = None if sent is None else set(sent["label"].value() or ())
    known = set(Intent.objects.filter(active=True).values_list("slug", flat=True))
    for label in job.result.get("labels", []):
        if label["slug"] not in known:
            yield {**label, "ticked": chosen is None or label["slug"] in chosen}


def _iter_reply_rows(sent: SwitchOnForm | None) -> Iterator[dict[str, Any]]:
    """The replies that are proposed; ticked where nothing speaks against using them as they are."""
    chosen = None if sent is None else set(sent["reply"].value() or ())
    waiting = ReplyProposal.objects.filter(state=ReplyProposal.State.OPEN)
    for row in waiting.select_related("like").prefetch_related("sources"):
        fine = not row.doubts and row.like is None
        yield {
            "proposal": row,
            "count": len(row.sources.all()),
            "ticked": fine if chosen is None else str(row.pk) in chosen,
        }


def _iter_drafts(samples: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each sample with the words of its ticket and what was really sent."""
    sent = Message.objects.select_related("ticket", "author").in_bulk([s["sent"] for s in samples])
    for sample in samples:
        if answer := sent.get(sample["sent"]):
            asked = answer.ticket.messages.filter(direction="in", pk__lt=answer.pk)
            words = "\n\n".join(asked.order_by("pk").values_list("text", flat=True))
            yield {"answer": answer, "asked": words, "draft": sample["draft"]}
