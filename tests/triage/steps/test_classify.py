"""Classify: a label with its confidence, or a person's turn; never a guess."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.case_values import RETURN, STATUS, case
from triage.contract.case import InjectionReading
from triage.contract.outcomes import (
    FOREIGN_LANGUAGE_REASON,
    Guess,
    Matter,
    Outcome,
    Reading,
    Signals,
)
from triage.contract.step import EngineError, EngineInfo, Rung, Status
from triage.nlu.message_outcome import determine_outcome
from triage.nlu.urgency_rules import compute_urgency
from triage.pipeline.rule_engines import PersonLabeller, PhraseLabeller
from triage.pipeline.runner import climb_ladder
from triage.steps.classify import SIGNALS_NOT_RUN, count_words, is_in_audit_sample, step

KEPT = {"target": 0.95, "valid": True, "threshold": 0.8}
SURE = Guess(
    label="return-request",
    confidence=0.9,
    basis="model",
    threshold=0.8,
    runner_up="order-status",
    promise=KEPT,
    outside=0.1,
    outside_threshold=0.5,
)
CALM = Signals(
    urgency=Reading(level="normal", confidence=0.9),
    mood=Reading(level="calm", confidence=0.9),
    spam=Reading(level="wanted", confidence=0.01, threshold=0.6),
)
TWO = (
    Matter(label="order-status", confidence=0.8, words="Where is my order?"),
    Matter(label="return-request", confidence=0.9, words="I want to send the lamp back."),
)


class Model:
    card = EngineInfo(name="model", kind="focal")

    def __init__(self, **changes: Any) -> None:
        self.guess = replace(SURE, **changes)

    def label(self, text: str, intents: Any, language: str = "") -> Guess:
        return self.guess


def classify(engine: Any, **changes: Any) -> Any:
    return climb_ladder(
        step, case(**changes), [Rung(name="model", load=lambda: engine)], step.limits
    )


def test_where_no_model_read_urgency_and_mood_the_receipt_says_not_run() -> None:
    without, read = classify(Model()), classify(Model(signals=CALM))
    assert SIGNALS_NOT_RUN in without.evidence.reasons
    assert SIGNALS_NOT_RUN not in read.evidence.reasons
    assert without.status == read.status == Status.OK


def test_whoever_read_the_message_beside_the_labeller_is_named() -> None:
    heard = InjectionReading(model="injections", sha256="b" * 64)
    signals = replace(CALM, readers={"signals": "a" * 64})
    named = {"injections": "b" * 64, "signals": "a" * 64}
    assert classify(Model(signals=signals), injected=heard).output.readers == named
    assert classify(Model(signals=signals), injected=None).output.readers == {"signals": "a" * 64}
    nobody = climb_ladder(step, case(injected=heard), [], step.limits)
    assert nobody.output.readers == {"injections": "b" * 64}


def test_without_any_text_there_was_nothing_to_read_them_off() -> None:
    silent = climb_ladder(step, case(subject="", text=""), [], step.limits)
    assert silent.evidence.reasons == ()


def test_a_sure_label_stands() -> None:
    result = classify(Model())
    assert (result.status, result.output.name) == (Status.OK, "return request")
    assert result.output.outcome == Outcome.OURS
    assert result.output.outcome_confidence == pytest.approx(0.9)
    assert result.evidence.confidence == 0.9


@pytest.mark.parametrize(
    "changes",
    [{"confidence": 0.79}, {"confidence": None}, {"label": "", "outside": 0.9}, {"label": "gone"}],
)
def test_what_is_unsure_or_not_ours_is_left_to_a_person(changes: dict[str, Any]) -> None:
    result = classify(Model(**changes))
    assert result.status == Status.ABSTAINED
    assert result.output.label == ""


def test_an_unsure_guess_is_shown_as_a_suggestion() -> None:
    output = classify(Model(confidence=0.79)).output
    assert (output.outcome, output.suggestion) == (Outcome.UNSURE, "return-request")
    assert (output.suggestion_name, output.suggestion_confidence) == ("return request", 0.79)
    assert output.outcome_confidence == pytest.approx(0.21)
    assert "less than the promise needs" in output.outcome_because


@pytest.mark.parametrize(
    ("promise", "because"),
    [
        ({}, "does not hold yet"),
        ({**KEPT, "valid": False}, "does not hold yet"),
        ({**KEPT, "target": 0.9}, "the promise is for 90%, 95% is asked for"),
    ],
)
def test_without_a_promise_that_holds_nothing_is_labelled(
    promise: dict[str, Any], because: str
) -> None:
    output = classify(Model(confidence=0.99, promise=promise)).output
    assert (output.label, output.suggestion) == ("", "return-request")
    assert because in output.outcome_because


def test_an_admin_can_ask_for_more_than_the_promise_does() -> None:
    rung = Rung(name="model", load=Model)
    assert (
        climb_ladder(step, case(), [rung], {**step.limits, "confidence": 0.95}).status
        == "abstained"
    )


@pytest.mark.parametrize("engine", [Model(), PhraseLabeller()])
def test_an_empty_message_is_not_guessed_at(engine: Any) -> None:
    result = classify(engine, subject="", text="")
    assert (result.status, result.output.outcome) == (Status.ABSTAINED, Outcome.EMPTY)


def test_a_message_in_another_language_is_not_called_none_of_ours() -> None:
    read = {**KEPT, "language": "de"}
    output = classify(Model(confidence=0.99, outside=0.7, promise=read), language="de").output
    assert (output.outcome, output.label, output.suggestion) == (
        Outcome.UNSURE,
        "",
        "return-request",
    )
    assert "not written in English" in output.outcome_because


def test_a_model_that_reads_english_alone_labels_no_german() -> None:
    output = classify(Model(confidence=0.99, outside=0.01), language="de").output
    assert (output.outcome, output.label) == (Outcome.UNSURE, "")
    assert output.suggestion == "return-request"
    matters = classify(Model(matters=TWO), language="sv").output
    assert (matters.outcome, matters.outcome_because) == (Outcome.UNSURE, FOREIGN_LANGUAGE_REASON)


@pytest.mark.parametrize(
    ("text", "words"),
    [("where is it", 3), ("包裹还没到", 3), ("荷物がまだ届いていません", 7), ("", 0), ("ok", 1)],
)
def test_scripts_without_spaces_have_words_too(text: str, words: int) -> None:
    assert count_words(text) == words


def test_what_nobody_here_reads_goes_to_a_person_as_such_however_sure_the_label() -> None:
    output = classify(Model(confidence=0.99, outside=0.01), language="sv").output
    assert (output.outcome, output.label) == (Outcome.UNSURE, "")
    assert output.outcome_because == FOREIGN_LANGUAGE_REASON
    assert output.suggestion == "return-request"


@pytest.mark.parametrize(
    ("outside", "sure", "outcome"),
    [(0.1, 0.8, Outcome.OURS), (0.1, 0.95, Outcome.SPAM), (0.9, 0.8, Outcome.SPAM)],
)
def test_a_mail_in_another_language_that_is_like_ours_is_hardly_spam(
    outside: float, sure: float, outcome: Outcome
) -> None:
    spam = Reading(level="spam", confidence=sure, threshold=0.6)
    promise = {**KEPT, "language": "de"}
    signals = replace(CALM, spam=spam)
    model = Model(confidence=0.5, outside=outside, signals=signals, promise=promise)
    found = determine_outcome(case(language="de"), model.guess, ())
    assert found[0] == outcome


def test_who_read_another_language_is_named() -> None:
    read = {"multilingual": "c" * 64}
    assert classify(Model(readers=read), language="de", injected=None).output.readers == read


def test_what_is_unlike_all_requests_is_none_of_ours_however_sure_the_label() -> None:
    output = classify(Model(confidence=0.99, outside=0.7)).output
    assert (output.outcome, output.outcome_confidence) == (Outcome.NOT_OURS, 0.7)
    assert (output.label, output.suggestion) == ("", "")


# --- several matters -----------------------------------------------------------------


def test_of_several_matters_the_surest_is_the_label_and_all_are_told() -> None:
    result = classify(Model(label="order-status", confidence=0.5, matters=TWO))
    output = result.output
    assert (result.status, output.outcome) == (Status.OK, Outcome.SEVERAL)
    assert (output.label, output.confidence) == ("return-request", None)
    assert [matter.name for matter in output.matters] == ["return request", "order status"]
    assert output.outcome_confidence == 0.8


def test_several_matters_get_no_label_without_a_promise_and_are_told_all_the_same() -> None:
    output = classify(Model(matters=TWO, promise={})).output
    assert (output.label, output.outcome, len(output.matters)) == ("", Outcome.SEVERAL, 2)


def test_a_matter_outside_the_taxonomy_is_none() -> None:
    strange = (TWO[1], replace(TWO[0], label="gone"))
    assert classify(Model(matters=strange)).output.outcome == Outcome.OURS


# --- spam and what no person wrote ----------------------------------------------------


def spam(confidence: float, level: str = "spam", **changes: Any) -> Signals:
    reading = Reading(level=level, confidence=confidence, threshold=0.6, because=("“prize”",))
    return replace(CALM, spam=reading, **changes)


def test_spam_is_an_outcome_with_its_confidence_and_the_words() -> None:
    output = classify(Model(signals=spam(0.95), confidence=0.7)).output
    assert output.outcome == Outcome.SPAM
    assert output.outcome_confidence == pytest.approx(0.95)
    assert "“prize”" in output.outcome_because
    assert output.label == ""


def test_a_request_that_the_labels_are_sure_of_is_no_spam_unless_the_words_are_surer() -> None:
    assert classify(Model(signals=spam(0.8))).output.outcome == Outcome.OURS
    assert classify(Model(signals=spam(0.97))).output.outcome == Outcome.SPAM


@pytest.mark.parametrize(
    ("marks", "outcome"),
    [
        (("a delivery report",), Outcome.NOT_OURS),
        (("an automatic reply",), Outcome.UNSURE),
        (("an automatic reply", "sent in bulk"), Outcome.NOT_OURS),
        (("a newsletter",), Outcome.UNSURE),
        (("a newsletter", "marked as spam on its way", "sent in bulk"), Outcome.SPAM),
    ],
)
def test_a_header_is_evidence_and_no_single_line_of_it_a_verdict_but_a_delivery_report(
    marks: tuple[str, ...], outcome: Outcome
) -> None:
    output = classify(Model(signals=CALM, confidence=0.7), marks=marks).output
    assert output.outcome == outcome


def test_an_exact_wording_does_not_make_a_bounce_a_request() -> None:
    output = classify(PhraseLabeller(), marks=("a delivery report",)).output
    assert (output.label, output.outcome) == ("", Outcome.NOT_OURS)


def test_a_persons_label_stands_over_every_mark() -> None:
    output = classify(
        PersonLabeller(slug="order-status", by="ana"), marks=("a delivery report",)
    ).output
    assert (output.label, output.outcome) == ("order-status", Outcome.OURS)


# --- phrases and people ---------------------------------------------------------------


def test_an_exact_wording_names_a_label_without_a_confidence() -> None:
    result = classify(PhraseLabeller())
    assert (result.output.label, result.output.confidence) == ("return-request", None)


def test_two_wordings_name_nothing() -> None:
    with pytest.raises(EngineError, match="2 labels"):
        PhraseLabeller().label("Where is my order? I will send it back!", (RETURN, STATUS))


def test_a_persons_label_stands_on_a_message_of_one_word() -> None:
    result = classify(PersonLabeller(slug="order-status", by="ana"), subject="", text="Photo")
    assert result.output.label == "order-status"


def test_a_persons_label_stands() -> None:
    result = classify(PersonLabeller(slug="order-status", by="ana"))
    assert (result.output.label, result.output.basis) == ("order-status", "person")
    assert result.served.kind == "human"


def test_a_person_can_say_that_it_is_none_of_ours() -> None:
    output = classify(PersonLabeller(slug="", by="ana")).output
    assert (output.outcome, output.outcome_because) == (Outcome.NOT_OURS, "a person said so")


# --- how soon, in what mood, and who is asked -----------------------------------------


def test_urgency_and_mood_come_with_their_confidence_and_the_words() -> None:
    high = Reading(level="high", confidence=0.7, because=("“wedding”",))
    upset = Reading(level="upset", confidence=0.8, because=("“gutted”",))
    output = classify(Model(signals=replace(CALM, urgency=high, mood=upset))).output
    assert (output.urgency, output.urgency_confidence, output.urgency_because) == (
        3, 0.7, ("“wedding”",),
    )  # fmt: skip
    assert (output.mood, output.mood_confidence, output.mood_because) == (
        "upset", 0.8, ("“gutted”",),
    )  # fmt: skip


def test_a_threat_raises_a_ticket_and_a_low_urgency_buries_none() -> None:
    low = Reading(level="low", confidence=0.9)
    threat = Reading(level="threatening", confidence=0.8, because=("“court”",))
    output = classify(Model(signals=replace(CALM, urgency=low, mood=threat))).output
    assert (output.urgency, output.urgency_because) == (3, ("“court”",))


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("Just wondering whether it comes in blue, no rush.", 2),
        ("Where is my order?", 2),
        ("Urgent!", 2),
        ("There is a smell of gas from the stove", 3),
        ("There is a smell of gas from the stove, I need help today", 4),
        ("Third time I write and nobody answers!! I will see a solicitor", 3),
    ],
)
def test_how_soon_it_matters_where_there_is_no_model(text: str, level: int) -> None:
    assert compute_urgency(text)[0] == level


def test_one_sign_alone_never_makes_it_urgent() -> None:
    level, because = compute_urgency("My kettle caught fire.")
    assert (level, because) == (3, ("danger: “caught fire”",))


def test_the_lot_falls_the_same_way_every_time_and_on_the_share_asked_for() -> None:
    tickets = range(20_000)
    chosen = {ticket for ticket in tickets if is_in_audit_sample(ticket, 0.1)}
    assert abs(len(chosen) / len(tickets) - 0.1) < 0.01
    assert chosen < {ticket for ticket in tickets if is_in_audit_sample(ticket, 0.2)}
    assert not any(is_in_audit_sample(ticket, 0) for ticket in tickets)
    assert all(is_in_audit_sample(ticket, 1) for ticket in tickets)


def test_the_lot_is_in_the_output() -> None:
    assert classify(Model(), audited=True).output.audited
    assert not classify(Model()).output.audited
