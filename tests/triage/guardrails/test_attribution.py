"""Slots: what a writer may point at, and what it may not say by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.contract.slots import Slot, WritingTask
from triage.guardrails.attribution import UNSOURCED_VALUE, Grounded, Written, find_sentence_fault
from triage.guardrails.attribution import ground_sentences as ground_written

SLOTS = (
    Slot(
        name="customer", about="customer name", value="Maya Lund", ref="customer:1", kind="customer"
    ),
    Slot(name="order", about="order number", value="HP-1042", ref="order:HP-1042", kind="order"),
    Slot(
        name="amount",
        about="refund amount",
        value="49.00 GBP",
        ref="decision:amount",
        kind="amount",
    ),
    Slot(
        name="clause",
        about="Returns: window",
        value="30 days. No more.",
        ref="clause:r.w@2",
        kind="clause",
    ),
)
TASK = WritingTask(kind="draft", intent="", outcome="review refund", urgency="normal", slots=SLOTS)


def ground(text: str, task: WritingTask) -> Grounded:
    return ground_written(Written(text=text), task)


def test_values_are_filled_in_and_keep_their_source() -> None:
    grounded = ground("Hello ⟦customer⟧,\n\nThis is about order ⟦order⟧.", TASK)
    assert grounded.text == "Hello Maya Lund,\n\nThis is about order HP-1042."
    assert grounded.refs == {"customer:1", "order:HP-1042"}


def test_a_clause_is_quoted_whole() -> None:
    assert ground("Our policy says: ⟦clause⟧ We hope this helps.", TASK).text == (
        "Our policy says: “30 days. No more.” We hope this helps."
    )


@pytest.mark.parametrize(
    ("sentence", "because"),
    [
        ("It takes 5 days.", "by itself"),
        ("It takes ٥ days.", "by itself"),
        ("It takes five days.", "by itself"),
        ("It takes ½ a day.", "by itself"),
        ("You get £ back.", "by itself"),
        ("Write to help@shop.", "by itself"),
        ("See www.shop.", "by itself"),
        ("About ⟦item9⟧.", "does not have"),
        ("We will refund you.", "nobody has decided"),
        ("A refund has been approved.", "nobody has decided"),
        ("We guarantee it.", "nobody has decided"),
        ("Hello ⟦order⟧,", "another value than the order number"),
        ("It was delivered on ⟦amount⟧.", "another value than the refund amount"),
        ("We check whether ⟦customer⟧ can be refunded.", "another value than the customer name"),
        ("Our policy says: ⟦order⟧.", "another value than the order number"),
        ("It also says: ⟦amount⟧.", "another value than the refund amount"),
        ("Order ⟦order⟧ and ⟦order⟧.", "twice"),
        ("A stray ⟦ mark.", "by itself"),
    ],
)
def test_it_leaves_out_what_stands_on_nothing(sentence: str, because: str) -> None:
    assert because in find_sentence_fault(sentence, TASK, must_cite=False)


@pytest.mark.parametrize(
    "sentence",
    [
        "Thank you for writing to us.",
        "A colleague is reviewing a refund of ⟦amount⟧ for you.",
        "Hello ⟦customer⟧,",
        "Our policy on this says: ⟦clause⟧",
    ],
)
def test_it_keeps_what_stands_on_something(sentence: str) -> None:
    assert find_sentence_fault(sentence, TASK, must_cite=False) == ""


def test_a_summary_may_not_chat() -> None:
    assert (
        find_sentence_fault("What a lovely customer.", TASK, must_cite=True) == "stands on no fact"
    )


def test_what_was_left_out_is_listed_with_its_reason() -> None:
    grounded = ground("Thank you. We will refund you. Goodbye.", TASK)
    assert grounded.text == "Thank you. Goodbye."
    assert [claim.text for claim in grounded.omitted_claims] == ["We will refund you."]


@given(st.text(alphabet=st.sampled_from("ab 12.\n⟦customer⟧⟦clause⟧⟦item9⟧£!?"), max_size=80))
def test_whatever_a_writer_babbles_nothing_typed_survives(text: str) -> None:
    grounded = ground(text, TASK)
    assert not UNSOURCED_VALUE.search("".join(part.text for part in grounded.parts if not part.ref))
