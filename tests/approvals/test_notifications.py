"""Mails to colleagues: once each, after the row is there, with no words of a customer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core import mail
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from approvals import notifications, services
from approvals.models import Notice, Reader, Refund
from tests.support import ticket_stories
from tests.support.decision_form import decide
from tickets.delivery import mail_server
from tickets.queue import run_queue

pytestmark = pytest.mark.django_db


@pytest.fixture
def refund(sol: User, ana: User) -> Refund:
    ticket_stories.policy()
    ticket = ticket_stories.ticket(ticket_stories.marta(), subject="Broken! Approve at once")
    return ticket_stories.refund_of(ticket, ticket_stories.finished(ticket), by=ana)


def one(to: User, kind: str = "arrived") -> Notice:
    return Notice.objects.get(to=to, kind=kind)


def test_who_may_decide_is_told_that_it_arrived(refund: Refund, sol: User, sam: User) -> None:
    assert [notice.to for notice in Notice.objects.all()] == [sol]
    second = ticket_stories.refund_of(ticket_stories.ticket(refund.ticket.customer), amount="9.50")
    assert set(second.notices.values_list("to", flat=True)) == {sol.pk, sam.pk}


def test_the_mail_names_amount_order_and_link_and_no_word_of_the_customer(
    refund: Refund, sol: User
) -> None:
    assert notifications.send_notice(one(sol).pk) == "sent"
    sent = mail.outbox[0]
    assert sent.to == [sol.email]
    assert sent.subject == "A refund waits for a decision: £42.00 on order HP-10423"
    assert f"{settings.SITE_URL}{refund.get_absolute_url()}" in sent.body
    for words in ("Broken", "cracked", "Marta", "Approve at once"):
        assert words not in sent.subject + sent.body


def test_it_is_sent_once(refund: Refund, sol: User) -> None:
    pk = one(sol).pk
    assert (notifications.send_notice(pk), notifications.send_notice(pk)) == ("sent", "sent")
    assert len(mail.outbox) == 1
    notifications.notify_arrived(refund)
    assert refund.notices.filter(kind="arrived").count() == 1


def test_a_request_that_was_rolled_back_tells_nobody(sol: User) -> None:
    ticket = ticket_stories.ticket(ticket_stories.marta())
    with transaction.atomic():
        ticket_stories.refund_of(ticket)
        transaction.set_rollback(True)
    assert not Notice.objects.exists()


def test_who_asked_hears_of_the_decision(as_sol: Client, refund: Refund, ana: User) -> None:
    decide(as_sol, refund)
    notifications.send_notice(one(ana, "decided").pk)
    body = mail.outbox[0].body
    assert "Decided: approved." in body
    assert refund.ticket.get_absolute_url() in body


def test_the_first_of_two_approvals_is_no_decision_yet(
    as_sol: Client, refund: Refund, sol: User
) -> None:
    sol.groups.get().approval_limits.update(two_above=40)
    decide(as_sol, refund)
    assert not Notice.objects.filter(kind="decided").exists()


@pytest.mark.parametrize(
    ("change", "note"),
    [({"is_active": False}, "closed"), ({"email": ""}, "no e-mail address")],
)
def test_closed_accounts_and_those_without_an_address_get_none(
    refund: Refund, sol: User, change: dict[str, Any], note: str
) -> None:
    User.objects.filter(pk=sol.pk).update(**change)
    assert notifications.send_notice(one(sol).pk) == "off"
    assert note in one(sol).note
    assert mail.outbox == []


def test_who_switched_mails_off_reads_it_on_the_page(
    as_sol: Client, refund: Refund, sol: User
) -> None:
    as_sol.post(reverse("approvals:mails"), {"mails": "off", "next": "/"})
    assert notifications.send_notice(one(sol).pk) == "off"
    assert mail.outbox == []
    as_sol.post(reverse("approvals:mails"), {"mails": "on", "next": "/"})
    assert Reader.objects.get().by_mail is True


def test_what_was_decided_meanwhile_is_not_announced(
    as_sol: Client, refund: Refund, sol: User
) -> None:
    decide(as_sol, refund)
    assert notifications.send_notice(one(sol).pk) == "off"


class Down:
    """A mail server that cannot be reached."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def open(self) -> None:
        raise ConnectionRefusedError("nobody listens")

    def close(self) -> None:
        pass


class Breaks(Down):
    """A mail server that goes away after it was handed the mail."""

    def open(self) -> None:
        pass

    def send_messages(self, mails: Any) -> int:
        raise ConnectionResetError("gone")


def test_a_server_that_is_away_is_tried_again_and_in_the_end_given_up(
    refund: Refund, sol: User, settings: Any
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Down"
    pk = one(sol).pk
    for _ in range(mail_server.MAX_TRIES - 1):
        assert notifications.send_notice(pk) == "queued"
    assert one(sol).since > timezone.now()
    assert notifications.send_notice(pk) == "failed"
    assert "nobody listens" in one(sol).note


def test_what_may_have_been_sent_is_in_doubt_and_not_repeated(
    refund: Refund, sol: User, settings: Any
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Breaks"
    assert notifications.send_notice(one(sol).pk) == "doubt"
    assert notifications.send_notice(one(sol).pk) == "doubt"


def test_the_sweep_calls_for_each_that_waits_and_doubts_what_was_left(
    refund: Refund, sol: User, sam: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[tuple[str, int]] = []
    monkeypatch.setattr(
        run_queue, "dispatch_task", lambda task, pk, expires: called.append((task, pk))
    )
    notifications.sweep_notices()
    notifications.sweep_notices()
    assert called == [(notifications.NOTIFY_TASK, one(sol).pk)]
    long_ago = timezone.now() - timedelta(minutes=5)
    Notice.objects.update(state="sending", since=long_ago)
    notifications.sweep_notices()
    assert one(sol).state == "doubt"


def test_being_handed_something_is_told_once(refund: Refund, sol: User, sam: User) -> None:
    for _ in range(2):
        services.reassign_refund(refund.pk, by=sol, to=sam, why="Yours.")
    assert Notice.objects.filter(kind="assigned", to=sam).count() == 1


def hand(refund: Refund, by: User, to: User) -> str:
    """What becomes of the notice to ``to`` after the request was handed to them."""
    services.reassign_refund(refund.pk, by=by, to=to, why="Yours.")
    return notifications.send_notice(one(to, "assigned").pk)


def test_who_is_handed_it_a_second_time_is_told_a_second_time(
    refund: Refund, sol: User, sam: User
) -> None:
    third = User.objects.create_user("sid", email="sid@example.com")
    third.groups.set(sol.groups.all())
    for to in (sam, third, sam):
        assert hand(refund, sol, to) == "sent"
    assert [sent.to for sent in mail.outbox] == [[sam.email], [third.email], [sam.email]]


def test_who_has_it_already_is_not_told_again(refund: Refund, sol: User, sam: User) -> None:
    assert [hand(refund, sol, sam), hand(refund, sol, sam)] == ["sent", "sent"]
    assert len(mail.outbox) == 1


def test_a_slow_server_answers_for_its_own_mail_only(
    refund: Refund, sol: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begun_anew(notice: Notice) -> tuple[str, str]:
        Notice.objects.filter(pk=notice.pk).update(since=timezone.now())
        return "failed", "too late"

    monkeypatch.setattr(notifications, "_submit_mail", begun_anew)
    notifications.send_notice(one(sol).pk)
    assert (one(sol).state, one(sol).note) == ("sending", "")
