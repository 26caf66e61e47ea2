"""Rows in batches: each has the effect it has alone, in a few statements for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.support.raw_mails import letter, reply
from tickets.intake import BadRow
from tickets.intake.customers import receive_customers
from tickets.intake.mails import receive_mails
from tickets.intake.offers import receive_offers
from tickets.intake.orders import receive_orders
from tickets.intake.posts import receive_tickets
from tickets.models import Customer, Message, Offer, Order, OrderLine, Payment, Run, Ticket

pytestmark = pytest.mark.django_db
Receive = Callable[[Sequence[dict[str, Any]]], Sequence[Any]]

CUSTOMERS: list[dict[str, Any]] = [
    {"external_id": "C-1", "name": "Marta", "email": "Marta@Example.com"},
    {"external_id": "C-2", "name": "Piet", "email": "piet@example.com"},
    {"external_id": "C-3", "email": "nowhere"},
    {"external_id": "", "email": "lena@example.com"},
    {"external_id": "C-4", "email": "taken@example.com"},
    {"external_id": "C-5", "email": "given@example.com", "since": "2025-02-30"},
    {"external_id": "C-6", "email": "given@example.com"},
    {"external_id": "C-7", "email": "", "address": "1 High Street"},
    {"external_id": "C-8", "email": "late@example.com"},
]
LAMP = {"name": "Lamp", "unit_price": "42.00"}
ORDERS: list[dict[str, Any]] = [
    {"number": "HP-1", "customer": "C-1", "lines": [LAMP], "paid": "42.00"},
    {"number": "HP-2", "customer": "MARTA@example.com", "status": "shipped", "lines": [LAMP] * 2},
    {"number": "HP-3", "customer": "nobody", "lines": [LAMP]},
    {"number": "HP-4", "customer": "C-1", "status": "lost"},
    {"number": "", "customer": "C-1"},
    {"number": "HP-5", "customer": "C-1", "payments": [{"amount": "1.00", "reference": "a"}] * 2},
    {"number": "HP-6", "customer": "C-1", "currency": "JPY", "lines": [LAMP | {"unit_price": "4"}]},
    {"number": "HP-7", "customer": "C-1", "lines": [LAMP], "payments": [{"amount": "42.00"}] * 2},
    {"number": "OLD-1", "customer": "C-1", "status": "delivered", "lines": [LAMP]},
    {"number": "OLD-2", "customer": "C-1", "currency": "JPY"},
    {"number": "OLD-3", "customer": "C-1", "paid": "10.00"},
    {"number": "OLD-4", "customer": "C-1", "paid": "50.00", "refunded": "12.50"},
]
OFFERS: list[dict[str, Any]] = [
    {"sku": "L1", "product": "lamp", "name": "Lamp", "unit_price": "42.00"},
    {"sku": "L2", "product": "lamp", "name": "Lamp", "unit_price": "a lot"},
    {"sku": "L3", "product": "lamp", "name": "Lamp", "unit_price": "9.00", "available": "no"},
    {"sku": "L4", "product": "lamp", "name": "Lamp", "unit_price": "9.00"},
]
TICKETS: list[dict[str, Any]] = [
    {"external_id": "T-1", "body": "Where is it?", "email": "marta@example.com"},
    {"external_id": "T-2", "body": ""},
    {"external_id": "T-3", "body": "Other words."},
    {"external_id": "T-4", "body": "The same words."},
]


def set_up_shop() -> None:
    """Rows of every kind that are there already."""
    marta = Customer.objects.create(external_id="C-1", email="marta@example.com")
    Customer.objects.create(external_id="C-9", email="taken@example.com")
    Customer.objects.create(external_id="C-7", email="left@example.com")
    Ticket.objects.create(channel="form", email="Late@Example.com", subject="early")
    for number in range(1, 5):
        order = Order.objects.create(number=f"OLD-{number}", customer=marta)
        order.lines.create(name="Shade", unit_price="41.50")
        order.payments.create(kind="capture", amount="41.50")
    receive_offers([{**OFFERS[2], "available": "yes"}, OFFERS[3]])
    receive_tickets(
        [{"external_id": f"T-{number}", "body": "The same words."} for number in (3, 4)]
    )


def describe_rows() -> list[list[tuple[Any, ...]]]:
    """All that an import may change, without the ids."""
    return [
        list(Customer.objects.order_by("external_id").values_list("external_id", "name", "email")),
        list(Order.objects.order_by("number").values_list("number", "customer__email", "status")),
        list(
            OrderLine.objects.order_by("order__number", "id").values_list("order__number", "name")
        ),
        list(Payment.objects.order_by("order__number", "id").values_list("kind", "amount")),
        list(Offer.objects.order_by("sku").values_list("sku", "unit_price", "available")),
        list(Ticket.objects.order_by("id").values_list("subject", "customer__email", "revision")),
        list(Message.objects.order_by("id").values_list("text", "direction", "raw")),
        list(Run.objects.order_by("id").values_list("state", "reason")),
    ]


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def say(received: Sequence[Any]) -> list[str]:
    return [str(each) if isinstance(each, BadRow) else each.did for each in received]


@pytest.mark.parametrize(
    ("receive", "rows"),
    [
        (receive_customers, CUSTOMERS),
        (receive_orders, ORDERS),
        (receive_offers, OFFERS),
        (receive_tickets, TICKETS),
    ],
)
def test_a_row_has_the_effect_in_a_batch_that_it_has_alone(
    receive: Receive, rows: list[dict[str, Any]]
) -> None:
    set_up_shop()
    with undone():
        said_alone = [say(receive([row]))[0] for row in rows]
        alone = describe_rows()
    assert say(receive(rows)) == said_alone
    assert describe_rows() == alone
    assert {"created", "updated"} & set(said_alone)
    assert any(":" in said for said in said_alone)
    with undone():
        assert say(receive(rows)) == [
            "unchanged" if said in {"created", "updated"} else said for said in said_alone
        ]
        assert describe_rows() == alone


def test_an_address_may_go_from_one_customer_to_another_in_a_batch() -> None:
    Customer.objects.create(external_id="C-1", email="desk@example.com")
    rows = [
        {"external_id": "C-1", "email": "marta@example.com"},
        {"external_id": "C-2", "email": "desk@example.com"},
    ]
    assert say(receive_customers(rows)) == ["updated", "created"]


def test_a_batch_with_one_order_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="one order number"):
        receive_orders([{"number": "HP-1"}, {"number": " HP-1 "}])


MANY: list[tuple[Receive, list[dict[str, Any]], int]] = [
    (receive_customers, [{"external_id": f"N-{n}", "email": f"{n}@x.org"} for n in range(100)], 7),
    (
        receive_orders,
        [{**ORDERS[0], "number": f"N-{n}", "payments": [{"amount": "1.00"}]} for n in range(100)],
        14,
    ),
    (receive_offers, [{**OFFERS[0], "sku": f"N-{n}"} for n in range(100)], 6),
    (receive_tickets, [{**TICKETS[0], "external_id": f"N-{n}"} for n in range(100)], 9),
]


@pytest.mark.parametrize(("receive", "rows", "most"), MANY)
def test_a_hundred_rows_take_as_many_queries_as_ten(
    receive: Receive, rows: list[dict[str, Any]], most: int
) -> None:
    set_up_shop()
    with CaptureQueriesContext(connection) as few:
        receive(rows[:10])
    with CaptureQueriesContext(connection) as many:
        receive(rows[10:])
    assert len(many) <= len(few) <= most


def test_fifty_new_mails_take_ten_queries() -> None:
    mails = [letter(Message_ID=f"<{n}@x.org>", From=f"{n}@x.org") for n in range(50)]
    with CaptureQueriesContext(connection) as asked:
        received = receive_mails(mails)
    assert set(say(received)) == {"created"}
    assert len(asked) <= 10
    assert {message.ticket.email for message in Message.objects.all()} == {
        f"{n}@x.org" for n in range(50)
    }


def test_mails_of_a_batch_find_each_other_in_their_order() -> None:
    first, other = letter(), letter(Message_ID="<other@x.org>", Subject="Shade")
    answer, again = (
        reply(),
        letter("Hm?", Message_ID="<3@x.org>", References="<second@EXAMPLE.com>"),
    )
    away = letter("I am away.", Message_ID="<4@x.org>", Auto_Submitted="auto-replied")
    received = receive_mails([first, other, answer, first, again, away, b"no mail", other])
    assert [getattr(each, "did", "refused") for each in received] == [
        "created",
        "created",
        "joined a thread",
        "unchanged",
        "joined a thread",
        "created",
        "refused",
        "unchanged",
    ]
    assert [
        ticket.messages.exclude(raw=None).count() for ticket in Ticket.objects.order_by("id")
    ] == [
        3,
        1,
        1,
    ]
    runs = Run.objects.order_by("id").values_list("ticket__subject", "state", "reason")
    assert set(runs) == {
        ("Broken lamp", "replaced", "arrived"),
        ("Broken lamp", "replaced", "customer replied"),
        ("Broken lamp", "queued", "customer replied"),
        ("Shade", "queued", "arrived"),
    }
