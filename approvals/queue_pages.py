"""A long list of refunds in pages: which ids come after a place, and the rows of those alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from approvals.models import Decision, Refund
from tickets.prepared import GivenList, PreparedQuery

MAX_ROWS_SHOWN = 25
ROW_COLUMNS = (
    "state",
    "amount",
    "currency",
    "remedy",
    "rule",
    "terms",
    "risk",
    "created_at",
    "expires_at",
    "escalated_at",
    "approvers_needed",
    "order__number",
    "ticket__subject",
    "ticket__name",
    "ticket__email",
    "ticket__customer__name",
    "ticket__customer__email",
    "assigned_to__username",
    "reviewers__name",
)
ROWS = PreparedQuery(
    lambda: (
        Refund.objects.filter(pk__in=GivenList("ids"))
        .select_related("order", "ticket__customer", "assigned_to", "reviewers")
        .only(*ROW_COLUMNS)
        .annotate(agreed=_count_approvals())
        .order_by()
    )
)


@dataclass(frozen=True, kw_only=True)
class IdPage:
    """One page of a list of ids; ``after`` is the place where the next begins, None at the end.

    ``more`` is how many come after this page, ``first`` whether it is the first one.
    """

    ids: list[int]
    after: str | None
    more: int
    first: bool


def cut_page(ids: list[int], asked: str, size: int | None = None) -> IdPage:
    """The page after the place that a link named; the first one where it named none of ours.

    A place is two numbers, the last request shown and the one after it, so that the list goes
    on where it was left also when one of the two was decided meanwhile.
    """
    size = size or MAX_ROWS_SHOWN
    start = _find_start(ids, asked)
    shown, rest = ids[start : start + size], ids[start + size :]
    after = f"{shown[-1]}-{rest[0]}" if rest else None
    return IdPage(ids=shown, after=after, more=len(rest), first=start == 0)


def _find_start(ids: list[int], asked: str) -> int:
    last, _, following = asked.partition("-")
    if last.isdecimal() and int(last) in ids:
        return ids.index(int(last)) + 1
    return ids.index(int(following)) if following.isdecimal() and int(following) in ids else 0


def load_rows(ids: Collection[int]) -> dict[int, Refund]:
    """The requests with what a row shows of them, by id, in one query.

    Each has ``agreed``: how many approved it so far.
    """
    return {refund.pk: refund for refund in ROWS.fetch(ids=list(ids))}


def _count_approvals() -> Coalesce:
    approved = Decision.objects.filter(refund=OuterRef("pk"), verdict=Decision.Verdict.APPROVE)
    counted = approved.order_by().values("refund").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted), 0)
