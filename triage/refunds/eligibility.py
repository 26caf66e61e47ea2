"""Which rule holds for a line of an order, and what stands against it.

Pure. A rule is one in force on the day of purchase. What no row can tell is left to a person,
as a question; what the customer wrote can only make it stricter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from triage.contract.case import POSTAGE, Case, Line, Order, Rule
from triage.nlu import Piece, Wanted, lines_meant
from triage.nlu.item_condition import says_opened, says_used

NOTHING, DIFFERENCE, PHOTO = "none", "price difference", "photo"
DAYS = {"purchase": "purchase", "promised": "promised delivery", "delivery": "delivery"}


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


def rules_for(case: Case, order: Order, label: str) -> list[Rule]:
    """The rules of a label that held on the day of purchase, for an order as it stands."""
    return [
        rule
        for rule in case.rules
        if label in rule.intents
        and order.placed is not None
        and rule.in_force(order.placed)
        and (not rule.statuses or order.status in rule.statuses)
        and (not rule.only_late or order.late(case.received))
    ]


def wanted_by(case: Case, order: Order, rules: Sequence[Rule]) -> tuple[Wanted, tuple[str, ...]]:
    """The lines that are meant, and codes that say so; all where none is named and every rule
    is about an order as a whole."""
    wanted = lines_meant(f"{case.subject}\n{case.text}", order)
    named = wanted.lines or not wanted.question
    if named or not all(rule.whole_order for rule in rules):
        return wanted, ()
    every = tuple(
        Piece(sku=line.sku, name=line.name, quantity=line.quantity - line.returned, index=index)
        for index, line in enumerate(order.lines)
        if line.category != POSTAGE and line.quantity > line.returned
    )
    because = "no item is named, and what is asked for is about the whole order"
    return Wanted(lines=every, whole=True, because=because), ("NO_ITEM_NAMED_WHOLE_ORDER",)


def ruling(case: Case, order: Order, rules: Sequence[Rule], wanted: tuple[int, int]) -> Ruling:
    """What the rules say of one line; ``wanted`` is its index and how many pieces."""
    index, quantity = wanted
    line = order.lines[index]
    found = _found(case, order, [rule for rule in rules if _covers(rule, line)], line)
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
class _Found:
    rule: Rule | None = None
    clause: str = ""
    reason: str = ""
    question: str = ""
    by: str = ""


def _covers(rule: Rule, line: Line) -> bool:
    known = {category.strip().casefold() for category in rule.categories}
    return not known or line.category.strip().casefold() in known


def _found(case: Case, order: Order, rules: Sequence[Rule], line: Line) -> _Found:
    if not rules:
        return _Found(
            reason="NO_RULE",
            question=f"No refund rule covers {line.name} of order {order.number}: what is due?",
        )
    if undated := next((rule for rule in rules if _undated(rule, order)), None):
        return _Found(reason="DATE_UNKNOWN", question=_no_date(undated, order))
    granting = [rule for rule in rules if _within(rule, order, case.received)]
    if not granting:
        longest = max(rules, key=lambda rule: rule.window_days or 0)
        return _Found(clause=longest.clause, reason="OUTSIDE_WINDOW", by=longest.name)
    covering = [rule for rule in granting if rule.covers_final_sale or not line.final_sale]
    if not covering:
        return _final_sale(_foremost(granting), line)
    return _granted(case, _foremost(covering), line)


def _foremost(rules: Sequence[Rule]) -> list[Rule]:
    first = min(rule.position for rule in rules)
    return [rule for rule in rules if rule.position == first]


def _granted(case: Case, foremost: Sequence[Rule], line: Line) -> _Found:
    if len({_terms(rule) for rule in foremost}) > 1:
        names = " or ".join(f"{rule.remedy} ({rule.name})" for rule in foremost)
        question = f"Two rules apply to {line.name}: {names}. Which one?"
        return _Found(reason="RULES_DISAGREE", question=question)
    rule = min(foremost, key=lambda rule: rule.auto_up_to)
    if rule.remedy == NOTHING:
        return _Found(clause=rule.clause, reason="RULE_GRANTS_NOTHING", by=rule.name)
    if rule.remedy == DIFFERENCE:
        question = _new_price(case, rule, line)
        return _Found(clause=rule.clause, reason="PRICE_UNKNOWN", question=question)
    return _worn(case, rule, line) or _Found(rule=rule)


def _terms(rule: Rule) -> tuple[object, ...]:
    """What has to be the same for it not to matter which of two rules is taken."""
    money = (rule.fee_percent, rule.fee_amount, rule.currency if rule.fee_amount else "")
    care = (rule.covers_opened, rule.covers_used, rule.evidence)
    return rule.remedy, *money, rule.gives_back_postage, *care


def _worn(case: Case, rule: Rule, line: Line) -> _Found | None:
    """A question where the customer's own words speak against what the rule asks for."""
    text = f"{case.subject}\n{case.text}"
    if not rule.covers_used and says_used(text):
        return _Found(reason="SAID_USED", question=_still(rule, line, "used"))
    if not rule.covers_opened and says_opened(text):
        return _Found(reason="SAID_OPENED", question=_still(rule, line, "opened"))
    return None


def _still(rule: Rule, line: Line, how: str) -> str:
    return f"The message speaks of something {how}: is {line.name}, and does “{rule.name}” hold?"


def _new_price(case: Case, rule: Rule, line: Line) -> str:
    """What to find out; a lower price of today says nothing of the day it was lowered."""
    today = next((offer.price for offer in case.offers if offer.sku == line.sku), None)
    listed = f" It is {today} today." if today is not None else ""
    return (
        f"“{rule.name}” gives back the difference to a lower price: what does {line.name} cost "
        f"now, and since when? It was {line.price}.{listed}"
    )


def _final_sale(foremost: Sequence[Rule], line: Line) -> _Found:
    by = next((rule for rule in foremost if rule.exclusion_clause), None)
    if by:
        return _Found(clause=by.exclusion_clause, reason="FINAL_SALE", by=by.name)
    question = (
        f"{line.name} is final sale, which “{foremost[0].name}” does not cover. "
        "Is it refused, and by which clause?"
    )
    return _Found(reason="FINAL_SALE", question=question)


# --- days ---------------------------------------------------------------------------


def start_of(rule: Rule, order: Order) -> date | None:
    """The day that the rule's window counts from; None where the shop never told us."""
    days = {"delivery": order.delivered, "promised": order.promised}
    return days.get(rule.counts_from, order.placed)


def last_day(rule: Rule, order: Order) -> date | None:
    """The last day of the rule's window; None where it has none."""
    start = start_of(rule, order)
    if rule.window_days is None or start is None:
        return None
    return start + timedelta(days=rule.window_days)


def _undated(rule: Rule, order: Order) -> bool:
    return rule.window_days is not None and start_of(rule, order) is None


def _no_date(rule: Rule, order: Order) -> str:
    return (
        f"The day of {DAYS[rule.counts_from]} of order {order.number} is not on record: "
        f"is it within {rule.window_days} days?"
    )


def _within(rule: Rule, order: Order, on: date) -> bool:
    last = last_day(rule, order)
    return rule.window_days is None or (last is not None and on <= last)
