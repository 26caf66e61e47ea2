"""Saved replies as everybody on the team reads them: what each says, and when it holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from tickets.access import STAFF, require_role
from triage.contract.saved_reply import SavedReply, Wording, compute_text_sha256
from triage.learning.reply_edits import find_reply_use
from triage.models import Clause, Intent
from triage.models import SavedReply as SavedReplyRow
from triage.pipeline.configuration import load_configuration
from triage.policies.search import build_in_force_query
from triage.saved_replies.reply_conditions import describe_condition


@require_safe
@login_required
def list_saved_replies(request: HttpRequest) -> HttpResponse:
    """Every saved reply in force, by label; those whose clause has changed first."""
    require_role(request.user, *STAFF)
    replies = load_configuration().replies
    clauses = _load_clauses(timezone.localdate())
    rows = [_describe_reply(reply, clauses) for reply in replies]
    labels = dict(Intent.objects.values_list("slug", "name"))
    shown = {
        "stale": [row for row in rows if row["stale"]],
        "groups": _group_by_label(rows, labels),
        "count": len(rows),
    }
    return render(request, "triage/saved_replies.html", shown)


@require_safe
@login_required
def show_saved_reply(request: HttpRequest, slug: str) -> HttpResponse:
    """One saved reply: the questions it answers, its wordings and their conditions."""
    require_role(request.user, *STAFF)
    found = next((one for one in load_configuration().replies if one.slug == slug), None)
    row = SavedReplyRow.objects.filter(slug=slug).first()
    if found is None:
        raise Http404("There is no such saved reply, or it is switched off.")
    shown = {
        "reply": _describe_reply(found, _load_clauses(timezone.localdate())),
        "row": row,
        "use": find_reply_use(slug),
        "labels": list(
            Intent.objects.filter(slug__in=found.intents).values_list("name", flat=True)
        ),
    }
    return render(request, "triage/saved_reply.html", shown)


def _load_clauses(on: date) -> Mapping[str, Clause]:
    """The clauses in force on a day, by reference."""
    rows = Clause.objects.filter(build_in_force_query(on, "version__")).select_related("version")
    return {row.ref: row for row in rows}


def _describe_reply(reply: SavedReply, clauses: Mapping[str, Clause]) -> dict[str, Any]:
    wordings = [_describe_wording(wording, clauses) for wording in reply.wordings]
    return {
        "slug": reply.slug,
        "title": reply.title,
        "questions": reply.questions,
        "intents": reply.intents,
        "wordings": wordings,
        "stale": any(wording["stale"] for wording in wordings),
    }


def _describe_wording(wording: Wording, clauses: Mapping[str, Clause]) -> dict[str, Any]:
    clause = clauses.get(wording.clause)
    read = compute_text_sha256(clause.text) if clause else ""
    return {
        "text": wording.text,
        "task": wording.task,
        "when": describe_condition(wording.condition),
        "clause": clause,
        "clause_ref": wording.clause,
        "stale": bool(wording.clause) and read != wording.clause_sha256,
    }


def _group_by_label(
    rows: list[dict[str, Any]], labels: Mapping[str, str]
) -> list[tuple[str, list[dict[str, Any]]]]:
    """The replies by the name of their first label, "Any label" last."""
    seen = Counter(slug for row in rows for slug in row["intents"][:1])
    groups = [
        (labels.get(slug, slug), [row for row in rows if row["intents"][:1] == (slug,)])
        for slug in sorted(seen, key=lambda slug: labels.get(slug, slug))
    ]
    rest = [row for row in rows if not row["intents"]]
    return [*groups, *([("Any label", rest)] if rest else [])]
