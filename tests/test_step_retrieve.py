"""Retrieve: the clause that was in force on the day that matters."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from tests.cases import OLD_WINDOW, ORDER, WINDOW, FakeSearch, case
from triage.case import Clause
from triage.engines.index import Search, build
from triage.pipeline import perform
from triage.step import Rung, Status
from triage.steps.classify import Classification
from triage.steps.retrieve import Hit, step

LATE = Clause(
    ref="delivery.late",
    policy="delivery",
    policy_title="Delivery",
    version=1,
    heading="Late parcels",
    text="If a parcel is late we trace it with the carrier.",
    since=date(2024, 1, 1),
)


def retrieve(engine: Any, slug: str = "return-request", **changes: Any) -> Any:
    made = case(**changes).having(Classification(label=slug, basis="model"))
    return perform(step, made, [Rung(name="search", load=lambda: engine)], step.limits)


def lexical() -> Search:
    return Search("lexical", build([OLD_WINDOW, WINDOW, LATE]))


def test_it_cites_the_version_in_force_on_the_day_of_purchase() -> None:
    before = replace(ORDER, placed=date(2026, 2, 1))
    output = retrieve(lexical(), order=before, rules=(), text="Can I return it unused?").output
    assert [(c.ref, c.version) for c in output.clauses] == [("returns.window", 1)]
    assert output.as_of_because == "the day of purchase"


def test_other_questions_are_answered_by_todays_terms() -> None:
    engine = FakeSearch(Hit(clause=WINDOW, rank=1, score=0.7))
    retrieve(engine, "order-status")
    assert engine.asked_on == [date(2026, 11, 20)]


def test_an_unknown_day_of_purchase_is_said() -> None:
    output = retrieve(lexical(), order=replace(ORDER, placed=None)).output
    assert "not on record" in output.as_of_because


def test_a_better_match_that_was_not_in_force_is_listed_as_a_near_miss() -> None:
    text = "Can I return an unused item within 14 days?"
    result = retrieve(lexical(), text=text, subject="", rules=())
    assert [(h.clause.version, h.near_miss) for h in result.output.near] == [
        (1, "no longer in force")
    ]


def test_the_clause_a_rule_rests_on_is_always_there() -> None:
    output = retrieve(FakeSearch(Hit(clause=LATE, rank=1, score=0.7))).output
    assert [(hit.clause.ref, hit.found_by) for hit in output.hits] == [
        ("delivery.late", "search"),
        ("returns.window", "rule"),
    ]


def test_no_policy_found_is_an_answer() -> None:
    result = retrieve(FakeSearch(), rules=())
    assert result.status == Status.ABSTAINED
    assert result.tried[0].because == "a clause was found: no policy found"


def test_a_clause_far_from_the_question_is_not_cited() -> None:
    result = retrieve(FakeSearch(Hit(clause=LATE, rank=1, score=0.1)), rules=())
    assert result.output.clauses == ()


def test_an_empty_shop_has_no_clauses() -> None:
    assert retrieve(Search("lexical", build([])), rules=()).status == Status.ABSTAINED


def test_words_nobody_uses_find_nothing() -> None:
    found = lexical().search("zzz qqq", date(2026, 11, 1), 3)
    assert found.hits == ()
