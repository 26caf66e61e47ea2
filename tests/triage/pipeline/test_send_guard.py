"""No reply leaves that promises money which nobody approved, in the writer's words or in ana's."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from approvals import services
from approvals.models import Refund
from approvals.services import Proposal
from approvals.snapshot.build import compute_fingerprint
from tests.conftest import join
from tests.support import shop_rows
from tests.support.ticket_stories import policy
from tickets.delivery import sending
from tickets.models import Draft, Message, Order, Payment, Receipt, Ticket
from triage.pipeline import registry, send_guard

SENTENCES = Path(__file__).parents[1] / "guardrails" / "commitments.toml"
PROMISE = "We will refund £49.00 to your card."
APPROVED = "Your refund of £49.00 has been approved and will be paid."
PAID = "Your refund of £49.00 has been paid."
REVIEW = "A colleague is reviewing a refund of £49.00."


def reply(text: str, **values: Any) -> Draft:
    """Ana's reply to Maya, who wants her kettle's price back."""
    ticket = Ticket.objects.first() or shop_rows.ticket(
        "I want my money back for the kettle.", **values
    )
    if not Order.objects.exists():
        shop_rows.order()
    return Draft.objects.create(ticket=ticket, composed_by="focal", body=text)


def refund(amount: str = "49.00", **changes: Any) -> Refund:
    ticket = Ticket.objects.get()
    proposal = Proposal(order=Order.objects.get(), amount=Decimal(amount), **changes)
    return services.propose_refund(ticket, proposal, run=None, by=None)


def decide(asked: Refund, by: User, verdict: str = "approve") -> Refund:
    return services.decide_refund(
        asked.pk, by=by, verdict=verdict, reason="Seen.", seen=compute_fingerprint(asked)
    )


@pytest.mark.django_db
@pytest.mark.parametrize("text", [PROMISE, APPROVED, PAID, "I've refunded you, Maya."])
def test_where_nobody_asked_nothing_is_promised(ana: User, text: str) -> None:
    with pytest.raises(sending.UnapprovedCommitment, match="no refund has been approved"):
        sending.send_reply(reply(text), by=ana)
    assert mail.outbox == []
    assert not Message.objects.filter(direction="out").exists()


@pytest.mark.django_db
def test_it_makes_no_difference_who_wrote_it(ana: User) -> None:
    own = reply("")
    own.edited_body, own.edited_by, own.edited_at = PROMISE, ana, timezone.now()
    own.save()
    with pytest.raises(sending.UnapprovedCommitment):
        sending.send_reply(own, by=ana)


@pytest.mark.django_db
def test_while_it_is_under_review_that_is_all_that_may_be_said(ana: User, sol: User) -> None:
    draft = reply(REVIEW)
    refund()
    promising = reply(PROMISE)
    with pytest.raises(sending.UnapprovedCommitment, match="still under review"):
        sending.send_reply(promising, by=ana)
    promising.delete()
    sending.send_reply(draft, by=ana)


@pytest.mark.django_db
@pytest.mark.parametrize(("verdict", "because"), [("reject", "refused"), ("return", "not decided")])
def test_what_was_not_approved_is_not_promised(
    ana: User, sol: User, verdict: str, because: str
) -> None:
    draft = reply(PROMISE)
    decide(refund(), sol, verdict)
    with pytest.raises(sending.UnapprovedCommitment, match=because):
        sending.send_reply(draft, by=ana)


@pytest.mark.django_db
def test_approved_it_may_be_promised_and_paid_it_may_be_said_to_be(ana: User, sol: User) -> None:
    paid = reply(PAID)
    approved = decide(refund(), sol)
    with pytest.raises(sending.UnapprovedCommitment, match="not paid yet"):
        sending.send_reply(paid, by=ana)
    services.record_manual_payment(approved.pk, by=sol, reference="re_1")
    assert sending.send_reply(paid, by=ana).text == PAID


@pytest.mark.django_db
def test_an_approval_that_no_longer_counts_bears_out_nothing(ana: User, sol: User) -> None:
    draft = reply(PROMISE)
    decide(refund(), sol)
    Payment.objects.create(order=Order.objects.get(), kind="refund", amount="5.00")
    with pytest.raises(sending.UnapprovedCommitment, match="has changed since"):
        sending.send_reply(draft, by=ana)


@pytest.mark.django_db
def test_a_clause_of_ours_is_quoted_whichever_version_it_is_of(ana: User) -> None:
    policy()
    text = (
        "Our policy says: “Tell us within 14 days of delivery and we refund a damaged item "
        "in full.”"
    )
    assert sending.send_reply(reply(text), by=ana).text == text


@pytest.mark.django_db
def test_a_refusal_leaves_a_receipt_without_the_words(ana: User) -> None:
    with pytest.raises(sending.UnapprovedCommitment):
        sending.send_reply(reply(PROMISE), by=ana)
    receipt = Receipt.objects.get(step="send")
    assert (receipt.actor, receipt.status) == ("ana", "abstained")
    assert receipt.output["because"] == "no refund has been approved on this ticket"
    assert PROMISE not in str(receipt.output)


@pytest.mark.django_db(transaction=True)
def test_an_approval_lost_between_opening_and_sending_is_noticed(
    ana: User, sol: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page is open, the approval goes, the button is pressed: at the same moment."""
    draft = reply(PROMISE)
    approved = decide(refund(), sol)
    told: list[Any] = []
    looked, gone = threading.Event(), threading.Event()

    def press() -> None:
        looked.wait(10)
        try:
            told.append(sending.send_reply(Draft.objects.get(pk=draft.pk), by=ana))
        except sending.NotSent as refusal:
            told.append(refusal)
        finally:
            gone.set()
            connection.close()

    pressing = threading.Thread(target=press)
    pressing.start()
    _void_slowly(approved, looked, gone)
    pressing.join()
    assert isinstance(told[0], sending.UnapprovedCommitment)
    assert mail.outbox == []


def _void_slowly(approved: Refund, looked: threading.Event, gone: threading.Event) -> None:
    """Make it void under the ticket's lock, while the other waits for that lock."""
    with transaction.atomic():
        Ticket.get_locked(approved.ticket_id)
        looked.set()
        assert not gone.wait(0.3), "it was sent without the lock"
        Refund.objects.filter(pk=approved.pk).update(state="void")


# --- without its model ------------------------------------------------------------------


@pytest.fixture
def no_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The bundled model's file is gone, as after a copy that lost it."""
    entries = dict(registry.load_entries())
    entry = entries[send_guard.COMMITMENT_MODEL]
    entries[entry.name] = replace(entry, path=tmp_path / "promises.safetensors")
    send_guard.load_commitment_model.cache_clear()
    monkeypatch.setattr(registry, "load_entries", lambda: entries)


@pytest.mark.django_db
def test_without_its_model_nothing_leaves_in_silence(no_model: None, ana: User) -> None:
    draft = reply(REVIEW)
    with pytest.raises(sending.CheckNotRun, match="not run: rules alone read the reply"):
        sending.send_reply(draft, by=ana)
    held = Receipt.objects.get(step="send")
    assert (held.status, held.checks[0]["passed"]) == ("abstained", None)
    assert not Message.objects.filter(direction="out").exists()


@pytest.mark.django_db
def test_what_the_rules_refuse_no_reading_by_a_person_lets_go(no_model: None, ana: User) -> None:
    with pytest.raises(sending.UnapprovedCommitment):
        sending.send_reply(reply(PROMISE), by=ana, has_read=True)


@pytest.mark.django_db
def test_where_a_refund_was_approved_the_model_is_not_missed(
    no_model: None, ana: User, sol: User
) -> None:
    draft = reply(APPROVED)
    decide(refund(), sol)
    sending.send_reply(draft, by=ana)
    assert Receipt.objects.get(step="send").checks == []


# --- the page ---------------------------------------------------------------------------


@pytest.fixture
def press(as_ana: Client) -> Callable[..., Any]:
    """Ana types a text over the draft and presses send."""

    def press(ticket: Ticket, text: str, **more: str) -> Any:
        page = as_ana.get(ticket.get_absolute_url())
        return as_ana.post(
            f"{ticket.get_absolute_url()}send/",
            {"text": text, "seen": page.context["seen"], "note": "", **more},
        )

    return press


@pytest.mark.django_db
def test_the_form_says_why_and_shows_the_sentence(press: Callable[..., Any]) -> None:
    draft = reply("Hello Maya.")
    page = press(draft.ticket, f"Hello Maya.\n\n{PROMISE}\n\nAna")
    shown = page.content.decode()
    assert page.status_code == 422
    assert f"<q>{PROMISE}</q>" in shown
    assert "No refund has been approved on this ticket." in shown
    assert f'href="/approvals/request/{draft.ticket_id}/"' in shown


@pytest.mark.django_db
def test_a_check_not_run_is_shown_and_ana_can_read_it_herself(
    press: Callable[..., Any], no_model: None, as_ana: Client
) -> None:
    draft = reply(REVIEW)
    page = press(draft.ticket, REVIEW)
    shown = page.content.decode()
    assert page.status_code == 422
    assert "not run" in shown
    assert 'name="has_read"' in shown
    assert "passed" not in shown.split('id="not-sent"')[1].split("</ul>")[0]
    assert press(draft.ticket, REVIEW, has_read="1").status_code == 302
    thread = as_ana.get(draft.ticket.get_absolute_url()).content.decode()
    assert "Sent with a check not run" in thread
    receipt = Receipt.objects.get(step="send", status="ok")
    page = as_ana.get(receipt.get_absolute_url()).content.decode()
    assert "read by ana instead" in page
    assert "check-open" in page
    assert "check-good" not in page


@pytest.mark.django_db
def test_nothing_that_ana_typed_is_lost(press: Callable[..., Any]) -> None:
    draft = reply("Hello Maya.")
    page = press(draft.ticket, f"Hello Maya.\n\n{PROMISE}")
    assert f"Hello Maya.\n\n{PROMISE}</textarea>" in page.content.decode()
    draft.refresh_from_db()
    assert draft.edited_body == f"Hello Maya.\n\n{PROMISE}"


@pytest.mark.django_db
def test_what_a_customer_wrote_does_not_become_markup(press: Callable[..., Any]) -> None:
    draft = reply("Hello Maya.")
    page = press(draft.ticket, "We will refund you <script>alert(1)</script> today.")
    assert "<script>alert(1)" not in page.content.decode()


@pytest.mark.django_db
def test_reworded_it_goes(press: Callable[..., Any]) -> None:
    draft = reply("Hello Maya.")
    press(draft.ticket, PROMISE)
    assert press(draft.ticket, REVIEW).status_code == 302
    assert Message.objects.get(direction="out").text == REVIEW


@pytest.mark.django_db
def test_there_is_no_way_around_it_for_a_supervisor(client: Client) -> None:
    draft = reply(PROMISE)
    client.force_login(join("sol"))
    url = draft.ticket.get_absolute_url()
    shown = {"seen": client.get(url).context["seen"], "text": draft.text}
    assert client.post(f"{url}send/", {"override": "1", **shown}).status_code == 422
    assert mail.outbox == []
