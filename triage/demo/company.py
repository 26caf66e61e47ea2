"""Customers, orders and tickets of the demo shop, made anew for any day.

Pure and deterministic: the same day and seed give the same company, in the formats
the imports read. Tickets come first: each claims an order of the kind it needs, so
that what a customer writes is true of what is stored.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Any, Final

from triage.demo.letters import Letter, letters, spoken
from triage.demo.order_dates import KINDS, Dates, order_dates, received, status
from triage.demo.order_totals import Bill, payments
from triage.demo.people import Person, people
from triage.demo.stock import Wish, basket, catalogue, total

Row = dict[str, Any]

ABROAD: Final = frozenset({"DE", "FR", "ES", "PL"})
FIRST_NUMBER: Final = 10021
LOYAL: Final = 90
FORM_ODDS: Final = 0.8


@dataclass(frozen=True, kw_only=True)
class Company:
    """What the imports take, and by external id each ticket's true intents and, where it was
    written about one, the number of its order."""

    customers: list[Row]
    orders: list[Row]
    tickets: list[Row]
    labels: dict[str, tuple[str, ...]]
    about: dict[str, str]


@dataclass(kw_only=True)
class Plan:
    """An order to be: its kind, who places it, and the letter written about it."""

    kind: str
    rng: Random
    letter: Letter | None = None
    person: Person | None = None
    dates: Dates | None = None
    row: Row = field(default_factory=dict)


def build(today: date, seed: int = 7) -> Company:
    """The company as it stands on ``today``, before anyone has read its mail."""
    heard = {
        one.external_id: received(Random(f"{seed}:{one.external_id}"), today) for one in letters()
    }
    plans = _plans(seed)
    _claim(plans)
    _assign(plans, people(seed), Random(f"{seed}:assign"))
    for plan in plans:
        when = heard[plan.letter.external_id] if plan.letter else None
        plan.dates = order_dates(plan.kind, plan.rng, today, when)
    plans.sort(key=lambda plan: _of(plan)[1].placed)
    _fill(plans, today, Random(f"{seed}:numbers"))
    return Company(
        customers=_customers(plans, people(seed), Random(f"{seed}:since")),
        orders=[plan.row for plan in plans],
        tickets=_tickets(plans, people(seed), heard, seed),
        labels={one.external_id: one.labels for one in letters()},
        about={plan.letter.external_id: plan.row["number"] for plan in plans if plan.letter},
    )


# --- who ordered -----------------------------------------------------------------


def _plans(seed: int) -> list[Plan]:
    kinds = [kind for kind, count in KINDS.items() for _ in range(count)]
    return [
        Plan(kind=kind, rng=Random(f"{seed}:order:{index}")) for index, kind in enumerate(kinds)
    ]


def _claim(plans: list[Plan]) -> None:
    """Give each letter that needs an order the next free plan of that kind."""
    free = defaultdict(list)
    for plan in reversed(plans):
        free[plan.kind].append(plan)
    for letter in letters():
        if letter.kind:
            if not free[letter.kind]:
                raise ValueError(
                    f"{letter.external_id} needs one more order that is {letter.kind!r}"
                )
            free[letter.kind].pop().letter = letter


def _assign(plans: list[Plan], everyone: list[Person], rng: Random) -> None:
    """Put a customer to each plan: all have one at least, a few have many.

    Who writes without naming the order has only that one, as long as there are people.
    """
    regulars = [person for person in everyone if person.country not in ABROAD]
    rng.shuffle(regulars)
    loyal = regulars[:LOYAL]
    weights = list(accumulate(1 / (rank + 12) for rank in range(LOYAL)))
    idle = [*(person for person in everyone if person.country in ABROAD), *regulars]
    for plan in sorted(rng.sample(plans, k=len(plans)), key=_names_its_order):
        letter = plan.letter
        if letter and letter.country:
            plan.person = rng.choice([one for one in everyone if one.country == letter.country])
        elif letter and letter.needs == "several orders":
            plan.person = rng.choice(loyal[:12])
        elif idle and (letter is None or idle[-1] not in loyal):
            plan.person = idle.pop()
        else:
            plan.person = rng.choices(loyal, cum_weights=weights)[0]


def _names_its_order(plan: Plan) -> bool:
    return plan.letter is None or plan.letter.names_order


def _of(plan: Plan) -> tuple[Person, Dates]:
    """The customer and dates of a plan that is past planning."""
    if plan.person is None or plan.dates is None:
        raise ValueError("a plan without a customer or dates")
    return plan.person, plan.dates


# --- orders ----------------------------------------------------------------------


def _fill(plans: list[Plan], today: date, rng: Random) -> None:
    """Write the order rows, numbered in the order they were placed."""
    number = FIRST_NUMBER
    for plan in plans:
        number += rng.choice((1, 1, 2, 3))
        plan.row = _order(plan, f"HP-{number}", today)


def _order(plan: Plan, number: str, today: date) -> Row:
    person, dates = _of(plan)
    lines = basket(plan.rng, _wish(plan.letter))
    bill = Bill(number=number, kind=plan.kind, lines=lines, quiet=plan.letter is None)
    return {
        "number": number,
        "customer": person.external_id,
        "status": status(plan.kind),
        "currency": "GBP",
        "placed_at": dates.placed.isoformat(),
        "promised_at": dates.promised.isoformat(),
        "delivered_at": dates.delivered.isoformat() if dates.delivered else None,
        "tracking": _tracking(plan),
        "lines": lines,
        "payments": payments(bill, dates, plan.rng, today),
    }


def _wish(letter: Letter | None) -> Wish | None:
    """What the letter says its writer bought."""
    if letter is None:
        return None
    return Wish(
        code=letter.item,
        quantity=letter.quantity,
        size=letter.size,
        final_sale=letter.needs == "final sale",
        also=letter.also,
    )


def _tracking(plan: Plan) -> str | None:
    if plan.kind in {"pending", "paid", "cancelled"}:
        return None
    return f"NW{plan.rng.randint(10**8, 10**9 - 1)}GB"


# --- customers and tickets -------------------------------------------------------


def _customers(plans: list[Plan], everyone: list[Person], rng: Random) -> list[Row]:
    """Rows of all customers; ``since`` is never after the first order."""
    first: dict[str, date] = {}
    for plan in plans:
        person, dates = _of(plan)
        first.setdefault(person.external_id, dates.placed.date())
    return [
        {
            "external_id": person.external_id,
            "name": person.name,
            "email": person.email,
            "since": (first[person.external_id] - _known(rng)).isoformat(),
            "address": person.address,
        }
        for person in everyone
    ]


def _known(rng: Random) -> timedelta:
    """For how long a customer had an account before the first order we hold."""
    return timedelta(days=rng.choice((0, 0, rng.randint(1, 1500))))


def _tickets(
    plans: list[Plan], everyone: list[Person], heard: dict[str, datetime], seed: int
) -> list[Row]:
    """Rows of all tickets, the oldest first."""
    about = {plan.letter.external_id: plan for plan in plans if plan.letter}
    busy = Counter(plan.row["customer"] for plan in plans)
    rows = []
    for letter in letters():
        rng = Random(f"{seed}:ticket:{letter.external_id}")
        plan = about.get(letter.external_id)
        writer = _writer(letter, plan, everyone, busy, rng)
        channel = letter.channel or rng.choices(["email", "form"], [7, 3])[0]
        subject, body = letter.filled(_values(letter, plan, writer))
        if channel == "form" and plan and not letter.names_order and rng.random() < FORM_ODDS:
            body = f"Order number: {plan.row['number']}\n\n{body}"
        rows.append(
            {
                "external_id": letter.external_id,
                "channel": channel,
                "name": writer.name,
                "email": writer.email,
                "subject": subject,
                "body": body,
                "received_at": heard[letter.external_id].isoformat(),
            }
        )
    return sorted(rows, key=lambda row: (row["received_at"], row["external_id"]))


def _writer(
    letter: Letter, plan: Plan | None, everyone: list[Person], busy: Counter[str], rng: Random
) -> Person:
    """Who sends the letter: its own sender, the order's customer, or someone else."""
    if letter.sender:
        name, address = letter.sender.rstrip(">").split(" <")
        return Person(
            external_id="", name=name, email=address, address="", city="Whitby", country=""
        )
    if plan and plan.person and letter.needs != "other order":
        return plan.person
    abroad = letter.country or "GB"
    others = [
        one for one in everyone if one.country == abroad and not (plan and one == plan.person)
    ]
    return rng.choice([one for one in others if busy[one.external_id] < 4] or others)


def _values(letter: Letter, plan: Plan | None, writer: Person) -> dict[str, str]:
    """What the placeholders of a letter stand for; those of an order only with one."""
    values = {
        "first": writer.first,
        "name": writer.name,
        "city": writer.city,
        "wrong": f"HP-9{letter.external_id[-4:]}",
    }
    if plan is None:
        return values
    dates = _of(plan)[1]
    lines = plan.row["lines"]
    day = dates.promised if plan.kind in {"late", "shipped"} else dates.delivered or dates.placed
    if plan.kind == "refunded":
        day = datetime.fromisoformat(plan.row["payments"][-1]["at"])
    return values | {
        "order": plan.row["number"],
        "item": catalogue()[lines[0]["sku"].split("-")[1]].spoken,
        "date": spoken(day.date(), letter.country),
        "total": f"{total(lines):.2f}",
    }
