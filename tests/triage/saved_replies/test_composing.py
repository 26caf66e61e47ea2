"""Answers become paragraphs of the reply, and what has none a gap that anybody sees."""

from __future__ import annotations

from tests.support.case_values import WINDOW, case
from triage.contract.answers import CLAUSE, SAVED_REPLY, Answer, AskedKind, Blocker
from triage.contract.wording_slots import find_missing_values, find_unknown_fields
from triage.guardrails.attribution import Grounded, Part
from triage.saved_replies.composing import (
    compose_answers,
    find_gaps,
    format_gap,
    insert_answers,
)

SAVED = Answer(
    words="Where is it?",
    kind=AskedKind.QUESTION,
    source=SAVED_REPLY,
    ref="reply:where@1",
    text="Your order {order} came on {delivered}.",
)
QUOTED = Answer(
    words="May I return it?",
    kind=AskedKind.QUESTION,
    source=CLAUSE,
    ref="clause:returns.window@2",
    quote=WINDOW.text,
    text="Order {order} is within this time.",
)
OPEN = Answer(
    words="Is it [really] vegan?", kind=AskedKind.QUESTION, blocker=Blocker.KNOWLEDGE, because="?"
)


def test_each_value_of_an_answer_rests_on_its_row() -> None:
    (found,) = compose_answers([SAVED], case())
    assert found.text == "Your order HP-1042 came on 5 November 2026."
    assert set(found.refs) == {"reply:where@1", "order:HP-1042"}


def test_a_clause_is_quoted_and_applied() -> None:
    (found,) = compose_answers([QUOTED], case())
    assert found.text == (
        f"Our policy on this says: “{WINDOW.text}” Order HP-1042 is within this time."
    )


def test_one_answer_to_two_questions_is_said_once() -> None:
    assert len(compose_answers([SAVED, SAVED, QUOTED, QUOTED], case())) == 2


def test_what_has_no_answer_leaves_a_gap_with_the_customers_words() -> None:
    (gap,) = compose_answers([OPEN], case())
    assert gap.text == "[Please answer: “Is it really vegan?”]"
    assert find_gaps(f"Hello,\n\n{gap.text}\n\nBye") == [gap.text]
    assert find_gaps("Hello, please answer: “Is it vegan?”") == []


def test_a_gap_is_no_longer_than_a_line() -> None:
    assert len(format_gap("why " * 200)) < 230


def test_answers_stand_before_the_closing() -> None:
    letter = [Part(text="Hello,"), Part(text="\n\n"), Part(text="Bye")]
    done = insert_answers(
        Grounded(parts=tuple(letter), claims=()), compose_answers([SAVED, OPEN], case())
    )
    assert done.text.split("\n\n") == [
        "Hello,",
        "Your order HP-1042 came on 5 November 2026.",
        format_gap(OPEN.words),
        "Bye",
    ]
    assert [claim.text for claim in done.claims] == ["Your order HP-1042 came on 5 November 2026."]


def test_a_wording_names_only_what_a_reply_may_state() -> None:
    assert find_unknown_fields("{order} {amount} {spent} {nonsense}") == (
        "amount",
        "spent",
        "nonsense",
    )
    assert find_missing_values("{order} {tracking}", case().facts) == ("tracking",)
