"""What is due on a case, or the questions that a person has to answer first. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final

from triage.contract.case import Candidate, Case, Intent, Order, Rule
from triage.contract.outcomes import READABLE_LANGUAGES
from triage.contract.outputs import Classification
from triage.nlu import (
    MONEY_ASKED,
    NAMED_IN_MESSAGE,
    SEVERAL_ORDERS,
    Document,
    Fallback,
    Stake,
    find_money_requests,
    find_stake,
)
from triage.nlu.conditional_requests import find_fallback
from triage.nlu.lexicon import LEXICONS, load_groups
from triage.nlu.money import find_amounts
from triage.nlu.other_orders import find_other_order_question
from triage.nlu.prompt_injection import keep_plain_paragraphs
from triage.refunds.arithmetic import Part
from triage.refunds.decided import APPROVED, PAID, build_decided_fields
from triage.refunds.eligibility import Ruling, build_ruling, resolve_requested_items, select_rules
from triage.refunds.resolution import (
    REPLACEMENT,
    Obstacle,
    build_nothing_left_obstacle,
    iter_stock_conditions,
    settle_lines,
)
from triage.refunds.risk import compute_risk, iter_doubts

NONE, REVIEW, REFUSE, ASK, HUMAN = "none", "review", "refuse", "ask", "human"
DECIDED = (APPROVED, PAID)
SAID: Final = load_groups(LEXICONS / "orders.toml", plain_spaces=True)
MONEY_BACK_WORDS: Final = re.compile(
    rf"\b(?:{SAID['money_back']}|call\w* (?:it )?off|{SAID['send_back']}\b[^.;!?]{{0,30}}\bback"
    rf"|(?<!would ){SAID['no_more']}\s(?:want|need)\w*)\b",
    re.IGNORECASE,
)

MAIL_HEADER: Final = re.compile(
    r"^(?:from|to|cc|subject): .*$|\b(?:from|to|cc): ?\S+", re.IGNORECASE | re.MULTILINE
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


def propose_remedy(case: Case) -> Proposed:
    """The remedy the rules give, or what a person has to find out first; what people have
    decided already is not worked out anew."""
    if case.settled:
        return Proposed(**build_decided_fields(case.settled))
    found = _build_proposal(case, Document.read(f"{case.subject}\n{case.text}"))
    return replace(
        found,
        because=_drop_repeats((case.order_because, *found.because)),
        order_confidence=case.order_confidence,
        alternatives=case.order_alternatives,
    )


def _build_proposal(case: Case, message: Document) -> Proposed:
    intent = case.find_intent(case[Classification].label)
    if intent is None:
        return _propose_without_label(case, message)
    if not intent.money:
        return _propose_without_money(case, message)
    if case.language not in READABLE_LANGUAGES:
        return _refer_foreign_message(intent.name)
    if case.order is None:
        return _ask_for_order(case)
    return _propose_for_order(case, message, intent, case.order)


def _propose_for_order(case: Case, message: Document, intent: Intent, order: Order) -> Proposed:
    """What the rules for this intent give for an order."""
    if not any(intent.slug in rule.intents for rule in case.rules):
        return _refer_missing_rule(intent.name, order)
    if order.placed is None:
        question = f"The day of purchase of order {order.number} is not on record"
        return refer_to_person(f"{question}: which terms hold?", "DATE_UNKNOWN")
    rules = select_rules(case, order, intent.slug)
    if not rules:
        return _refer_missing_rule(intent.name, order)
    asked = _select_requested_rules(case, rules)
    if not asked:
        return _propose_unasked(case, order)
    found = _apply_rules(case, message, order, asked)
    found = _check_demanded_amount(message, order, found)
    return _check_other_orders(case, message, order, found)


def _refer_foreign_message(name: str) -> Proposed:
    """A question: pieces, exceptions and conditions are read in English alone, so no amount is."""
    question = (
        f"Is money due for this “{name}”, and for which items? Amounts are worked out from English "
        "alone."
    )
    return refer_to_person(question, "FOREIGN_MESSAGE")


def _select_requested_rules(case: Case, rules: Sequence[Rule]) -> list[Rule]:
    """The rules without those that hold only where the customer asks for it, if they surely do
    not.
    """
    if _asks_for_money(keep_plain_paragraphs(_read_own_words(case))):
        return list(rules)
    return [rule for rule in rules if not rule.only_asked]


def _propose_unasked(case: Case, order: Order) -> Proposed:
    """Nothing, where no money is asked for; a question where only orders to the machine do."""
    if _asks_for_money(_read_own_words(case)):
        question = "Only words that give orders to the software ask for money. Is money due?"
        return refer_to_person(question, MONEY_ASKED)
    return Proposed(outcome=NONE, order=order.number, reasons=("NOT_ASKED_FOR",))


def _asks_for_money(text: str) -> bool:
    """Whether a text may ask for money back."""
    return bool(MONEY_BACK_WORDS.search(text) or find_money_requests(Document.read(text)))


def _read_own_words(case: Case) -> str:
    """What the customer wrote, without what stands as a mail's header."""
    parts = (case.subject, case.text, case.earlier)
    return "\n\n".join(MAIL_HEADER.sub("", part) for part in parts)


def _check_demanded_amount(message: Document, order: Order, found: Proposed) -> Proposed:
    """The answer as it is; a question where more money is asked for than was paid. Orders to the
    machine ask for nothing.
    """
    if found.outcome != REVIEW:
        return found
    plain = Document.read(keep_plain_paragraphs(message.text))
    for sentence in filter(_asks_for_money, plain.sentences):
        for amount in find_amounts(sentence):
            ours = amount.currency in ("", order.currency)
            if ours and amount.value is not None and amount.value > order.paid:
                question = (
                    f"The message asks for {amount.text}, and {order.paid} {order.currency} was "
                    f"paid for order {order.number}: what is meant?"
                )
                return refer_to_person(question, "ASKS_FOR_MORE")
    return found


def _check_other_orders(case: Case, message: Document, order: Order, found: Proposed) -> Proposed:
    """The answer as it is; a question where the words ask for something of another order, too."""
    if found.outcome not in (REVIEW, REFUSE):
        return found
    refused = found.outcome == REFUSE and case.order_because != NAMED_IN_MESSAGE
    question = find_other_order_question(message, case.orders, order, refused=refused)
    return refer_to_person(question, "OTHER_ORDER_NAMED") if question else found


def _propose_without_money(case: Case, message: Document) -> Proposed:
    """Where the label has no money in it: a request for money behind another matter is not lost;
    one that was met is none.
    """
    met = case.order is not None and case.order.refunded > 0
    stake = None if met else _find_case_stake(case, message)
    if stake is not None:
        return refer_to_person(stake.question, stake.reason)
    if instead := _find_case_fallback(case, message):
        return Proposed(outcome=NONE, reasons=("NOT_AS_ASKED",), because=(instead.because,))
    return Proposed(outcome=NONE, reasons=("NO_MONEY_AT_STAKE",))


def _propose_without_label(case: Case, message: Document) -> Proposed:
    """What is asked for is a person's to say; whether money is in it is told all the same."""
    question, stake = "What is the customer asking for?", _find_case_stake(case, message)
    if stake is None:
        return refer_to_person(question, "NO_LABEL")
    reasons = ("NO_LABEL", stake.reason)
    return Proposed(outcome=HUMAN, reasons=reasons, questions=(question, stake.question))


def _find_case_stake(case: Case, message: Document) -> Stake | None:
    instead = _find_case_fallback(case, message)
    left = Document.read(instead.left) if instead else message
    return find_stake(left, case.orders, case.offers)


def _find_case_fallback(case: Case, message: Document) -> Fallback | None:
    """What they want where their request for money cannot be met, if it surely cannot."""
    orders = (case.order,) if case.order else case.orders
    return find_fallback(message, orders, case.rules)


def _ask_for_order(case: Case) -> Proposed:
    question = f"Which order? {case.order_because} {case.order_question}".strip()
    if case.order_because == SEVERAL_ORDERS:
        question = f"Which of the orders named, or each of them? {case.order_question}".strip()
        return refer_to_person(question, "SEVERAL_ORDERS")
    return Proposed(outcome=ASK, reasons=("ORDER_UNKNOWN",), questions=(question,))


def _refer_missing_rule(intent: str, order: Order) -> Proposed:
    question = f"No refund rule covers a {intent} for an order that is {order.status}."
    return refer_to_person(question, "NO_RULE")


def _apply_rules(case: Case, message: Document, order: Order, rules: Sequence[Rule]) -> Proposed:
    """The remedy for the lines that are meant, each by its own rule."""
    wanted, remark = resolve_requested_items(message, order, rules)
    if wanted.question:
        return refer_to_person(wanted.question, "ITEMS_UNKNOWN")
    if not wanted.lines:
        return _refer_obstacle(build_nothing_left_obstacle(order))
    rulings = [build_ruling(case, order, rules, (p.index, p.quantity)) for p in wanted.lines]
    questions = _drop_repeats(each.question for each in rulings)
    if questions:
        reasons = _drop_repeats(each.reason for each in rulings if each.question)
        return Proposed(outcome=HUMAN, order=order.number, reasons=reasons, questions=questions)
    if not any(each.rule for each in rulings):
        return _build_refusal(rulings, order)
    return replace(_build_grant(case, order, rulings, remark), because=(wanted.because,))


def _build_refusal(rulings: Sequence[Ruling], order: Order) -> Proposed:
    clauses = _drop_repeats(each.clause for each in rulings)
    return Proposed(
        outcome=REFUSE,
        order=order.number,
        rule=next((each.refused_by for each in rulings if each.refused_by), ""),
        clause=clauses[0],
        clauses=clauses,
        reasons=_drop_repeats(each.reason for each in rulings),
    )


def _build_grant(
    case: Case, order: Order, rulings: Sequence[Ruling], remark: Sequence[str]
) -> Proposed:
    """One remedy for all that is granted, or what stands in its way."""
    found = settle_lines(order, rulings)
    if isinstance(found, Obstacle):
        return _refer_obstacle(found)
    if found.needs_photo and not case.photos:
        missing = ("PHOTO_MISSING",)
        return Proposed(outcome=ASK, order=order.number, reasons=missing, asks_for="photo")
    doubted = iter_doubts(case, order, found.total.amount)
    replaced = [each.line for each in rulings if each.rule and found.rule.remedy == REPLACEMENT]
    stock = iter_stock_conditions(replaced, case.offers)
    reasons = _drop_repeats((*remark, *found.remarks, *doubted))
    return Proposed(
        outcome=REVIEW,
        remedy=found.rule.remedy,
        amount=found.total.amount,
        currency=order.currency,
        order=order.number,
        rule=found.rule.name,
        clause=found.rule.clause,
        clauses=_drop_repeats((found.rule.clause, *(each.clause for each in rulings))),
        arithmetic=found.total.shown,
        lines=found.total.parts,
        terms=found.terms,
        conditions=_drop_repeats((*found.conditions, *stock)),
        reasons=reasons,
        risk=compute_risk(reasons),
        approval_required=True,
        reviewer="supervisors",
    )


def _refer_obstacle(by: Obstacle) -> Proposed:
    return refer_to_person(by.question, by.reason)


def _drop_repeats(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word))


def refer_to_person(question: str, reason: str) -> Proposed:
    """A proposal of nothing but a question, which a person has to answer first."""
    return Proposed(outcome=HUMAN, reasons=(reason,), questions=(question,))
