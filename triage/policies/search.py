"""Finding clauses by their words, and what was in force on a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank, SearchVector
from django.db.models import F, Prefetch, Q, QuerySet

from triage.models import Clause, Policy, PolicyVersion

MOST: Final = 50
BEGIN, END = "\ue000", "\ue001"
"""Around a found word: characters that no text holds, so that it can be escaped afterwards."""
LANGUAGE: Final = "english"
VECTOR: Final = (
    SearchVector("heading", weight="A", config=LANGUAGE)
    + SearchVector("version__title", weight="B", config=LANGUAGE)
    + SearchVector("text", weight="B", config=LANGUAGE)
)


def in_force(on: date, prefix: str = "") -> Q:
    """The versions in force on a day."""
    started = Q(**{f"{prefix}effective_from__lte": on})
    ended = Q(**{f"{prefix}effective_to__lte": on})
    return started & ~ended


def search(words: str, on: date | None = None) -> Sequence[Clause]:
    """The clauses with these words, best first, at most 50; with ``headline`` and ``excerpt``.

    Words are found in any form; "in quotes" as they stand, -without, or. On a day only
    what was in force then; otherwise the newest wording of equals goes first.
    """
    asked = SearchQuery(words, search_type="websearch", config=LANGUAGE)
    found = Clause.objects.annotate(vector=VECTOR).filter(Q(vector=asked) | Q(ref=words.strip()))
    if on:
        found = found.filter(in_force(on, "version__"))
    ranked = found.annotate(
        rank=SearchRank(F("vector"), asked),
        headline=_shown("heading", asked, whole=True),
        excerpt=_shown("text", asked, whole=False),
    )
    rows = ranked.select_related("version__policy")
    best = list(rows.order_by("-rank", "-version__effective_from", "ref")[:MOST])
    for row in best:
        row.excerpt = _with_ellipses(row.excerpt, row.text)
    return best


def _with_ellipses(excerpt: str, text: str) -> str:
    """The excerpt, with a sign where it leaves something of the text out."""
    plain = excerpt.replace(BEGIN, "").replace(END, "").strip()
    before = "" if text.lstrip().startswith(plain[:20]) else "… "
    after = "" if text.rstrip().endswith(plain[-20:]) else " …"
    return f"{before}{excerpt}{after}"


def _shown(field: str, asked: SearchQuery, *, whole: bool) -> SearchHeadline:
    """The field with its found words between BEGIN and END."""
    options = {"highlight_all": True} if whole else {"max_words": 60, "min_words": 40}
    return SearchHeadline(
        F(field),
        asked,
        config=LANGUAGE,
        start_sel=BEGIN,
        stop_sel=END,
        **options,
    )


def policies(on: date | None = None) -> QuerySet[Policy]:
    """Every policy with its versions, newest first, and their clauses; or those of one day."""
    clauses = Prefetch("clauses", Clause.objects.order_by("position"))
    versions = PolicyVersion.objects.order_by("-number").prefetch_related(clauses)
    found = Policy.objects.all()
    if on:
        versions = versions.filter(in_force(on))
        found = found.filter(versions__in=versions).distinct()
    return found.prefetch_related(Prefetch("versions", versions))
