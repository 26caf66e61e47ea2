"""The snapshot of everything a decision rests on, by name, and its digest: the fingerprint."""

from __future__ import annotations

import hashlib
from typing import Any

from django.db.models import QuerySet

from approvals import separation_of_duties
from approvals.models import Decision, Refund, RefundRule
from approvals.snapshot import changes
from tickets import ticket_page
from tickets.audit import receipts
from tickets.models import Attachment, Order, Payment

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


def is_as_approved(refund: Refund, *, paid_as: str = "") -> bool:
    """Whether everything is as those who approved saw it, but for its own payment.

    ``paid_as`` is the reference of that payment, empty where there is none.
    """
    agreed = refund.decisions.filter(verdict=Decision.Verdict.APPROVE)
    return set(agreed.values_list("fingerprint", flat=True)) == {
        compute_fingerprint(refund, paid_as=paid_as)
    }


def compute_fingerprint(refund: Refund, *, paid_as: str = "") -> str:
    """Digest of everything an approver is shown, as it is in the rows now.

    A payment of the refund itself, with the reference ``paid_as``, does not count.
    """
    return compute_digest(build_snapshot(refund, paid_as=paid_as))


def compute_digest(snapshot: dict[str, Any]) -> str:
    """The fingerprint of a snapshot, also after a round trip through JSON."""
    return receipts.compute_sha256(snapshot)


def build_snapshot(refund: Refund, *, paid_as: str = "") -> dict[str, Any]:
    """Everything the refund's page shows, by name, as JSON values.

    Words of people are there as digests only: they stay in their own rows. A payment of
    the refund itself, with the reference ``paid_as``, is left out, and so are mails that a
    machine wrote.
    """
    ticket = refund.ticket
    written = ticket.messages.filter(direction="in", automatic=False)
    files = Attachment.objects.filter(message__in=written).order_by("id")
    return receipts.make_json_safe(  # type: ignore[no-any-return]
        {
            **{name: getattr(refund, name) for name in REQUEST_FIELDS},
            "amount": f"{refund.amount:.2f}",
            "rules_today": load_rules_today(refund),
            "order": _read_columns(Order.objects.filter(pk=refund.order_id), but=("customer_id",))[
                0
            ],
            "items": _read_columns(refund.order.lines.order_by("id"), but=("order_id",)),
            "payments": _list_payments(refund, paid_as),
            "messages": _hash_texts(written.order_by("id").values_list("id", "text")),
            "files": {str(pk): content for pk, content in files.values_list("id", "sha256")},
            "drafts": _hash_texts((draft.pk, draft.text) for draft in _list_drafts(refund)),
            "receipts": _map_receipt_digests(refund),
            "decide": {
                "group": str(refund.reviewers or ""),
                "people": separation_of_duties.count_approvers_needed(refund),
            },
        }
    )


def list_changes(before: dict[str, Any], refund: Refund, *, paid_as: str = "") -> list[str]:
    """What differs from the snapshot ``before``, in sentences; empty where nothing does."""
    return list(changes.diff_snapshots(before, build_snapshot(refund, paid_as=paid_as)))


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
