"""What people answered again and again is proposed as a saved reply, and ada decides."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.support.past_tickets import answered
from tests.support.run_rows import run_of
from tickets.models import Draft, Message, Ticket
from triage.learning.reply_collection import collect_sent_replies
from triage.learning.reply_discovery import propose_replies_job
from triage.models import Intent, Job, ReplyProposal, SavedReply, SentReply
from triage.pipeline import jobs
from triage.pipeline.configuration import load_configuration

pytestmark = pytest.mark.django_db

WRAPS = (
    ("Can you wrap the lamp as a gift?", "We wrap any order: tick the box in the basket."),
    (
        "Is it possible to have it gift wrapped?",
        "Any order is wrapped: tick the box in the basket.",
    ),
    ("Do you offer gift wrapping please?", "We do wrap orders. Tick the box in the basket."),
    ("Could my parcel be gift wrapped?", "Hi Marta, we wrap any order, tick the box.\n\nBen"),
)
OTHERS = (
    ("Where is my parcel?", "It left the warehouse and comes by courier."),
    ("My kettle leaks from the base.", "Unplug it and send us a photo of the base."),
)


def shop_of_gifts(label: str = "gifts") -> list[Ticket]:
    """Four tickets about wrapping and two about other things."""
    return [
        answered(asked, told, number, label=label)
        for number, (asked, told) in enumerate((*WRAPS, *OTHERS), 1)
    ]


def look() -> dict[str, object]:
    return dict(propose_replies_job(Job(kind="replies")))


def test_what_was_answered_alike_is_one_proposal() -> None:
    shop_of_gifts()
    assert look()["proposals"] == 1
    found = ReplyProposal.objects.get()
    assert found.sources.count() == 4
    assert found.label == "gifts"
    assert "tick the box" in found.text.lower()
    assert found.doubts == []
    assert {"Can you wrap the lamp as a gift?"} <= set(found.questions)


def test_greeting_and_closing_are_not_in_the_library() -> None:
    shop_of_gifts()
    look()
    kept = SentReply.objects.get(text__contains="tick the box.").text
    assert kept == "We wrap any order, tick the box."


def test_a_reply_that_went_out_as_the_machine_wrote_it_teaches_nothing() -> None:
    ticket = answered(*WRAPS[0])
    sent = ticket.messages.get(direction="out")
    written = {"run": run_of(ticket), "composed_by": "focal", "body": sent.text}
    Draft.objects.create(ticket=ticket, message=sent, **written)
    assert collect_sent_replies() == 0


def test_answers_that_differ_are_not_proposed() -> None:
    for number, (asked, told) in enumerate((WRAPS[0], *OTHERS), 1):
        answered(asked, told, number)
    assert look()["proposals"] == 0


def test_nothing_of_one_customer_is_an_example() -> None:
    shop_of_gifts()
    answered("Please gift wrap order HP-10423 for me", WRAPS[0][1], 7, label="gifts")
    answered("Gift wrap it, my mail is marta@example.com", WRAPS[0][1], 8, label="gifts")
    look()
    said = " ".join(ReplyProposal.objects.get().questions)
    assert "HP-10423" not in said
    assert "my order" in said
    assert "@" not in said


def test_ada_words_it_and_it_answers_from_then_on(as_ada: Client) -> None:
    Intent.objects.create(slug="gifts", name="Gift wrap")
    shop_of_gifts()
    look()
    found = ReplyProposal.objects.get()
    shown = as_ada.get(reverse("triage:reply_proposals")).content.decode()
    assert "Answered 4 times · Gift wrap" in shown
    assert all(f"#{sent.message.ticket_id}" in shown for sent in found.sources.all())
    as_ada.post(
        reverse("triage:take_reply", args=[found.pk]),
        {
            "title": "Gift wrap",
            "text": "Tick “gift” in the basket.",
            "questions": "\n".join(found.questions),
        },
    )
    reply = SavedReply.objects.get()
    assert (reply.slug, reply.intents) == ("gift-wrap", ["gifts"])
    assert reply.wordings.get().text == "Tick “gift” in the basket."
    (known,) = load_configuration().replies
    assert known.slug == "gift-wrap"
    found.refresh_from_db()
    assert (found.state, found.reply, str(found.decided_by)) == ("taken", reply, "ada")


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"text": "We refund you £20 today."}, "reads as if money were given"),
        ({"text": "Tick {box}."}, "There is no value {box}"),
        ({"questions": "one\ntwo"}, "Leave at least 3 questions"),
        ({"text": ""}, "This field is required"),
    ],
)
def test_what_cannot_be_used_is_refused_with_what_was_typed(
    as_ada: Client, changed: dict[str, str], problem: str
) -> None:
    found = ReplyProposal.objects.create(title="Gift wrap", text="Tick it.")
    typed = {"title": "A title of mine", "text": "Tick it.", "questions": "one\ntwo\nthree"}
    answer = as_ada.post(reverse("triage:take_reply", args=[found.pk]), {**typed, **changed})
    assert answer.status_code == 422
    assert problem in answer.content.decode()
    assert "A title of mine" in answer.content.decode()
    assert not SavedReply.objects.exists()


def test_what_ada_refused_is_not_proposed_again(as_ada: Client) -> None:
    shop_of_gifts()
    look()
    as_ada.post(reverse("triage:refuse_reply", args=[ReplyProposal.objects.get().pk]))
    assert look()["proposals"] == 0
    assert ReplyProposal.objects.get().state == "refused"


def test_somebody_decided_meanwhile(as_ada: Client) -> None:
    ben = User.objects.create_user("ben")
    found = ReplyProposal.objects.create(
        title="Gift wrap", text="Tick it.", state="refused", decided_by=ben
    )
    answer = as_ada.post(reverse("triage:refuse_reply", args=[found.pk]))
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "Somebody decided on this meanwhile" in shown


def test_what_a_saved_reply_says_already_is_told() -> None:
    Intent.objects.create(slug="gifts", name="Gift wrap")
    known = SavedReply.objects.create(
        slug="wrap",
        title="Gift wrapping",
        questions=[asked for asked, _ in WRAPS],
        intents=["gifts"],
    )
    known.wordings.create(text="We wrap any order.")
    shop_of_gifts()
    look()
    assert ReplyProposal.objects.get().like == known


def test_every_night_somebody_looks() -> None:
    assert "replies" in jobs.NIGHTLY_KINDS


def test_a_message_that_is_erased_takes_its_reply_with_it() -> None:
    shop_of_gifts()
    look()
    Message.objects.filter(direction="out").delete()
    assert not SentReply.objects.exists()


def test_what_ada_typed_stays_where_its_proposal_is_gone(as_ada: Client) -> None:
    typed = {"title": "Mine", "text": "A text of mine.", "questions": "one\ntwo\nthree"}
    answer = as_ada.post(reverse("triage:take_reply", args=[999]), typed)
    shown = answer.content.decode()
    assert answer.status_code == 404
    assert "A text of mine." in shown
    assert "it is no longer there" in shown


def test_a_proposal_stays_the_same_row_when_it_is_looked_for_again() -> None:
    shop_of_gifts()
    look()
    before = ReplyProposal.objects.get().pk
    answered("Please gift wrap the parcel", WRAPS[0][1], 9, label="gifts")
    look()
    found = ReplyProposal.objects.get()
    assert (found.pk, found.sources.count()) == (before, 5)


def test_what_was_answered_in_another_language_is_no_english_reply() -> None:
    told = "Guten Tag, ja, wir verpacken jede Bestellung gern als Geschenk für Sie."
    for number in range(1, 5):
        answered("Können Sie die Lampe als Geschenk verpacken?", told, number, label="gifts")
    assert look()["proposals"] == 0
    assert "is not written in English" in SentReply.objects.first().doubts  # type: ignore[union-attr]
