"""The snapshot of everything a decision rests on, by name, and its digest: the fingerprint."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Model, QuerySet

from approvals import separation_of_duties
from approvals.models import Decision, Refund, RefundRule, RuleTier
from approvals.snapshot import changes
from tickets import ticket_page
from tickets.audit import receipts
from tickets.audit.canonical_json import make_json_safe
from tickets.models import Attachment, Draft, Message, Order, OrderLine, Payment, Receipt
from tickets.models.amounts import write_amount
from tickets.prepared import Given, GivenList, PreparedQuery

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
PAYMENT_COLUMNS = ("kind", "amount", "at", "method")


def _prepare_columns(model: type[Model], order_by: str = "id", **where: Any) -> PreparedQuery:
    """A query for all columns of the rows, in the order of ``_list_columns``."""
    return PreparedQuery(
        lambda: (
            model._default_manager.filter(**where)
            .order_by(order_by)
            .values_list(*_list_columns(model))
        )
    )


def _list_columns(model: type[Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


ORDERS = _prepare_columns(Order, pk=Given("order"))
LINES = _prepare_columns(OrderLine, order=Given("order"))
RULES = _prepare_columns(RefundRule, "name", name__in=GivenList("names", "text"))
TIERS = _prepare_columns(RuleTier, "above", rule=Given("rule"))
PAYMENTS = PreparedQuery(
    lambda: (
        Payment.objects.filter(order=Given("order"))
        .order_by("id")
        .values_list(*PAYMENT_COLUMNS, "reference")
    )
)
MESSAGES = PreparedQuery(
    lambda: _query_written(Given("ticket")).order_by("id").values_list("id", "text")
)
FILES = PreparedQuery(
    lambda: (
        Attachment.objects.filter(message__in=_query_written(Given("ticket")))
        .order_by("id")
        .values_list("id", "sha256")
    )
)
DRAFTS = PreparedQuery(
    lambda: Draft.objects.filter(run=Given("run")).order_by("id").only("id", "body", "edited_body")
)
RECEIPTS = PreparedQuery(
    lambda: (
        Receipt.objects.filter(run=Given("run"), step__in=ticket_page.list_steps())
        .order_by("attempt", "seq")
        .values_list("step", "body_sha256")
    )
)


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
    """The order of the refund as its row is now, and its lines."""
    (order,) = _read_columns(Order, ORDERS.fetch(order=refund.order_id), but=("customer_id",))
    lines = LINES.fetch(order=refund.order_id)
    return {"order": order, "items": _read_columns(OrderLine, lines, but=("order_id",))}


def _read_ticket(refund: Refund) -> dict[str, Any]:
    files = FILES.fetch(ticket=refund.ticket_id)
    return {
        "messages": _hash_texts(MESSAGES.fetch(ticket=refund.ticket_id)),
        "files": {str(pk): content for pk, content in files},
    }


def _query_written(ticket: Any) -> QuerySet[Message]:
    """What the customer wrote on the ticket themselves."""
    return Message.objects.filter(ticket=ticket, direction="in", automatic=False)


def load_rules_today(refund: Refund) -> dict[str, Any]:
    """The rules the refund rests on as they stand now, by name, each with its tiers."""
    found = RULES.fetch(names=sorted({refund.rule, *refund.terms}))
    tiers = [TIERS.fetch(rule=pk) for pk, *_ in found]
    return {
        row["name"]: {
            **_drop_empty_later_columns(row),
            "tiers": _read_columns(RuleTier, its_tiers, but=("rule_id",)),
        }
        for row, its_tiers in zip(_read_columns(RefundRule, found), tiers, strict=True)
    }


def _drop_empty_later_columns(row: dict[str, Any]) -> dict[str, Any]:
    """Without columns that came later and are empty: an upgrade changes no rule."""
    return {name: value for name, value in row.items() if value or name not in LATER_COLUMNS}


def _read_columns(
    model: type[Model], rows: Iterable[Any], but: tuple[str, ...] = ()
) -> list[dict[str, Any]]:
    """Rows of ``_prepare_columns`` by name, without their ids and the columns ``but``."""
    names, left_out = _list_columns(model), {"id", *but}
    return [
        {name: value for name, value in zip(names, row, strict=True) if name not in left_out}
        for row in rows
    ]


def _list_payments(refund: Refund, paid_as: str) -> list[dict[str, Any]]:
    own = (Payment.Kind.REFUND, refund.amount, paid_as)
    return [
        dict(zip(PAYMENT_COLUMNS, row, strict=True))
        for *row, reference in PAYMENTS.fetch(order=refund.order_id)
        if not paid_as or (row[0], row[1], reference) != own
    ]


def _hash_texts(texts: Any) -> dict[str, str]:
    return {str(pk): hashlib.sha256(text.encode()).hexdigest() for pk, text in texts}


def _list_drafts(refund: Refund) -> list[Draft]:
    return DRAFTS.fetch(run=refund.run_id)


def _map_receipt_digests(refund: Refund) -> dict[str, str]:
    """The digest of the newest receipt of each step. Receipts of what people did since are
    not steps and are left out.
    """
    return dict(RECEIPTS.fetch(run=refund.run_id))
