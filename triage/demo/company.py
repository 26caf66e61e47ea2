"""Customers, orders and tickets of the demo shop, generated for any day.

Pure and deterministic: the same day and seed give the same company, in the formats the
imports read. Tickets come first: each claims an order of the kind it needs, so that
what a customer writes is true of what is stored.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Any, Final

from triage.demo.letters import Letter, format_spoken_date, load_letters
from triage.demo.order_dates import (
    ORDER_KINDS,
    Dates,
    choose_arrival_time,
    choose_order_dates,
    get_order_status,
)
from triage.demo.order_totals import Bill, build_payments
from triage.demo.people import Person, generate_people
from triage.demo.stock import BasketConstraints, compute_total, generate_basket, load_catalogue

Row = dict[str, Any]

FOREIGN_COUNTRIES: Final = frozenset({"DE", "FR", "ES", "PL"})
FIRST_ORDER_NUMBER: Final = 10021
MAX_LOYAL_CUSTOMERS: Final = 90
FORM_NUMBER_ODDS: Final = 0.8


@dataclass(frozen=True, kw_only=True)
class Company:
    """Rows for the imports, and by external id each ticket's true intents and, where it was
    written about one, the number of its order.
    """

    customers: list[Row]
    orders: list[Row]
    tickets: list[Row]
    labels: dict[str, tuple[str, ...]]
    about: dict[str, str]


@dataclass(kw_only=True)
class Plan:
    """An order to be generated: its kind, who places it, and the letter written about it."""

    kind: str
    rng: Random
    letter: Letter | None = None
    person: Person | None = None
    dates: Dates | None = None
    row: Row = field(default_factory=dict)


def build_company(today: date, seed: int = 7) -> Company:
    """The company as it stands on ``today``, before anyone has read its mail."""
    heard = {
        one.external_id: choose_arrival_time(Random(f"{seed}:{one.external_id}"), today)
        for one in load_letters()
    }
    plans = _create_plans(seed)
    _assign_letters(plans)
    _assign_customers(plans, generate_people(seed), Random(f"{seed}:assign"))
    for plan in plans:
        when = heard[plan.letter.external_id] if plan.letter else None
        plan.dates = choose_order_dates(plan.kind, plan.rng, today, when)
    plans.sort(key=lambda plan: _get_customer_and_dates(plan)[1].placed)
    _fill_order_rows(plans, today, Random(f"{seed}:numbers"))
    return Company(
        customers=_build_customer_rows(plans, generate_people(seed), Random(f"{seed}:since")),
        orders=[plan.row for plan in plans],
        tickets=_build_ticket_rows(plans, generate_people(seed), heard, seed),
        labels={one.external_id: one.labels for one in load_letters()},
        about={plan.letter.external_id: plan.row["number"] for plan in plans if plan.letter},
    )


def _create_plans(seed: int) -> list[Plan]:
    kinds = [kind for kind, count in ORDER_KINDS.items() for _ in range(count)]
    return [
        Plan(kind=kind, rng=Random(f"{seed}:order:{index}")) for index, kind in enumerate(kinds)
    ]


def _assign_letters(plans: list[Plan]) -> None:
    """Give each letter that needs an order the next free plan of that kind."""
    free = defaultdict(list)
    for plan in reversed(plans):
        free[plan.kind].append(plan)
    for letter in load_letters():
        if letter.kind:
            if not free[letter.kind]:
                raise ValueError(
                    f"{letter.external_id} needs one more order that is {letter.kind!r}"
                )
            free[letter.kind].pop().letter = letter


def _assign_customers(plans: list[Plan], everyone: list[Person], rng: Random) -> None:
    """Give each plan a customer: all have one plan at least, a few have many.

    Who writes without naming the order has only that one, as long as there are people.
    """
    regulars = [person for person in everyone if person.country not in FOREIGN_COUNTRIES]
    rng.shuffle(regulars)
    loyal = regulars[:MAX_LOYAL_CUSTOMERS]
    weights = list(accumulate(1 / (rank + 12) for rank in range(MAX_LOYAL_CUSTOMERS)))
    idle = [*(person for person in everyone if person.country in FOREIGN_COUNTRIES), *regulars]
    for plan in sorted(rng.sample(plans, k=len(plans)), key=_has_order_reference):
        letter = plan.letter
        if letter and letter.country:
            plan.person = rng.choice([one for one in everyone if one.country == letter.country])
        elif letter and letter.needs == "several orders":
            plan.person = rng.choice(loyal[:12])
        elif idle and (letter is None or idle[-1] not in loyal):
            plan.person = idle.pop()
        else:
            plan.person = rng.choices(loyal, cum_weights=weights)[0]


def _has_order_reference(plan: Plan) -> bool:
    return plan.letter is None or plan.letter.has_order_reference


def _get_customer_and_dates(plan: Plan) -> tuple[Person, Dates]:
    """The customer and dates of a plan that is past planning."""
    if plan.person is None or plan.dates is None:
        raise ValueError("a plan without a customer or dates")
    return plan.person, plan.dates


def _fill_order_rows(plans: list[Plan], today: date, rng: Random) -> None:
    """Write the order rows, numbered in the order they were placed."""
    number = FIRST_ORDER_NUMBER
    for plan in plans:
        number += rng.choice((1, 1, 2, 3))
        plan.row = _build_order_row(plan, f"HP-{number}", today)


def _build_order_row(plan: Plan, number: str, today: date) -> Row:
    person, dates = _get_customer_and_dates(plan)
    lines = generate_basket(plan.rng, _build_constraints(plan.letter))
    bill = Bill(number=number, kind=plan.kind, lines=lines, quiet=plan.letter is None)
    return {
        "number": number,
        "customer": person.external_id,
        "status": get_order_status(plan.kind),
        "currency": "GBP",
        "placed_at": dates.placed.isoformat(),
        "promised_at": dates.promised.isoformat(),
        "delivered_at": dates.delivered.isoformat() if dates.delivered else None,
        "tracking": _generate_tracking_number(plan),
        "lines": lines,
        "payments": build_payments(bill, dates, plan.rng, today),
    }


def _build_constraints(letter: Letter | None) -> BasketConstraints | None:
    """What the order's basket must hold, by what the letter says its writer bought."""
    if letter is None:
        return None
    return BasketConstraints(
        code=letter.item,
        quantity=letter.quantity,
        size=letter.size,
        final_sale=letter.needs == "final sale",
        also=letter.also,
    )


def _generate_tracking_number(plan: Plan) -> str | None:
    if plan.kind in {"pending", "paid", "cancelled"}:
        return None
    return f"NW{plan.rng.randint(10**8, 10**9 - 1)}GB"


def _build_customer_rows(plans: list[Plan], everyone: list[Person], rng: Random) -> list[Row]:
    """Rows of all customers; ``since`` is never after the first order."""
    first: dict[str, date] = {}
    for plan in plans:
        person, dates = _get_customer_and_dates(plan)
        first.setdefault(person.external_id, dates.placed.date())
    return [
        {
            "external_id": person.external_id,
            "name": person.name,
            "email": person.email,
            "since": (first[person.external_id] - _choose_account_age(rng)).isoformat(),
            "address": person.address,
        }
        for person in everyone
    ]


def _choose_account_age(rng: Random) -> timedelta:
    """For how long a customer had an account before the first order we hold."""
    return timedelta(days=rng.choice((0, 0, rng.randint(1, 1500))))


def _build_ticket_rows(
    plans: list[Plan], everyone: list[Person], heard: dict[str, datetime], seed: int
) -> list[Row]:
    """Rows of all tickets, the oldest first."""
    about = {plan.letter.external_id: plan for plan in plans if plan.letter}
    busy = Counter(plan.row["customer"] for plan in plans)
    rows = []
    for letter in load_letters():
        rng = Random(f"{seed}:ticket:{letter.external_id}")
        plan = about.get(letter.external_id)
        writer = _choose_writer(letter, plan, everyone, busy, rng)
        channel = letter.channel or rng.choices(["email", "form"], [7, 3])[0]
        subject, body = letter.fill_placeholders(_build_placeholder_values(letter, plan, writer))
        if (
            channel == "form"
            and plan
            and not letter.has_order_reference
            and rng.random() < FORM_NUMBER_ODDS
        ):
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


def _choose_writer(
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


def _build_placeholder_values(letter: Letter, plan: Plan | None, writer: Person) -> dict[str, str]:
    """The values of the placeholders of a letter; those of an order only with one."""
    values = {
        "first": writer.first,
        "name": writer.name,
        "city": writer.city,
        "wrong": f"HP-9{letter.external_id[-4:]}",
    }
    if plan is None:
        return values
    dates = _get_customer_and_dates(plan)[1]
    lines = plan.row["lines"]
    day = dates.promised if plan.kind in {"late", "shipped"} else dates.delivered or dates.placed
    if plan.kind == "refunded":
        day = datetime.fromisoformat(plan.row["payments"][-1]["at"])
    return values | {
        "order": plan.row["number"],
        "item": load_catalogue()[lines[0]["sku"].split("-")[1]].spoken_name,
        "date": format_spoken_date(day.date(), letter.country),
        "total": f"{compute_total(lines):.2f}",
    }
