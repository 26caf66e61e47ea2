"""Summarize and draft: every sentence stands on a fact or clause, whoever writes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.support.case_values import ORDER, WINDOW, FakeWriter, labelled
from tests.support.written_drafts import GOOD, decided, write
from triage.contract.answers import Answer, AskedKind
from triage.contract.case import Case, Settled
from triage.contract.languages import REPLY_LANGUAGES, write_day
from triage.contract.outputs import Classification
from triage.contract.step import Status
from triage.nlu import entities as said
from triage.pipeline import step_receipts
from triage.pipeline.rule_engines import SentenceWriter
from triage.refunds.proposal import NONE, Proposed, propose_remedy
from triage.steps import draft, summarize
from triage.steps.answer import Answers
from triage.steps.retrieve import Hit, Retrieval
from triage.steps.summarize import Summary


def test_a_good_draft_passes_and_keeps_its_sources() -> None:
    result = write(draft.step, decided(), FakeWriter(GOOD))
    assert result.status == Status.OK
    assert "a refund of £49.00 for you" in result.output.text
    assert {"decision:amount", "clause:returns.window@2"} <= result.output.text_attribution.refs


@pytest.mark.parametrize(
    ("old", "new", "check"),
    [
        (
            "A colleague is reviewing a refund of ⟦amount⟧ for you.",
            "All is well.",
            "says what was decided",
        ),
        ("Hello ⟦customer⟧,", "Well,", "greets and closes"),
        ("we are glad", "GREATLY glad, we are glad", "does not shout"),
        ("Thank you", "It costs 5. We will refund you. Thank you", "little was left out"),
        ("we are glad to help you here.", "we are. It is. It is.", "says it once"),
        (GOOD, "Hello ⟦customer⟧,\n\nWe review it.\n\nKind regards,\n⟦shop⟧", "length"),
    ],
)
def test_a_draft_nobody_would_send_climbs(old: str, new: str, check: str) -> None:
    bad = FakeWriter(GOOD.replace(old, new))
    result = write(draft.step, decided(), bad, SentenceWriter())
    assert result.served.name == "sentences"
    assert check in result.swap_reason


def test_a_customer_who_writes_german_gets_no_english_reply() -> None:
    first, second = FakeWriter(GOOD), FakeWriter(GOOD)
    made = decided(text="Ich möchte den Kessel zurückgeben.", language="de")
    result = write(draft.step, made, first, second)
    assert (result.status, result.output.text) == (Status.ABSTAINED, "")
    assert (first.tasks, second.tasks, len(result.tried)) == ([], [], 1)
    missing = [check.name for check in result.tried[0].checks if not check.passed]
    assert missing == ["in the customer's language"]


def test_capitals_in_a_clause_are_not_our_shouting() -> None:
    loud = Hit(clause=replace(WINDOW, text="ALWAYS keep the RECEIPT."), rank=1, score=0.6)
    found = Retrieval(as_of=date(2026, 11, 1), as_of_because="", hits=(loud,))
    assert write(draft.step, decided().add_output(found), FakeWriter(GOOD)).status == Status.OK


def test_a_draft_that_was_cut_off_climbs() -> None:
    result = write(draft.step, decided(), FakeWriter(GOOD, finished=False), SentenceWriter())
    assert "finished" in result.swap_reason


def test_a_refusal_without_its_clause_climbs() -> None:
    refused = decided().add_output(Proposed(outcome="refuse", clause="returns.window"))
    text = GOOD.replace(
        "A colleague is reviewing a refund of ⟦amount⟧ for you.", "We cannot agree."
    )
    result = write(
        draft.step, refused, FakeWriter(text.replace("⟦clause⟧", "ask us.")), SentenceWriter()
    )
    assert "policy match" in result.swap_reason
    assert result.served.name == "sentences"


@pytest.mark.parametrize("outcome", ["none", "review", "refuse", "ask", "human"])
def test_the_rules_can_always_write_something_to_send(outcome: str) -> None:
    made = decided().add_output(Proposed(outcome=outcome, remedy="refund", clause="returns.window"))
    assert write(draft.step, made, SentenceWriter()).status == Status.OK


def test_nothing_is_quoted_while_nobody_knows_what_is_asked() -> None:
    writer = FakeWriter(GOOD)
    unlabelled = decided().add_output(Classification())
    write(draft.step, unlabelled, writer)
    assert not writer.tasks[0].list_slots("clause")


def test_a_clause_too_long_to_read_is_not_quoted() -> None:
    writer = FakeWriter(GOOD)
    long = Hit(clause=replace(WINDOW, text="word " * 200), rank=1, score=0.6)
    day = date(2026, 11, 1)
    write(
        draft.step,
        decided().add_output(Retrieval(as_of=day, as_of_because="", hits=(long,))),
        writer,
    )
    assert not writer.tasks[0].list_slots("clause")


def test_the_writer_never_sees_a_value() -> None:
    writer = FakeWriter(GOOD)
    write(draft.step, decided(), writer)
    described = [slot.about for slot in writer.tasks[0].slots]
    assert "order number" in described
    assert not any("HP-1042" in about for about in described)


def test_a_summary_states_facts_and_lists_what_it_left_out() -> None:
    writer = FakeWriter("⟦customer⟧ is lovely. Order ⟦order⟧ is ⟦status⟧. She is a joy.")
    result = write(summarize.step, labelled(), writer)
    assert result.status == Status.OK
    assert result.output.text_attribution.text == "Maya Lund is lovely. Order HP-1042 is delivered."
    assert [claim.text for claim in result.output.text_attribution.omitted_claims] == [
        "She is a joy."
    ]


def test_a_summary_that_misses_the_order_climbs() -> None:
    result = write(summarize.step, labelled(), FakeWriter("⟦customer⟧ is here."), SentenceWriter())
    assert result.served.name == "sentences"
    assert "Order HP-1042" in result.output.text_attribution.text


def test_an_item_of_the_order_does_not_name_the_order() -> None:
    result = write(summarize.step, labelled(), FakeWriter("She bought ⟦item⟧."), SentenceWriter())
    assert "names the order" in result.swap_reason


def test_a_summary_of_nobody_lists_facts_without_prose() -> None:
    made = replace(labelled(), facts=(), order=None)
    assert write(summarize.step, made, SentenceWriter()).status == Status.ABSTAINED


def test_nothing_is_told_of_an_order_while_nobody_knows_what_is_asked() -> None:
    writer = FakeWriter(GOOD)
    write(draft.step, decided(text="HP-1042?").add_output(Classification()), writer)
    assert {slot.kind for slot in writer.tasks[0].slots} <= {"shop", "customer", "amount"}


def test_an_order_that_is_not_the_customers_is_a_slot_of_the_message() -> None:
    writer = FakeWriter(GOOD)
    write(draft.step, decided(text="What of HP-1042 and HP-9999?"), writer)
    assert [slot.value for slot in writer.tasks[0].list_slots("said_order")] == ["HP-9999"]
    assert "⟦order⟧ and ⟦said_order⟧" in writer.tasks[0].ticket


def test_no_order_of_the_customers_is_ever_said_to_be_missing() -> None:
    second = replace(ORDER, number="HP-10877")
    text = "What of order 1042 and order number 10877, or is it hp10877?"
    made = decided(text=text, orders=(ORDER, second))
    for step in (draft.step, summarize.step):
        writer = FakeWriter(GOOD)
        write(step, made, writer)
        assert not writer.tasks[0].list_slots("said_order")
    assert "order ⟦order⟧ and order number #, or is it #?" in draft.build_writing_task(made).ticket


@pytest.mark.parametrize("module", [draft, summarize])
def test_a_message_is_looked_through_once_for_the_text_and_its_evidence(
    module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = []

    def mask_and_note(text: str, *rest: Any) -> Any:
        looked.append(text)
        return said.mask_entities(text, *rest)

    monkeypatch.setattr(module, "mask_entities", mask_and_note)
    write(module.step, decided(text="1,1,1 " * 90_000), FakeWriter(GOOD))
    assert len(looked) == 1


@pytest.mark.parametrize(
    ("state", "remedy", "said"),
    [
        ("approved", "refund", "refund of £49.00 has been approved and will be paid"),
        ("executed", "refund", "refund of £49.00 has been approved and paid"),
        ("approved", "price difference", "refund of £49.00 has been approved"),
        ("executed", "store credit", "store credit of £49.00 has been approved and paid"),
    ],
)
def test_what_people_decided_is_what_the_reply_says(state: str, remedy: str, said: str) -> None:
    result = write(draft.step, settled(state, remedy=remedy), SentenceWriter())
    assert result.status == Status.OK
    assert said in result.output.text


@pytest.mark.parametrize(
    "bad",
    [
        "Your refund of ⟦amount⟧ was approved, and we have paid it.",
        "Your refund of ⟦amount⟧ has been approved, and so is a refund of ⟦paid⟧.",
        "Your refund has been approved and will be paid in full.",
        "Store credit of ⟦amount⟧ has been approved for you.",
        "Your refund of ⟦amount⟧ has been approved, and a voucher will be sent to you.",
    ],
)
def test_of_what_was_approved_no_more_is_said_than_that(bad: str) -> None:
    text = GOOD.replace("A colleague is reviewing a refund of ⟦amount⟧ for you.", bad)
    result = write(draft.step, settled("approved"), FakeWriter(text), SentenceWriter())
    assert result.served.name == "sentences"


def test_what_was_approved_may_be_said_in_other_words() -> None:
    text = GOOD.replace(
        "A colleague is reviewing a refund of ⟦amount⟧ for you.",
        "I am pleased to say that your refund of ⟦amount⟧ has been approved.",
    )
    result = write(draft.step, settled("approved"), FakeWriter(text))
    assert "your refund of £49.00 has been approved" in result.output.text


@pytest.mark.parametrize("code", ["outside_window", "not_covered", "no_evidence", "other"])
def test_what_people_refused_rests_on_the_clause_they_saw(code: str) -> None:
    refused = settled("rejected", reason_code=code, reason="a chancer")
    result = write(draft.step, refused, SentenceWriter())
    assert result.output.text_attribution.refs >= {"clause:returns.window@2"}
    assert "chancer" not in result.output.text


def test_a_refusal_without_a_clause_on_record_can_still_be_told() -> None:
    result = write(draft.step, settled("rejected", clause=None), SentenceWriter())
    assert result.status == Status.OK


def settled(state: str, **values: Any) -> Case:
    usual = {"amount": Decimal(49), "currency": "GBP", "order": "HP-1042", "clause": WINDOW}
    people = Settled(**{**usual, "state": state, **values})
    made = labelled(settled=people).add_output(Summary()).add_output(Answers())
    return made.add_output(propose_remedy(made))


RETOLD = (
    "⟦customer⟧ says that her husband dropped the parcel in the hall and that the neighbour saw "
    "the driver laugh about ⟦order⟧."
)
PARTY = (
    "You told us that your sister unpacked it at a party, that the lid fell into the sink and "
    "that two guests laughed about the handle."
)
CITED = "Order ⟦order⟧ is ⟦status⟧. It was delivered on ⟦delivered⟧."


@pytest.mark.parametrize("kind", ["general", "hosted"])
def test_a_general_model_that_retells_more_than_it_cites_is_not_served(kind: str) -> None:
    result = write(summarize.step, labelled(), FakeWriter(RETOLD, kind=kind), SentenceWriter())
    assert result.served.name == "sentences"
    assert "cites more than it retells" in result.swap_reason
    checks = {check.name: check for check in result.tried[0].checks}
    assert checks.pop("cites more than it retells").value.startswith("73%")
    assert all(check.passed for check in checks.values())  # nothing else finds it


def test_a_draft_of_a_general_model_too() -> None:
    text = GOOD.replace("\n\nOur policy", f" {PARTY}\n\nOur policy")
    wrote = FakeWriter(text.replace("two guests", "guests"), kind="general")
    result = write(draft.step, decided(), wrote, SentenceWriter())
    assert "cites more than it retells" in result.swap_reason


def test_a_general_model_that_cites_is_served_with_its_share_on_record() -> None:
    for step, made, text in (
        (summarize.step, labelled(), CITED),
        (draft.step, decided(), GOOD),
    ):
        result = write(step, made, FakeWriter(text, kind="general"))
        assert result.status == Status.OK
        assert step_receipts.converter.unstructure(result.output)["retold"] == 0


def test_an_admin_moves_the_limit() -> None:
    made = labelled()
    output = summarize.step.run(made, FakeWriter(RETOLD, kind="general"))
    limits = {**summarize.step.limits, "retold": 0.8}
    assert all(check.passed for check in summarize.step.check(made, output, limits))


def test_of_writers_made_for_it_nothing_more_is_asked() -> None:
    result = write(summarize.step, labelled(), FakeWriter(CITED))
    assert "cites more than it retells" not in {check.name for check in result.checks}
    assert "retold" not in step_receipts.converter.unstructure(result.output)


def abroad(language: str, *texts: str) -> Case:
    """A message in that language, each of whose questions has one of these answers."""
    items = tuple(
        Answer(
            words="?",
            kind=AskedKind.QUESTION,
            source="saved reply",
            ref="reply:x@1",
            text=text,
            task="Look",
        )
        for text in texts
    )
    made = labelled(language=language, text="?").add_output(Proposed(outcome=NONE))
    return made.add_output(Answers(items=items)).add_output(Summary())


def test_answers_in_the_customer_s_language_are_written_between_its_courtesies() -> None:
    made = abroad("de", "Sie ist unterwegs.", "Die Nummer ist {order}.")
    result = write(draft.step, made, FakeWriter(GOOD), SentenceWriter())
    assert result.output.text.split("\n\n") == [
        "Guten Tag, Maya Lund,",
        "Sie ist unterwegs.",
        "Die Nummer ist HP-1042.",
        "Mit freundlichen Grüßen\nHarbour & Pine",
    ]
    assert result.status == Status.OK
    assert result.served.name == "sentences"
    assert "it writes in English alone" in result.swap_reason
    assert result.output.tasks == ("Look",)
    assert {part.ref for part in result.output.parts if part.kind == "fact"} >= {"order:HP-1042"}


@pytest.mark.parametrize(
    ("language", "day"),
    [("de", "14.11.2026"), ("fr", "14/11/2026"), ("nl", "14-11-2026"), ("ja", "2026年11月14日")],
)
def test_a_day_is_written_as_that_language_writes_it(language: str, day: str) -> None:
    assert write_day("14 November 2026", language) == day
    assert write_day("soon", language) == "soon"
    delivered = next(f.value for f in labelled().facts if f.kind == "delivered")
    result = write(draft.step, abroad(language, "X {delivered} X."), SentenceWriter())
    assert write_day(delivered, language) in result.output.text


@pytest.mark.parametrize("language", sorted(REPLY_LANGUAGES))
def test_every_language_has_its_courtesies(language: str) -> None:
    result = write(draft.step, abroad(language, "X."), SentenceWriter())
    opening, said, closing = result.output.text.split("\n\n")
    assert said == "X."
    assert opening
    assert closing.endswith("Harbour & Pine")
