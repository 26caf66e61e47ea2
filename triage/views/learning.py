"""What the labels are learned from: training, comparing and putting versions to work."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.management.base import CommandError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tickets.access import ADMINS, STAFF, get_ticket_for, require_role
from tickets.delivery import replies
from tickets.models import Ticket
from tickets.views.actions import render_conflict, save_typed_text
from triage.learning import corrections, versions
from triage.learning.intent_import import ImportResult, import_intents
from triage.models import Classifier
from triage.pipeline import jobs
from triage.views import learning_page
from triage.views.forms import ImportForm, ReasonForm

MAX_IMPORT_ROWS = 50_000  # three times what a version can learn from; a web process reads no more
MAX_FILENAME_CHARS = 60  # characters, at four bytes each within what a file system takes


@require_safe
@login_required
def show_learning(request: HttpRequest) -> HttpResponse:
    """The version at work, how to train another, and those before it."""
    require_role(request.user, ADMINS)
    return render(request, "triage/learning/index.html", learning_page.build_overview())


@require_safe
@login_required
def show_progress(request: HttpRequest) -> HttpResponse:
    """How the training goes on since ``rev``: 204 where nothing changed."""
    require_role(request.user, ADMINS)
    job = learning_page.get_last_job()
    if job is None or request.GET.get("rev") == learning_page.get_job_revision(job):
        response = HttpResponse(status=204)
    else:
        response = render(request, "triage/learning/_job.html", learning_page.build_job_status(job))
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_POST
@login_required
def request_training(request: HttpRequest) -> HttpResponse:
    """Ask a worker for a new version."""
    person = require_role(request.user, ADMINS)
    jobs.request_job("train", by=person, anyway=True)
    messages.info(request, "Training has been asked for. This page says when the version is there.")
    return redirect("triage:learning")


@require_safe
@login_required
def show_version(request: HttpRequest, pk: int) -> HttpResponse:
    """One version: its figures, and what changes for tickets if it is put to work."""
    require_role(request.user, ADMINS)
    return _render_version(request, _get_version(pk), ReasonForm())


@require_POST
@login_required
def activate_version(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a version to work."""
    person = require_role(request.user, ADMINS)
    found, form = _get_version(pk), ReasonForm(request.POST)
    if form.is_valid() and _apply_with_reason(
        form, lambda why: versions.activate_version(found, by=person, why=why)
    ):
        messages.success(request, f"Version {pk} labels tickets from now on.")
        return redirect("triage:learning")
    return _render_version(request, found, form)


@require_POST
@login_required
def roll_back_version(request: HttpRequest) -> HttpResponse:
    """Put the version before the one at work back to work."""
    person = require_role(request.user, ADMINS)
    form = ReasonForm(request.POST)
    if form.is_valid() and _apply_with_reason(
        form, lambda why: versions.roll_back_version(by=person, why=why)
    ):
        running = versions.get_active_version()
        messages.success(request, f"Version {running.pk if running else '?'} is at work again.")
        return redirect("triage:learning")
    return render(
        request, "triage/learning/index.html", learning_page.build_overview(form), status=422
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def import_intent_file(request: HttpRequest) -> HttpResponse:
    """Take in a file of intents and examples, and say what came of each line."""
    person = require_role(request.user, ADMINS)
    form = ImportForm(request.POST or None, request.FILES or None)
    done: ImportResult | None = None
    if request.method == "POST" and form.is_valid():
        done = _import_upload(form, person)
    status = 422 if request.method == "POST" and done is None else 200
    context = {"form": form, "done": done}
    return render(request, "triage/learning/import.html", context, status=status)


def _import_upload(form: ImportForm, by: User) -> ImportResult | None:
    """The file's rows taken in; None where it is unreadable, with the reason in the form."""
    upload = form.cleaned_data["file"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(upload.name).name[-MAX_FILENAME_CHARS:]
        path.write_bytes(b"".join(upload.chunks()))
        try:
            return import_intents(path, by=by, only=form.cleaned_data["only"], most=MAX_IMPORT_ROWS)
        except CommandError as error:
            form.add_error("file", str(error).replace(f"{folder}/", ""))
    return None


@require_POST
@login_required
def confirm_label(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that the label of a ticket is right, and save whatever was typed meanwhile."""
    ticket = get_ticket_for(request.user, pk)
    person = require_role(request.user, *STAFF)
    try:
        save_typed_text(request, ticket, person)
        corrections.confirm_label(ticket, request.POST.get("label", ""), by=person)
    except replies.Conflict as conflict:
        return render_conflict(request, ticket, conflict)
    except corrections.LabelChanged as changed:
        messages.warning(request, str(changed))
    else:
        messages.success(request, "Thank you. That the label is right has been noted.")
    return _redirect_to_ticket(ticket)


def _redirect_to_ticket(ticket: Ticket) -> HttpResponseRedirect:
    return HttpResponseRedirect(ticket.get_absolute_url())


def _get_version(pk: int) -> Classifier:
    rows = Classifier.objects.select_related("created_by", "compared_with").defer("weights")
    return get_object_or_404(rows, pk=pk)


def _render_version(request: HttpRequest, found: Classifier, form: ReasonForm) -> HttpResponse:
    status = 422 if form.errors else 200
    context = {**learning_page.build_version_detail(found), "form": form}
    return render(request, "triage/learning/version.html", context, status=status)


def _apply_with_reason(form: ReasonForm, act: Any) -> bool:
    """Call ``act`` with the reason of the form; whether it was done. Why not becomes an error
    of the form.
    """
    try:
        act(form.cleaned_data["why"])
    except versions.NotActivated as refused:
        form.add_error(None, str(refused))
    return form.is_valid()
