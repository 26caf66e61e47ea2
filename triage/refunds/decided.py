"""What the reply is about once people have decided: their decision, and no new proposal.

Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from triage.contract.case import Settled
from triage.contract.fact_types import money

APPROVED, PAID = "approved", "paid"
TOLD: Final = {
    "outside_window": "outside window",
    "not_covered": "not covered",
    "no_evidence": "no evidence",
}
"""Why it was refused, as far as a customer is told: the words of the person stay with us."""
CLOSED: Final = {
    "expired": "Nobody decided in time",
    "void": "The request no longer counts, because something changed",
    "failed": "The payment failed",
    "doubt": "Nobody knows yet whether it was paid",
}


def followed(settled: Settled) -> dict[str, Any]:
    """The fields of what ``decide`` puts out where people have decided already."""
    about = {
        "order": settled.order,
        "clause": settled.clause.ref if settled.clause else "",
        "reasons": (f"DECIDED_{settled.state.upper()}",),
    }
    return {**about, **FOLLOWING.get(settled.state, _to_a_person)(settled)}


def _granted(settled: Settled) -> dict[str, Any]:
    """A price difference is paid as a refund is."""
    return {
        "outcome": PAID if settled.state == "executed" else APPROVED,
        "remedy": settled.remedy if settled.remedy == "store credit" else "refund",
        "amount": settled.amount,
        "currency": settled.currency,
    }


def _refused(settled: Settled) -> dict[str, Any]:
    if settled.reason_code == "wrong_amount":  # another amount may well be due
        return _to_a_person(settled)
    return {"outcome": "refuse", "reason_code": TOLD.get(settled.reason_code, "")}


def _asked(settled: Settled) -> dict[str, Any]:
    if not settled.wants:
        return _to_a_person(settled)
    return {"outcome": "ask", "asks_for": settled.wants, "questions": (_said(settled),)}


def _to_a_person(settled: Settled) -> dict[str, Any]:
    return {"outcome": "human", "questions": (_said(settled),)}


def _said(settled: Settled) -> str:
    """How it stands, for colleagues, in the words of who decided."""
    sum_ = money(settled.amount, settled.currency)
    if settled.state in CLOSED:
        return f"{CLOSED[settled.state]}: {sum_} on order {settled.order}. What is to be done now?"
    verb = "asks before deciding on" if settled.state == "returned" else "refused"
    who = settled.by or "A colleague"
    return f"{who} {verb} {sum_} for order {settled.order}: {settled.reason}"


FOLLOWING: Final[Mapping[str, Callable[[Settled], dict[str, Any]]]] = {
    "approved": _granted,
    "executing": _granted,
    "executed": _granted,
    "rejected": _refused,
    "returned": _asked,
}
