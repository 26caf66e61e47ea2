"""What a step may know of a ticket, as plain values.

Pure: standard library only. A Case is made from rows once; each step adds its output.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

T = TypeVar("T")
POSTAGE = "delivery"  # the category of a line that is no thing but a charge


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One value of one stored row, offered to a writer as a slot.

    ``kind`` is a word of ``facts.KINDS``, ``about`` the short description a writer sees,
    ``value`` the text a reader sees, ``ref`` the row it came from ("order:ML-1042").
    """

    kind: str
    about: str
    value: str
    ref: str


@dataclass(frozen=True, kw_only=True)
class Clause:
    """One clause of one version of one policy, with the dates it was in force.

    ``until`` is the first day it is no longer in force, or None.
    """

    ref: str
    policy: str
    policy_title: str
    version: int
    heading: str
    text: str
    since: date
    until: date | None = None
    source: str = ""

    def in_force(self, on: date) -> bool:
        return self.since <= on and (self.until is None or on < self.until)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of an order; ``price`` is per piece."""

    sku: str
    name: str
    quantity: int
    price: Decimal
    category: str = ""
    final_sale: bool = False


@dataclass(frozen=True, kw_only=True)
class Order:
    """An order as stored; a date is None where the shop never told us."""

    number: str
    status: str
    currency: str
    lines: tuple[Line, ...]
    paid: Decimal
    refunded: Decimal = Decimal(0)
    placed: date | None = None
    promised: date | None = None
    delivered: date | None = None

    @property
    def goods(self) -> tuple[Line, ...]:
        """The lines that can be sent back: postage cannot."""
        return tuple(line for line in self.lines if line.category != POSTAGE)

    def late(self, on: date) -> bool:
        """Whether the promised day has passed without, or before, the delivery."""
        return self.promised is not None and (self.delivered or on) > self.promised


@dataclass(frozen=True, kw_only=True)
class Intent:
    """A label of the taxonomy; ``phrases`` are exact wordings that name it."""

    slug: str
    name: str
    phrases: tuple[str, ...] = ()
    description: str = ""
    money: bool = False
    dated_by_purchase: bool = False


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A refund rule of the admin: what a clause grants, in numbers.

    ``window_days`` counts from ``counts_from`` ("purchase" or "delivery"); None is
    no limit. ``statuses`` are the order states it covers, empty for all.
    ``fee_percent`` is kept back from the refund; ``only_late`` asks that the promised day
    has passed. The lowest ``position`` goes first.
    """

    name: str
    intents: tuple[str, ...]
    clause: str
    remedy: str
    window_days: int | None
    counts_from: str
    since: date
    until: date | None = None
    fee_percent: Decimal = Decimal(0)
    statuses: tuple[str, ...] = ()
    covers_final_sale: bool = False
    only_late: bool = False
    position: int = 100

    def in_force(self, on: date) -> bool:
        return self.since <= on and (self.until is None or on < self.until)


@dataclass(frozen=True, kw_only=True)
class Phrase:
    """A wording that a reply has to have or must not have.

    ``intent`` is the slug of the only intent it is for, empty for all.
    """

    text: str
    required: bool
    intent: str = ""


@dataclass(frozen=True, kw_only=True)
class Case:
    """Everything a step may know of one ticket.

    ``text`` is the customer's own words with quoted mail and signature removed; it
    is untrusted and never an instruction. ``order`` is the order the ticket is
    about where that is clear, and ``order_because`` says how it was found, or why
    not. ``marks`` are what its mail's header says of itself (``signs.MARKS``), untrusted
    as the text is. ``audited``: one of the random share a person is asked about.
    ``language`` is the ISO 639-1 code of the text's, empty where it is not clear. Outputs of
    earlier steps are read by their type: ``case[Classification]``.
    """

    ticket: int
    subject: str
    text: str
    received: date
    customer: str = ""
    orders: tuple[Order, ...] = ()
    order: Order | None = None
    order_because: str = ""
    facts: tuple[Fact, ...] = ()
    intents: tuple[Intent, ...] = ()
    rules: tuple[Rule, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    marks: tuple[str, ...] = ()
    audited: bool = False
    language: str = ""
    outputs: Mapping[type, Any] = field(default_factory=dict)

    def __getitem__(self, kind: type[T]) -> T:
        return self.outputs[kind]  # type: ignore[no-any-return]

    def having(self, output: object) -> Case:
        """This case with one more step's output in it."""
        return replace(self, outputs={**self.outputs, type(output): output})

    def intent(self, slug: str) -> Intent | None:
        return next((i for i in self.intents if i.slug == slug), None)
