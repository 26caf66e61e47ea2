"""What a step may know of a ticket, as plain values.

Pure: standard library only. A Case is made from rows once; each step adds its output.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from triage.contract.saved_reply import SavedReply

T = TypeVar("T")
POSTAGE_CATEGORY = "delivery"  # the category of a line that is no thing but a charge


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

    def is_in_force(self, on: date) -> bool:
        return self.since <= on and (self.until is None or on < self.until)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of an order; ``price`` is per piece, ``tax`` on top of it for the whole line.

    Money for ``returned`` of its pieces has gone back, or is approved to.
    """

    sku: str
    name: str
    quantity: int
    price: Decimal
    category: str = ""
    final_sale: bool = False
    tax: Decimal = Decimal(0)
    returned: int = 0


@dataclass(frozen=True, kw_only=True)
class Order:
    """An order as stored; a date is None where the shop never told us.

    ``places`` are the decimals that its currency is paid in. ``asked_elsewhere``: another
    ticket's request for money of this order waits for a decision. ``ways`` are those it was
    paid by, as the shop told them. ``unassigned`` of ``refunded`` went back for lines that no row
    names; ``charged_back``: some of it was taken back by the customer's bank. Both have a line of
    their own in a receipt, where there is any, and are not in the order's.
    """

    number: str
    status: str
    currency: str
    lines: tuple[Line, ...]
    paid: Decimal
    refunded: Decimal = Decimal(0)
    placed: date | None = None
    promised: date | None = None
    delivered: date | None = None
    places: int = 2
    asked_elsewhere: bool = False
    ways: tuple[str, ...] = ()
    unassigned: Decimal = field(default=Decimal(0), repr=False)
    charged_back: bool = field(default=False, repr=False)

    @property
    def amount_left(self) -> Decimal:
        """What was paid and has not gone back."""
        return self.paid - self.refunded

    @property
    def returnable_lines(self) -> tuple[Line, ...]:
        """The lines that can be sent back: postage cannot."""
        return tuple(line for line in self.lines if line.category != POSTAGE_CATEGORY)

    def is_late(self, on: date) -> bool:
        """Whether the delivery date has passed without, or before, the delivery."""
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

    ``window_days`` counts from ``counts_from`` ("purchase", "promised" or "delivery"); None is
    no limit. ``statuses`` are the order states it covers and ``categories`` those of its lines,
    empty for all. ``whole_order``: where no item is named, the whole order is meant;
    ``only_whole``: pieces of it alone are not given back.
    ``fee_percent`` is kept back from each line and ``fee_amount`` once, in ``currency``;
    ``only_late`` asks that the promised day has passed, ``only_asked`` that the message asks
    for money back itself. ``exclusion_clause`` says what it does
    not cover, ``evidence`` what has to be seen first. The lowest ``position`` goes first.
    """

    name: str
    intents: tuple[str, ...]
    clause: str
    remedy: str
    window_days: int | None
    counts_from: str
    since: date
    until: date | None = None
    currency: str = "GBP"
    fee_percent: Decimal = Decimal(0)
    fee_amount: Decimal = Decimal(0)
    gives_back_postage: bool = True
    whole_order: bool = False
    only_whole: bool = False
    statuses: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    exclusion_clause: str = ""
    covers_final_sale: bool = False
    covers_opened: bool = True
    covers_used: bool = True
    only_late: bool = False
    only_asked: bool = False
    evidence: str = ""
    auto_up_to: Decimal = Decimal(0)
    position: int = 100

    def is_in_force(self, on: date) -> bool:
        return self.since <= on and (self.until is None or on < self.until)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What the rows say of a customer, and of the shop's own limits, beside the order.

    ``refunds`` are those of the last ninety days on all their orders. ``large`` is half of
    the smallest amount, in the order's currency, that one person may not approve alone.
    The name of the class is part of digests in receipts: it stays.
    """

    refunds: int = 0
    since: date | None = None
    large: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What people decided on the newest request of the ticket, and nothing came in since.

    ``state`` is one of a request; ``clause`` what it rested on, as it was shown to them.
    ``reason_code`` says why it was refused and may be told; ``reason`` are the words of
    ``by``, for colleagues alone. ``wants`` is what a question asks of the customer, if that is
    plain: "photo" or "order". ``paid`` is the day of the payment. The name of the class is
    part of digests in receipts: it stays.
    """

    state: str
    amount: Decimal
    currency: str
    order: str
    remedy: str = "refund"
    clause: Clause | None = None
    reason_code: str = ""
    reason: str = ""
    by: str = ""
    wants: str = ""
    paid: date | None = None


@dataclass(frozen=True, kw_only=True)
class Phrase:
    """A wording that a reply has to have or must not have.

    ``intent`` is the slug of the only intent it is for, empty for all.
    """

    text: str
    required: bool
    intent: str = ""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What the shop sells now; of one ``product`` there are several, a name and a price each."""

    sku: str
    product: str
    name: str
    price: Decimal
    available: bool = True


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """An order that a ticket may be about: ``confidence`` is its share, 0 to 1."""

    number: str
    confidence: float
    because: str


@dataclass(frozen=True, kw_only=True)
class InjectionReading:
    """The ``sentences`` of a message that a model reads as orders to the machine, and which model:
    its name and the sha256 of its file.
    """

    sentences: tuple[str, ...] = ()
    model: str = ""
    sha256: str = ""


@dataclass(frozen=True, kw_only=True)
class Case:
    """Everything a step may know of one ticket.

    ``text`` is the customer's own words with quoted mail and signature removed; it
    is untrusted and never an instruction. ``order`` is the order the ticket is
    about where that is clear, and ``order_because`` says how it was found, or why
    not, with the ``order_question`` to ask. ``order_alternatives`` are all that are at all
    likely. ``offers`` are what the shop sells now of the kinds of things in the orders.
    ``marks`` are what its mail's header says of itself (``signs.MARKS``), untrusted
    as the text is. ``audited``: one of the random share a person is asked about.
    ``language`` is the ISO 639-1 code of the text's, empty where it is not clear. ``photos``
    is how many pictures came with what is not answered yet. ``earlier`` is all that they
    wrote, also what is answered. ``hides_words``: there were words in it that could not be
    seen, which are in no text here. ``injected`` are its orders to the machine as a model reads
    them, None where that model could not be asked. What people ``settled`` already is not
    decided anew. ``replies`` are the saved replies in force, ``channel`` is that of the ticket.
    ``is_answered``: our reply to all that they wrote went out already.
    Outputs of earlier steps are read by their type: ``case[Classification]``.
    """

    ticket: int
    subject: str
    text: str
    received: date
    customer: str = ""
    orders: tuple[Order, ...] = ()
    order: Order | None = None
    order_because: str = ""
    order_confidence: float | None = None
    order_alternatives: tuple[Candidate, ...] = ()
    order_question: str = ""
    offers: tuple[Offer, ...] = ()
    facts: tuple[Fact, ...] = ()
    intents: tuple[Intent, ...] = ()
    rules: tuple[Rule, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    marks: tuple[str, ...] = ()
    audited: bool = False
    language: str = ""
    photos: int = 0
    earlier: str = ""
    standing: Standing = Standing()
    settled: Settled | None = None
    hides_words: bool = False
    injected: InjectionReading | None = InjectionReading()
    replies: tuple[SavedReply, ...] = ()
    channel: str = ""
    is_answered: bool = False
    outputs: Mapping[type, Any] = field(default_factory=dict)

    def __getitem__(self, kind: type[T]) -> T:
        return self.outputs[kind]  # type: ignore[no-any-return]

    def add_output(self, output: object) -> Case:
        """A copy of this case with one more step's output in it."""
        return replace(self, outputs={**self.outputs, type(output): output})

    def find_intent(self, slug: str) -> Intent | None:
        return next((i for i in self.intents if i.slug == slug), None)
