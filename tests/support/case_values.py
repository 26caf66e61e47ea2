"""A case and its parts, for tests of the pure core. Maya bought a kettle."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from triage.contract.case import Case, Clause, Fact, Intent, Line, Order, Rule
from triage.contract.fact_types import FACT_KINDS
from triage.contract.outputs import Classification
from triage.contract.slots import WritingTask
from triage.contract.step import EngineInfo, EngineUnavailable
from triage.guardrails.attribution import Written
from triage.nlu.prompt_injection import list_machine_orders
from triage.steps.retrieve import Hit, Retrieval, SearchResult

KETTLE = Line(sku="K1", name="Enamel kettle", quantity=1, price=Decimal("49.00"))
LAMP = Line(sku="L1", name="Storm lamp", quantity=2, price=Decimal("20.00"))
ORDER = Order(
    number="HP-1042",
    status="delivered",
    currency="GBP",
    lines=(KETTLE, LAMP),
    paid=Decimal("89.00"),
    placed=date(2026, 11, 1),
    delivered=date(2026, 11, 5),
)
RETURN = Intent(
    slug="return-request",
    name="return request",
    phrases=("send it back",),
    money=True,
    dated_by_purchase=True,
)
STATUS = Intent(slug="order-status", name="order status", phrases=("where is my order",))
WINDOW = Clause(
    ref="returns.window",
    policy="returns",
    policy_title="Returns",
    version=2,
    heading="How long you have",
    text="You can return an unused item within 30 days of delivery.",
    since=date(2026, 3, 1),
)
LATE = Clause(
    ref="delivery.late",
    policy="delivery",
    policy_title="Delivery",
    version=1,
    heading="Late parcels",
    text="If a parcel is late we trace it with the carrier.",
    since=date(2024, 1, 1),
)
OLD_WINDOW = replace(
    WINDOW,
    version=1,
    text="You can return an unused item within 14 days.",
    since=date(2024, 1, 1),
    until=date(2026, 3, 1),
)
THIRTY_DAYS = Rule(
    name="Unused, 30 days",
    intents=("return-request",),
    clause="returns.window",
    remedy="refund",
    window_days=30,
    counts_from="delivery",
    since=date(2026, 3, 1),
    statuses=("delivered",),
)
VALUES = {
    "shop": ("Harbour & Pine", "shop:name"),
    "customer": ("Maya Lund", "customer:1"),
    "since": ("3 May 2024", "customer:1"),
    "order": ("HP-1042", "order:HP-1042"),
    "status": ("delivered", "order:HP-1042"),
    "delivered": ("5 November 2026", "order:HP-1042"),
    "item": ("Enamel kettle", "order:HP-1042"),
}
FACTS = tuple(
    Fact(kind=kind, about=FACT_KINDS[kind], value=value, ref=ref)
    for kind, (value, ref) in VALUES.items()
)


def case(**changes: Any) -> Case:
    """Maya writes on 20 November 2026 that she wants to send her kettle back."""
    known: dict[str, Any] = {
        "ticket": 7,
        "subject": "My kettle",
        "text": "Hello, I would like to send it back, the kettle is too small.",
        "received": date(2026, 11, 20),
        "customer": "Maya Lund",
        "orders": (ORDER,),
        "order": ORDER,
        "facts": FACTS,
        "intents": (RETURN, STATUS),
        "rules": (THIRTY_DAYS,),
    }
    return Case(**{**known, **changes})


def labelled(slug: str = "return-request", **changes: Any) -> Case:
    """The case as the classify and retrieve steps leave it."""
    made = case(**changes)
    intent = made.find_intent(slug)
    label = Classification(
        label=slug,
        name=intent.name if intent else "",
        basis="model",
        machine_orders=list_machine_orders(made),
    )
    retrieval = Retrieval(
        as_of=date(2026, 11, 1),
        as_of_because="the day of purchase",
        hits=(Hit(clause=WINDOW, rank=1, score=0.6),),
    )
    return made.add_output(label).add_output(retrieval)


class FakeWriter:
    """Says what it is told to, and remembers what it was asked."""

    def __init__(self, text: str, *, finished: bool = True, kind: str = "focal") -> None:
        self.card = EngineInfo(name="fake", kind=kind)
        self.text, self.finished = text, finished
        self.tasks: list[WritingTask] = []

    def write(self, task: WritingTask) -> Written:
        self.tasks.append(task)
        return Written(text=self.text, finished=self.finished)


class FakeSearch:
    """Finds what it is given, and knows all clauses by their reference."""

    def __init__(self, *hits: Hit, near: tuple[Hit, ...] = (), by_meaning: bool = True) -> None:
        self.card = EngineInfo(name="fake", kind="focal")
        self.hits, self.near, self.by_meaning = hits, near, by_meaning
        self.asked_on: list[date] = []

    def search(self, query: str, on: date, top: int, message: str = "") -> SearchResult:
        self.asked_on.append(on)
        return SearchResult(
            hits=self.hits, near=self.near, index_sha256="0" * 64, by_meaning=self.by_meaning
        )

    def clause(self, ref: str, on: date) -> Clause | None:
        return next((c for c in (WINDOW, OLD_WINDOW) if c.ref == ref and c.is_in_force(on)), None)


def missing(name: str) -> Any:
    """An engine whose file is not there."""

    def load() -> Any:
        raise EngineUnavailable(f"{name}: no file")

    return load
