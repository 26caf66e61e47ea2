"""A condition of a saved reply held against the rows of a case, comparison by comparison. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from triage.contract.answers import Comparison
from triage.contract.case import Case, Line, Order
from triage.contract.order_status import STATE_WORDS, STATUSES
from triage.contract.saved_reply import Condition
from triage.nlu import Document, find_requested_items

NOT_ON_RECORD: Final = "not on record"


def compare_condition(condition: Condition, case: Case) -> tuple[Comparison, ...]:
    """What each part of the condition comes to for this case; empty where it asks nothing."""
    return tuple(_iter_comparisons(condition, case))


def is_about_order(condition: Condition) -> bool:
    """Whether the condition is about an order."""
    return condition != Condition(channels=condition.channels)


def find_state(order: Order) -> str:
    """The key of ``STATUSES`` that the order's status belongs to, "" for none."""
    status = order.status.replace("_", " ").lower()
    return next((state for state, words in STATUSES.items() if status in words), "")


def _iter_comparisons(condition: Condition, case: Case) -> Iterator[Comparison]:
    if condition.channels:
        holds = case.channel in condition.channels if case.channel else None
        yield _build_comparison("channel", case.channel, " or ".join(condition.channels), holds)
    if not is_about_order(condition):
        return
    if case.order is None:
        yield _build_comparison("order", "", "known", None)
        return
    yield from _iter_state_comparisons(condition, case.order, case.received)
    yield from _iter_day_comparisons(condition, case.order, case.received)
    yield from _iter_line_comparisons(condition, case, case.order)


def _iter_state_comparisons(condition: Condition, order: Order, on: date) -> Iterator[Comparison]:
    if condition.states:
        state = find_state(order)
        wanted = " or ".join(STATE_WORDS[each] for each in condition.states)
        said = f"{order.status} ({STATE_WORDS[state]})" if state else order.status
        yield _build_comparison("order", said, wanted, state in condition.states if state else None)
    if condition.late is not None:
        known = order.promised is not None
        late = order.delivered is None and order.is_late(on)
        value = f"{'late' if late else 'not late'}, promised for {order.promised}" if known else ""
        yield _build_comparison(
            "delivery",
            value,
            "late" if condition.late else "not late",
            late == condition.late if known else None,
        )
    if condition.refunded is not None:
        back = order.refunded > 0
        words = {True: "some went back", False: "none went back"}
        yield _build_comparison(
            "money", words[back], words[condition.refunded], back == condition.refunded
        )


def _iter_day_comparisons(condition: Condition, order: Order, on: date) -> Iterator[Comparison]:
    days = (
        ("days since delivery", order.delivered, condition.days_since_delivery),
        ("days since purchase", order.placed, condition.days_since_purchase),
    )
    for name, since, (least, most) in days:
        if least is None and most is None:
            continue
        passed = (on - since).days if since else None
        known = passed is not None and passed >= 0
        holds = (least or 0) <= (passed or 0) <= _get_upper_end(most) if known else None
        yield _build_comparison(
            name, "" if passed is None else str(passed), _format_span(least, most), holds
        )


def _get_upper_end(most: int | None) -> float:
    return float("inf") if most is None else most


def _format_span(least: int | None, most: int | None) -> str:
    if most is None:
        return f"{least} or more"
    return f"at most {most}" if not least else f"{least} to {most}"


def _iter_line_comparisons(condition: Condition, case: Case, order: Order) -> Iterator[Comparison]:
    if condition.final_sale is None and not condition.categories:
        return
    lines = select_meant_lines(case, order)
    if condition.final_sale is not None:
        words = {True: "final sale", False: "no final sale"}
        found = {line.final_sale for line in lines}
        value = " and ".join(words[each] for each in sorted(found))
        holds = found == {condition.final_sale} if len(found) == 1 else None
        yield _build_comparison("item", value, words[condition.final_sale], holds)
    if condition.categories:
        kinds = {line.category for line in lines}
        within = {kind in condition.categories for kind in kinds}
        holds = within == {True} if len(within) == 1 else None
        yield _build_comparison(
            "category", " and ".join(sorted(kinds)), " or ".join(condition.categories), holds
        )


def select_meant_lines(case: Case, order: Order) -> tuple[Line, ...]:
    """The lines that the message is about, all that can be sent back where it names none."""
    found = find_requested_items(Document.read(f"{case.subject}\n{case.text}"), order)
    named = tuple(order.lines[piece.index] for piece in found.lines)
    return named or order.returnable_lines


def _build_comparison(name: str, value: str, wanted: str, holds: bool | None) -> Comparison:
    return Comparison(name=name, value=value or NOT_ON_RECORD, wanted=wanted, holds=holds)


def check_all_hold(compared: Iterable[Comparison]) -> bool | None:
    """Whether all hold: False where one does not, None where the rows leave one open."""
    found = {one.holds for one in compared}
    if False in found:
        return False
    return None if None in found else True


def describe_condition(condition: Condition) -> tuple[str, ...]:
    """The parts of a condition as people read them; empty where it always holds."""
    return tuple(_iter_descriptions(condition))


def _iter_descriptions(condition: Condition) -> Iterator[str]:
    if condition.states:
        yield f"order {' or '.join(STATE_WORDS[each] for each in condition.states)}"
    for name, (least, most) in (
        ("days since delivery", condition.days_since_delivery),
        ("days since purchase", condition.days_since_purchase),
    ):
        if least is not None or most is not None:
            yield f"{name}: {_format_span(least, most)}"
    flags = (
        (condition.late, "late", "not late"),
        (condition.final_sale, "final sale", "no final sale"),
        (condition.refunded, "some money went back", "no money went back"),
    )
    yield from (yes if flag else no for flag, yes, no in flags if flag is not None)
    if condition.categories:
        yield f"category {' or '.join(condition.categories)}"
    if condition.channels:
        yield f"by {' or '.join(condition.channels)}"
