"""Which tickets a clause was used for, as the receipts say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Exists, OuterRef, QuerySet

from tickets.models import Draft, Receipt
from triage.models import Clause

PAGE_SIZE: Final = 40


@dataclass(frozen=True)
class ClauseUse:
    """A receipt of the retrieve step that cites the clause; a page links to its ticket."""

    receipt: Receipt
    rank: int
    by_rule: bool
    quoted: bool


@dataclass(frozen=True)
class Page:
    """Some uses, newest first; ``older`` is where the next page begins, or None."""

    uses: tuple[ClauseUse, ...]
    older: int | None


def list_uses(clause: Clause, before: int | None = None) -> Page:
    """The tickets that this wording was cited for, each by its newest receipt that does.

    ``before`` is the number of a receipt: only older ones. A clause that was only a near miss
    was not used.
    """
    later = find_citing_receipts(clause).filter(ticket=OuterRef("ticket"), seq__gt=OuterRef("seq"))
    part = [{"ref": f"clause:{clause.ref}@{clause.version.number}"}]
    drafts = Draft.objects.filter(run=OuterRef("run"), parts__contains=part)
    found = find_citing_receipts(clause).filter(~Exists(later)).annotate(quoted=Exists(drafts))
    if before is not None:
        found = found.filter(seq__lt=before)
    rows = list(found.select_related("ticket__customer").order_by("-seq")[: PAGE_SIZE + 1])
    uses = tuple(_build_use(row, clause, quoted=row.quoted) for row in rows[:PAGE_SIZE])
    return Page(uses, rows[PAGE_SIZE - 1].seq if len(rows) > PAGE_SIZE else None)


def find_citing_receipts(clause: Clause) -> QuerySet[Receipt]:
    """The receipts that cite exactly this wording as in force."""
    cited = [{"ref": clause.ref, "version": clause.version.number, "near_miss": ""}]
    real = Receipt.objects.filter(ticket__seeded=False)
    return real.filter(step="retrieve", citations__contains=cited)


def _build_use(receipt: Receipt, clause: Clause, *, quoted: bool) -> ClauseUse:
    cited: Mapping[str, Any] = next(
        each
        for each in receipt.citations
        if each["ref"] == clause.ref and each["version"] == clause.version.number
    )
    return ClauseUse(
        receipt=receipt,
        rank=cited["rank"],
        by_rule=cited.get("found_by") == "rule",
        quoted=quoted,
    )
