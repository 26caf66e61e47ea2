"""What a decision rests on, by name and as one digest: it says what a person saw."""

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

OF_THE_REQUEST = (
    "remedy", "currency", "rule", "note", "arithmetic", "reasons", "lines", "terms", "conditions",
    "citations", "risk",
)  # fmt: skip
ADDED_LATER = frozenset({"only_whole", "only_asked"})


def is_as_approved(refund: Refund, *, paid_as: str = "") -> bool:
    """Whether everything is as those who approved saw it, but for its own payment."""
    agreed = refund.decisions.filter(verdict=Decision.Verdict.APPROVE)
    return set(agreed.values_list("fingerprint", flat=True)) == {
        fingerprint(refund, paid_as=paid_as)
    }


def fingerprint(refund: Refund, *, paid_as: str = "") -> str:
    """Digest of everything an approver is shown, as it is in the rows now.

    A payment of the refund itself, with the reference ``paid_as``, does not count.
    """
    return digest(shown(refund, paid_as=paid_as))


def digest(snapshot: dict[str, Any]) -> str:
    """The fingerprint of what ``shown`` returned, also after a round trip through JSON."""
    return receipts.sha256(snapshot)


def shown(refund: Refund, *, paid_as: str = "") -> dict[str, Any]:
    """Everything the page shows, by name, as JSON knows it.

    Words of people are there as digests only: they stay in their own rows. A payment of
    the refund itself, with the reference ``paid_as``, is left out, and so are mails that a
    machine wrote.
    """
    ticket = refund.ticket
    written = ticket.messages.filter(direction="in", automatic=False)
    files = Attachment.objects.filter(message__in=written).order_by("id")
    return receipts.plain(  # type: ignore[no-any-return]
        {
            **{name: getattr(refund, name) for name in OF_THE_REQUEST},
            "amount": f"{refund.amount:.2f}",
            "rules_today": rules_today(refund),
            "order": _values(Order.objects.filter(pk=refund.order_id), but=("customer_id",))[0],
            "items": _values(refund.order.lines.order_by("id"), but=("order_id",)),
            "payments": _payments(refund, paid_as),
            "messages": _digests(written.order_by("id").values_list("id", "text")),
            "files": {str(pk): content for pk, content in files.values_list("id", "sha256")},
            "drafts": _digests((draft.pk, draft.text) for draft in _drafts(refund)),
            "receipts": _receipts(refund),
            "decide": {
                "group": str(refund.reviewers or ""),
                "people": separation_of_duties.people_for(refund),
            },
        }
    )


def changed(before: dict[str, Any], refund: Refund, *, paid_as: str = "") -> list[str]:
    """What is not as it was on the page with the snapshot ``before``; empty where all of it is."""
    return list(changes.between(before, shown(refund, paid_as=paid_as)))


def rules_today(refund: Refund) -> dict[str, Any]:
    """The rules it rests on as they stand now, by name, each with its tiers."""
    found = RefundRule.objects.filter(name__in={refund.rule, *refund.terms}).order_by("name")
    rows = zip(found, _values(found), strict=True)
    return {
        rule.name: {
            **_telling(row),
            "tiers": _values(rule.tiers.order_by("above"), but=("rule_id",)),
        }
        for rule, row in rows
    }


def _telling(row: dict[str, Any]) -> dict[str, Any]:
    """Without columns that came later and say nothing: an upgrade changes no rule."""
    return {name: value for name, value in row.items() if value or name not in ADDED_LATER}


def _values(rows: QuerySet[Any], but: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in row.items() if name not in ("id", *but)}
        for row in rows.values()
    ]


def _payments(refund: Refund, paid_as: str) -> list[Any]:
    payments = refund.order.payments.order_by("id")
    if paid_as:
        payments = payments.exclude(
            kind=Payment.Kind.REFUND, reference=paid_as, amount=refund.amount
        )
    return list(payments.values("kind", "amount", "at", "method"))


def _digests(texts: Any) -> dict[str, str]:
    return {str(pk): hashlib.sha256(text.encode()).hexdigest() for pk, text in texts}


def _drafts(refund: Refund) -> list[Any]:
    return list(refund.run.drafts.order_by("id")) if refund.run else []


def _receipts(refund: Refund) -> dict[str, str]:
    """The digest of each step's newest receipt; what people did since is no step."""
    if refund.run is None:
        return {}
    steps = refund.run.receipts.filter(step__in=ticket_page.steps()).order_by("attempt", "seq")
    return dict(steps.values_list("step", "body_sha256"))
