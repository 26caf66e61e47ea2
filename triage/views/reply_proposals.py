"""Answers that were given again and again: an admin makes saved replies of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from tickets.access import ADMINS, require_role
from triage.learning import reply_discovery as proposed
from triage.models import Intent, Job, ReplyProposal
from triage.pipeline import jobs
from triage.pipeline.sent_replies import name_author
from triage.views.forms import ReplyProposalForm

MAX_DECIDED_ROWS = 20
MAX_OTHER_ANSWERS = 4


@require_safe
@login_required
def list_proposals(request: HttpRequest) -> HttpResponse:
    """The answers that wait for a decision, and those decided on."""
    require_role(request.user, ADMINS)
    return _render_proposals(request)


@require_POST
@login_required
def request_look(request: HttpRequest) -> HttpResponse:
    """Ask a worker to look for answers that come again."""
    person = require_role(request.user, ADMINS)
    jobs.request_job("replies", by=person)
    messages.info(request, "A worker reads what was sent now. Come back in a minute.")
    return redirect("triage:reply_proposals")


@require_POST
@login_required
def take_proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the answer a saved reply."""
    person = require_role(request.user, ADMINS)
    form = ReplyProposalForm(request.POST, auto_id=f"r{pk}_%s")
    if not form.is_valid():
        return _render_proposals(request, pk, form)
    try:
        reply = proposed.accept_proposal(pk, **form.cleaned_data, by=person)
    except proposed.ReplyNotTaken as why:
        form.add_error(None, str(why))
        return _render_proposals(request, pk, form)
    messages.success(
        request,
        format_html("“{}” is a saved reply from the next ticket on.", reply.title),
    )
    return redirect("triage:reply_proposals")


@require_POST
@login_required
def refuse_proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """The answer is no saved reply."""
    person = require_role(request.user, ADMINS)
    try:
        proposed.refuse_proposal(pk, by=person)
    except proposed.ReplyNotTaken as why:
        messages.warning(request, str(why))
        return _render_proposals(request, pk)
    messages.success(request, "Refused. Mostly the same answers are not proposed again.")
    return redirect("triage:reply_proposals")


def _render_proposals(
    request: HttpRequest,
    refused: int | None = None,
    form: ReplyProposalForm | None = None,
) -> HttpResponse:
    """The page; where a decision was ``refused``, with what was typed and why not: above the others
    where its proposal is gone.
    """
    waiting = list(_iter_waiting(refused, form))
    gone = refused not in {one["proposal"].pk for one in waiting}
    decided = ReplyProposal.objects.exclude(state=ReplyProposal.State.OPEN)
    shown = {
        "waiting": waiting,
        "lost": form if gone else None,
        "decided": decided.select_related("reply", "decided_by").order_by("-decided_at")[
            :MAX_DECIDED_ROWS
        ],
        "job": Job.objects.filter(kind="replies").first(),
    }
    return render(request, "triage/reply_proposals.html", shown, status=_choose_status(refused))


def _choose_status(refused: int | None) -> int:
    """Not found where the night's look took the proposal away: what was typed is shown still."""
    if refused is None:
        return 200
    return 422 if ReplyProposal.objects.filter(pk=refused).exists() else 404


def _iter_waiting(refused: int | None, form: ReplyProposalForm | None) -> Iterator[dict[str, Any]]:
    labels = dict(Intent.objects.values_list("slug", "name"))
    rows = ReplyProposal.objects.filter(state=ReplyProposal.State.OPEN).select_related("like")
    for row in rows.prefetch_related("sources__message__author", "sources__message__ticket"):
        sources = sorted(row.sources.all(), key=lambda one: one.message.at, reverse=True)
        yield {
            "proposal": row,
            "label": labels.get(row.label, row.label.replace("-", " ")),
            "count": len(sources),
            "others": [_describe_answer(one) for one in sources[:MAX_OTHER_ANSWERS]],
            "form": form if refused == row.pk and form else _build_form(row),
        }


def _describe_answer(sent: Any) -> dict[str, Any]:
    return {"text": sent.text, "by": name_author(sent.message), "message": sent.message}


def _build_form(row: ReplyProposal) -> ReplyProposalForm:
    first = {"title": row.title, "text": row.text, "questions": "\n".join(row.questions)}
    return ReplyProposalForm(initial=first, auto_id=f"r{row.pk}_%s")
