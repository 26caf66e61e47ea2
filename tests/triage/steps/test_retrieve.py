"""Retrieve: the clause that was in force on the day that matters, or none, or a question."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from tests.support.case_values import (
    LATE,
    OLD_WINDOW,
    ORDER,
    RETURN,
    WINDOW,
    FakeSearch,
    case,
    missing,
)
from triage.contract.case import Clause
from triage.contract.outputs import Classification
from triage.contract.step import Rung, Status
from triage.pipeline.runner import climb_ladder
from triage.retrieval.engine import Search
from triage.retrieval.index import build_index
from triage.steps.retrieve import Hit, build_query, step

SHORTER = Clause(
    ref="terms.returns",
    policy="terms",
    policy_title="Terms",
    version=1,
    heading="Returns",
    text="You can return an unused item within 14 days of delivery.",
    since=date(2026, 3, 1),
)
SURE, DOUBTFUL = 0.9, 0.05
IN_FEBRUARY = replace(ORDER, number="HP-1001", placed=date(2026, 2, 1))


def retrieve(engine: Any, slug: str = "return-request", **changes: Any) -> Any:
    made = case(**changes).add_output(Classification(label=slug, basis="model"))
    return climb_ladder(step, made, [Rung(name="search", load=lambda: engine)], step.limits)


def lexical() -> Search:
    return Search("lexical", build_index([OLD_WINDOW, WINDOW, LATE]))


def hit(clause: Clause, relevance: float, rank: int = 1) -> Hit:
    return Hit(clause=clause, rank=rank, score=0.7, relevance=relevance)


# --- the day that matters ---------------------------------------------------------------


def test_it_cites_the_version_in_force_on_the_day_of_purchase() -> None:
    text = "Can I return an unused item?"
    output = retrieve(lexical(), order=IN_FEBRUARY, rules=(), subject="", text=text).output
    assert [(c.ref, c.version) for c in output.clauses] == [("returns.window", 1)]
    assert output.as_of_because == "the day of purchase"


def test_other_questions_are_answered_by_todays_terms() -> None:
    engine = FakeSearch(hit(WINDOW, SURE))
    retrieve(engine, "order-status", order=IN_FEBRUARY)
    assert engine.asked_on == [date(2026, 11, 20)]


def test_an_unknown_day_of_purchase_is_said() -> None:
    output = retrieve(lexical(), order=replace(ORDER, placed=None)).output
    assert "not on record" in output.as_of_because


def test_an_unknown_order_is_said_and_the_other_wording_shown() -> None:
    engine = FakeSearch(hit(WINDOW, SURE))
    output = retrieve(engine, order=None, orders=(ORDER, IN_FEBRUARY), rules=()).output
    assert output.as_of_because.endswith("which order it is about is not known")
    assert [(h.clause.version, h.near_miss) for h in output.near] == [
        (1, "it holds if this is about order HP-1001")
    ]


def test_orders_of_one_day_leave_no_doubt_about_the_day() -> None:
    twin = replace(IN_FEBRUARY, number="HP-1002")
    engine = FakeSearch(hit(OLD_WINDOW, SURE))
    output = retrieve(engine, order=None, orders=(IN_FEBRUARY, twin), rules=()).output
    assert output.as_of == date(2026, 2, 1)
    assert output.near == ()


def test_orders_without_a_day_are_held_to_todays_terms() -> None:
    engine = FakeSearch(hit(WINDOW, SURE))
    output = retrieve(engine, order=None, orders=(replace(ORDER, placed=None),), rules=()).output
    assert (output.as_of, output.near) == (date(2026, 11, 20), ())


def test_a_policy_that_began_after_the_purchase_is_shown_and_not_used() -> None:
    early = replace(ORDER, placed=date(2023, 5, 1))
    text = "Can I return an unused item within 30 days of delivery?"
    result = retrieve(lexical(), order=early, subject="", text=text, rules=())
    assert result.status == Status.ABSTAINED
    assert result.output.clauses == ()
    assert "no clause was in force on that day" in result.tried[0].because
    assert "not yet in force" in {h.near_miss for h in result.output.near}


def test_where_a_clause_of_another_day_fits_better_the_check_names_it() -> None:
    missed = replace(hit(WINDOW, SURE), near_miss="not yet in force")
    engine = FakeSearch(hit(LATE, DOUBTFUL), near=(missed,))
    result = retrieve(engine, order=IN_FEBRUARY, rules=())
    assert result.tried[0].because == (
        "answers the question: “How long you have”, version 2, would fit better, "
        "and is not yet in force"
    )


def test_a_better_match_that_was_not_in_force_is_listed_as_a_near_miss() -> None:
    text = "Can I return an unused item within 14 days?"
    result = retrieve(lexical(), text=text, subject="", rules=())
    assert ("returns.window", 1, "no longer in force") in {
        (h.clause.ref, h.clause.version, h.near_miss) for h in result.output.near
    }


# --- none, or two that disagree ---------------------------------------------------------


def test_the_clause_a_rule_rests_on_is_always_there() -> None:
    output = retrieve(FakeSearch(hit(LATE, DOUBTFUL))).output
    assert [(found.clause.ref, found.found_by) for found in output.hits] == [
        ("delivery.late", "search"),
        ("returns.window", "rule"),
    ]


def test_the_clause_a_rule_rests_on_counts_where_the_search_doubts_it() -> None:
    result = retrieve(FakeSearch(hit(WINDOW, DOUBTFUL)))
    assert result.status == Status.OK
    assert [(found.relevance, found.found_by) for found in result.output.hits] == [
        (DOUBTFUL, "rule")
    ]


def test_no_policy_found_is_an_answer() -> None:
    result = retrieve(FakeSearch(), rules=())
    assert result.status == Status.ABSTAINED
    assert result.tried[0].because == "a clause was found: no policy found"


def test_a_clause_unlikely_to_answer_is_not_cited_and_stays_in_sight() -> None:
    result = retrieve(FakeSearch(hit(LATE, DOUBTFUL)), rules=())
    assert result.output.clauses == ()
    assert [h.near_miss for h in result.output.near] == ["not likely to answer (5 %)"]


def test_the_receipt_says_how_likely_the_clause_answers_and_what_was_asked() -> None:
    result = retrieve(FakeSearch(hit(WINDOW, 0.83)), rules=())
    said = {check.name: (check.value, check.threshold) for check in result.checks}
    assert said["answers the question"] == ("answers: 0.83", "at least 0.15")
    assert result.evidence.citations[0]["relevance"] == 0.83


def test_where_only_words_were_compared_more_is_asked() -> None:
    likely = hit(WINDOW, 0.3)
    assert retrieve(FakeSearch(likely), rules=()).status == Status.OK
    assert retrieve(FakeSearch(likely, by_meaning=False), rules=()).status == Status.ABSTAINED


def test_words_alone_do_not_overrule_what_meaning_did_not_find() -> None:
    doubtful, sure = FakeSearch(hit(LATE, DOUBTFUL)), FakeSearch(hit(WINDOW, SURE))
    ladder = [Rung(name="hybrid", load=lambda: doubtful), Rung(name="lexical", load=lambda: sure)]
    made = case(rules=()).add_output(Classification(label="return-request", basis="model"))
    result = climb_ladder(step, made, ladder, step.limits)
    assert result.status == Status.ABSTAINED
    assert [tried.rung for tried in result.tried] == ["hybrid"]


def test_words_alone_serve_where_there_is_no_encoder() -> None:
    sure = FakeSearch(hit(WINDOW, SURE), by_meaning=False)
    ladder = [
        Rung(name="hybrid", load=missing("minilm")),
        Rung(name="lexical", load=lambda: sure),
    ]
    made = case(rules=()).add_output(Classification(label="return-request", basis="model"))
    assert climb_ladder(step, made, ladder, step.limits).status == Status.OK


def test_clauses_that_disagree_go_to_a_person_with_both_in_sight() -> None:
    result = retrieve(FakeSearch(hit(WINDOW, SURE), hit(SHORTER, 0.8, rank=2)), rules=())
    assert result.status == Status.ABSTAINED
    assert result.output.clauses == ()
    assert {h.clause.ref: h.near_miss for h in result.output.near} == {
        "returns.window": "clauses disagree",
        "terms.returns": "clauses disagree",
    }
    assert result.output.open_question.startswith("Which clause holds? ")


def test_every_clause_that_disagrees_stays_in_sight() -> None:
    others = [replace(LATE, ref=f"delivery.late-{number}") for number in range(3)]
    result = retrieve(FakeSearch(*(hit(clause, SURE) for clause in (SHORTER, *others))))
    assert result.output.open_question.startswith("Which clause holds? ")
    assert {"returns.window", "terms.returns"} <= {h.clause.ref for h in result.output.near}


def test_a_clause_far_behind_the_best_disagrees_with_nothing() -> None:
    engine = FakeSearch(hit(WINDOW, SURE), hit(SHORTER, 0.1, rank=2))
    assert retrieve(engine, rules=()).status == Status.OK


def test_an_empty_shop_has_no_clauses() -> None:
    assert retrieve(Search("lexical", build_index([])), rules=()).status == Status.ABSTAINED


# --- what is searched for ---------------------------------------------------------------


def test_the_label_and_the_subject_stand_in_a_line_of_their_own() -> None:
    made = case(subject="My\nkettle", text="It is\ntoo small.")
    label = Classification(label="return-request", name="return request", basis="model")
    assert build_query(made.add_output(label)) == "return request. My kettle\nIt is too small."


def test_a_message_without_text_is_searched_by_its_subject() -> None:
    made = case(subject="Late parcel", text="").add_output(Classification(label="", basis="model"))
    assert build_query(made) == "Late parcel"


def test_another_language_is_searched_for_by_what_its_label_means() -> None:
    intent = replace(RETURN, description="Wants to send an item back.")
    made = case(text="Ich möchte die Kanne zurückgeben.", language="de", intents=(intent,))
    labelled = Classification(label=intent.slug, name=intent.name, basis="model")
    assert build_query(made.add_output(labelled)) == "return request\nWants to send an item back."
    assert "Kanne" in build_query(made.add_output(Classification(label="")))
