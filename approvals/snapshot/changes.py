"""What changed between two snapshots of a refund's page, in sentences for who decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from tickets.models.amounts import write_amount
from tickets.templatetags.show import day, money, plain

Values = dict[str, Any]
ROW_ADDED = {"messages": "The customer wrote again.", "files": "The customer sent another file."}
ROW_GONE = {"messages": "A message was taken away.", "files": "A file was taken away."}
ROW_EDITED = {"messages": "A message was changed.", "files": "A file was changed."}
DATE_LABELS = {
    "placed_at": "day of purchase",
    "promised_at": "promised day",
    "delivered_at": "day of delivery",
}
REQUEST_CHANGES = {
    "arithmetic": "How the amount comes about changed.",
    "lines": "The pieces it is for changed.",
    "terms": "The terms of the rule as applied changed.",
    "conditions": "What you have to be sure of changed.",
    "citations": "The policy that is cited changed.",
    "reasons": "The reasons given changed.",
    "note": "The note of whoever asked changed.",
    "risk": "The risk it was given changed.",
    "remedy": "What is asked for changed.",
    "currency": "The currency changed.",
}
OTHER_CHANGE = "Something else on this page changed."


def diff_snapshots(before: Values, now: Values) -> Iterator[str]:
    """Sentences on what differs, none where the two are equal.

    A part without a sentence of its own is named too.
    """
    for part in sorted({*before, *now}, key=_get_sort_key):
        if before.get(part) != now.get(part):
            said = list(DESCRIBERS.get(part, _describe_request_field)(part, before, now))
            yield from said or [OTHER_CHANGE]


def _describe_request_field(part: str, before: Values, now: Values) -> Iterator[str]:
    yield REQUEST_CHANGES.get(part, OTHER_CHANGE)


def _describe_amount(part: str, before: Values, now: Values) -> Iterator[str]:
    yield f"The amount asked for changed from {before.get(part)} to {now.get(part)}."


def _describe_payments(part: str, before: Values, now: Values) -> Iterator[str]:
    for kind, what in (("capture", "amount paid"), ("refund", "amount given back already")):
        old, new = (_format_total(snapshot.get(part) or [], kind) for snapshot in (before, now))
        if old != new:
            yield f"The {what} changed from {old} to {new}."


def _format_total(payments: list[dict[str, Any]], kind: str) -> str:
    amounts = [Decimal(pay["amount"]) for pay in payments if pay.get("kind") == kind]
    return write_amount(sum(amounts, Decimal(0)))


def _describe_order(part: str, before: Values, now: Values) -> Iterator[str]:
    old, new = before.get(part) or {}, now.get(part) or {}
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            yield _describe_order_field(name, old.get(name), new.get(name))


def _describe_order_field(name: str, old: Any, new: Any) -> str:
    if name == "status":
        return f"The order was “{old}” and is “{new}” now."
    if name in DATE_LABELS:
        return f"The {DATE_LABELS[name]} changed from {day(old) or 'none'} to {day(new) or 'none'}."
    return f"The order's {plain(name).lower()} changed from {old or 'none'} to {new or 'none'}."


def _describe_items(part: str, before: Values, now: Values) -> Iterator[str]:
    old, new = (_index_by_name(snapshot.get(part) or []) for snapshot in (before, now))
    yield from (f"“{name}” is no longer on the order." for name in old if name not in new)
    yield from (f"“{name}” was added to the order." for name in new if name not in old)
    for name in (name for name in new if name in old and old[name] != new[name]):
        was, now_is = (Decimal(line.get("unit_price") or 0) for line in (old[name], new[name]))
        if was != now_is:
            yield f"The price of “{name}” changed from {money(was)} to {money(now_is)}."
        else:
            yield f"The line “{name}” was changed."


def _index_by_name(lines: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {str(line.get("name")): line for line in lines}


def _describe_rules(part: str, before: Values, now: Values) -> Iterator[str]:
    old, new = before.get(part) or {}, now.get(part) or {}
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            yield f"The rule “{name}” {_describe_rule_change(old.get(name), new.get(name))}."


def _describe_rule_change(old: Values | None, new: Values | None) -> str:
    if old is None or new is None:
        return "was added" if old is None else "is there no more"
    if old.get("active") and not new.get("active"):
        return "was switched off"
    return "was edited"


def _describe_rows(part: str, before: Values, now: Values) -> Iterator[str]:
    old, new = before.get(part) or {}, now.get(part) or {}
    if new.keys() - old.keys():
        yield ROW_ADDED[part]
    if old.keys() - new.keys():
        yield ROW_GONE[part]
    if any(old[key] != new[key] for key in old.keys() & new.keys()):
        yield ROW_EDITED[part]


def _describe_drafts(part: str, before: Values, now: Values) -> Iterator[str]:
    yield "The reply that goes with it was changed."


def _describe_receipts(part: str, before: Values, now: Values) -> Iterator[str]:
    yield "A step was taken again."


def _describe_deciders(part: str, before: Values, now: Values) -> Iterator[str]:
    old, new = before.get(part) or {}, now.get(part) or {}
    if old.get("people") != new.get("people"):
        yield f"It took {old.get('people')} to approve it and takes {new.get('people')} now."
    if old.get("group") != new.get("group"):
        yield f"It is for {new.get('group') or 'anyone with a limit'} to decide now."


DESCRIBERS: dict[str, Callable[[str, Values, Values], Iterator[str]]] = {
    "amount": _describe_amount,
    "payments": _describe_payments,
    "order": _describe_order,
    "items": _describe_items,
    "rules_today": _describe_rules,
    "messages": _describe_rows,
    "files": _describe_rows,
    "drafts": _describe_drafts,
    "receipts": _describe_receipts,
    "decide": _describe_deciders,
}


def _get_sort_key(part: str) -> tuple[int, str]:
    """Parts with a describer first, in the order above."""
    known = list(DESCRIBERS)
    return (known.index(part) if part in known else len(known), part)
