"""A reply is sent once, with its receipt, or it is known why not."""

from __future__ import annotations

import smtplib
import threading
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.utils import timezone

from tests.support.raw_mails import letter, reply
from tests.support.smtp_server import smtp_server
from tickets.delivery import mail_server, outbox, sending
from tickets.intake import receive_mail
from tickets.mail.thread_tokens import build_reply_address, build_thread_id
from tickets.models import Correction, Draft, Message, Receipt, Run, Ticket
from tickets.queue import leases, run_queue
from triage import tasks

pytestmark = pytest.mark.django_db

Committing = Callable[..., Any]


def drafted(body: str = "We send a new lamp.", **values: Any) -> Draft:
    """A draft in answer to Marta's mail."""
    ticket = receive_mail(letter()).ticket
    assert ticket
    return Draft.objects.create(ticket=ticket, composed_by="sentences", body=body, **values)


@pytest.fixture
def send(ana: User, django_capture_on_commit_callbacks: Committing) -> Callable[[Draft], Message]:
    """Send as ana does, up to and with what follows the commit."""

    def send(draft: Draft) -> Message:
        with django_capture_on_commit_callbacks(execute=True):
            message = sending.send_reply(draft, by=ana)
        message.refresh_from_db()
        return message

    return send


@pytest.fixture
def over_smtp(settings: Any) -> Callable[[int], None]:
    def point(port: int) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 2

    return point


def fails_with(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def raises(self: object, messages: object) -> int:
        raise error

    monkeypatch.setattr(EmailBackend, "send_messages", raises)


# --- what is sent ---------------------------------------------------------------


def test_a_reply_goes_to_the_customer_in_their_thread(send: Callable[[Draft], Message]) -> None:
    draft = drafted()
    receive_mail(reply(References="<first@example.com>"))
    message = send(draft)
    (sent,) = mail.outbox
    assert sent.to == ["marta@example.com"]
    assert (sent.subject, sent.body) == ("Re: Broken lamp", "We send a new lamp.")
    assert sent.extra_headers["Message-ID"] == message.message_id
    assert sent.extra_headers["In-Reply-To"] == "<second@example.com>"
    mark, *thread = sent.extra_headers["References"].split()
    assert mark == build_thread_id(message.ticket_id, "help@harbourandpine.example")
    assert thread == ["<first@example.com>", "<second@example.com>"]
    assert sent.reply_to == []
    assert message.delivery == "sent"


def test_the_customer_s_answer_to_it_finds_the_ticket(send: Callable[[Draft], Message]) -> None:
    message = send(drafted())
    answer = reply(In_Reply_To=str(message.message_id), Message_ID="<third@example.com>")
    assert receive_mail(answer).ticket == message.ticket


def test_a_sent_reply_leaves_a_receipt_and_the_ticket_waits(
    send: Callable[[Draft], Message], ana: User
) -> None:
    message = send(drafted())
    receipt = Receipt.objects.get(step="send")
    assert (receipt.actor_kind, receipt.actor) == ("human", "ana")
    assert receipt.output["message_id"] == message.message_id
    assert receipt.output["edited"] is False
    assert message.author == ana
    assert Ticket.objects.get().status == Ticket.Status.WAITING
    assert not Correction.objects.exists()


def test_an_edited_reply_is_a_correction_of_the_draft(
    send: Callable[[Draft], Message], ben: User
) -> None:
    words = "Sorry! We send a new one."
    message = send(drafted(edited_body=words, edited_by=ben, edited_at=timezone.now()))
    correction = Correction.objects.get()
    assert message.text == correction.after == words
    assert (correction.before, correction.by) == ("We send a new lamp.", ben)
    assert Receipt.objects.get(step="send").output["edited_by"] == "ben"


def test_an_agent_s_own_reply_corrects_nothing(send: Callable[[Draft], Message], ana: User) -> None:
    send(drafted("", edited_body="Hello!", edited_by=ana, edited_at=timezone.now()))
    assert not Correction.objects.exists()


def test_a_subject_cannot_smuggle_in_a_header(send: Callable[[Draft], Message]) -> None:
    draft = drafted()
    Ticket.objects.update(subject="Lamp\r\nBcc: all@example.org\u2028x")
    message = send(draft)
    (sent,) = mail.outbox
    assert sent.recipients() == ["marta@example.com"]
    assert sent.subject == "Re: Lamp Bcc: all@example.org x"
    assert message.delivery == "sent"


def test_a_shop_can_have_the_ticket_s_mark_in_address_and_subject(
    send: Callable[[Draft], Message], settings: Any
) -> None:
    settings.PLUS_ADDRESSES = settings.SUBJECT_NUMBERS = True
    message = send(drafted())
    (sent,) = mail.outbox
    assert sent.reply_to == [build_reply_address(message.ticket_id, "help@harbourandpine.example")]
    assert sent.subject == f"Re: Broken lamp [#{message.ticket_id}]"


def test_a_reply_has_one_re_only() -> None:
    assert outbox.format_reply_subject("RE: Broken lamp") == "RE: Broken lamp"
    assert outbox.format_reply_subject("") == "Re: your message"


def test_sending_ends_a_run_that_is_still_open(send: Callable[[Draft], Message]) -> None:
    draft = drafted()
    held = run_queue.claim_run(Run.objects.get().pk, "worker")
    assert held is not None
    send(draft)
    with pytest.raises(leases.LeaseLost):
        run_queue.renew_lease(held)
    assert Run.objects.get().state == Run.State.REPLACED
    assert Ticket.objects.get().status == Ticket.Status.WAITING


# --- what is not ----------------------------------------------------------------


def test_a_reply_is_not_sent_twice(send: Callable[[Draft], Message]) -> None:
    draft = drafted()
    send(draft)
    with pytest.raises(sending.AlreadySent):
        send(draft)
    assert len(mail.outbox) == 1


def test_an_older_draft_is_not_sent_beside_a_newer_one(send: Callable[[Draft], Message]) -> None:
    old = drafted()
    send(Draft.objects.create(ticket=old.ticket, composed_by="sentences", body="Newer."))
    with pytest.raises(sending.AlreadySent):
        send(old)


def test_without_an_address_nothing_is_sent_and_nothing_changed(
    send: Callable[[Draft], Message],
) -> None:
    draft = drafted()
    Ticket.objects.update(email="")
    with pytest.raises(sending.NoAddress):
        send(draft)
    assert not Message.objects.filter(direction="out").exists()
    assert not Receipt.objects.exists()


def test_an_empty_reply_is_not_sent(send: Callable[[Draft], Message]) -> None:
    with pytest.raises(sending.NothingToSend):
        send(drafted("  \n"))


def test_a_guard_can_refuse_and_then_nothing_changed(
    send: Callable[[Draft], Message], settings: Any
) -> None:
    settings.SEND_GUARDS = ["tests.tickets.delivery.test_sending.refuses"]
    draft = drafted()
    with pytest.raises(sending.UnapprovedCommitment, match="“No.”: it is not so."):
        send(draft)
    draft.refresh_from_db()
    assert (draft.message, Ticket.objects.get().status, mail.outbox) == (None, "new", [])
    assert Run.objects.get().state == Run.State.QUEUED


def refuses(draft: Draft, ticket: Ticket) -> None:
    """A guard that is called with the ticket locked, and says no."""
    assert connection.in_atomic_block
    raise sending.UnapprovedCommitment([sending.Objection(sentence="No.", because="it is not so")])


def test_a_check_that_was_not_run_holds_the_reply_until_its_sender_has_read_it(
    send: Callable[[Draft], Message], ana: User, settings: Any
) -> None:
    settings.SEND_GUARDS = ["tests.tickets.delivery.test_sending.cannot_look"]
    draft = drafted()
    with pytest.raises(sending.CheckNotRun, match="“no magic” was not run: the wand is lost"):
        send(draft)
    held = Receipt.objects.get(step="send")
    assert (held.status, mail.outbox) == ("abstained", [])
    assert [check["passed"] for check in held.checks] == [None]
    message = sending.send_reply(draft, by=ana, has_read=True)
    sent = Receipt.objects.get(step="send", status="ok")
    assert sent.output["message"] == message.pk
    assert sent.checks == [
        {
            "name": "no magic",
            "passed": None,
            "value": "read by ana instead",
            "threshold": "",
            "because": "the wand is lost",
        }
    ]


def cannot_look(draft: Draft, ticket: Ticket) -> list[sending.MissingCheck]:
    return [sending.MissingCheck(name="no magic", because="the wand is lost")]


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_send_one_mail(ana: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_queue, "wake_worker", lambda run_id: None)
    draft, refused = drafted(), []

    def click() -> None:
        try:
            sending.send_reply(Draft.objects.get(pk=draft.pk), by=ana)
        except sending.AlreadySent as error:
            refused.append(error)
        finally:
            connection.close()

    clicks = [threading.Thread(target=click) for _ in range(4)]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join()
    assert (len(mail.outbox), len(refused)) == (1, 3)


# --- delivery -------------------------------------------------------------------


def test_a_real_server_gets_the_mail_as_it_should_be(
    send: Callable[[Draft], Message], over_smtp: Callable[[int], None]
) -> None:
    with smtp_server() as server:
        over_smtp(server.port)
        message = send(drafted("Grüße aus dem Hafen."))
    (raw,) = server.mails
    arrived = message_from_bytes(raw, policy=policy.default)
    assert message.delivery == "sent"
    assert arrived["In-Reply-To"] == "<first@example.com>"
    assert arrived["Message-ID"] == message.message_id
    assert arrived["Auto-Submitted"] is None
    assert arrived.get_content().strip() == "Grüße aus dem Hafen."


@pytest.mark.parametrize(
    ("answers", "state", "note"),
    [
        ({"RCPT": "550 no such user"}, "failed", "550 no such user"),
        ({"MAIL": "550 go away"}, "failed", "550 go away"),
        ({"DATA": "554 looks like spam"}, "failed", "554 looks like spam"),
        ({"EHLO": "421 busy", "HELO": "421 busy"}, "failed", "421 busy"),
        ({"RCPT": "450 later", "QUIT": ""}, "failed", "450 later"),
        ({"DATA": "451 later"}, "failed", "451 later"),
        ({"DATA": ""}, "doubt", "connection broke"),
        ({"MAIL": ""}, "failed", "connection broke"),
        ({"RCPT": ""}, "failed", "connection broke"),
        ({"QUIT": ""}, "sent", ""),
    ],
)
def test_what_the_server_answers_is_what_is_known(
    send: Callable[[Draft], Message],
    over_smtp: Callable[[int], None],
    answers: dict[str, str],
    state: str,
    note: str,
) -> None:
    with smtp_server(**answers) as server:
        over_smtp(server.port)
        message = send(drafted())
    assert message.delivery == state
    assert note in message.delivery_note


@pytest.mark.parametrize(
    ("greeting", "state"), [("250-hello\r\n250 SMTPUTF8", "sent"), ("250 hello", "failed")]
)
def test_an_address_in_any_script_is_written_as_it_is_or_not_at_all(
    send: Callable[[Draft], Message],
    over_smtp: Callable[[int], None],
    greeting: str,
    state: str,
) -> None:
    draft = drafted()
    Ticket.objects.update(email="jörg@exämple.example")
    with smtp_server(EHLO=greeting) as server:
        over_smtp(server.port)
        message = send(draft)
    assert message.delivery == state
    assert [("jörg@exämple.example".encode() in raw) for raw in server.mails] == [True] * (
        state == "sent"
    )


def test_a_server_that_is_not_there_got_nothing(
    send: Callable[[Draft], Message], over_smtp: Callable[[int], None]
) -> None:
    over_smtp(1)
    assert send(drafted()).delivery == "failed"


@pytest.mark.parametrize(
    "error", [TimeoutError(), smtplib.SMTPServerDisconnected(), RuntimeError("backend")]
)
def test_what_nobody_can_know_is_in_doubt_and_not_repeated(
    send: Callable[[Draft], Message], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    fails_with(error, monkeypatch)
    message = send(drafted())
    monkeypatch.undo()
    assert message.delivery == "doubt"
    Message.objects.update(delivery_since=timezone.now() - timedelta(days=1))
    sending.sweep_outbox()
    assert sending.deliver_message(message.pk) == "doubt"
    assert mail.outbox == []


# --- what was left --------------------------------------------------------------


def left(state: str, seconds: int, ana: User) -> Message:
    """A message that a process left behind so many seconds ago."""
    message = sending.send_reply(drafted(), by=ana)  # the commit, and with it delivery, never comes
    since = timezone.now() - timedelta(seconds=seconds)
    Message.objects.filter(pk=message.pk).update(delivery=state, delivery_since=since)
    return message


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What workers are called to: the task and the number of the row."""
    made: list[tuple[str, int]] = []
    monkeypatch.setattr(
        run_queue, "dispatch_task", lambda task, pk, **options: made.append((task, pk))
    )
    return made


@pytest.mark.parametrize(
    ("state", "note", "seconds", "then", "called"),
    [
        ("queued", "", 6, "queued", 1),
        ("queued", "", 1, "queued", 0),
        ("sending", outbox.LEAVING_NOTE, 61, "doubt", 0),
        ("sending", "", 61, "queued", 0),  # it had not begun to leave: the next sweep calls
        ("sending", outbox.LEAVING_NOTE, 10, "sending", 0),
        ("sending", "", 10, "sending", 0),
    ],
)
def test_the_sweep_calls_for_what_waits_and_doubts_what_was_half_sent(
    ana: User,
    calls: list[tuple[str, int]],
    state: str,
    note: str,
    seconds: int,
    then: str,
    called: int,
) -> None:
    message = left(state, seconds, ana)
    Message.objects.filter(pk=message.pk).update(delivery_note=note)
    sending.sweep_outbox()
    message.refresh_from_db()
    assert (message.delivery, mail.outbox) == (then, [])
    assert calls == [(tasks.deliver.name, message.pk)] * called


def test_what_the_sweep_called_for_is_sent_by_a_task_of_its_own(ana: User) -> None:
    message = left("queued", 6, ana)
    tasks.deliver(message.pk)
    tasks.deliver(message.pk)
    message.refresh_from_db()
    assert (message.delivery, len(mail.outbox)) == ("sent", 1)


def test_the_sweep_calls_for_a_few_mails_and_for_none_again_at_once(
    ana: User, calls: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "SWEEP_BATCH_SIZE", 2)
    first = left("queued", 9, ana)
    for number in range(2):
        Message.objects.create(
            ticket=first.ticket,
            direction="out",
            author=ana,
            text="Hi",
            delivery="queued",
            delivery_since=timezone.now() - timedelta(seconds=8 - number),
        )
    for _ in range(3):
        sending.sweep_outbox()
    assert [pk for _, pk in calls] == list(
        Message.objects.filter(direction="out").order_by("pk").values_list("pk", flat=True)
    )


def make_due(message: Message) -> None:
    """As if its pause were over."""
    Message.objects.filter(pk=message.pk).update(retry_at=timezone.now() - timedelta(seconds=1))


def test_what_the_server_wants_later_is_tried_again_after_growing_pauses_and_sent_once(
    send: Callable[[Draft], Message],
    over_smtp: Callable[[int], None],
    calls: list[tuple[str, int]],
) -> None:
    with smtp_server(RCPT="450 greylisted, come back later") as server:
        over_smtp(server.port)
        message = send(drafted())
        pauses = []
        for _ in range(3):
            assert (message.delivery, sending.deliver_message(message.pk)) == ("failed", "failed")
            assert message.retry_at
            assert message.delivery_since
            pauses.append(message.retry_at - message.delivery_since)
            make_due(message)
            sending.sweep_outbox()
            sending.deliver_message(message.pk)
            message.refresh_from_db()
        assert pauses == sorted(set(pauses))
        del server.answers["RCPT"]
        make_due(message)
        sending.sweep_outbox()
        assert sending.deliver_message(message.pk) == "sent"
        sending.sweep_outbox()
    message.refresh_from_db()
    assert (len(server.mails), message.retry_at, message.delivery_tries) == (1, None, 5)
    assert [pk for _, pk in calls] == [message.pk] * 4


def test_after_two_days_of_later_it_waits_for_a_person(
    send: Callable[[Draft], Message], over_smtp: Callable[[int], None]
) -> None:
    over_smtp(1)
    message = send(drafted())
    tries = mail_server.MAX_TRIES - 1
    pauses = sum((mail_server.compute_pause(n) for n in range(1, tries + 1)), timedelta())
    assert timedelta(days=1.9) < pauses < timedelta(days=2.1)
    Message.objects.filter(pk=message.pk).update(delivery="queued", delivery_tries=tries)
    sending.deliver_message(message.pk)
    message.refresh_from_db()
    assert (message.delivery, message.retry_at) == ("failed", None)


@pytest.mark.parametrize("answers", [{"DATA": "554 spam"}, {"RCPT": "550 no such user"}])
def test_what_the_server_refuses_for_good_is_not_tried_again(
    send: Callable[[Draft], Message], over_smtp: Callable[[int], None], answers: dict[str, str]
) -> None:
    with smtp_server(**answers) as server:
        over_smtp(server.port)
        message = send(drafted())
    assert (message.delivery, message.retry_at) == ("failed", None)


def test_a_process_that_was_given_up_hands_nothing_over_any_more(
    ana: User, over_smtp: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It hung before the mail left, and the sweep gave the mail to another."""
    message = left("queued", 6, ana)

    def hang(slow: Message) -> Any:
        Message.objects.filter(pk=slow.pk).update(delivery="queued", delivery_since=None)
        return composed(slow)

    composed = outbox.compose_mail
    with smtp_server() as server:
        over_smtp(server.port)
        monkeypatch.setattr(outbox, "compose_mail", hang)
        assert sending.deliver_message(message.pk) == "queued"
        monkeypatch.undo()
        assert server.mails == []
        over_smtp(server.port)
        assert sending.deliver_message(message.pk) == "sent"
    assert len(server.mails) == 1


def test_ana_may_set_aside_what_failed_and_send_it_after_all(
    ana: User, django_capture_on_commit_callbacks: Committing
) -> None:
    message = left("failed", 0, ana)
    sending.set_aside(message, by=ana)
    message.refresh_from_db()
    assert not Message.objects.filter(Message.build_unsent_filter()).exists()
    assert Receipt.objects.get(step="settle_delivery").output["set_aside"] is True
    with pytest.raises(sending.NotSent):
        sending.set_aside(message, by=ana)
    with django_capture_on_commit_callbacks(execute=True):
        sending.send_again(message, by=ana)
    message.refresh_from_db()
    assert (message.delivery, message.set_aside_at) == ("sent", None)


def test_a_doubt_is_settled_by_a_person_once(ana: User) -> None:
    message = left("doubt", 0, ana)
    sending.resolve_doubt(message, arrived=True, by=ana)
    message.refresh_from_db()
    assert message.delivery == "sent"
    assert Receipt.objects.get(step="settle_delivery").output["arrived"] is True
    with pytest.raises(sending.NotInDoubt):
        sending.resolve_doubt(message, arrived=False, by=ana)


def test_what_did_not_arrive_can_be_sent_again_under_the_same_id(
    ana: User, django_capture_on_commit_callbacks: Committing
) -> None:
    message = left("doubt", 0, ana)
    sending.resolve_doubt(message, arrived=False, by=ana)
    with django_capture_on_commit_callbacks(execute=True):
        sending.send_again(message, by=ana)
    message.refresh_from_db()
    assert message.delivery == "sent"
    assert mail.outbox[0].extra_headers["Message-ID"] == message.message_id


def test_what_was_sent_is_not_sent_again(send: Callable[[Draft], Message], ana: User) -> None:
    message = send(drafted())
    with pytest.raises(sending.NotSent):
        sending.send_again(message, by=ana)
    assert len(mail.outbox) == 1


# --- what has to be done first --------------------------------------------------------------


def test_a_reply_with_a_gap_is_not_sent(ana: User) -> None:
    draft = drafted("Hello,\n\n[Please answer: “Is it vegan?”]\n\nBye")
    with pytest.raises(sending.GapLeft, match="Please answer: “Is it vegan"):
        sending.send_reply(draft, by=ana)
    assert not Message.objects.filter(direction="out").exists()


def test_once_the_gap_is_filled_it_goes(ana: User, send: Callable[[Draft], Message]) -> None:
    draft = drafted("Hello,\n\n[Please answer: “Is it vegan?”]\n\nBye")
    draft.edited_body, draft.edited_by, draft.edited_at = "It is vegan.", ana, timezone.now()
    draft.save()
    assert send(draft).text == "It is vegan."


def test_what_the_reply_says_is_done_has_to_be_ticked(ana: User) -> None:
    draft = drafted(tasks=["Change the address", "Tell the carrier"])
    with pytest.raises(sending.TasksOpen, match=r"done first\. Tell the carrier\. Tick it then"):
        sending.send_reply(draft, by=ana, done=["Change the address"])
    sending.send_reply(draft, by=ana, done=["Tell the carrier", "Change the address"])
    sent = Receipt.objects.get(step="send")
    assert sent.output["tasks_done"] == ["Change the address", "Tell the carrier"]
    assert sent.actor == "ana"
