"""A load of the demo shop that was interrupted is finished by the next one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from tickets.models import Customer, Order, Ticket
from triage.demo import company, load, trained_head
from triage.learning import versions
from triage.management.commands import start
from triage.models import Activation, Classifier, Policy
from triage.pipeline import registry


@pytest.fixture(autouse=True)
def small_shop(monkeypatch: Any, db: None) -> None:
    """Three tickets of the shop, and a version that was not trained."""
    build = company.build_company

    def build_small(day: Any) -> company.Company:
        built = build(day)
        return replace(built, customers=built.customers[:4], orders=[], tickets=built.tickets[:3])

    def make_version(**by: Any) -> Classifier:
        return Classifier.objects.create(weights=b"", labels=[])

    def put_to_work(version: Classifier, *, by: User, why: str) -> None:
        Activation.objects.create(classifier=version, by=by, why=why)

    monkeypatch.setattr(company, "build_company", build_small)
    monkeypatch.setattr(trained_head, "create_version", make_version)
    monkeypatch.setattr(versions, "activate_version", put_to_work)


def interrupt(monkeypatch: Any, name: str, after: int) -> None:
    """Ctrl-C at the ``after``-th call of a function of the loading."""
    real, calls = getattr(load, name), []

    def press(*args: Any, **named: Any) -> Any:
        calls.append(args)
        if len(calls) == after:
            raise KeyboardInterrupt
        return real(*args, **named)

    monkeypatch.setattr(load, name, press)
    with pytest.raises(KeyboardInterrupt):
        load.load_demo()
    monkeypatch.setattr(load, name, real)


def count_rows() -> tuple[int, ...]:
    return tuple(kind.objects.count() for kind in (User, Policy, Customer, Order, Ticket))


def test_interrupted_between_two_tickets_the_start_goes_on(monkeypatch: Any) -> None:
    interrupt(monkeypatch, "_receive_ticket", after=2)
    assert Ticket.objects.count() == 1
    assert load.is_half_loaded()
    called: list[str] = []
    monkeypatch.setattr(start, "call_command", lambda name, **_: called.append(name))
    monkeypatch.setattr(start, "run_to_end", lambda command: call_command(*command[1:]))
    monkeypatch.setattr(registry, "has_encoder_graph", lambda: True)
    start.Command()._prepare_site(with_demo=True)
    assert not load.is_half_loaded()
    assert Ticket.objects.count() == 3
    loaded = count_rows()
    start.Command()._prepare_site(with_demo=True)
    assert count_rows() == loaded
    assert Activation.objects.count() == 1


def test_the_dates_count_from_the_day_it_began(monkeypatch: Any) -> None:
    interrupt(monkeypatch, "_receive_ticket", after=3)
    User.objects.update(date_joined="2026-03-01T12:00:00Z")
    days: list[Any] = []
    build = company.build_company

    def build_noted(day: Any) -> company.Company:
        days.append(day)
        return build(day)

    monkeypatch.setattr(company, "build_company", build_noted)
    with monkeypatch.context() as patch:
        patch.setattr(load, "_receive_company", lambda built, progress: None)
        load.load_demo()
    assert [str(day) for day in days] == ["2026-03-01"]


def test_interrupted_among_the_rules_nothing_stays(monkeypatch: Any) -> None:
    interrupt(monkeypatch, "create_refund_rules", after=1)
    assert not load.has_data()
    assert not load.is_half_loaded()


def test_the_command_goes_on_too_and_refuses_a_shop_that_is_whole(monkeypatch: Any) -> None:
    interrupt(monkeypatch, "_receive_ticket", after=1)
    call_command("load_demo")
    with pytest.raises(CommandError, match="needs an empty database"):
        call_command("load_demo")


def test_a_shop_of_ones_own_is_never_taken_for_half_a_demo() -> None:
    Customer.objects.create(email="maya@example.com")
    assert load.has_data()
    assert not load.is_half_loaded()
