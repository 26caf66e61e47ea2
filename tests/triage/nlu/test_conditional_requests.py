"""A wish that cannot be met, where the customer says what is to be done then."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.case_values import ORDER, THIRTY_DAYS, labelled
from triage.nlu import find_money_requests
from triage.nlu.conditional_requests import find_fallback
from triage.nlu.document import Document
from triage.refunds.proposal import propose_remedy

WHOLE = replace(THIRTY_DAYS, only_whole=True)
BY_CARD = replace(ORDER, ways=("card",))
PART = "Can you cancel just the kettle? If you cannot cancel only one item, {}."
WAY = "Please cancel it and put the money on my gift card. If a gift card is not possible, {}."


@pytest.mark.parametrize(
    ("text", "because"),
    [
        (PART, f"{WHOLE.name}: the whole order or nothing"),
        (WAY, "order HP-1042 was not paid by gift card"),
    ],
)
@pytest.mark.parametrize("instead", ["leave the order as it is", "no cancellation at all"])
def test_what_they_want_instead_is_all_that_is_left(text: str, because: str, instead: str) -> None:
    found = find_fallback(Document.read(text.format(instead)), (BY_CARD,), (WHOLE,))
    assert found is not None
    assert (found.left, found.because) == (f"{instead}.", because)


@pytest.mark.parametrize(
    ("text", "order", "rule"),
    [
        (PART.format("cancel all of it"), BY_CARD, WHOLE),
        (PART.format("leave it"), BY_CARD, THIRTY_DAYS),
        (WAY.format("leave it"), replace(ORDER, ways=("gift card", "card")), WHOLE),
        (WAY.format("leave it"), ORDER, WHOLE),
        ("Cancel the kettle. If that is not possible, leave it.", BY_CARD, WHOLE),
        ("Please cancel just the kettle.", BY_CARD, WHOLE),
        (PART.format("then all of it can go"), BY_CARD, WHOLE),
        (WAY.format("put it on my Visa instead"), BY_CARD, WHOLE),
        (f"The lamp came broken, refund it. {PART.format('leave that')}", BY_CARD, WHOLE),
    ],
    ids=[
        "money instead",
        "parts may go",
        "paid so",
        "nobody knows",
        "what is not?",
        "no instead",
        "all of it instead",
        "another card instead",
        "something else before",
    ],  # fmt: skip
)
def test_a_wish_that_may_be_met_stays_a_wish(text: str, order: Any, rule: Any) -> None:
    assert find_fallback(Document.read(text), (order,), (rule,)) is None


def test_it_has_to_be_impossible_in_each_order_that_is_open() -> None:
    text = WAY.format("leave it")
    other = replace(ORDER, number="HP-2000", ways=("gift card",))
    assert find_fallback(Document.read(text), (BY_CARD, other), (WHOLE,)) is None
    assert find_fallback(
        Document.read(text), (BY_CARD, replace(other, status="cancelled")), (WHOLE,)
    )


def test_behind_another_matter_it_is_told_and_no_question_of_money() -> None:
    made = labelled("order-status", order=BY_CARD, rules=(WHOLE,), text=PART.format("leave it"))
    found = propose_remedy(made)
    assert (found.outcome, found.reasons) == ("none", ("NOT_AS_ASKED",))
    assert f"{WHOLE.name}: the whole order or nothing" in found.because


def test_pieces_of_an_order_that_goes_back_as_a_whole_are_a_question() -> None:
    found = propose_remedy(labelled("return-request", rules=(WHOLE,)))
    assert (found.outcome, found.reasons) == ("human", ("ONLY_WHOLE_ORDERS",))
    assert "only the whole order HP-1042" in found.questions[0]
    whole = propose_remedy(labelled("return-request", rules=(WHOLE,), text="Take all of it back."))
    assert whole.outcome == "review"


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("I wanted to cancel the grill, but I have decided to keep it.", False),
        ("I want to return the lamp but keep the shade.", True),
        ("Change the address please, I will return the desk later.", False),
        ("I want to return the desk later today.", True),
        ("I will return it later today, please send me a label.", True),
        ("I expect you will refund me no later than Friday.", True),
        ("I want a partial refund for the scratch, but I would like to keep it.", True),
        ("Cancel one of the lamps please, but the other is fine and I want to keep it.", True),
    ],
)
def test_a_wish_taken_back_or_put_off_is_none(text: str, asks: bool) -> None:
    assert bool(find_money_requests(Document.read(text))) is asks
