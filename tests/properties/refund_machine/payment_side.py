"""The payment side as the machine plays it: one set of books, and every way to fail.

It stands where the one HTTP exchange is made, so that all of our own reading is under test.
A key moves money once, as such services promise; what it refused it refuses for good.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from approvals.payments.http import NeverSent, NoAnswer, Response


class Crash(BaseException):
    """The process is gone: nothing that catches errors may catch this."""


@dataclass(frozen=True)
class Move:
    """Money that left for one refund."""

    refund: int
    amount: Decimal
    currency: str
    reference: str


BEFORE = (
    "refuses",
    "turns away",
    "is not reached",
    "drops before",
    "breaks before",
    "crashes before",
)
AFTER = (
    "pays",
    "drops after",
    "breaks after",
    "crashes after",
    "talks garbage",
    "talks lists",
    "names another amount",
    "gives no reference",
    "is not done",
)
MOODS = (*AFTER, *BEFORE, "keeps it on the way")
MANNERS = (
    "knows",
    "is not reached",
    "drops before",
    "breaks before",
    "turns away",
    "talks garbage",
)


@dataclass
class Side:
    """``moved`` by key; ``on_the_way`` was sent and has not arrived; ``wrong`` must stay empty."""

    mood: str = "pays"
    manner: str = "knows"
    moved: dict[str, Move] = field(default_factory=dict)
    by_hand: list[Move] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    on_the_way: dict[str, dict[str, Any]] = field(default_factory=dict)
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def exchange(
        self, method: str, url: str, *, headers: Mapping[str, str], body: str | None, seconds: float
    ) -> Response:
        key = headers["idempotency-key"]
        if method == "GET":
            return self._told(_failing(self.manner), key)
        order = json.loads(body or "")
        if self.orders.setdefault(key, order) != order:
            self.wrong.append(f"two different orders under one key: {order}")
        return self._ordered(self.mood, key, order)

    def _ordered(self, mood: str, key: str, order: dict[str, Any]) -> Response:
        if mood == "keeps it on the way":
            self.on_the_way[key] = order
            raise NoAnswer("timed out")
        if mood in BEFORE and (failed := _failing(mood)):
            return failed
        if mood == "refuses" and key not in self.moved:
            self.refused.add(key)
        self.arrive(key, order)
        return self._told(_failing(mood), key, mood)

    def arrive(self, key: str, order: dict[str, Any]) -> None:
        """The order is carried out, once a key."""
        self.on_the_way.pop(key, None)
        if key in self.refused or key in self.moved:
            return
        self.moved[key] = Move(
            order["refund"], Decimal(order["amount"]), order["currency"], self._name()
        )

    def pay_by_hand(self, refund: int, amount: Decimal, currency: str) -> str:
        """A person pays on the side's own pages; returns its reference."""
        self.by_hand.append(Move(refund, amount, currency, self._name()))
        return self.by_hand[-1].reference

    def moves(self) -> list[Move]:
        return [*self.moved.values(), *self.by_hand]

    def _name(self) -> str:
        return f"re_{len(self.moved) + len(self.by_hand) + 1}"

    def _told(self, instead: Response | None, key: str, mood: str = "pays") -> Response:
        if instead is not None:
            return instead
        if key in self.refused:
            return _say({"status": "refused", "reason": "Too much."})
        move = self.moved.get(key)
        if move is None:
            return _say({"status": "unknown"})
        said = {"key": key, "amount": str(move.amount), "currency": move.currency}
        told = {"status": "paid", "reference": move.reference, **said}
        return _say({**told, **CHANGED.get(mood, {})})


CHANGED: dict[str, dict[str, Any]] = {
    "names another amount": {"amount": "1.00"},
    "gives no reference": {"reference": None},
    "is not done": {"status": "pending"},
}


def _failing(mood: str) -> Response | None:
    """What the other end of the line gets instead of an answer; None where it is answered."""
    match mood:
        case "is not reached":
            raise NeverSent("refused")
        case "drops before" | "drops after":
            raise NoAnswer("reset")
        case "crashes before" | "crashes after":
            raise Crash
        case "turns away":
            return _say({}, 429)
        case "breaks before" | "breaks after":
            return _say({}, 500)
        case "talks garbage":
            return Response(200, {}, b"<html>\xff\x00 paid")
        case "talks lists":
            return _say(["paid"])
    return None


def _say(what: Any, status: int = 200) -> Response:
    return Response(status, {}, json.dumps(what).encode())
