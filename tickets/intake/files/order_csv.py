"""Orders in CSV: a row is a line of an order, rows of one order stand together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tickets.intake.files.loop import Item
from tickets.intake.files.row_files import RowItem
from tickets.intake.orders import LINE_COLUMNS, ORDER_COLUMNS, TOTAL_COLUMNS


def group_order_rows(items: Iterable[RowItem]) -> Iterator[RowItem]:
    """One item an order; rows of JSON, which hold whole orders, pass as they are.

    A row that cannot be read, or names no order, belongs to the order above it: an
    order is taken whole or not at all.
    """
    seen: set[int] = set()  # eight bytes an order, whatever its size
    group: list[RowItem] = []
    for item in items:
        if group and (
            not item.is_cells or _get_order_number(item) not in {"", _get_order_number(group[0])}
        ):
            yield from _iter_order_items(group, seen)
            group = []
        if item.is_cells:
            group.append(item)
        else:
            yield item
    if group:
        yield from _iter_order_items(group, seen)


def _get_order_number(item: RowItem) -> str:
    return str((item.content or {}).get("number", "")).strip()


def _iter_order_items(rows: list[RowItem], seen: set[int]) -> Iterator[RowItem]:
    """One item for the rows of an order, or items that tell what is wrong with them.

    ``seen`` are the hashes of the numbers before it; this one's is added.
    """
    number, place = _get_order_number(rows[0]), rows[0].place
    bad = [_build_row_problem(row) for row in rows if row.problem or not _get_order_number(row)]
    yield from bad
    if bad and len(rows) > len(bad):
        yield Item(place, problem=f"order {number} is left out whole: correct the row above")
    elif not bad and hash(number) in seen:
        problem = f"order {number} was there before, with others between: sort the file by number"
        yield Item(place, problem=problem)
    elif not bad:
        yield _merge_order_rows(rows)
    seen.add(hash(number))


def _build_row_problem(row: RowItem) -> RowItem:
    return Item(row.place, problem=row.problem or "number is missing: every row needs one")


def _merge_order_rows(rows: list[RowItem]) -> RowItem:
    """One item with the order and its lines, or the problem where the rows do not agree."""
    contents = [row.content or {} for row in rows]
    first = contents[0]
    order: dict[str, Any] = {
        name: first[name] for name in [*ORDER_COLUMNS, *TOTAL_COLUMNS] if name in first
    }
    for name, value in order.items():
        for item, content in zip(rows, contents, strict=True):
            if content.get(name) != value:
                return Item(
                    item.place,
                    problem=f"{name} of order {order['number']} is {content.get(name)!r} here and"
                    f" {value!r} in {rows[0].place}: repeat the same value in each of its rows",
                )
    if any(name in first for name in LINE_COLUMNS):
        lines = [{name: row[name] for name in LINE_COLUMNS if name in row} for row in contents]
        order["lines"] = [
            line for line in lines if any(str(cell).strip() for cell in line.values())
        ]
    return Item(rows[0].place, order)
