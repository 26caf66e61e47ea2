"""Page views: what a person was shown of a refund, for how long, and what they opened."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.http import Http404
from django.utils import timezone

from approvals.models import Decision, Look, Refund
from approvals.review import first_opinion
from approvals.snapshot.build import Snapshot, build_snapshot
from tickets.models import Receipt

MEASURING_GRACE = timedelta(minutes=1)  # the browser's last word may come after the decision


def start_page_view(
    refund: Refund, person: User, snapshot: Snapshot | None = None, *, blind: bool | None = None
) -> Look:
    """A new page view, for a person who may decide, with the refund as it stands now.

    It is ``blind`` where they are to give a first opinion, found out now where it is None.
    ``snapshot`` is what the page shows, built now where it is None.
    """
    snapshot = snapshot or build_snapshot(refund)
    return Look.objects.create(
        refund=refund,
        by=person,
        shown=snapshot.values,
        fingerprint=snapshot.digest,
        blind=first_opinion.is_opinion_due(refund, person) if blind is None else blind,
    )


def update_page_view(look_id: int, by: User, visible_ms: int, opened: Collection[int]) -> Look:
    """Add what the browser tells of a page: milliseconds in sight, and ids of opened receipts.

    It only grows, and never beyond the time that passed. Receipts of other runs are left
    out. Once the decision is a minute old nothing is added. Raises Http404 for a page view of
    somebody else.
    """
    with transaction.atomic():
        try:
            look = Look.objects.select_for_update(of=["self"]).get(pk=look_id, by=by)
        except Look.DoesNotExist:
            raise Http404("This page was shown to somebody else.") from None
        now, end = timezone.now(), _find_reading_end(look)
        if end is None or now <= end + MEASURING_GRACE:
            _add_measurement(look, min(visible_ms, _compute_elapsed_ms(look, end or now)), opened)
    return look


def _add_measurement(look: Look, visible_ms: int, opened: Collection[int]) -> None:
    look.visible_ms = max(look.visible_ms, visible_ms)
    own = Receipt.objects.filter(run__refunds=look.refund_id, pk__in=opened)
    look.opened = sorted({*look.opened, *own.values_list("pk", flat=True)})
    look.measured_at = timezone.now()
    look.save(update_fields=["visible_ms", "opened", "measured_at"])


def _find_reading_end(look: Look) -> datetime | None:
    """When the person was done with this page: they gave a first opinion, or decided."""
    decision = Decision.objects.filter(refund=look.refund_id, by=look.by_id).first()
    return look.first_at or (decision.at if decision else None)


def _compute_elapsed_ms(look: Look, end: datetime) -> int:
    return max(0, int((end - look.at) / timedelta(milliseconds=1)))
