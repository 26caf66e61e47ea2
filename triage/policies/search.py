"""Finding clauses by their words, and what was in force on a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank, SearchVector
from django.db.models import F, Prefetch, Q, QuerySet

from triage.models import Clause, Policy, PolicyVersion

MAX_CLAUSES: Final = 50
HIGHLIGHT_START, HIGHLIGHT_END = "\ue000", "\ue001"
"""Around a found word: characters that no text holds, so that it can be escaped afterwards."""
LANGUAGE: Final = "english"
VECTOR: Final = (
    SearchVector("heading", weight="A", config=LANGUAGE)
    + SearchVector("version__title", weight="B", config=LANGUAGE)
    + SearchVector("text", weight="B", config=LANGUAGE)
)


def build_in_force_query(on: date, prefix: str = "") -> Q:
    """The condition for versions in force on a day; ``prefix`` leads from the model to them."""
    started = Q(**{f"{prefix}effective_from__lte": on})
    ended = Q(**{f"{prefix}effective_to__lte": on})
    return started & ~ended


def search_clauses(words: str, on: date | None = None) -> Sequence[Clause]:
    """The clauses with these words, best first, at most 50; with ``headline`` and ``excerpt``.

    Words are found in any form; "in quotes" as they stand, -without, or. On a day only
    what was in force then; otherwise the newest wording of equals goes first.
    """
    asked = SearchQuery(words, search_type="websearch", config=LANGUAGE)
    found = Clause.objects.annotate(vector=VECTOR).filter(Q(vector=asked) | Q(ref=words.strip()))
    if on:
        found = found.filter(build_in_force_query(on, "version__"))
    ranked = found.annotate(
        rank=SearchRank(F("vector"), asked),
        headline=_build_headline("heading", asked, whole=True),
        excerpt=_build_headline("text", asked, whole=False),
    )
    rows = ranked.select_related("version__policy")
    best = list(rows.order_by("-rank", "-version__effective_from", "ref")[:MAX_CLAUSES])
    for row in best:
        row.excerpt = _add_ellipses(row.excerpt, row.text)
    return best


def _add_ellipses(excerpt: str, text: str) -> str:
    """The excerpt, with a sign where it leaves something of the text out."""
    plain = excerpt.replace(HIGHLIGHT_START, "").replace(HIGHLIGHT_END, "").strip()
    before = "" if text.lstrip().startswith(plain[:20]) else "… "
    after = "" if text.rstrip().endswith(plain[-20:]) else " …"
    return f"{before}{excerpt}{after}"


def _build_headline(field: str, asked: SearchQuery, *, whole: bool) -> SearchHeadline:
    """The field with its found words between HIGHLIGHT_START and HIGHLIGHT_END."""
    options = {"highlight_all": True} if whole else {"max_words": 60, "min_words": 40}
    return SearchHeadline(
        F(field),
        asked,
        config=LANGUAGE,
        start_sel=HIGHLIGHT_START,
        stop_sel=HIGHLIGHT_END,
        **options,
    )


def list_policies(on: date | None = None) -> QuerySet[Policy]:
    """Every policy with its versions, newest first, with clauses; or those in force on a day."""
    clauses = Prefetch("clauses", Clause.objects.order_by("position"))
    versions = PolicyVersion.objects.order_by("-number").prefetch_related(clauses)
    found = Policy.objects.all()
    if on:
        versions = versions.filter(build_in_force_query(on))
        found = found.filter(versions__in=versions).distinct()
    return found.prefetch_related(Prefetch("versions", versions))
