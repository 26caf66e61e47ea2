"""Claim support: what the words around the values may not say, and what they may."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from triage.contract.fact_types import FACT_KINDS
from triage.contract.slots import Slot, WritingTask
from triage.guardrails.attribution import Written, ground_sentences
from triage.guardrails.claims import find_unsupported_claim, score_support

VALUES = {
    "shop": "Harbour & Pine",
    "customer": "Maya Lund",
    "order": "HP-1042",
    "placed": "1 November 2026",
    "status": "shipped",
    "promised": "9 November 2026",
    "tracking": "RM884201993GB",
    "paid": "£89.00",
    "item": "Enamel kettle",
    "item2": "Storm lamp",
    "amount": "£49.00",
    "said_amount": "£500",
    "said_date": "3 March",
    "said_link": "https://pay.example",
}
CLAUSE = (
    "You can return an unused item within 30 days of delivery for a full refund. Final sale items "
    "cannot be returned. If we cancel your order, the money goes back to the card you paid with."
)


def slot(name: str, value: str) -> Slot:
    kind = name.rstrip("0123456789")
    return Slot(
        name=name, about=FACT_KINDS.get(kind, "Returns: window"), value=value, ref=name, kind=kind
    )


TASK = WritingTask(
    kind="draft",
    intent="return request",
    outcome="review refund",
    urgency="normal",
    slots=(*(slot(name, value) for name, value in VALUES.items()), slot("clause", CLAUSE)),
)


def because(sentence: str, **changes: Any) -> str:
    return find_unsupported_claim(sentence, replace(TASK, **changes))


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("See ⟦said_link⟧ for more.", "repeats a link, address or number of the message"),
        ("The parcel is with Hermes.", "names “Hermes”"),
        ("Klarna handles the payment.", "names “Klarna”"),
        ("Hello Peter,", "names “Peter”"),
        ("You will hear from us by Friday.", "sets a time, “Friday”"),
        ("You will have an answer within a week.", "sets a time, “week”"),
        ("It was delivered on ⟦placed⟧.", "goes with another value"),
        ("Order ⟦tracking⟧ is ⟦status⟧.", "goes with another value"),
        ("You paid ⟦promised⟧ for it.", "goes with another value"),
        ("The order holds ⟦item⟧ and ⟦paid⟧.", "a list that begins with the item"),
        ("We are sorry that the ⟦clause⟧ broke.", "goes with another value"),
        ("Thank you for your message, ⟦item⟧.", "goes with another value"),
        ("Order ⟦order⟧ was not placed on ⟦placed⟧.", "denies what the rows say"),
        ("Order ⟦order⟧ is marked as cancelled.", "a status that its row does not have"),
        ("Your order has been delivered.", "says that the order is delivered"),
        ("We will refund you in full.", "promises"),
        ("A voucher is on its way to you.", "money or goods that nobody has decided on"),
        ("The costs are on us.", "money or goods that nobody has decided on"),
        ("You get a discount of a kind.", "money or goods that nobody has decided on"),
        ("Your refund has been approved.", "nobody has decided it"),
        ("My manager has said yes.", "nobody has decided it"),
        ("A replacement is being reviewed by a colleague.", "speaks of a replacement"),
        ("We have not proposed a refund.", "denies that it is being looked at"),
        ("Unused items cannot be returned.", "the opposite of a clause"),
        ("Final sale items can be returned.", "the opposite of a clause"),
        ("Returns need a form and a stamp.", "a rule that no clause has"),
        ("The depot opens at dawn.", "stands on no fact and no clause"),
        ("As a courtesy, we'd like to offer you a voucher.", "promises"),
        ("I'm pleased to confirm that your refund of ⟦amount⟧ is all set.", "nobody has decided"),
        ("You purchased your ⟦paid⟧ on ⟦placed⟧.", "goes with another value"),
        ("Even used items can be returned for a full refund.", "the opposite of a word"),
        ("The order number is: ⟦clause⟧", "goes with another value"),
    ],
)
def test_what_the_case_does_not_support_is_named(sentence: str, reason: str) -> None:
    assert reason in because(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Hello ⟦customer⟧,",
        "Thank you for your message.",
        "Kind regards,",
        "Customer care",
        "We understand that you would like your money back.",
        "Order ⟦order⟧, placed on ⟦placed⟧, is marked as ⟦status⟧.",
        "It holds ⟦item⟧ and ⟦item2⟧, and ⟦paid⟧ was paid for it.",
        "You mention ⟦said_amount⟧, and we have noted it.",
        "You say that you ordered on ⟦said_date⟧.",
        "A refund of ⟦amount⟧ has been put forward and still has to be approved.",
        "We will write to you as soon as a colleague has approved it.",
        "Unused items can be returned for a full refund.",
        "If an order is cancelled, the money is returned to the card that was used.",
        "Our policy on this says: ⟦clause⟧",
        "Have a nice day.",
        "Enjoy the rest of your day!",
        "Hi ⟦customer⟧, thank you for getting in touch with us today!",
        "Just so you know, unused items can be returned for a full refund.",
        "You're welcome to send unused items back for a full refund: ⟦clause⟧",
        "Please don't throw the ⟦item⟧ away.",
        "I'm keeping my fingers crossed for you.",
        "Please understand that I can't approve refunds myself.",
        "I promise that this isn't just another form email.",
        "The parcel has not reached you yet, and we are sorry about that.",
    ],
)
def test_what_it_supports_or_nobody_claims_stays(sentence: str) -> None:
    assert because(sentence) == ""


def test_a_refusal_may_not_turn_into_a_yes() -> None:
    assert because("We are able to do what you ask.", outcome="refuse") == "grants what was refused"
    assert because("We cannot do what you ask.", outcome="refuse") == ""


def test_nothing_is_under_review_where_nothing_was_proposed() -> None:
    said = "A refund is being reviewed by a colleague."
    assert because(said) == ""
    assert because(said, outcome="none") == "speaks of a refund under review, and none is"


def test_an_order_only_the_customer_names_is_not_on_record() -> None:
    slots = (slot("said_order", "HP-9"),)
    found = because("We have found order ⟦said_order⟧ on your account.", slots=slots)
    assert found == "says that we have what only the message names"
    assert because("We have not found order ⟦said_order⟧ on your account.", slots=slots) == ""


def test_a_time_the_customer_names_may_be_taken_up() -> None:
    said = "You write that you need it by Friday."
    assert "sets a time" in because(said)
    assert because(said, ticket="i need it by friday") == ""


def test_a_place_the_customer_names_may_be_taken_up_and_acts_in_nothing() -> None:
    ticket = "i live in france and hermes lost it"
    assert because("Thank you for writing to us from France.", ticket=ticket) == ""
    assert "names" in because("Hermes has your parcel.", ticket=ticket)
    assert "names" in because("Thank you for writing to us from France.")


@pytest.mark.parametrize(
    "said", ["Your parcel was lost.", "The item has been sent back.", "It has been returned."]
)
def test_an_order_is_lost_or_sent_back_only_where_its_row_says_so(said: str) -> None:
    assert "its row does not" in because(said)
    known = slot("status", "lost" if "lost" in said else "returned")
    rows = tuple(known if one.kind == "status" else one for one in TASK.slots)
    assert "its row does not" not in because(said, slots=rows)


@pytest.mark.parametrize("kind", ["refunds", "refunded"])
@pytest.mark.parametrize("state", ["delivered", "sent back"])
def test_what_was_refunded_before_says_nothing_of_this_order(state: str, kind: str) -> None:
    before = (*TASK.slots, slot(kind, "2"))
    assert "its row does not" in because(f"The item has been {state}.", slots=before)


def test_a_day_of_delivery_on_file_says_that_it_was_delivered() -> None:
    assert (
        because("Your order has been delivered.", slots=(*TASK.slots, slot("delivered", "8 May")))
        == ""
    )


def test_of_a_summary_nothing_is_decided_either() -> None:
    said = "A refund for ⟦order⟧ has been approved."
    assert "nobody has decided" in because(said, kind="summary", outcome="")
    assert "promises" in because("⟦customer⟧ will be refunded.", kind="summary", outcome="")


def test_a_status_says_that_money_went_back_and_nobody_else_does() -> None:
    back = (*TASK.slots[:4], slot("status", "refunded"))
    assert because("Your refund has been issued.", slots=back, outcome="none") == ""
    assert because("Your refund has been issued.", slots=back) != ""


def test_what_was_removed_is_listed_with_its_reason() -> None:
    grounded = ground_sentences(
        Written(text="Thank you. The parcel is with Hermes. Goodbye."), TASK
    )
    assert grounded.text == "Thank you. Goodbye."
    assert grounded.omitted_claims[0].because == "names “Hermes”, which no fact or clause does"


# --- plain text beside a source ------------------------------------------------------

SOURCE = (
    "The guarantee of the lamp lasts for 24 months. It covers faults in material. Maya Lund bought "
    "two lamps in Leeds and was satisfied. Postage is included in the price."
)


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ("The guarantee lasts for 36 months.", "number"),
        ("Maya Lund bought two lamps in York.", "names"),
        ("The guarantee does not cover faults.", "denies"),
        ("Postage is excluded from the price.", "opposite"),
        ("The guarantee covers only faults in material.", "only"),
    ],
)
def test_a_claim_that_does_not_follow_has_its_doubt(claim: str, reason: str) -> None:
    score, why = score_support(claim, SOURCE)
    assert score < 0.5
    assert reason in why


def test_a_claim_that_follows_has_none() -> None:
    score, why = score_support("Faults in material are covered by the guarantee.", SOURCE)
    assert score > 0.5
    assert why == ""


def test_the_weakest_sentence_decides() -> None:
    both = "Faults in material are covered. The guarantee lasts for 36 months."
    assert score_support(both, SOURCE)[1] == "states a number that the source does not have"


def test_an_empty_claim_has_nothing_to_doubt_and_an_empty_source_supports_no_number() -> None:
    assert score_support("", SOURCE)[0] > 0.5
    assert score_support("It lasts for 5 years.", "")[0] < 0.5


def test_a_similarity_is_asked_once_a_sentence() -> None:
    asked: list[str] = []

    def similarity(sentence: str, others: Any) -> list[float]:
        asked.append(sentence)
        return [0.5 for _ in others]

    score_support("Faults are covered. Postage is included.", SOURCE, similarity)
    assert asked == ["Faults are covered.", "Postage is included."]


@pytest.mark.parametrize(
    ("said", "because"),
    [
        ("A replacement has been approved for you, and we take care of sending it.", ""),
        ("It has been decided that a replacement will be sent to you.", ""),
        ("A replacement and a refund have been approved.", "promises more than was approved"),
        ("A refund has been approved for you.", "promises more than was approved"),
        ("We have sent you a replacement.", "says that it is decided, and nobody has decided it"),
        ("Your replacement is on its way.", "says that it is decided, and nobody has decided it"),
    ],
)
def test_of_an_approved_replacement_nothing_more_is_said(said: str, because: str) -> None:
    task = WritingTask(
        kind="draft", intent="", outcome="approved replacement", urgency="", slots=()
    )
    assert find_unsupported_claim(said, task) == because
