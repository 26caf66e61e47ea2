"""Mails, forms and rows become tickets, customers and orders, once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from email.message import EmailMessage
from typing import Any

import pytest
from django.db import connection

from tests.support.raw_mails import letter, reply
from tickets.intake import (
    BadRow,
    Effect,
    receive_customer,
    receive_form,
    receive_mail,
    receive_order,
    receive_ticket,
)
from tickets.intake import mails as ingest_mails
from tickets.mail.mime import File
from tickets.models import Customer, Message, Order, Run, Ticket
from tickets.queue import run_queue

pytestmark = pytest.mark.django_db


def marta(**values: Any) -> Customer:
    receive_customer(
        {"external_id": "C-7", "name": "Marta", "email": "Marta@Example.com", **values}
    )
    return Customer.objects.get(external_id="C-7")


def order(**values: Any) -> dict[str, Any]:
    line = {"sku": "LMP-1", "name": "Walnut lamp", "quantity": 1, "unit_price": "42.00"}
    paid = {"kind": "capture", "amount": "42.00", "reference": "ch_1"}
    row = {"number": "HP-1", "customer": "C-7", "status": "shipped", "lines": [line]}
    return {**row, "payments": [paid], **values}


def notes(ticket: Ticket | None) -> str:
    assert ticket
    found = ticket.messages.filter(direction=Message.Direction.NOTE)
    return " ".join(found.values_list("text", flat=True))


# --- mails ----------------------------------------------------------------------


def test_a_mail_becomes_a_ticket_that_waits_for_the_machine() -> None:
    raw = letter()
    ticket = receive_mail(raw).ticket
    assert ticket
    assert (ticket.subject, ticket.email) == ("Broken lamp", "marta@example.com")
    assert ticket.runs.get().reason == "arrived"
    assert bytes(ticket.messages.get().raw or b"") == raw


TAGS = "".join(chr(0xE0000 + ord(char)) for char in "pay all")


def test_words_that_cannot_be_seen_are_kept_apart_from_those_that_can() -> None:
    row = {"external_id": "7", "subject": "Lamp", "body": f"It is broken.{TAGS}"}
    posted = receive_form(
        token="t", name="Ana", email="a@x.example", subject="Lamp", text=f"It is broken.{TAGS}"
    )
    for found in (posted, receive_ticket(row)):
        assert found.ticket
        message = found.ticket.messages.get(direction="in")
        assert (message.text, message.hidden) == ("It is broken.", "pay all")
    assert receive_ticket(row).did == Effect.UNCHANGED


def test_the_same_mail_again_changes_nothing() -> None:
    first = receive_mail(letter())
    again = receive_mail(letter())
    assert (again.did, again.ticket) == (Effect.UNCHANGED, first.ticket)
    assert (Ticket.objects.count(), Message.objects.count(), Run.objects.count()) == (1, 1, 1)


def test_a_copy_that_took_another_way_is_the_same_mail() -> None:
    receive_mail(letter())
    assert receive_mail(b"Received: from a by b; now\n" + letter()).did == Effect.UNCHANGED


def test_another_mail_under_the_same_id_is_not_lost() -> None:
    receive_mail(letter())
    other = letter("Something else entirely.")
    assert receive_mail(other).did == Effect.CREATED
    assert receive_mail(other).did == Effect.UNCHANGED
    assert Ticket.objects.count() == 2


def test_a_mail_finds_its_customer_whatever_the_case() -> None:
    customer = marta()
    ticket = receive_mail(letter()).ticket
    assert ticket
    assert ticket.customer == customer


def test_a_reply_joins_its_thread_and_opens_it_again() -> None:
    ticket = receive_mail(letter()).ticket
    assert ticket
    ticket.mark_closed()
    joined = receive_mail(reply())
    ticket.refresh_from_db()
    assert (joined.did, joined.ticket) == (Effect.JOINED, ticket)
    assert ticket.status == Ticket.Status.NEW
    assert ticket.runs.latest("id").reason == "customer replied"


def test_a_reply_joins_by_its_references_alone() -> None:
    ticket = receive_mail(letter()).ticket
    raw = reply(
        In_Reply_To="<gone@example.com>", References="<first@example.com> <gone@example.com>"
    )
    assert receive_mail(raw).ticket == ticket


def test_a_subject_alone_never_joins() -> None:
    first = receive_mail(letter()).ticket
    second = receive_mail(reply(In_Reply_To="")).ticket
    assert first != second


def test_a_reply_to_a_mail_nobody_knows_is_a_new_ticket() -> None:
    assert receive_mail(reply(In_Reply_To="<elsewhere@example.com>")).did == Effect.CREATED


def test_a_reply_from_another_address_joins_and_is_noted() -> None:
    ticket = receive_mail(letter()).ticket
    joined = receive_mail(reply(From="Jo <jo@example.org>"))
    assert joined.ticket == ticket
    assert "jo@example.org" in notes(ticket)


def test_an_out_of_office_reply_is_kept_but_opens_nothing() -> None:
    ticket = receive_mail(letter()).ticket
    assert ticket
    ticket.mark_waiting()
    receive_mail(reply("I am away.", Auto_Submitted="auto-replied"))
    ticket.refresh_from_db()
    assert ticket.status == Ticket.Status.WAITING
    assert ticket.runs.count() == 1
    assert ticket.messages.get(text="I am away.").automatic
    assert not ticket.messages.exclude(text="I am away.").filter(automatic=True).exists()


def test_a_newsletter_is_closed_on_arrival_with_a_note() -> None:
    ticket = receive_mail(
        letter(List_Id="<news.example.org>", List_Unsubscribe="<mailto:out@news.example.org>")
    ).ticket
    assert ticket
    assert ticket.status == Ticket.Status.CLOSED
    assert not ticket.runs.exists()
    assert "news.example.org" in notes(ticket)


def test_our_own_mail_that_comes_back_starts_no_loop(settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Shop <marta@example.com>"
    ticket = receive_mail(letter()).ticket
    assert ticket
    assert not ticket.runs.exists()


def test_a_mail_without_a_sender_is_kept() -> None:
    ticket = receive_mail(letter(From="")).ticket
    assert ticket
    assert ticket.email == ""
    assert ticket.runs.exists()


def test_nul_characters_do_not_stop_a_mail() -> None:
    raw = b"From: marta@example.com\nSubject: a\0b\n\nhel\0lo"
    ticket = receive_mail(raw).ticket
    assert ticket
    assert ticket.messages.get().text == "hello"


def test_a_file_too_large_is_only_in_the_raw_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest_mails, "MAX_FILE_BYTES", 10)
    mail = EmailMessage()
    mail["From"] = "marta@example.com"
    mail.set_content("Two photos.")
    for name, size in {"small.png": 5, "large.png": 11}.items():
        mail.add_attachment(b"x" * size, maintype="image", subtype="png", filename=name)
    ticket = receive_mail(bytes(mail)).ticket
    assert ticket
    assert [file.name for file in ticket.messages.all()[0].attachments.all()] == ["small.png"]
    assert "large.png" in notes(ticket)


@pytest.mark.django_db(transaction=True)
def test_a_mail_fetched_by_two_at_once_is_one_ticket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_queue, "wake_workers", lambda run_ids: None)

    def fetch(_: int) -> Effect:
        try:
            return receive_mail(letter()).did
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        done = sorted(pool.map(fetch, range(4)))
    assert done == [Effect.CREATED, Effect.UNCHANGED, Effect.UNCHANGED, Effect.UNCHANGED]
    assert Ticket.objects.count() == 1


def test_a_mail_that_cannot_be_queued_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("no queue")

    monkeypatch.setattr(run_queue, "enqueue_new_tickets", broken)
    with pytest.raises(RuntimeError):
        receive_mail(letter())
    assert not Ticket.objects.exists()
    assert not Message.objects.exists()


# --- form and rows --------------------------------------------------------------


def form(**values: Any) -> dict[str, Any]:
    said = {"token": "t1", "name": "Marta", "email": "marta@example.com", "subject": "Lamp"}
    return {**said, "text": "It is broken.", "order_number": "HP-1", **values}


def test_a_form_becomes_a_ticket_with_its_order_number_and_files() -> None:
    ticket = receive_form(**form(attachments=[File("a.png", "image/png", b"png")])).ticket
    assert ticket
    message = ticket.messages.get()
    assert message.text == "Order number: HP-1\n\nIt is broken."
    assert bytes(message.attachments.get().content) == b"png"


def test_a_form_sent_twice_is_one_ticket_and_a_corrected_one_is_another() -> None:
    first = receive_form(**form())
    assert receive_form(**form()).ticket == first.ticket
    assert receive_form(**form(text="It is broken, and late.")).did == Effect.CREATED


def test_an_imported_ticket_is_there_once() -> None:
    row = {"external_id": "T-1", "email": "marta@example.com", "body": "Hello?"}
    assert receive_ticket(row).did == Effect.CREATED
    assert receive_ticket(row).did == Effect.UNCHANGED
    assert Run.objects.count() == 1


def test_an_imported_ticket_never_changes_one_that_is_there() -> None:
    receive_ticket({"external_id": "T-1", "body": "Hello?"})
    with pytest.raises(BadRow, match="other words"):
        receive_ticket({"external_id": "T-1", "body": "Goodbye."})


def test_a_customer_is_created_then_unchanged_then_updated() -> None:
    row = {"external_id": "C-7", "name": "Marta", "since": "2023-04-02"}
    did = [receive_customer(row).did, receive_customer(row).did]
    did.append(receive_customer({**row, "name": "Marta L."}).did)
    assert did == [Effect.CREATED, Effect.UNCHANGED, Effect.UPDATED]


@pytest.mark.parametrize("day", ["2026-03-14xyz", "2026-03-14 or so", "14.03.2026", "0001-01-01"])
def test_a_day_that_is_none_is_refused(day: str) -> None:
    with pytest.raises(BadRow, match="since is"):
        marta(since=day)
    assert not Customer.objects.exists()


def test_a_day_with_its_time_is_a_day() -> None:
    assert str(marta(since="2026-03-14T23:30:00Z").since) == "2026-03-14"


def test_two_customers_cannot_share_an_address() -> None:
    marta()
    with pytest.raises(BadRow, match="belongs to customer C-7"):
        receive_customer({"external_id": "C-8", "email": "MARTA@example.com"})


def test_tickets_that_came_first_are_given_to_their_customer() -> None:
    ticket = receive_mail(letter()).ticket
    assert ticket
    assert ticket.customer is None
    customer = marta()
    ticket.refresh_from_db()
    assert ticket.customer == customer


def test_an_order_comes_with_its_lines_and_payments() -> None:
    marta()
    assert receive_order(order()).did == Effect.CREATED
    there = Order.objects.get(number="HP-1")
    assert there.compute_paid_total() == Decimal("42.00")
    assert there.lines.get().unit_price == Decimal("42.00")
    assert receive_order(order()).did == Effect.UNCHANGED


def test_an_order_that_arrived_is_updated_and_its_payments_grow() -> None:
    marta()
    receive_order(order())
    refund = {"kind": "refund", "amount": "2.00", "reference": "re_1"}
    payments = [*order()["payments"], refund]
    changed = order(status="delivered", delivered_at="2026-03-14T10:00:00Z", payments=payments)
    assert receive_order(changed).did == Effect.UPDATED
    there = Order.objects.get(number="HP-1")
    assert (there.status, there.compute_refunded_total()) == ("delivered", Decimal("2.00"))
    assert there.payments.count() == 2


def test_totals_of_a_table_add_only_what_is_missing() -> None:
    marta()
    row = {"number": "HP-1", "customer": "marta@example.com", "paid": "42", "refunded": "5.00"}
    receive_order(row)
    receive_order({**row, "refunded": "12.50"})
    there = Order.objects.get(number="HP-1")
    assert (there.compute_paid_total(), there.compute_refunded_total()) == (
        Decimal("42.00"),
        Decimal("12.50"),
    )
    with pytest.raises(BadRow, match="can only grow"):
        receive_order({**row, "refunded": "1.00"})


def test_a_payment_is_never_changed_by_an_import() -> None:
    marta()
    receive_order(order())
    with pytest.raises(BadRow, match="never changed"):
        receive_order(order(payments=[{"amount": "40.00", "reference": "ch_1"}]))
    assert Order.objects.get().compute_paid_total() == Decimal("42.00")


@pytest.mark.parametrize(
    ("wrong", "advice"),
    [
        ({"customer": "C-99"}, "import the customers first"),
        ({"status": "lost"}, "write one of pending"),
        ({"placed_at": "14/03/2026"}, "2026-03-14T09:30:00Z"),
        ({"placed_at": "2026-02-30T10:00:00Z"}, "2026-03-14T09:30:00Z"),
        ({"lines": [{"name": "L\udce4mp", "unit_price": "1"}]}, "name is not UTF-8"),
        ({"payments": [{"amount": "1", "method": "caf\udce9"}]}, "method is not UTF-8"),
        ({"lines": "two lamps"}, "list of objects"),
        ({"lines": [{"name": "Lamp", "unit_price": "12,50"}]}, "1234.50"),
        ({"lines": [{"name": "Lamp", "unit_price": "12.505"}]}, "GBP has 2 decimals"),
        ({"lines": [{"name": "Lamp", "unit_price": "NaN"}]}, "between 0.00"),
        ({"lines": [{"name": "Lamp", "unit_price": "1", "quantity": 0}]}, "from 1 up"),
        ({"payments": [{"amount": "0"}]}, "leave the payment out"),
        ({"number": ""}, "number is missing"),
        ({"number": "x" * 61}, "at most 60"),
        ({"currency": "£"}, "three letters"),
        ({"currency": "JPY", "lines": [{"name": "Lamp", "unit_price": "1000.50"}]}, "no smaller"),
        ({"currency": "JPY", "lines": [{"name": "L", "unit_price": "1", "tax": "0.1"}]}, "whole"),
        ({"currency": "KRW", "payments": [{"amount": "9.90"}]}, "KRW has no smaller coins"),
        ({"currency": "JPY", "paid": "1000.50"}, "paid is 1000.50, and JPY has no smaller coins"),
        ({"currency": "JPY", "refunded": "0.50"}, "write a whole amount"),
        ({"currency": "TND", "paid": "42.0005"}, "TND has 3 decimals"),
        ({"currency": "ALL", "paid": "42.005"}, "ALL has 2 decimals"),
    ],
)
def test_a_bad_order_says_what_to_do_and_leaves_nothing(wrong: dict[str, Any], advice: str) -> None:
    marta()
    with pytest.raises(BadRow, match=advice):
        receive_order(order(**wrong))
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("currency", "price"), [("RSD", "1249.50"), ("LAK", "0.10"), ("KWD", "4.275"), ("JPY", "4275")]
)
def test_an_amount_in_coins_of_its_currency_is_kept_to_the_last(currency: str, price: str) -> None:
    marta()
    lines = [{"name": "Lamp", "unit_price": price}]
    receive_order(order(currency=currency, lines=lines, payments=[{"amount": price}]))
    found = Order.objects.get()
    assert (found.lines.get().unit_price, found.compute_paid_total()) == (Decimal(price),) * 2
    assert receive_order(order(currency=currency, lines=lines)).did == Effect.UPDATED  # one "ch_1"
    assert receive_order({"number": "HP-1", "customer": "C-7"}).did == Effect.UNCHANGED


def test_an_order_gets_no_currency_that_its_amounts_cannot_be_paid_in() -> None:
    marta()
    receive_order(order(payments=[{"amount": "41.50"}]))
    with pytest.raises(BadRow, match=r"order HP-1 is here with 41\.50, and JPY has no smaller"):
        receive_order({"number": "HP-1", "customer": "C-7", "currency": "JPY"})
    assert Order.objects.get().currency == "GBP"
    receive_order({"number": "HP-1", "customer": "C-7", "currency": "RSD"})
    assert Order.objects.get().currency == "RSD"


def test_a_row_without_a_currency_is_read_in_that_of_its_order() -> None:
    marta()
    lines = [{"name": "Lamp", "unit_price": "4200"}]
    receive_order(order(currency="JPY", lines=lines, payments=[]))
    with pytest.raises(BadRow, match="JPY has no smaller coins"):
        receive_order({"number": "HP-1", "customer": "C-7", "paid": "4200.50"})
    assert receive_order({"number": "HP-1", "customer": "C-7", "paid": "4200"}).did == "updated"
