"""What is learned from: examples, and the last word of a person on each ticket."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tests.support import learning_shop, shop_rows
from tests.support.learning_shop import labelled, later
from tickets.models import Correction, Message
from triage.contract.outcomes import get_message_text
from triage.learning import examples, intent_discovery
from triage.models import Intent, IntentProposal
from triage.pipeline.case_builder import build_case

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop() -> None:
    learning_shop.taxonomy()


def of_tickets() -> list[examples.Row]:
    return [row for row in examples.load_examples().training if row.ticket]


def test_a_label_that_ana_gave_is_learned_from(ana: User) -> None:
    ticket = labelled("my parcel is lost", "where-is-it", ana, before="money-back")
    assert of_tickets() == [
        examples.Row(text="my parcel is lost", label="where-is-it", ticket=ticket.pk)
    ]


def test_the_last_word_on_a_ticket_counts(ana: User, ben: User) -> None:
    ticket = labelled("my parcel is lost", "where-is-it", ana)
    Correction.objects.create(ticket=ticket, step="classify", after="money-back", by=ben)
    Correction.objects.create(ticket=ticket, step="draft", after="something else", by=ben)
    assert [row.label for row in of_tickets()] == ["money-back"]


def test_a_label_that_was_confirmed_is_learned_from(ana: User) -> None:
    labelled("my parcel is lost", "where-is-it", ana, before="where-is-it")
    assert [row.label for row in of_tickets()] == ["where-is-it"]


def test_none_of_ours_by_a_person_is_background(ana: User) -> None:
    labelled("do you buy old tents", "", ana, before="money-back")
    assert [row.label for row in of_tickets()] == [""]


def test_the_text_is_what_the_classify_step_reads(ana: User) -> None:
    ticket = labelled("my parcel is lost", "where-is-it", ana)
    ticket.subject = "Parcel"
    ticket.save()
    Message.objects.create(ticket=ticket, direction="in", text="it is a lamp")
    Message.objects.create(ticket=ticket, direction="note", author=ana, text="a note of ours")
    Correction.objects.create(ticket=ticket, step="classify", after="where-is-it", by=ana)
    assert (
        of_tickets()[0].text
        == get_message_text(build_case(ticket))
        == "Parcel\nmy parcel is lost\n\nit is a lamp"
    )


def test_what_was_written_after_the_label_is_not_part_of_it(ana: User) -> None:
    ticket = labelled("my parcel is lost", "where-is-it", ana)
    Message.objects.create(ticket=ticket, direction="out", author=ana, text="Sorry", at=later(1))
    Message.objects.create(ticket=ticket, direction="in", text="now refund me", at=later(2))
    assert of_tickets()[0].text == "my parcel is lost"


def test_a_label_given_after_our_answer_is_about_the_words_before_it(ana: User) -> None:
    ticket = shop_rows.ticket("my parcel is lost", subject="")
    while examples.is_held_back(ticket.pk):
        ticket = shop_rows.ticket("my parcel is lost", subject="")
    Message.objects.create(
        ticket=ticket, direction="out", author=ana, text="Sorry", at=timezone.now()
    )
    Correction.objects.create(ticket=ticket, step="classify", after="where-is-it", by=ana)
    assert [row.text for row in of_tickets()] == ["my parcel is lost"]


def test_a_ticket_whose_words_were_erased_is_left_out(ana: User) -> None:
    ticket = labelled("my parcel is lost", "where-is-it", ana)
    ticket.messages.update(text="")
    assert of_tickets() == []


def test_a_label_that_was_retired_is_not_learned(ana: User) -> None:
    labelled("my parcel is lost", "where-is-it", ana)
    Intent.objects.filter(slug="where-is-it").update(active=False)
    data = examples.load_examples()
    assert {row.label for row in data.training} == {"", "money-back"}


def test_tickets_drawn_by_lot_are_marked(ana: User) -> None:
    labelled("my parcel is lost", "where-is-it", ana, audited=True)
    labelled("my rug is lost", "where-is-it", ana)
    assert sorted(row.audited for row in of_tickets()) == [False, True]


def test_one_ticket_in_five_is_held_back_for_ever() -> None:
    held = [examples.is_held_back(pk) for pk in range(1, 5_001)]
    assert 900 < sum(held) < 1_100
    assert held == [examples.is_held_back(pk) for pk in range(1, 5_001)]


def test_what_is_held_back_is_never_trained_on(ana: User) -> None:
    ticket = labelled("my parcel is lost", "where-is-it", ana, held=True)
    data = examples.load_examples()
    assert [row.ticket for row in data.held_back] == [ticket.pk]
    assert "my parcel is lost" not in {row.text for row in data.training}


def test_words_that_are_also_an_example_test_nothing(ana: User) -> None:
    labelled("where is my kettle", "where-is-it", ana, held=True)
    data = examples.load_examples()
    assert (data.held_back, data.shared) == ((), 1)


def test_the_same_words_in_other_letters_test_nothing(ana: User) -> None:
    labelled("WHERE is  my kettle", "where-is-it", ana, held=True)
    assert examples.load_examples().held_back == ()


def test_a_ticket_that_ada_made_an_example_of_tests_nothing(ana: User, ada: User) -> None:
    ticket = labelled("my parcel is lost", "where-is-it", ana, held=True)
    proposal = IntentProposal.objects.create(name="Parcel")
    proposal.tickets.add(ticket)
    intent = Intent.objects.get(slug="where-is-it")
    intent_discovery.accept_proposal(proposal, name="", into=intent, tickets=[ticket.pk], by=ada)
    Message.objects.create(ticket=ticket, direction="in", text="it is a lamp")
    Correction.objects.create(ticket=ticket, step="classify", after="where-is-it", by=ana)
    data = examples.load_examples()
    assert "my parcel is lost" in {row.text for row in data.training}
    assert (data.held_back, data.shared) == ((), 1)


def test_news_are_tickets_labelled_since(ana: User) -> None:
    ticket = labelled("my parcel is lost", "where-is-it", ana)
    Correction.objects.create(ticket=ticket, step="classify", after="money-back", by=ana)
    assert examples.count_corrected_tickets(None) == 1
    assert examples.count_corrected_tickets(timezone.now()) == 0
