"""Is money due, by which rule, and who has to agree?

No model answers this. The amount is computed from stored rows and an admin's rule;
what the customer wrote can only choose among the customer's own order lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from triage.contract.case import Case, Clause, Order
from triage.contract.outputs import Classification
from triage.contract.step import Check, Computing, Evidence, Step, Worksheet
from triage.refunds.proposal import (
    ASK,
    DECIDED,
    HUMAN,
    NONE,
    REFUSE,
    REVIEW,
    Proposed,
    propose_remedy,
    refer_to_person,
)
from triage.steps.retrieve import Retrieval

__all__ = [
    "ASK",
    "DECIDED",
    "HUMAN",
    "NONE",
    "REFUSE",
    "REVIEW",
    "Proposed",
    "propose_remedy",
    "step",
]


def decide_refund(case: Case, engine: Computing) -> Proposed:
    return propose_remedy(case)


def check_decision(case: Case, output: Proposed, limits: Mapping[str, float]) -> Iterator[Check]:
    """The doubts about a decision: no open question, the sums where money is due, and the
    clauses in force on the day of purchase.
    """
    yield Check(
        name="no open question",
        passed=output.outcome != HUMAN,
        value=output.outcome,
        because=" ".join(output.questions),
    )
    if output.outcome == REVIEW:
        yield from _check_money(case, output)
    if output.clauses:
        missing = set(output.clauses) - {
            clause.ref for clause in _list_clauses_in_force(case, output)
        }
        yield Check(
            name="the clause was in force",
            passed=not missing,
            value=", ".join(output.clauses),
            because=f"no version of {', '.join(sorted(missing))} was in force on that day",
        )


def _list_clauses_in_force(case: Case, output: Proposed) -> list[Clause]:
    """The clauses it rests on, in the versions that held on the day of purchase."""
    day = case.order.placed if case.order else None
    return [
        clause
        for clause in case[Retrieval].clauses
        if clause.ref in output.clauses and (day is None or clause.is_in_force(day))
    ]


def _check_money(case: Case, output: Proposed) -> Iterator[Check]:
    left = case.order.amount_left if case.order else Decimal(0)
    amount = output.amount or Decimal(0)
    yield Check(
        name="not more than was paid",
        passed=Decimal(0) < amount <= left,
        value=str(amount),
        threshold=f"at most {left}",
        because="the amount is more than what is left of the payment",
    )
    steps = sum((Decimal(value) for _, value in output.arithmetic[:-1]), Decimal(0))
    parts = sum((part.amount for part in output.lines), Decimal(0))
    yield Check(
        name="the sum is right",
        passed=steps == parts == amount,
        value=f"steps {steps}, lines {parts}",
        threshold=str(amount),
        because="what is shown does not add up to the amount",
    )
    yield Check(
        name="a person has to agree",
        passed=output.approval_required,
        value=output.reviewer,
        because="money may not move without a person",
    )


def _list_cited_clauses(case: Case, output: Proposed) -> list[Clause]:
    if case.settled:
        return [case.settled.clause] if case.settled.clause else []
    return _list_clauses_in_force(case, output)


def build_evidence(case: Case, output: Proposed) -> Evidence:
    """The parts of a decision that its receipt lists: reasons, cited clauses, rows read."""
    order = case.order
    rows = () if order is None else tuple(_iter_order_inputs(order))
    rules = tuple(("rule", rule.name, "policy", repr(rule)) for rule in case.rules)
    standing = ("standing", f"ticket:{case.ticket}:customer", "system", repr(case.standing))
    people = (("decision", f"ticket:{case.ticket}:refund", "staff", repr(case.settled)),)
    return Evidence(
        label=output.words,
        reasons=output.reasons,
        citations=tuple(
            {"ref": c.ref, "version": c.version, "heading": c.heading, "title": c.policy_title,
             "policy": c.policy, "text": c.text, "since": c.since.isoformat(),
             "until": c.until.isoformat() if c.until else "", "source": c.source}
            for c in _list_cited_clauses(case, output)
        ),
        inputs=(
            ("message", f"ticket:{case.ticket}", "customer", f"{case.subject}\n{case.text}"),
            *rows,
            standing,
            *(people if case.settled else ()),
            *rules,
        ),
    )  # fmt: skip


def _iter_order_inputs(order: Order) -> Iterator[tuple[str, str, str, str]]:
    """The order, and what went back for no line that is named, as a receipt lists its inputs."""
    ref = f"order:{order.number}"
    yield "order", ref, "system", repr(order)
    if order.unassigned or order.charged_back:
        gone = f"unassigned {order.unassigned}, charged back {order.charged_back}"
        yield "went back elsewhere", f"{ref}:payments", "system", gone


def build_fallback(case: Case) -> Proposed:
    """A person decides; the questions are those the rules could not answer."""
    asked = propose_remedy(case)
    if asked.outcome == HUMAN:
        return asked
    return replace(refer_to_person("Is money due here?", "NO_DECISION"), order=asked.order)


step = Step(
    name="decide",
    question="Is money due, by which rule, and who has to agree?",
    reads=(Classification, Retrieval),
    writes=Proposed,
    needs=Computing,
    run=decide_refund,
    check=check_decision,
    evidence=build_evidence,
    fallback=build_fallback,
    ladder=("arithmetic",),
    worksheet=Worksheet(
        budget_ms=100, sensitive="orders and payments", approval="every refund: a supervisor"
    ),
)
