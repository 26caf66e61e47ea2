"""Which rule holds for a line of an order, and what stands against it.

Pure. A rule is one in force on the day of purchase. What no row can tell is left to a person,
as a question; what the customer wrote can only make it stricter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from triage.contract.case import POSTAGE_CATEGORY, Case, Line, Order, Rule
from triage.nlu import Document, RequestedItems, RequestedPiece, find_requested_items
from triage.nlu.item_condition import is_reported_opened, is_reported_used

NO_REMEDY, PRICE_DIFFERENCE, PHOTO = "none", "price difference", "photo"
START_DAY_NAMES = {"purchase": "purchase", "promised": "promised delivery", "delivery": "delivery"}


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """What becomes of so many pieces of a line.

    ``rule`` is the one that grants, None where none does: then ``clause`` refuses it, or
    ``question`` is for a person. ``reason`` is the code of either, ``refused_by`` the name of
    the rule that has the clause.
    """

    index: int
    line: Line
    quantity: int
    rule: Rule | None = None
    clause: str = ""
    reason: str = ""
    question: str = ""
    refused_by: str = ""


def select_rules(case: Case, order: Order, label: str) -> list[Rule]:
    """The rules of a label that held on the day of purchase, for an order as it stands."""
    return [
        rule
        for rule in case.rules
        if label in rule.intents
        and order.placed is not None
        and rule.is_in_force(order.placed)
        and (not rule.statuses or order.status in rule.statuses)
        and (not rule.only_late or order.is_late(case.received))
    ]


def resolve_requested_items(
    document: Document, order: Order, rules: Sequence[Rule]
) -> tuple[RequestedItems, tuple[str, ...]]:
    """The lines that are requested, and codes that say so; all lines where none is named and every
    rule is about an order as a whole, or where less is not possible and all is wanted then.
    """
    wanted = find_requested_items(document, order)
    unnamed = wanted.unnamed and all(rule.whole_order for rule in rules)
    if not unnamed and not (wanted.whole_else and all(rule.only_whole for rule in rules)):
        return wanted, ()
    every = tuple(
        RequestedPiece(
            sku=line.sku, name=line.name, quantity=line.quantity - line.returned, index=index
        )
        for index, line in enumerate(order.lines)
        if line.category != POSTAGE_CATEGORY and line.quantity > line.returned
    )
    if not unnamed:
        because = "the whole order is meant where a part of it cannot be taken"
        return RequestedItems(lines=every, whole=True, because=because), ()
    because = "no item is named, and what is asked for is about the whole order"
    return RequestedItems(lines=every, whole=True, because=because), ("NO_ITEM_NAMED_WHOLE_ORDER",)


def build_ruling(
    case: Case, order: Order, rules: Sequence[Rule], wanted: tuple[int, int]
) -> Ruling:
    """What the rules say of one line; ``wanted`` is (its index, how many pieces)."""
    index, quantity = wanted
    line = order.lines[index]
    found = _find_verdict(
        case, order, [rule for rule in rules if _is_line_covered(rule, line)], line
    )
    return Ruling(
        index=index,
        line=line,
        quantity=quantity,
        rule=found.rule,
        clause=found.clause or (found.rule.clause if found.rule else ""),
        reason=found.reason,
        question=found.question,
        refused_by=found.by,
    )


@dataclass(frozen=True, kw_only=True)
class _RuleVerdict:
    rule: Rule | None = None
    clause: str = ""
    reason: str = ""
    question: str = ""
    by: str = ""


def _is_line_covered(rule: Rule, line: Line) -> bool:
    known = {category.strip().casefold() for category in rule.categories}
    return not known or line.category.strip().casefold() in known


def _find_verdict(case: Case, order: Order, rules: Sequence[Rule], line: Line) -> _RuleVerdict:
    if not rules:
        return _RuleVerdict(
            reason="NO_RULE",
            question=f"No refund rule covers {line.name} of order {order.number}: what is due?",
        )
    if undated := next((rule for rule in rules if _is_undated(rule, order)), None):
        return _RuleVerdict(reason="DATE_UNKNOWN", question=_format_date_question(undated, order))
    granting = [rule for rule in rules if _is_within_window(rule, order, case.received)]
    if not granting:
        longest = max(rules, key=lambda rule: rule.window_days or 0)
        return _RuleVerdict(clause=longest.clause, reason="OUTSIDE_WINDOW", by=longest.name)
    covering = [rule for rule in granting if rule.covers_final_sale or not line.final_sale]
    if not covering:
        return _refuse_final_sale(_select_foremost_rules(granting), line)
    return _grant_by_rule(case, _select_foremost_rules(covering), line)


def _select_foremost_rules(rules: Sequence[Rule]) -> list[Rule]:
    first = min(rule.position for rule in rules)
    return [rule for rule in rules if rule.position == first]


def _grant_by_rule(case: Case, foremost: Sequence[Rule], line: Line) -> _RuleVerdict:
    if len({_list_comparable_terms(rule) for rule in foremost}) > 1:
        names = " or ".join(f"{rule.remedy} ({rule.name})" for rule in foremost)
        question = f"Two rules apply to {line.name}: {names}. Which one?"
        return _RuleVerdict(reason="RULES_DISAGREE", question=question)
    rule = min(foremost, key=lambda rule: rule.auto_up_to)
    if rule.remedy == NO_REMEDY:
        return _RuleVerdict(clause=rule.clause, reason="RULE_GRANTS_NOTHING", by=rule.name)
    if rule.remedy == PRICE_DIFFERENCE:
        question = _format_price_question(case, rule, line)
        return _RuleVerdict(clause=rule.clause, reason="PRICE_UNKNOWN", question=question)
    return _check_item_condition(case, rule, line) or _RuleVerdict(rule=rule)


def _list_comparable_terms(rule: Rule) -> tuple[object, ...]:
    """What has to be the same for it not to matter which of two rules is taken."""
    money = (rule.fee_percent, rule.fee_amount, rule.currency if rule.fee_amount else "")
    care = (rule.covers_opened, rule.covers_used, rule.evidence)
    return rule.remedy, *money, rule.gives_back_postage, *care


def _check_item_condition(case: Case, rule: Rule, line: Line) -> _RuleVerdict | None:
    """A question where the customer's own words speak against what the rule asks for."""
    text = f"{case.subject}\n{case.text}"
    if not rule.covers_used and is_reported_used(text):
        return _RuleVerdict(
            reason="SAID_USED", question=_format_condition_question(rule, line, "used")
        )
    if not rule.covers_opened and is_reported_opened(text):
        return _RuleVerdict(
            reason="SAID_OPENED", question=_format_condition_question(rule, line, "opened")
        )
    return None


def _format_condition_question(rule: Rule, line: Line, how: str) -> str:
    return f"The message speaks of something {how}: is {line.name}, and does “{rule.name}” hold?"


def _format_price_question(case: Case, rule: Rule, line: Line) -> str:
    """The question about a lower price; today's price says nothing of the day it was lowered."""
    today = next((offer.price for offer in case.offers if offer.sku == line.sku), None)
    listed = f" It is {today} today." if today is not None else ""
    return (
        f"“{rule.name}” gives back the difference to a lower price: what does {line.name} cost "
        f"now, and since when? It was {line.price}.{listed}"
    )


def _refuse_final_sale(foremost: Sequence[Rule], line: Line) -> _RuleVerdict:
    by = next((rule for rule in foremost if rule.exclusion_clause), None)
    if by:
        return _RuleVerdict(clause=by.exclusion_clause, reason="FINAL_SALE", by=by.name)
    question = (
        f"{line.name} is final sale, which “{foremost[0].name}” does not cover. "
        "Is it refused, and by which clause?"
    )
    return _RuleVerdict(reason="FINAL_SALE", question=question)


def get_start_day(rule: Rule, order: Order) -> date | None:
    """The day that the rule's window counts from; None where the shop never told us."""
    days = {"delivery": order.delivered, "promised": order.promised}
    return days.get(rule.counts_from, order.placed)


def compute_last_day(rule: Rule, order: Order) -> date | None:
    """The last day of the rule's window; None where it has none."""
    start = get_start_day(rule, order)
    if rule.window_days is None or start is None:
        return None
    return start + timedelta(days=rule.window_days)


def _is_undated(rule: Rule, order: Order) -> bool:
    return rule.window_days is not None and get_start_day(rule, order) is None


def _format_date_question(rule: Rule, order: Order) -> str:
    return (
        f"The day of {START_DAY_NAMES[rule.counts_from]} of order {order.number} is not on record: "
        f"is it within {rule.window_days} days?"
    )


def _is_within_window(rule: Rule, order: Order, on: date) -> bool:
    last = compute_last_day(rule, order)
    return rule.window_days is None or (last is not None and on <= last)
