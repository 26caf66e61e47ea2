"""Is money due, by which rule, and who has to agree?

No model answers this. The amount is computed from stored rows and an admin's rule;
what the customer wrote can only choose among the customer's own order lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from triage.case import Case, Line, Order, Rule
from triage.step import Check, Engine, Evidence, Step, Worksheet
from triage.steps.classify import Classification
from triage.steps.retrieve import Retrieval

NONE, REVIEW, REFUSE, ASK, HUMAN = "none", "review", "refuse", "ask", "human"
PENNY = Decimal("0.01")
SEVERAL_ORDERS = "Several orders are named in the message."


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """The remedy as computed, or the questions a person has to answer first.

    ``outcome`` is none, review, refuse, ask or human. ``arithmetic`` is (what, amount)
    line by line and ends with the amount itself. ``asks_for`` is what an ``ask`` wants of
    the customer: "order" or "photo".
    """

    outcome: str
    remedy: str = ""
    amount: Decimal | None = None
    currency: str = ""
    order: str = ""
    rule: str = ""
    clause: str = ""
    arithmetic: tuple[tuple[str, str], ...] = ()
    reasons: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    asks_for: str = "order"
    approval_required: bool = False
    reviewer: str = ""

    @property
    def words(self) -> str:
        """The decision as a writer is told it."""
        detail = {REVIEW: self.remedy, ASK: self.asks_for}.get(self.outcome, "")
        return f"{self.outcome} {detail}".strip()


def run(case: Case, engine: Engine) -> Proposed:
    return propose(case)


def propose(case: Case) -> Proposed:
    """The remedy the rules give, or what a person has to find out first."""
    label = case[Classification].label
    intent = case.intent(label)
    if intent is None:
        return _for_a_person("What is the customer asking for?", "NO_LABEL")
    if not intent.money:
        return Proposed(outcome=NONE, reasons=("NO_MONEY_AT_STAKE",))
    if case.order is None and case.order_because == SEVERAL_ORDERS:
        return _for_a_person("Which of the orders named, or each of them?", "SEVERAL_ORDERS")
    if case.order is None:
        return Proposed(
            outcome=ASK,
            reasons=("ORDER_UNKNOWN",),
            questions=(f"Which order? {case.order_because}",),
        )
    rules = _rules_for(label, case.order, case)
    if not rules:
        return _for_a_person(
            f"No refund rule covers a {intent.name} for an order that is {case.order.status}.",
            "NO_RULE",
        )
    return _by_rules(case, case.order, rules)


def _rules_for(label: str, order: Order, case: Case) -> list[Rule]:
    return [
        rule
        for rule in case.rules
        if label in rule.intents
        and rule.in_force(case[Retrieval].as_of)
        and (not rule.statuses or order.status in rule.statuses)
        and (not rule.only_late or order.late(case.received))
    ]


def _by_rules(case: Case, order: Order, rules: list[Rule]) -> Proposed:
    undated = [r for r in rules if r.window_days is not None and _start(r, order) is None]
    if undated:
        return _for_a_person(
            f"The day of {undated[0].counts_from} of order {order.number} is not on record: "
            f"is it within {undated[0].window_days} days?",
            "DATE_UNKNOWN",
        )
    granting = [rule for rule in rules if _within(rule, order, case.received)]
    if not granting:
        return _refused(order, rules, "OUTSIDE_WINDOW")
    first = min(rule.position for rule in granting)
    foremost = [rule for rule in granting if rule.position == first]
    if len({(rule.remedy, rule.fee_percent) for rule in foremost}) > 1:
        names = " or ".join(f"{rule.remedy} ({rule.name})" for rule in foremost)
        return _for_a_person(f"Two rules apply: {names}. Which one?", "RULES_DISAGREE")
    return _proposed(case, order, foremost[0])


def _start(rule: Rule, order: Order) -> date | None:
    return order.delivered if rule.counts_from == "delivery" else order.placed


def _within(rule: Rule, order: Order, on: date) -> bool:
    start = _start(rule, order)
    if rule.window_days is None:
        return True
    return start is not None and on <= start + timedelta(days=rule.window_days)


def _refused(order: Order, rules: list[Rule], reason: str) -> Proposed:
    rule = max(rules, key=lambda rule: rule.window_days or 0)
    return Proposed(
        outcome=REFUSE,
        order=order.number,
        rule=rule.name,
        clause=rule.clause,
        reasons=(reason,),
    )


def _proposed(case: Case, order: Order, rule: Rule) -> Proposed:
    lines, reasons = lines_meant(f"{case.subject}\n{case.text}", order)
    eligible = [line for line in lines if rule.covers_final_sale or not line.final_sale]
    if not eligible:
        return _for_a_person(
            f"All that is meant is final sale, which “{rule.name}” does not cover. "
            "Is it refused, and by which clause?",
            "FINAL_SALE",
        )
    if order.paid == 0:
        return _for_a_person(
            f"Nothing was paid for order {order.number} yet: what is to be done with it?",
            "NOTHING_PAID",
        )
    arithmetic = list(_arithmetic(eligible, rule, order))
    amount = Decimal(arithmetic[-1][1])
    if amount <= 0:
        return _for_a_person(
            f"Everything paid for order {order.number} has gone back already.", "ALREADY_REFUNDED"
        )
    return Proposed(
        outcome=REVIEW,
        remedy=rule.remedy,
        amount=amount,
        currency=order.currency,
        order=order.number,
        rule=rule.name,
        clause=rule.clause,
        arithmetic=tuple(arithmetic),
        reasons=(*reasons, *_remarks(lines, eligible)),
        approval_required=True,
        reviewer="supervisors",
    )


def _remarks(lines: list[Line], eligible: list[Line]) -> Iterator[str]:
    """What a person should look at before agreeing."""
    if len(eligible) < len(lines):
        yield "FINAL_SALE_LEFT_OUT"
    if any(line.quantity > 1 for line in eligible):
        yield "ALL_PIECES_OF_A_LINE"


def _arithmetic(lines: list[Line], rule: Rule, order: Order) -> Iterator[tuple[str, str]]:
    total = Decimal(0)
    for line in lines:
        cost = line.price * line.quantity
        total += cost
        yield f"{line.quantity} × {line.name} at {line.price}", str(cost)
    fee = (total * rule.fee_percent / 100).quantize(PENNY, ROUND_HALF_UP)
    if fee:
        total -= fee
        yield f"fee of {rule.fee_percent.normalize():f} % ({rule.clause})", str(-fee)
    left = order.paid - order.refunded
    if total > left:
        yield f"not more than what is left of {order.paid} paid", str(left - total)
        total = left
    yield f"{rule.remedy}, {order.currency}", str(total)


def lines_meant(text: str, order: Order) -> tuple[list[Line], tuple[str, ...]]:
    """The lines of the order that the text names; all of them, with a reason, where it names none."""
    said = set(_words(text))
    named = [line for line in order.goods if _named(line, said)]
    if named:
        return named, ()
    if len(order.goods) == 1:
        return list(order.goods), ()
    return list(order.lines), ("NO_ITEM_NAMED_WHOLE_ORDER",)


def _named(line: Line, said: set[str]) -> bool:
    """The last word of a name says what it is ("kettle"); it, or two words, have to be there.

    What follows a comma is a size or a colour.
    """
    words = _words(line.name.partition(",")[0])
    return bool(words) and (words[-1] in said or len(said.intersection(words)) > 1)


def _words(text: str) -> list[str]:
    words = re.findall(r"[a-z]{3,}", text.lower())
    return [word[:-1] if word.endswith("s") and not word.endswith("ss") else word for word in words]


def _for_a_person(question: str, reason: str) -> Proposed:
    return Proposed(outcome=HUMAN, reasons=(reason,), questions=(question,))


def check(case: Case, output: Proposed, limits: Mapping[str, float]) -> Iterator[Check]:
    yield Check(
        name="no open question",
        passed=output.outcome != HUMAN,
        value=output.outcome,
        because=" ".join(output.questions),
    )
    if output.outcome == REVIEW:
        yield from _money_checks(case, output)
    if output.clause:
        clauses = {clause.ref for clause in case[Retrieval].clauses}
        yield Check(
            name="the clause was in force",
            passed=output.clause in clauses,
            value=output.clause,
            because=f"no version of {output.clause} was in force on that day",
        )


def _money_checks(case: Case, output: Proposed) -> Iterator[Check]:
    order = case.order
    left = order.paid - order.refunded if order else Decimal(0)
    amount = output.amount or Decimal(0)
    yield Check(
        name="not more than was paid",
        passed=Decimal(0) < amount <= left,
        value=str(amount),
        threshold=f"at most {left}",
        because="the amount is more than what is left of the payment",
    )
    yield Check(
        name="a person has to agree",
        passed=output.approval_required,
        value=output.reviewer,
        because="money may not move without a person",
    )


def evidence(case: Case, output: Proposed) -> Evidence:
    order = case.order
    rows = () if order is None else (("order", f"order:{order.number}", "system", repr(order)),)
    rules = tuple(("rule", rule.name, "policy", repr(rule)) for rule in case.rules)
    cited = [clause for clause in case[Retrieval].clauses if clause.ref == output.clause]
    return Evidence(
        label=output.words,
        reasons=output.reasons,
        citations=tuple(
            {"ref": c.ref, "version": c.version, "heading": c.heading, "title": c.policy_title,
             "policy": c.policy, "text": c.text, "since": c.since.isoformat(),
             "until": c.until.isoformat() if c.until else "", "source": c.source}
            for c in cited
        ),
        inputs=(
            ("message", f"ticket:{case.ticket}", "customer", f"{case.subject}\n{case.text}"),
            *rows,
            *rules,
        ),
    )  # fmt: skip


def fallback(case: Case) -> Proposed:
    """A person decides; the questions are those the rules could not answer."""
    asked = propose(case)
    if asked.outcome == HUMAN:
        return asked
    return Proposed(outcome=HUMAN, questions=("Is money due here?",), reasons=("NO_DECISION",))


step = Step(
    name="decide",
    question="Is money due, by which rule, and who has to agree?",
    reads=(Classification, Retrieval),
    writes=Proposed,
    run=run,
    check=check,
    evidence=evidence,
    fallback=fallback,
    ladder=("arithmetic",),
    worksheet=Worksheet(
        budget_ms=100, sensitive="orders and payments", approval="every refund: a supervisor"
    ),
)
