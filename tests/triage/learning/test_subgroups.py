"""Who pays: the figures, who may see them, and what is not said of few."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.support.run_rows import receipt, run_of
from tickets.models import Customer, Message, Order, Ticket
from triage.learning.subgroups import Subgroup, SubgroupReport, build_subgroup_report

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(days=10)


def read(
    label: str = "returns", *, drawn: bool = False, outcome: str = "", **values: Any
) -> Ticket:
    """A ticket the machine has read; without a label it was left to a person."""
    values = {"channel": "email", "received_at": timezone.now() - LONG_AGO, **values}
    words = values.pop("words", "Where is my parcel?")
    mended = values.pop("mended", ())
    ticket = Ticket.objects.create(**values)
    Message.objects.create(ticket=ticket, direction="in", text=words, at=ticket.received_at)
    said(ticket, label, drawn=drawn, outcome=outcome, mended=mended)
    return ticket


def said(
    ticket: Ticket,
    label: str,
    *,
    drawn: bool = False,
    outcome: str = "",
    mended: Sequence[Sequence[str]] = (),
) -> None:
    receipt(
        run_of(ticket),
        "classify",
        label=label,
        status="ok" if label else "abstained",
        output={
            "label": label,
            "audited": drawn,
            "outcome": outcome or "one of ours",
            "mended": mended,
        },
    )


def answer(ticket: Ticket, by: User, hours: float = 2, delivery: str = "sent") -> None:
    at = ticket.received_at + timedelta(hours=hours)
    Message.objects.create(
        ticket=ticket, direction="out", author=by, at=at, text="Hello", delivery=delivery
    )


def tell(ticket: Ticket, truth: str, by: User, before: str = "returns") -> None:
    ticket.corrections.create(step="classify", before=before, after=truth, by=by)


def group(found: SubgroupReport, side: str, key: str) -> Subgroup:
    groups = next(one.groups for one in found.sides if one.key == side)
    return next(one for one in groups if one.key == key)


def counts(of: Subgroup, measure: str) -> tuple[int, int]:
    share = of.shares[measure]
    return share.count, share.of


# --- who may look ------------------------------------------------------------------------


def test_sol_and_ada_may_look_and_ana_may_not(
    client: Client, ana: User, sol: User, ada: User
) -> None:
    answers = {}
    for person in (ana, sol, ada):
        client.force_login(person)
        answers[person.username] = client.get(reverse("triage:who_pays")).status_code
    assert answers == {"ana": 403, "sol": 200, "ada": 200}


def test_sol_finds_the_page_in_the_menu(as_sol: Client) -> None:
    assert reverse("triage:who_pays") in as_sol.get(reverse("triage:policies")).content.decode()


def test_without_tickets_the_page_says_so(as_sol: Client) -> None:
    assert "No ticket in this time" in as_sol.get(reverse("triage:who_pays")).content.decode()


def test_what_nobody_can_choose_is_the_usual(as_sol: Client) -> None:
    shown = as_sol.get(reverse("triage:who_pays"), {"days": "7' OR 1=1", "show": "all"}).context
    assert (shown["days"], shown["view"]) == ("90", "errors")


# --- errors --------------------------------------------------------------------------------


def test_the_fair_figure_counts_what_was_drawn_and_checked(ana: User) -> None:
    tell(read(drawn=True), "returns", ana)
    tell(read(drawn=True), "damage", ana)
    read(drawn=True)  # not checked yet
    tell(read(), "damage", ana)  # corrected, and not drawn
    total = build_subgroup_report(90).total
    assert counts(total, "drawn") == (1, 2)
    assert total.drawn_of == 3


def test_in_hand_is_what_was_answered_or_labelled(ana: User) -> None:
    answer(read(), ana)
    tell(read(), "damage", ana)
    read()  # nobody has looked at it
    assert counts(build_subgroup_report(90).total, "seen") == (1, 2)


def test_the_last_word_of_a_person_counts(ana: User) -> None:
    ticket = read(drawn=True)
    tell(ticket, "damage", ana)
    tell(ticket, "returns", ana, before="damage")
    assert counts(build_subgroup_report(90).total, "drawn") == (0, 1)


def test_what_the_machine_said_last_is_what_was_checked(ana: User) -> None:
    ticket = read("returns", drawn=True)
    said(ticket, "damage", drawn=True)
    tell(ticket, "damage", ana, before="damage")
    assert counts(build_subgroup_report(90).total, "drawn") == (0, 1)


def test_a_person_finding_it_none_of_ours_is_an_error(ana: User) -> None:
    tell(read(drawn=True), "", ana)
    assert counts(build_subgroup_report(90).total, "drawn") == (1, 1)


def test_no_label_and_several_matters_are_not_automatic(ana: User) -> None:
    tell(read(""), "damage", ana, before="")
    tell(read("returns", outcome="several matters"), "damage", ana)
    total = build_subgroup_report(90).total
    assert counts(total, "unlabelled") == (2, 2)
    assert counts(total, "seen") == (0, 0)
    assert counts(total, "corrected") == (2, 2)


def test_a_confirmation_corrects_nothing(ana: User) -> None:
    tell(read(), "returns", ana)
    assert counts(build_subgroup_report(90).total, "corrected") == (0, 1)


def test_tickets_before_the_time_and_tickets_not_read_are_left_out() -> None:
    read(received_at=timezone.now() - timedelta(days=40))
    Ticket.objects.create(channel="email")
    read()
    assert build_subgroup_report(30).total.tickets == 1


# --- waiting -------------------------------------------------------------------------------


def test_the_half_and_the_nine_in_ten(ana: User) -> None:
    for hours in range(1, 11):
        answer(read(), ana, hours=hours)
    wait = build_subgroup_report(90).total.waits["labelled"]
    assert wait is not None
    assert (wait.of, wait.half, wait.nine_in_ten) == (10, 5 * 3600, 9 * 3600)
    assert wait.low < wait.half < wait.high


def test_the_first_reply_counts_and_one_that_was_never_sent_does_not(ana: User) -> None:
    ticket = read()
    for hours, delivery in ((1, "failed"), (3, "sent"), (9, "sent")):
        answer(ticket, ana, hours=hours, delivery=delivery)
    wait = build_subgroup_report(90).total.waits["labelled"]
    assert wait is not None
    assert wait.half == 3 * 3600


def test_who_still_waits_counts_as_the_longest(ana: User, as_sol: Client) -> None:
    for _ in range(6):
        read("")
    answer(read(""), ana)
    wait = build_subgroup_report(90).total.waits["unlabelled"]
    assert wait is not None
    assert wait.half == float("inf")
    shown = as_sol.get(reverse("triage:who_pays"), {"show": "waiting"}).content.decode()
    assert "no reply yet" in shown


def test_new_tickets_and_those_closed_unanswered_do_not_wait() -> None:
    read(received_at=timezone.now() - timedelta(hours=5))
    read(status="closed")
    assert build_subgroup_report(90).total.waits == {"labelled": None, "unlabelled": None}


# --- the parts -----------------------------------------------------------------------------


def test_by_language_with_its_name() -> None:
    read("", language="de")
    read(language="en")
    read(language="")
    found = build_subgroup_report(90)
    assert counts(group(found, "language", "de"), "unlabelled") == (1, 1)
    names = {one.name for side in found.sides if side.key == "language" for one in side.groups}
    assert names == {"German", "English", "Not clear"}


@pytest.mark.parametrize(
    ("letters", "key"), [(0, "to 100"), (100, "to 100"), (101, "to 300"), (1001, "over 1000")]
)
def test_by_length_of_the_first_message(letters: int, key: str) -> None:
    ticket = read(words="x" * letters)
    Message.objects.create(ticket=ticket, direction="in", text="y" * 3000)
    assert group(build_subgroup_report(90), "length", key).tickets == 1


@pytest.mark.parametrize(("days", "key"), [(5, "month"), (100, "year"), (900, "three years")])
def test_by_how_long_a_customer_was_one_on_that_day(days: int, key: str) -> None:
    arrived = timezone.now() - timedelta(days=60)
    customer = Customer.objects.create(since=(arrived - timedelta(days=days)).date())
    read(customer=customer, received_at=arrived)
    assert group(build_subgroup_report(90), "age", key).tickets == 1


def test_strangers_and_those_of_unknown_age_have_their_own_groups() -> None:
    read()
    read(customer=Customer.objects.create())
    found = build_subgroup_report(90)
    assert group(found, "age", "stranger").tickets == 1
    assert group(found, "age", "unknown").tickets == 1


def pay(amount: str, currency: str = "GBP") -> Customer:
    customer = Customer.objects.create()
    number = f"N{customer.pk}"
    order = Order.objects.create(number=number, customer=customer, currency=currency)
    order.payments.create(kind="capture", amount=amount, reference=number)
    order.payments.create(kind="refund", amount="1.00", reference=number)
    return customer


def test_by_misspelt_words_that_were_read_as_meant() -> None:
    read()
    read(mended=[["recieve", "receive"]])
    read(mended=[["recieve", "receive"], ["acount", "account"]])
    read(language="de")
    (side,) = (one for one in build_subgroup_report(90).sides if one.key == "spelling")
    assert [(group.name, group.tickets) for group in side.groups] == [
        ("None", 1),
        ("One", 1),
        ("Two and more", 1),
        ("Not in English", 1),
    ]


def test_by_spend_in_thirds_of_the_shop_s_own_customers() -> None:
    for amount in ("10.00", "20.00", "300.00"):
        read(customer=pay(amount))
    read(customer=pay("9000.00", "JPY"))
    read(customer=Customer.objects.create())
    side = next(one for one in build_subgroup_report(90).sides if one.key == "spend")
    assert [(one.name, one.tickets) for one in side.groups] == [
        ("Nothing yet", 1),
        ("Up to £10.00", 1),
        ("Over £10.00, up to £20.00", 1),
        ("Over £20.00", 1),
        ("In another currency", 1),
    ]


def test_every_way_to_part_them_has_every_ticket() -> None:
    for language, customer in (("en", None), ("de", pay("5.00")), ("", Customer.objects.create())):
        read(language=language, customer=customer)
    found = build_subgroup_report(90)
    assert {sum(one.tickets for one in side.groups) for side in found.sides} == {3}


# --- what is said of few, and of chance ------------------------------------------------------


def test_no_share_is_said_of_fewer_than_five(as_sol: Client, ana: User) -> None:
    for _ in range(4):
        tell(read(language="de"), "damage", ana)
    for _ in range(9):
        tell(read(language="en"), "returns", ana)
    shown = as_sol.get(reverse("triage:who_pays")).context["sides"][0]["rows"]
    bars = {row["group"].name: [line.bar is not None for line in row["lines"]] for row in shown}
    assert bars == {"English": [False, True], "German": [False, False]}
    page = as_sol.get(reverse("triage:who_pays")).content.decode()
    assert "Only 4: too few to say" in page
    assert "a small group" in page


def test_a_difference_is_named_where_chance_hardly_makes_it(as_sol: Client) -> None:
    for number in range(60):
        read("" if number < 25 else "returns", language="de" if number < 30 else "en")
    found = build_subgroup_report(90)
    difference = group(found, "language", "de").differences["unlabelled"]
    assert difference.gap == pytest.approx(25 / 30)
    assert 0 < difference.low < difference.gap < difference.high
    page = as_sol.get(reverse("triage:who_pays"), {"show": "unlabelled"}).content.decode()
    assert "83 more in 100 than the rest" in page.replace("\n", " ")
    assert "83 fewer in 100 than the rest" in page


def test_none_is_named_where_groups_are_alike() -> None:
    for number in range(60):
        read("" if number % 3 == 0 else "returns", language="de" if number % 2 else "en")
    found = build_subgroup_report(90)
    assert found.compared["unlabelled"] == 4  # two languages, and by spelling the same two
    assert all(not one.differences for side in found.sides for one in side.groups)


def test_the_page_asks_the_same_few_questions_whatever_there_is(
    as_sol: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(20):
        read("" if number % 3 else "returns", language="de" if number % 2 else "en")
    with django_assert_max_num_queries(10):
        as_sol.get(reverse("triage:who_pays"))
