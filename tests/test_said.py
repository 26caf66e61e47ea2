"""Values in the customer's own words: each becomes a mark, known ones that of their row."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.facts import MOST
from triage.said import with_marks
from triage.slots import SLOT, Slot

KNOWN = (
    Slot(name="order", about="", value="HP-1042", ref="order:HP-1042", kind="order"),
    Slot(name="item", about="", value="Enamel kettle", ref="order:HP-1042", kind="item"),
    Slot(name="status", about="", value="delivered", ref="order:HP-1042", kind="status"),
)


def marked(text: str) -> str:
    return with_marks(text, KNOWN, "ticket:7:words")[0]


def named(text: str) -> list[tuple[str, str]]:
    return [(slot.kind, slot.value) for slot in with_marks(text, KNOWN, "ticket:7:words")[1]]


def test_a_value_we_know_becomes_the_mark_of_its_row() -> None:
    assert marked("the enamel kettle of hp-1042") == "the ⟦item⟧ of ⟦order⟧"
    assert named("the enamel kettle of hp-1042") == []


def test_a_word_that_is_no_name_stays_a_word() -> None:
    assert marked("it was delivered") == "it was delivered"


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("about order 99812 please", "said_order", "99812"),
        ("see #W2378156", "said_order", "#W2378156"),
        ("I paid £49.00 for it", "said_amount", "£49.00"),
        ("I paid 1,250 euros for it", "said_amount", "1,250 euros"),
        ("it came on 3rd March 2026 late", "said_date", "3rd March 2026"),
        ("since 2026-03-01 I wait", "said_date", "2026-03-01"),
        ("since March 3, I wait", "said_date", "March 3"),
        ("you said 9 November. And now?", "said_date", "9 November"),
        ("you said 9 Nov. 2026", "said_date", "9 Nov. 2026"),
        ("mail maya.l@example.org now", "said_contact", "maya.l@example.org"),
        ("call +44 7700 900123 now", "said_contact", "+44 7700 900123"),
        ("look at https://example.org/a?b=1 there", "said_link", "https://example.org/a?b=1"),
        ("I want 2 of them", "said_number", "2"),
    ],
)
def test_a_value_only_the_customer_names_is_a_slot_of_its_own(
    text: str, kind: str, value: str
) -> None:
    assert named(text) == [(kind, value)]


def test_the_same_value_twice_is_one_slot() -> None:
    assert marked("£5 is £5") == "⟦said_amount⟧ is ⟦said_amount⟧"


def test_more_values_than_there_are_marks_lose_their_value() -> None:
    text = " ".join(f"£{n}" for n in range(1, MOST["said_amount"] + 2))
    assert marked(text).endswith("#")


@given(st.text(alphabet=st.sampled_from("a1£.@ #-/⟦⟧order\ue000"), max_size=60))
def test_no_digit_is_left_and_no_mark_can_be_spelled_by_hand(text: str) -> None:
    out, found = with_marks(text, KNOWN, "t")
    assert not any(character.isdigit() for character in SLOT.sub("", out))
    assert set(SLOT.findall(out)) <= {slot.name for slot in (*KNOWN, *found)}
