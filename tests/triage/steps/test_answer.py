"""Each thing asked has an answer that stands on something, or says whose turn it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.support.case_values import LATE, ORDER, WINDOW, FakeSearch, case, labelled
from triage.contract.answers import (
    CLAUSE,
    DECISION,
    SAVED_REPLY,
    Answer,
    Asked,
    AskedKind,
    Blocker,
    Readiness,
)
from triage.contract.case import Case, Clause, Fact, Order
from triage.contract.outcomes import UNLIKE_OURS_REASON, Outcome
from triage.contract.outputs import Classification
from triage.contract.saved_reply import (
    Condition,
    Fit,
    SavedReply,
    SentAnswer,
    Wording,
    compute_text_sha256,
)
from triage.contract.step import EngineInfo, EngineUnavailable, Rung, Status
from triage.nlu.order_linking import NAMED_IN_MESSAGE, ONLY_ORDER
from triage.pipeline.runner import climb_ladder
from triage.policies.contradictions import Disagreement
from triage.refunds.proposal import ASK, HUMAN, NONE, REVIEW, Proposed
from triage.steps import answer
from triage.steps.answer import Answers
from triage.steps.retrieve import Hit, Retrieval, SearchResult

QUESTION, WISH = AskedKind.QUESTION, AskedKind.WISH
ADDRESS = SavedReply(
    slug="address",
    title="Change the address",
    questions=("Can it go elsewhere?",),
    wordings=(
        Wording(
            text="Order {order} has not been sent, so we change it.",
            condition=Condition(states=("waiting",)),
            task="Change the address",
        ),
        Wording(text="Order {order} was sent already.", condition=Condition(states=("done",))),
    ),
)


class FakeAnswerer:
    """Finds what it is told to, and matches it with the first saved reply."""

    least_reply, least_clause = 0.5, 0.75
    sent: tuple[SentAnswer, ...] = ()

    def __init__(self, *asked: tuple[str, AskedKind], chance: float = 0.0, hits: Any = ()) -> None:
        self.card = EngineInfo(name="fake", kind="focal")
        self.asked = tuple(Asked(words=words, kind=kind, context=words) for words, kind in asked)
        self.chance, self.hits = chance, hits
        self.matched: list[str] = []

    def find_asked(self, subject: str, text: str) -> tuple[Asked, ...]:
        return self.asked

    def match_replies(
        self,
        asked: Sequence[Asked],
        replies: Sequence[SavedReply],
        fits: Sequence[Fit],
        language: str = "",
    ) -> list[tuple[int, float]]:
        self.matched += [one.words for one in asked]
        return [(0, self.chance if any(fits) else 0.0) for _ in asked]

    def find_sent(
        self, asked: Sequence[Asked], labels: Sequence[str]
    ) -> list[tuple[SentAnswer, ...]]:
        return [self.sent for _ in asked]

    def search_clauses(self, query: str, on: date, top: int, message: str = "") -> SearchResult:
        return SearchResult(hits=self.hits, near=(), index_sha256="", by_meaning=True)

    def find_clause(self, ref: str, on: date) -> Clause | None:
        return FakeSearch().clause(ref, on) or (WINDOW if ref == WINDOW.ref else None)


def named(order: Order = ORDER) -> Case:
    """Maya names the order in her message."""
    return labelled(
        replies=(ADDRESS,), order=order, orders=(order,), order_because=NAMED_IN_MESSAGE
    )


def asked(engine: FakeAnswerer, made: Case | None = None, **proposed: Any) -> Answers:
    """What the step makes of it, for a case where nothing is due unless told otherwise."""
    made = (made or named()).add_output(Proposed(**{"outcome": NONE, **proposed}))
    result = climb_ladder(
        answer.step, made, [Rung(name="fake", load=lambda: engine)], answer.step.limits
    )
    assert result.status == Status.OK, result.swap_reason
    found: Answers = result.output
    return found


def one(engine: FakeAnswerer, made: Case | None = None, **proposed: Any) -> Answer:
    (item,) = asked(engine, made, **proposed).items
    return item


def test_a_saved_reply_answers_in_the_wording_that_the_order_bears_out() -> None:
    item = one(FakeAnswerer(("Can it go to work?", WISH), chance=0.9))
    assert (item.source, item.text) == (SAVED_REPLY, "Order {order} was sent already.")
    assert [(c.value, c.holds) for c in item.compared] == [("delivered (delivered)", True)]
    waiting = replace(ORDER, status="paid")
    item = one(
        FakeAnswerer(("Can it go to work?", WISH), chance=0.9),
        named(waiting),
    )
    assert (item.task, item.text[:12]) == ("Change the address", "Order {order")


def test_what_is_not_likely_enough_is_told_and_not_used() -> None:
    item = one(FakeAnswerer(("Can it go to work?", WISH), chance=0.49))
    assert (item.source, item.blocker, item.title) == ("", Blocker.PERSON, ADDRESS.title)


def test_what_comes_nearest_is_offered_in_the_orders_own_values() -> None:
    item = one(FakeAnswerer(("Can it go to work?", WISH), chance=0.2))
    assert (item.offer, item.title) == ("Order HP-1042 was sent already.", ADDRESS.title)
    assert one(FakeAnswerer(("Can it go to work?", WISH), chance=0.05)).offer == ""


def test_where_no_wording_holds_a_person_answers() -> None:
    lost = replace(ORDER, status="lost")
    item = one(FakeAnswerer(("Can it go to work?", WISH), chance=0.9), named(lost))
    assert (item.blocker, item.because) == (
        Blocker.PERSON,
        "“Change the address” has no wording for this order",
    )


def test_without_an_order_the_customer_is_asked_which() -> None:
    item = one(
        FakeAnswerer(("Can it go to work?", WISH), chance=0.9),
        labelled(replies=(ADDRESS,), order=None),
    )
    assert (item.blocker, item.is_open) == (Blocker.CUSTOMER, False)


@pytest.mark.parametrize("orders", [(ORDER,), ()])
def test_an_order_of_somebody_else_is_a_persons(orders: tuple[Order, ...]) -> None:
    text = "Send HP-99999 to my house please."
    made = labelled(replies=(ADDRESS,), order=None, orders=orders, text=text)
    item = one(FakeAnswerer(("Send HP-99999 to my house please.", WISH), chance=0.9), made)
    assert (item.blocker, item.because) == (Blocker.PERSON, answer.STRANGE_ORDER)


@pytest.mark.parametrize(
    ("because", "blocker"),
    [(ONLY_ORDER, Blocker.CUSTOMER), (NAMED_IN_MESSAGE, None)],
)
def test_of_an_order_long_over_nothing_is_said_unless_it_is_named(
    because: str, blocker: Blocker | None
) -> None:
    old = replace(ORDER, delivered=date(2026, 9, 1))
    made = labelled(replies=(ADDRESS,), order=old, orders=(old,), order_because=because)
    assert one(FakeAnswerer(("Where is it?", QUESTION), chance=0.9), made).blocker is blocker


@pytest.mark.parametrize(("read", "source"), [(WINDOW.text, SAVED_REPLY), ("Other words.", "")])
def test_a_wording_sleeps_while_its_clause_says_something_else(read: str, source: str) -> None:
    wording = Wording(text="Yes.", clause=WINDOW.ref, clause_sha256=compute_text_sha256(read))
    reply = replace(ADDRESS, wordings=(wording,))
    item = one(FakeAnswerer(("May I?", QUESTION), chance=0.9), labelled(replies=(reply,)))
    assert item.source == source


@pytest.mark.parametrize(
    ("outcome", "blocker"),
    [(REVIEW, None), (ASK, Blocker.CUSTOMER), (HUMAN, Blocker.PERSON)],
)
def test_what_is_due_is_answered_by_the_decision(outcome: str, blocker: Blocker | None) -> None:
    engine = FakeAnswerer(("Please send me my money back.", WISH), chance=0.9)
    item = one(engine, outcome=outcome, questions=("How much?",))
    assert (item.blocker, item.source) == (blocker, "" if blocker else DECISION)


def test_a_second_wish_is_not_answered_by_the_decision_about_the_first() -> None:
    engine = FakeAnswerer(("Please refund me.", WISH), ("Please send me the invoice.", WISH))
    found = asked(engine, outcome=REVIEW)
    assert [item.source for item in found.items] == [DECISION, ""]
    assert (found.format_count(), found.find_readiness()) == ("1 of 2 answered", Readiness.PARTLY)


def hit(clause: Clause, relevance: float) -> Hit:
    return Hit(clause=clause, rank=1, score=0.6, relevance=relevance)


def test_what_is_due_is_told_although_nothing_seems_to_ask_for_it() -> None:
    found = asked(FakeAnswerer(("Do you have a shop in London?", QUESTION)), outcome=REVIEW)
    assert [item.source for item in found.items] == ["", DECISION]
    assert found.find_readiness() is Readiness.PARTLY


def test_a_question_about_returns_is_not_answered_by_the_refund() -> None:
    engine = FakeAnswerer(
        ("I'd like to return the lamp.", WISH), ("What is your return address?", QUESTION)
    )
    assert [item.source for item in asked(engine, outcome=REVIEW).items] == [DECISION, ""]


def test_beside_a_decision_an_order_that_is_missing_is_a_persons() -> None:
    engine = FakeAnswerer(("Please refund me.", WISH), ("Can it go to work?", QUESTION), chance=0.9)
    made = labelled(replies=(ADDRESS,), order=None)
    found = asked(engine, made, outcome=REVIEW)
    assert [item.blocker for item in found.items] == [None, Blocker.PERSON]


def test_more_than_is_read_leaves_a_gap_for_the_rest() -> None:
    engine = FakeAnswerer(*((f"Why {number}?", QUESTION) for number in range(10)), chance=0.9)
    last = asked(engine, named()).items[-1]
    assert (last.blocker, "longer than what was read" in last.because) == (Blocker.PERSON, True)


def found_by_search(*hits: Hit, **changes: Any) -> Case:
    made = labelled(**changes)
    return made.add_output(replace(made[Retrieval], hits=hits))


def test_a_clause_answers_a_question_and_says_how_it_comes_out() -> None:
    item = one(FakeAnswerer(("How long have I got?", QUESTION)), found_by_search(hit(WINDOW, 0.9)))
    assert (item.source, item.quote) == (CLAUSE, WINDOW.text)
    assert item.text.endswith("so you are within this time.")


def test_a_clause_answers_no_wish_and_nothing_that_it_is_unlikely_to() -> None:
    made = found_by_search(hit(LATE, 0.9))
    assert one(FakeAnswerer(("Trace it please.", WISH)), made).blocker is Blocker.PERSON
    made = found_by_search(hit(LATE, 0.74))
    assert one(FakeAnswerer(("Do you trace?", QUESTION)), made).blocker is Blocker.KNOWLEDGE


def test_of_clauses_that_disagree_a_person_chooses() -> None:
    pair = Disagreement(one=WINDOW.ref, other=LATE.ref, kind="window", because="30 days or 14")
    made = labelled()
    made = made.add_output(
        replace(made[Retrieval], hits=(hit(WINDOW, 0.9),), disagreements=(pair,))
    )
    item = one(FakeAnswerer(("How long have I got?", QUESTION)), made)
    assert item.blocker is Blocker.CONFLICT


def test_a_message_that_asks_nothing_plainly_is_asked_as_a_whole() -> None:
    (item,) = asked(FakeAnswerer()).items
    assert (item.kind, item.words) == (AskedKind.MATTER, case().text)


@pytest.mark.parametrize(
    "label",
    [
        {"outcome": Outcome.SPAM},
        {"outcome": Outcome.NOT_OURS, "outcome_because": "no person wrote it"},
        {"outcome": Outcome.NOT_OURS, "outcome_because": UNLIKE_OURS_REASON},
    ],
)
def test_what_is_not_for_us_and_asks_nothing_has_no_questions(label: dict[str, Any]) -> None:
    assert asked(FakeAnswerer(), labelled().add_output(Classification(**label))).items == ()


def test_a_question_from_nowhere_near_the_examples_is_a_gap_and_no_stranger() -> None:
    unlike = Classification(outcome=Outcome.NOT_OURS, outcome_because=UNLIKE_OURS_REASON)
    made = (
        labelled()
        .add_output(unlike)
        .add_output(Retrieval(as_of=date(2026, 11, 1), as_of_because=""))
    )
    assert one(FakeAnswerer(("M or L?", QUESTION)), made).blocker is Blocker.KNOWLEDGE


IN_GERMAN = SavedReply(
    slug="address",
    title="Change the address",
    questions=("Can it go elsewhere?",),
    wordings=(
        Wording(text="It has not been sent.", condition=Condition(states=("waiting",))),
        Wording(text="Noch nicht verschickt.", language="de", task="Change the address"),
    ),
)


def german(text: str = "Guten Tag. Wo ist es? Danke!", **changes: Any) -> Case:
    return labelled(language="de", subject="", text=text, **changes)


def test_a_german_message_is_answered_by_a_saved_reply_in_german() -> None:
    item = one(FakeAnswerer(chance=0.9), german(replies=(IN_GERMAN,)))
    assert (item.words, item.kind) == ("Wo ist es?", QUESTION)
    assert (item.text, item.task) == ("Noch nicht verschickt.", "Change the address")


@pytest.mark.parametrize("chance", [0.9, 0.1])
def test_without_one_in_german_it_says_so_and_an_english_one_answers_nothing(
    chance: float,
) -> None:
    item = one(FakeAnswerer(chance=chance), german(replies=(ADDRESS,)))
    assert (item.blocker, item.text) == (Blocker.KNOWLEDGE, "")
    assert item.because == "no saved reply in German is about this"


def test_a_german_message_without_a_question_mark_is_asked_as_a_whole() -> None:
    item = one(FakeAnswerer(chance=0.9), german("Bitte ändern Sie es.", replies=(IN_GERMAN,)))
    assert (item.words, item.kind) == ("Bitte ändern Sie es.", AskedKind.MATTER)


def test_what_is_decided_about_a_german_message_is_told_by_a_person() -> None:
    made = german(replies=(IN_GERMAN,))
    answered, decided = asked(FakeAnswerer(chance=0.9), made, outcome=REVIEW).items
    assert answered.source == "saved reply"
    assert (decided.blocker, decided.source) == (Blocker.PERSON, "")


def test_a_message_in_a_language_without_saved_replies_is_a_persons() -> None:
    made = labelled(language="sv").add_output(Proposed(outcome=NONE))
    engine = FakeAnswerer(("Var är det?", QUESTION), chance=0.9)
    result = climb_ladder(
        answer.step, made, [Rung(name="fake", load=lambda: engine)], answer.step.limits
    )
    assert (result.status, result.output) == (Status.ABSTAINED, Answers())


def test_a_number_of_an_order_is_no_word_of_the_question() -> None:
    engine = FakeAnswerer(("eta on HP-1042 and hp-1042", QUESTION))
    asked(engine)
    assert engine.matched == ["eta on my order and my order"]


def test_without_an_engine_the_whole_message_waits_for_a_person() -> None:
    def missing() -> Any:
        raise EngineUnavailable("no file")

    made = labelled().add_output(Proposed(outcome=NONE))
    result = climb_ladder(answer.step, made, [Rung(name="gone", load=missing)], answer.step.limits)
    assert result.status == Status.ABSTAINED
    assert result.output.find_readiness() is Readiness.FINDINGS


def test_a_reply_for_another_label_is_not_used() -> None:
    other = replace(ADDRESS, intents=("order-status",))
    item = one(FakeAnswerer(("Can it go to work?", WISH), chance=0.9), labelled(replies=(other,)))
    assert item.source == ""


def test_beside_an_open_question_stands_what_people_wrote_before_in_this_orders_values() -> None:
    engine = FakeAnswerer(("Is the glue vegan?", QUESTION))
    engine.sent = (
        SentAnswer(ref="message:7", text="It is, for {order} too."),
        SentAnswer(ref="message:8", text="It comes with {tracking}."),
    )
    item = one(
        engine,
        replace(
            named(), facts=(Fact(kind="order", about="", value="HP-10423", ref="order:HP-10423"),)
        ),
    )
    assert item.blocker is not None
    assert [(sent.ref, sent.text) for sent in item.sent] == [
        ("message:7", "It is, for HP-10423 too.")
    ]


def test_what_has_an_answer_needs_no_other() -> None:
    engine = FakeAnswerer(("change my address", WISH), chance=0.9)
    engine.sent = (SentAnswer(ref="message:7", text="Done."),)
    assert one(engine).sent == ()
