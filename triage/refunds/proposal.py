"""What is due on a case, or the questions that a person has to answer first. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from triage.contract.case import Candidate, Case, Order, Rule
from triage.contract.outputs import Classification
from triage.nlu import NAMED, SEVERAL_ORDERS, Otherwise, Stake, asks_for_money, stake_of
from triage.nlu.conditional_requests import otherwise  # fmt: skip
from triage.nlu.other_orders import beside
from triage.refunds.arithmetic import Part
from triage.refunds.decided import APPROVED, PAID, followed
from triage.refunds.eligibility import Ruling, rules_for, ruling, wanted_by
from triage.refunds.resolution import Obstacle, nothing_left, settle
from triage.refunds.risk import doubts, risk_of

NONE, REVIEW, REFUSE, ASK, HUMAN = "none", "review", "refuse", "ask", "human"
DECIDED = (APPROVED, PAID)
SPEAKS_OF_IT = re.compile(
    r"\b(?:money|refund\w*|reimburs\w*|compensat\w*|cancel\w*|chargeback|call\w* (?:it )?off|return\w*"
    r"|(?:send|sent|give|get|want|pay|take)\w*\b[^.;!?]{0,30}\bback"
    r"|(?:no longer|not|n['’]t)\s(?:want|need)\w*|too late)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """The remedy as computed, or the questions a person has to answer first.

    ``outcome`` is none, review, refuse, ask or human; approved or paid once people decided so,
    and ``reason_code`` why they refused. ``arithmetic`` is (what, amount)
    line by line and ends with the amount itself; ``lines`` are the parts it is for. ``clause``
    decided, ``clauses`` are all that it rests on. ``terms`` are the rules as they were applied,
    by name; ``conditions`` what no row can tell and an approver has to be sure of. ``risk`` is
    0 to 2. ``asks_for`` is what an ``ask`` wants of the customer: "order" or "photo".
    ``because`` says how the order and its lines were found, ``alternatives`` what other orders
    it may be about, and ``order_confidence`` is the share of the one chosen.
    """

    outcome: str
    remedy: str = ""
    amount: Decimal | None = None
    currency: str = ""
    order: str = ""
    rule: str = ""
    clause: str = ""
    clauses: tuple[str, ...] = ()
    arithmetic: tuple[tuple[str, str], ...] = ()
    lines: tuple[Part, ...] = ()
    terms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    conditions: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    risk: int = 0
    asks_for: str = "order"
    reason_code: str = ""
    approval_required: bool = False
    reviewer: str = ""
    because: tuple[str, ...] = ()
    order_confidence: float | None = None
    alternatives: tuple[Candidate, ...] = ()

    @property
    def words(self) -> str:
        """The decision as a writer is told it."""
        granted = dict.fromkeys((REVIEW, *DECIDED), self.remedy)
        detail = {**granted, ASK: self.asks_for, REFUSE: self.reason_code}.get(self.outcome, "")
        return f"{self.outcome} {detail}".strip()


def propose(case: Case) -> Proposed:
    """The remedy the rules give, or what a person has to find out first; what people have
    decided already is not worked out anew."""
    if case.settled:
        return Proposed(**followed(case.settled))
    found = _proposed(case)
    return replace(
        found,
        because=_once((case.order_because, *found.because)),
        order_confidence=case.order_confidence,
        alternatives=case.order_alternatives,
    )


def _proposed(case: Case) -> Proposed:
    label = case[Classification].label
    intent = case.intent(label)
    if intent is None:
        return _no_label(case)
    if not intent.money:
        return _no_money_by_label(case)
    if case.order is None:
        return _which_order(case)
    if not any(label in rule.intents for rule in case.rules):
        return _no_rule(intent.name, case.order)
    if case.order.placed is None:
        question = f"The day of purchase of order {case.order.number} is not on record"
        return for_a_person(f"{question}: which terms hold?", "DATE_UNKNOWN")
    rules = rules_for(case, case.order, label)
    if not rules:
        return _no_rule(intent.name, case.order)
    asked = _asked_for(case, rules)
    if not asked:
        return Proposed(outcome=NONE, order=case.order.number, reasons=("NOT_ASKED_FOR",))
    return _alone(case, case.order, _by_rules(case, case.order, asked))


def _asked_for(case: Case, rules: Sequence[Rule]) -> list[Rule]:
    """Without those that hold only where the customer asks for it, if they surely do not."""
    said = f"{case.subject}\n{case.text}\n\n{case.earlier}"
    if SPEAKS_OF_IT.search(said) or asks_for_money(said):
        return list(rules)
    return [rule for rule in rules if not rule.only_asked]


def _alone(case: Case, order: Order, found: Proposed) -> Proposed:
    """The answer, unless the words ask for something of another order as well."""
    if found.outcome not in (REVIEW, REFUSE):
        return found
    refused = found.outcome == REFUSE and case.order_because != NAMED
    question = beside(f"{case.subject}\n{case.text}", case.orders, order, refused=refused)
    return for_a_person(question, "OTHER_ORDER_NAMED") if question else found


def _no_money_by_label(case: Case) -> Proposed:
    """A wish for money behind another matter is not lost; one that was met is none."""
    met = case.order is not None and case.order.refunded > 0
    stake = None if met else _stake(case)
    if stake is not None:
        return for_a_person(stake.question, stake.reason)
    if instead := _instead(case):
        return Proposed(outcome=NONE, reasons=("NOT_AS_ASKED",), because=(instead.because,))
    return Proposed(outcome=NONE, reasons=("NO_MONEY_AT_STAKE",))


def _no_label(case: Case) -> Proposed:
    """What is asked for is a person's to say; whether money is in it is told all the same."""
    question, stake = "What is the customer asking for?", _stake(case)
    if stake is None:
        return for_a_person(question, "NO_LABEL")
    reasons = ("NO_LABEL", stake.reason)
    return Proposed(outcome=HUMAN, reasons=reasons, questions=(question, stake.question))


def _stake(case: Case) -> Stake | None:
    instead = _instead(case)
    text = instead.left if instead else f"{case.subject}\n{case.text}"
    return stake_of(text, case.orders, case.offers)


def _instead(case: Case) -> Otherwise | None:
    """What they want where their wish for money cannot be met, if it surely cannot."""
    orders = (case.order,) if case.order else case.orders
    return otherwise(f"{case.subject}\n{case.text}", orders, case.rules)


def _which_order(case: Case) -> Proposed:
    question = f"Which order? {case.order_because} {case.order_question}".strip()
    if case.order_because == SEVERAL_ORDERS:
        question = f"Which of the orders named, or each of them? {case.order_question}".strip()
        return for_a_person(question, "SEVERAL_ORDERS")
    return Proposed(outcome=ASK, reasons=("ORDER_UNKNOWN",), questions=(question,))


def _no_rule(intent: str, order: Order) -> Proposed:
    question = f"No refund rule covers a {intent} for an order that is {order.status}."
    return for_a_person(question, "NO_RULE")


def _by_rules(case: Case, order: Order, rules: Sequence[Rule]) -> Proposed:
    """The remedy for the lines that are meant, each by its own rule."""
    wanted, remark = wanted_by(case, order, rules)
    if wanted.question:
        return for_a_person(wanted.question, "ITEMS_UNKNOWN")
    if not wanted.lines:
        return _stopped(nothing_left(order))
    rulings = [ruling(case, order, rules, (p.index, p.quantity)) for p in wanted.lines]
    questions = _once(each.question for each in rulings)
    if questions:
        reasons = _once(each.reason for each in rulings if each.question)
        return Proposed(outcome=HUMAN, order=order.number, reasons=reasons, questions=questions)
    if not any(each.rule for each in rulings):
        return _refused(rulings, order)
    return replace(_granted(case, order, rulings, remark), because=(wanted.because,))


def _refused(rulings: Sequence[Ruling], order: Order) -> Proposed:
    clauses = _once(each.clause for each in rulings)
    return Proposed(
        outcome=REFUSE,
        order=order.number,
        rule=next((each.refused_by for each in rulings if each.refused_by), ""),
        clause=clauses[0],
        clauses=clauses,
        reasons=_once(each.reason for each in rulings),
    )


def _granted(
    case: Case, order: Order, rulings: Sequence[Ruling], remark: Sequence[str]
) -> Proposed:
    """One remedy for all that is granted, or what stands in its way."""
    found = settle(order, rulings)
    if isinstance(found, Obstacle):
        return _stopped(found)
    if found.needs_photo and not case.photos:
        missing = ("PHOTO_MISSING",)
        return Proposed(outcome=ASK, order=order.number, reasons=missing, asks_for="photo")
    doubted = doubts(case, order, found.total.amount)
    reasons = _once((*remark, *found.remarks, *doubted))
    return Proposed(
        outcome=REVIEW,
        remedy=found.rule.remedy,
        amount=found.total.amount,
        currency=order.currency,
        order=order.number,
        rule=found.rule.name,
        clause=found.rule.clause,
        clauses=_once((found.rule.clause, *(each.clause for each in rulings))),
        arithmetic=found.total.shown,
        lines=found.total.parts,
        terms=found.terms,
        conditions=_once(found.conditions),
        reasons=reasons,
        risk=risk_of(reasons),
        approval_required=True,
        reviewer="supervisors",
    )


def _stopped(by: Obstacle) -> Proposed:
    return for_a_person(by.question, by.reason)


def _once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word))


def for_a_person(question: str, reason: str) -> Proposed:
    """Nothing is proposed before the question has an answer."""
    return Proposed(outcome=HUMAN, reasons=(reason,), questions=(question,))
