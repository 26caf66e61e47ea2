"""When the demo shop's orders were placed, promised and delivered.

Pure. Everything is counted back from one day, so that the demo is always of today.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Final

ORDER_KINDS: Final = {
    "pending": 30,
    "paid": 46,
    "shipped": 50,
    "late": 50,
    "just delivered": 50,
    "delivered recently": 110,
    "delivered weeks ago": 70,
    "delivered long ago": 140,
    "cancelled": 20,
    "refunded": 18,
    "returned": 16,
}
"""kind of order -> how many there are."""

KIND_STATUSES: Final = {
    "pending": "pending",
    "paid": "paid",
    "shipped": "shipped",
    "late": "shipped",
    "cancelled": "cancelled",
    "refunded": "returned",
    "returned": "returned",
}
"""kind of order -> its status; all others are delivered."""

DAYS_SINCE_DELIVERY: Final = {
    "delivered recently": (5, 22),
    "delivered weeks ago": (33, 56),
    "delivered long ago": (66, 415),
    "refunded": (22, 34),
    "returned": (18, 40),
}
"""kind of order -> how many days ago it was delivered, at least and at most."""

ACTIVE_HOURS: Final = (7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22)
HOUR_WEIGHTS: Final = (3, 6, 9, 10, 9, 8, 7, 6, 6, 6, 6, 6, 7, 7, 5, 2)


@dataclass(frozen=True)
class Dates:
    """The moments of one order, in UTC."""

    placed: datetime
    promised: datetime
    delivered: datetime | None = None


def get_order_status(kind: str) -> str:
    return KIND_STATUSES.get(kind, "delivered")


def choose_arrival_time(rng: Random, today: date) -> datetime:
    """A moment in the three days before ``today`` when people write."""
    return _choose_time(rng, today - timedelta(days=rng.randint(1, 3)), ACTIVE_HOURS, HOUR_WEIGHTS)


def choose_order_dates(kind: str, rng: Random, today: date, heard: datetime | None) -> Dates:
    """The dates of an order of one kind; ``heard`` is when its customer wrote, if so."""
    if kind in {"pending", "paid"}:
        heard = heard or choose_arrival_time(rng, today)
        back = rng.randint(30, 540) if kind == "pending" else rng.randint(480, 2400)
        placed = heard - timedelta(minutes=back, seconds=rng.randint(0, 59))
        return Dates(placed, _get_evening(placed.date() + timedelta(days=6)))
    if kind == "shipped":
        return _choose_shipping_dates(
            rng, today + timedelta(days=rng.randint(0, 3)), rng.randint(7, 9)
        )
    if kind == "late":
        return _choose_shipping_dates(
            rng, today - timedelta(days=rng.randint(5, 16)), rng.randint(5, 9)
        )
    if kind == "cancelled":
        return _choose_shipping_dates(rng, today - timedelta(days=rng.randint(4, 24)), 6)
    return _choose_delivery_dates(kind, rng, today, heard)


def _choose_shipping_dates(rng: Random, promised: date, days: int) -> Dates:
    return Dates(
        _choose_time(rng, promised - timedelta(days=days), ACTIVE_HOURS, HOUR_WEIGHTS),
        _get_evening(promised),
    )


def _choose_delivery_dates(kind: str, rng: Random, today: date, heard: datetime | None) -> Dates:
    if kind == "just delivered":
        day = (heard or choose_arrival_time(rng, today)).date() - timedelta(days=1)
    else:
        day = today - timedelta(days=rng.randint(*DAYS_SINCE_DELIVERY[kind]))
        day -= timedelta(days=day.weekday() == 6)
    took = rng.choices([2, 3, 4, 5, 6, 8], [10, 25, 30, 20, 10, 5])[0]
    placed = _choose_time(rng, day - timedelta(days=took), ACTIVE_HOURS, HOUR_WEIGHTS)
    delivered = _choose_time(rng, day, tuple(range(8, 18)), (1,) * 10)
    return Dates(placed, _get_evening(placed.date() + timedelta(days=6)), delivered)


def _choose_time(
    rng: Random, day: date, hours: tuple[int, ...], weights: tuple[int, ...]
) -> datetime:
    hour = rng.choices(hours, weights)[0]
    return datetime.combine(day, time(hour, rng.randint(0, 59), rng.randint(0, 59)), UTC)


def _get_evening(day: date) -> datetime:
    return datetime.combine(day, time(20), UTC)
