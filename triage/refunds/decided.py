"""What the reply is about once people have decided: their decision, and no new proposal.

Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from triage.contract.case import Settled
from triage.contract.fact_types import format_money

APPROVED, PAID = "approved", "paid"
REPLACEMENT = "replacement"
CUSTOMER_REASONS: Final = {
    "outside_window": "outside window",
    "not_covered": "not covered",
    "no_evidence": "no evidence",
}
"""Why it was refused, as far as a customer is told: the words of the person stay with us."""
STATE_EXPLANATIONS: Final = {
    "expired": "Nobody decided in time",
    "void": "The request no longer counts, because something changed",
    "failed": "The payment failed",
    "doubt": "Nobody knows yet whether it was paid",
}


def build_decided_fields(settled: Settled) -> dict[str, Any]:
    """The fields of ``Proposed`` for a case on which people have decided already."""
    about = {
        "order": settled.order,
        "clause": settled.clause.ref if settled.clause else "",
        "reasons": (f"DECIDED_{settled.state.upper()}",),
    }
    return {**about, **FIELD_BUILDERS.get(settled.state, _refer_to_person)(settled)}


def _build_grant(settled: Settled) -> dict[str, Any]:
    """The fields of an approval or a payment; a price difference is paid as a refund is.

    Of a replacement no amount is told, and it is nowhere called money.
    """
    if settled.remedy == REPLACEMENT:
        return {"outcome": APPROVED, "remedy": REPLACEMENT}
    return {
        "outcome": PAID if settled.state == "executed" else APPROVED,
        "remedy": settled.remedy if settled.remedy == "store credit" else "refund",
        "amount": settled.amount,
        "currency": settled.currency,
    }


def _build_refusal(settled: Settled) -> dict[str, Any]:
    if settled.reason_code == "wrong_amount":  # another amount may well be due
        return _refer_to_person(settled)
    return {"outcome": "refuse", "reason_code": CUSTOMER_REASONS.get(settled.reason_code, "")}


def _build_question(settled: Settled) -> dict[str, Any]:
    if not settled.wants:
        return _refer_to_person(settled)
    return {
        "outcome": "ask",
        "asks_for": settled.wants,
        "questions": (_describe_decision(settled),),
    }


def _refer_to_person(settled: Settled) -> dict[str, Any]:
    return {"outcome": "human", "questions": (_describe_decision(settled),)}


def _describe_decision(settled: Settled) -> str:
    """How the decision stands, for colleagues, in the words of who decided."""
    sum_ = format_money(settled.amount, settled.currency)
    if settled.state in STATE_EXPLANATIONS:
        stands = f"{STATE_EXPLANATIONS[settled.state]}: {sum_} on order {settled.order}."
        return f"{stands} What is to be done now?"
    verb = "asks before deciding on" if settled.state == "returned" else "refused"
    who = settled.by or "A colleague"
    return f"{who} {verb} {sum_} for order {settled.order}: {settled.reason}"


FIELD_BUILDERS: Final[Mapping[str, Callable[[Settled], dict[str, Any]]]] = {
    "approved": _build_grant,
    "executing": _build_grant,
    "executed": _build_grant,
    "rejected": _build_refusal,
    "returned": _build_question,
}
