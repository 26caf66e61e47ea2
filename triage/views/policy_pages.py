"""Policies as they are in force: what they say, what changed, and what they were used for."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_safe

from tickets.access import ADMINS, STAFF, require_role
from triage.models import Clause, PolicyVersion
from triage.pipeline.configuration import load_configuration
from triage.policies import citations, diff, search
from triage.policy_review.lint import lint_policies
from triage.saved_replies.clause_conditions import parse_clause_conditions
from triage.saved_replies.reply_conditions import describe_condition

MAX_QUERY_CHARS = 200


@require_safe
@login_required
def list_policies(request: HttpRequest) -> HttpResponse:
    """Every policy, or what is found by words, or what was in force on a day."""
    require_role(request.user, *STAFF)
    words = request.GET.get("q", "").replace("\0", "").strip()[:MAX_QUERY_CHARS]
    asked = request.GET.get("on", "").strip()
    on = _parse_day(asked)
    shown: dict[str, Any] = {
        "words": words,
        "asked": asked,
        "on": on,
        "today": timezone.localdate(),
        "no_day": bool(asked) and on is None,
        "most": search.MAX_CLAUSES,
    }
    if words:
        shown["found"] = search.search_clauses(words, on)
    else:
        shown["policies"] = search.list_policies(on)
    return render(request, "triage/policies.html", shown, status=422 if shown["no_day"] else 200)


@require_safe
@login_required
def show_clause(request: HttpRequest, ref: str, version: int) -> HttpResponse:
    """One clause of one version, the days it held, and its other wordings."""
    require_role(request.user, *STAFF)
    all_wordings = _list_wordings(ref)
    found = _find_wording(all_wordings, version)
    others = [
        {"clause": other, "pieces": diff.diff_texts(*_sort_by_version(found, other))}
        for other in all_wordings
        if other is not found
    ]
    replies = load_configuration().replies
    shown = {
        "clause": found,
        "others": others,
        "today": timezone.localdate(),
        "conditions": [
            {"read": one, "when": " and ".join(describe_condition(one.condition))}
            for one in parse_clause_conditions(found.text)
        ],
        "replies": [r for r in replies if any(w.clause == ref for w in r.wordings)],
    }
    return render(request, "triage/clause.html", shown)


@require_safe
@login_required
def list_clause_uses(request: HttpRequest, ref: str, version: int) -> HttpResponse:
    """The tickets that one wording was cited for, newest first."""
    require_role(request.user, *STAFF)
    found = _find_wording(_list_wordings(ref), version)
    before = request.GET.get("before", "")
    page = citations.list_uses(found, _parse_number(before))
    shown = {"clause": found, "page": page, "first": not before, "today": timezone.localdate()}
    return render(request, "triage/policy_uses.html", shown)


@require_safe
@login_required
def compare_versions(request: HttpRequest, slug: str, old: int, new: int) -> HttpResponse:
    """Two versions of a policy, clause by clause, with what was added and removed."""
    require_role(request.user, *STAFF)
    versions = PolicyVersion.objects.filter(policy__slug=slug).select_related("policy")
    one, other = (get_object_or_404(versions, number=number) for number in (old, new))
    clauses = diff.compare_clauses(_read_clauses(one), _read_clauses(other))
    shown = {
        "old": one,
        "new": other,
        "versions": versions.order_by("number"),
        "changed": [clause for clause in clauses if clause.kind != "same"],
        "same": [clause for clause in clauses if clause.kind == "same"],
        "today": timezone.localdate(),
    }
    return render(request, "triage/policy_diff.html", shown)


@require_safe
@login_required
def check_policies(request: HttpRequest) -> HttpResponse:
    """What is wrong with the policies."""
    require_role(request.user, ADMINS)
    return render(request, "triage/policy_check.html", {"report": lint_policies()})


def _parse_day(text: str) -> date | None:
    """The day that was asked for; None where there is none of that name."""
    try:
        return parse_date(text)
    except ValueError:
        return None


def _list_wordings(ref: str) -> list[Clause]:
    """Every wording of a clause, newest first."""
    rows = Clause.objects.filter(ref=ref).select_related("version__policy")
    return list(rows.order_by("-version__number"))


def _find_wording(wordings: list[Clause], version: int) -> Clause:
    found = next((clause for clause in wordings if clause.version.number == version), None)
    if found is None:
        raise Http404("There is no such clause in that version.")
    return found


def _sort_by_version(one: Clause, other: Clause) -> tuple[str, str]:
    first, last = sorted((one, other), key=lambda clause: clause.version.number)
    return first.text, last.text


def _read_clauses(version: PolicyVersion) -> list[diff.Wording]:
    rows = version.clauses.order_by("position").values_list("ref", "heading", "text")
    return [diff.Wording(*row) for row in rows]


def _parse_number(text: str) -> int | None:
    """The number a link of ours carried; None for anything else."""
    return int(text) if text.isdecimal() and len(text) <= 18 else None
