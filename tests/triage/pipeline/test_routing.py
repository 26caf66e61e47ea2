"""Why a ticket goes before ana: a clear sentence for each outcome, and nothing that buries it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support import shop_rows
from tests.support.case_values import FakeWriter, labelled
from tests.support.written_drafts import answer_by, leave_open
from tickets.models import Ticket
from triage.contract.answers import SAVED_REPLY, Blocker
from triage.contract.outcomes import (
    FOREIGN_LANGUAGE_REASON,
    UNLIKE_OURS_REASON,
    Matter,
    Outcome,
)
from triage.contract.outputs import Classification
from triage.contract.step import Rung, Status
from triage.guardrails.attribution import Part
from triage.pipeline import routing, run_records
from triage.pipeline.runner import climb_ladder
from triage.refunds.proposal import HUMAN, NONE, Proposed
from triage.steps import draft
from triage.steps.answer import Answers
from triage.steps.draft import Reply
from triage.steps.retrieve import Retrieval

TWO = (
    Matter(label="return-request", name="return request", confidence=0.9, words="send it back"),
    Matter(label="order-status", name="order status", confidence=0.8, words="where is it"),
)
LABELLED: dict[str, Any] = {
    "label": "return-request",
    "name": "return request",
    "outcome": Outcome.OURS,
}


def reasons(
    trouble: str = "",
    *,
    decided: str = NONE,
    text: str = "Hello",
    answers: Answers = Answers(),  # noqa: B008  a frozen value
    **label: Any,
) -> str:
    made = labelled().add_output(Classification(**label)).add_output(Proposed(outcome=decided))
    made = made.add_output(answers)
    parts = (Part(text=text),) if text else ()
    return " ".join(routing.iter_attention_reasons(made.add_output(Reply(parts=parts)), trouble))


def test_a_sure_label_with_a_draft_needs_no_reason() -> None:
    assert reasons(**LABELLED) == ""


@pytest.mark.parametrize(
    ("outcome", "says"),
    [
        (Outcome.SPAM, "This looks like spam: “prize”. No reply was written"),
        (Outcome.NOT_OURS, "This does not look like a request to us: “prize”. No reply"),
        (Outcome.EMPTY, "There is nothing to read in this message: “prize”. No reply"),
    ],
)
def test_what_asks_for_nothing_says_so(outcome: Outcome, says: str) -> None:
    assert says in reasons(decided=HUMAN, text="", outcome_because="“prize”", outcome=outcome)


def test_another_language_is_said_before_the_label_is_asked_for() -> None:
    said = reasons(outcome_because=FOREIGN_LANGUAGE_REASON, suggestion_name="return request")
    assert said.startswith("It is not written in a language that the machine reads")
    assert said.endswith("Please confirm the label or choose another.")


def test_who_writes_another_language_gets_no_english_reply() -> None:
    made = labelled(language="de").add_output(Classification(**LABELLED)).add_output(Reply())
    made = made.add_output(Answers())
    nothing = replace(made[Retrieval], hits=())  # nobody is told to check a draft that is not there
    made = made.add_output(Proposed(outcome=NONE)).add_output(nothing)
    (said,) = routing.iter_attention_reasons(made, "")
    assert said == (
        "No reply was written: no saved reply in the customer's language answers it. "
        "Please write one."
    )


@pytest.mark.parametrize("why", ["Is money due? " * 40, "شُكْرًا جَزِيلًا " * 40])
def test_many_reasons_are_cut_at_the_end_and_say_so(db: None, why: str) -> None:
    ticket = shop_rows.ticket("Where is it?")
    ticket.mark_attention(why)
    ticket.refresh_from_db()
    assert len(ticket.attention) in (299, 300)
    assert ticket.attention.endswith("…")


def test_two_matters_are_named_beside_the_label() -> None:
    said = reasons(**{**LABELLED, "outcome": Outcome.SEVERAL, "matters": TWO})
    assert said == (
        "Two matters: return request and order status. "
        "Please check the label and that the reply answers each."
    )


def test_a_suggestion_is_a_question() -> None:
    said = reasons(suggestion="return-request", suggestion_name="return request")
    assert said == "Is this “return request”? Please confirm the label or choose another."


def test_without_a_suggestion_a_label_is_asked_for() -> None:
    assert reasons() == "Needs a label from a person."


def test_a_question_without_an_answer_goes_before_ana_with_its_words() -> None:
    said = reasons(answers=leave_open(labelled(text="Is it vegan?")), **LABELLED)
    assert said == "0 of 1 answered. Open: “Is it vegan?” (unknown)."


def test_what_is_answered_needs_no_label() -> None:
    answered = answer_by(SAVED_REPLY, labelled())
    assert reasons(answers=answered, suggestion_name="return request") == ""


def test_what_only_the_customer_can_tell_is_asked_in_the_reply() -> None:
    asked = leave_open(labelled(), Blocker.CUSTOMER)
    assert reasons(answers=asked, **LABELLED) == ""


def test_what_is_unlike_all_we_know_and_asks_for_something_is_a_question() -> None:
    unlike = {"outcome": Outcome.NOT_OURS, "outcome_because": UNLIKE_OURS_REASON}
    said = reasons(answers=leave_open(labelled(text="Is it vegan?")), text="", **unlike)
    assert "does not look like a request" not in said
    assert "Open: “Is it vegan?”" in said


def test_what_stands_in_the_way_of_a_refund_is_said_first_after_the_label() -> None:
    assert reasons("Over the limit.", **LABELLED) == "Over the limit."


# --- no draft that pretends -----------------------------------------------------------


@pytest.mark.parametrize("outcome", [Outcome.SPAM, Outcome.NOT_OURS, Outcome.EMPTY])
def test_no_writer_is_asked_to_answer_what_asks_for_nothing(outcome: Outcome) -> None:
    writer = FakeWriter("Hello, thank you for writing to us.")
    made = (
        labelled().add_output(Classification(outcome=outcome)).add_output(Proposed(outcome=HUMAN))
    ).add_output(Answers())
    rung = Rung(name="fake", load=lambda: writer)
    result = climb_ladder(draft.step, made, [rung], draft.step.limits)
    assert (result.status, result.output.text, writer.tasks) == (Status.ABSTAINED, "", [])
    assert outcome.value in result.swap_reason


def test_a_second_matter_is_taken_up() -> None:
    label = Classification(**{**LABELLED, "outcome": Outcome.SEVERAL, "matters": TWO})
    made = labelled().add_output(label).add_output(Proposed(outcome=NONE)).add_output(Answers())
    assert draft.build_writing_task(made).also == "order status"
    alone = made.add_output(Classification(**LABELLED))
    assert draft.build_writing_task(alone).also == ""


# --- raised, never lowered ------------------------------------------------------------


def read(ticket: Ticket, **signs: Any) -> tuple[int, str]:
    ticket.update_row(**run_records.raise_urgency(ticket, Classification(**signs)))
    ticket.refresh_from_db()
    return ticket.urgency, ticket.mood


@pytest.mark.django_db
def test_a_later_no_rush_lowers_nothing() -> None:
    ticket = shop_rows.ticket()
    assert read(ticket, urgency=4, mood="threatening") == (4, "threatening")
    assert read(ticket, urgency=1, mood="calm") == (4, "threatening")


@pytest.mark.django_db
def test_what_ana_raised_stays_raised() -> None:
    ticket = shop_rows.ticket(urgency=3)
    assert read(ticket, urgency=1, mood="calm") == (3, "calm")


@pytest.mark.django_db
def test_a_first_reading_may_be_low_and_a_second_may_raise() -> None:
    ticket = shop_rows.ticket()
    assert read(ticket, urgency=1, mood="calm") == (1, "calm")
    assert read(ticket, urgency=3, mood="upset") == (3, "upset")


@pytest.mark.django_db
def test_what_rules_read_leaves_the_mood_open() -> None:
    ticket = shop_rows.ticket()
    assert read(ticket, urgency=3) == (3, "")
