"""The snapshot of everything a decision rests on, by name, and its digest: the fingerprint."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from approvals import separation_of_duties
from approvals.models import Decision, Refund, RefundRule
from approvals.snapshot import changes
from tickets import ticket_page
from tickets.audit import receipts
from tickets.audit.canonical_json import make_json_safe
from tickets.models import Attachment, Order, Payment
from tickets.models.amounts import write_amount

REQUEST_FIELDS = (
    "remedy",
    "currency",
    "rule",
    "note",
    "arithmetic",
    "reasons",
    "lines",
    "terms",
    "conditions",
    "citations",
    "risk",
)
LATER_COLUMNS = frozenset({"only_whole", "only_asked"})


@dataclass(frozen=True)
class Snapshot:
    """Everything a decision on a refund rests on, as it was in the rows when it was built.

    An act builds one under the locks of ``refund_rows.lock_refund`` and hands it on: what it
    checks, what it writes and what its receipt names is then the same. ``values`` are by name
    and as JSON knows them, so that they are equal to what was stored with a page view.
    """

    values: dict[str, Any]

    @cached_property
    def digest(self) -> str:
        """The fingerprint: the digest of the values."""
        return receipts.compute_sha256(self.values)

    def list_changes_since(self, before: dict[str, Any]) -> list[str]:
        """What differs from the values ``before``, in sentences; empty where nothing does."""
        return list(changes.diff_snapshots(before, self.values))


def build_snapshot(refund: Refund, *, paid_as: str = "", people: int | None = None) -> Snapshot:
    """Everything the refund's page shows, by name.

    Words of people are there as digests only: they stay in their own rows. A payment of
    the refund itself, with the reference ``paid_as``, is left out, and so are mails that a
    machine wrote. ``people`` is how many have to approve it, counted now where it is None.
    """
    if people is None:
        people = separation_of_duties.count_approvers_needed(refund)
    return Snapshot(
        make_json_safe(
            {
                **{name: getattr(refund, name) for name in REQUEST_FIELDS},
                "amount": write_amount(refund.amount),
                "rules_today": load_rules_today(refund),
                **_read_order(refund),
                "payments": _list_payments(refund, paid_as),
                **_read_ticket(refund),
                "drafts": _hash_texts((draft.pk, draft.text) for draft in _list_drafts(refund)),
                "receipts": _map_receipt_digests(refund),
                "decide": {
                    "group": str(refund.reviewers or ""),
                    "people": people,
                },
            }
        )
    )


def is_as_approved(refund: Refund, snapshot: Snapshot | None = None) -> bool:
    """Whether everything is as those who approved saw it.

    ``snapshot`` is how it is, built now where it is None.
    """
    agreed = refund.decisions.filter(verdict=Decision.Verdict.APPROVE)
    now = snapshot or build_snapshot(refund)
    return set(agreed.values_list("fingerprint", flat=True)) == {now.digest}


def compute_fingerprint(refund: Refund, *, paid_as: str = "") -> str:
    """The digest of a snapshot built now."""
    return build_snapshot(refund, paid_as=paid_as).digest


def _read_order(refund: Refund) -> dict[str, Any]:
    order = _read_columns(Order.objects.filter(pk=refund.order_id), but=("customer_id",))
    lines = refund.order.lines.order_by("id")
    return {"order": order[0], "items": _read_columns(lines, but=("order_id",))}


def _read_ticket(refund: Refund) -> dict[str, Any]:
    written = refund.ticket.messages.filter(direction="in", automatic=False)
    files = Attachment.objects.filter(message__in=written).order_by("id")
    return {
        "messages": _hash_texts(written.order_by("id").values_list("id", "text")),
        "files": {str(pk): content for pk, content in files.values_list("id", "sha256")},
    }


def load_rules_today(refund: Refund) -> dict[str, Any]:
    """The rules the refund rests on as they stand now, by name, each with its tiers."""
    found = RefundRule.objects.filter(name__in={refund.rule, *refund.terms}).order_by("name")
    rows = zip(found, _read_columns(found), strict=True)
    return {
        rule.name: {
            **_drop_empty_later_columns(row),
            "tiers": _read_columns(rule.tiers.order_by("above"), but=("rule_id",)),
        }
        for rule, row in rows
    }


def _drop_empty_later_columns(row: dict[str, Any]) -> dict[str, Any]:
    """Without columns that came later and are empty: an upgrade changes no rule."""
    return {name: value for name, value in row.items() if value or name not in LATER_COLUMNS}


def _read_columns(rows: QuerySet[Any], but: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in row.items() if name not in ("id", *but)}
        for row in rows.values()
    ]


def _list_payments(refund: Refund, paid_as: str) -> list[Any]:
    payments = refund.order.payments.order_by("id")
    if paid_as:
        payments = payments.exclude(
            kind=Payment.Kind.REFUND, reference=paid_as, amount=refund.amount
        )
    return list(payments.values("kind", "amount", "at", "method"))


def _hash_texts(texts: Any) -> dict[str, str]:
    return {str(pk): hashlib.sha256(text.encode()).hexdigest() for pk, text in texts}


def _list_drafts(refund: Refund) -> list[Any]:
    return list(refund.run.drafts.order_by("id")) if refund.run else []


def _map_receipt_digests(refund: Refund) -> dict[str, str]:
    """The digest of the newest receipt of each step. Receipts of what people did since are
    not steps and are left out.
    """
    if refund.run is None:
        return {}
    steps = refund.run.receipts.filter(step__in=ticket_page.list_steps()).order_by("attempt", "seq")
    return dict(steps.values_list("step", "body_sha256"))
