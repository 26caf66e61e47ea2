"""What is the customer asking for, and how soon does it matter?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from triage.contract.case import Case
from triage.contract.outcomes import (
    HIGH,
    LOW,
    NORMAL,
    NOTHING_ASKED,
    THREATENING,
    URGENT,
    Guess,
    Labeller,
    Matter,
    Outcome,
    Signals,
    said,
)
from triage.contract.outputs import Classification
from triage.contract.step import Check, Evidence, Step, Worksheet, failing
from triage.nlu.message_outcome import junk, outcome_of
from triage.nlu.prompt_injection import orders_in, without_orders
from triage.nlu.urgency_rules import urgency_of

LEVELS: Mapping[str, int] = {"low": LOW, "normal": NORMAL, "high": HIGH, "urgent": URGENT}
READABLE = "something to read"


def run(case: Case, engine: Labeller) -> Classification:
    found = _found(case, engine)
    if not orders_in(said(case)):
        return found
    return replace(found, without_orders=_without_orders(case, engine))


def _without_orders(case: Case, engine: Labeller) -> str:
    """The label of what the message says beside its orders; empty where that is nothing."""
    rest = replace(case, subject=without_orders(case.subject), text=without_orders(case.text))
    return _found(rest, engine).label if said(rest) else ""


def _found(case: Case, engine: Labeller) -> Classification:
    guess = engine.label(said(case), case.intents)
    matters = _matters(case, guess)
    main = max(matters, key=lambda matter: matter.confidence, default=None)
    label = main.label if main else guess.label
    outcome, sure, because = outcome_of(case, guess, matters)
    return replace(
        read(case, guess.signals),
        label=label,
        name=name_of(case, label),
        confidence=guess.confidence if label == guess.label else None,
        runner_up=guess.runner_up,
        runner_up_confidence=guess.runner_up_confidence,
        basis=guess.basis,
        threshold=guess.threshold,
        promise=guess.promise,
        outcome=outcome,
        outcome_confidence=sure,
        outcome_because=because,
        matters=matters,
    )


def name_of(case: Case, slug: str) -> str:
    intent = case.intent(slug)
    return intent.name if intent else ""


def drawn(ticket: int, share: float) -> bool:
    """Whether a ticket is one of the random ``share`` that a person is asked about: for ever."""
    digest = hashlib.sha256(f"audit:{ticket}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def _matters(case: Case, guess: Guess) -> tuple[Matter, ...]:
    """Those of our taxonomy, the surest first; none where fewer than two differ."""
    ours = {matter.label: matter for matter in guess.matters if case.intent(matter.label)}
    if guess.basis != "model" or len(ours) < 2:
        return ()
    named = [replace(matter, name=name_of(case, slug)) for slug, matter in ours.items()]
    return tuple(sorted(named, key=lambda matter: -matter.confidence))


# --- how soon, and in what mood -----------------------------------------------------


def read(case: Case, signals: Signals | None) -> Classification:
    """What is known without any label. A threat raises a ticket, nothing buries one."""
    if signals is None:
        level, because = urgency_of(said(case))
        return Classification(urgency=level, urgency_because=because, audited=case.audited)
    urgency, mood = signals.urgency, signals.mood
    level, sure, because = LEVELS[urgency.level], urgency.confidence, urgency.because
    if mood.level == THREATENING and level < HIGH:
        level, sure, because = HIGH, mood.confidence, mood.because
    return Classification(
        urgency=level,
        urgency_confidence=sure,
        urgency_because=because,
        mood=mood.level,
        mood_confidence=mood.confidence,
        mood_because=mood.because,
        audited=case.audited,
    )


# --- doubts ---------------------------------------------------------------------------


def check(case: Case, output: Classification, limits: Mapping[str, float]) -> Iterator[Check]:
    words = len(said(case).split())
    by_person = output.basis == "person"
    yield Check(
        name=READABLE,
        passed=words >= limits["words"] or by_person,
        value=f"{words} words",
        threshold=f"at least {limits['words']:g}",
        because="the message is empty or nearly so",
    )
    yield Check(
        name="no spam",
        passed=output.outcome != Outcome.SPAM,
        value=_share(output) if output.outcome == Outcome.SPAM else "",
        because=output.outcome_because,
    )
    stranger = output.outcome in (Outcome.NOT_OURS, Outcome.UNSURE)
    ours = not stranger and case.intent(output.label) is not None
    yield Check(
        name="one of ours",
        passed=ours,
        value=output.name or "none",
        because=output.outcome_because or "nothing in the taxonomy fits",
    )
    yield _sure(output, limits)
    if output.without_orders is not None:
        yield Check(
            name="the same without its orders",
            passed=by_person or output.without_orders == output.label,
            value=name_of(case, output.without_orders) or "no label",
            threshold=output.name,
            because="without the part that gives orders to the software it reads otherwise",
        )


def _share(output: Classification) -> str:
    sure = output.outcome_confidence
    return "" if sure is None else f"{sure:.2f}"


def _sure(output: Classification, limits: Mapping[str, float]) -> Check:
    """By the promise; of several matters no label is automatic: a person checks each."""
    if output.basis in ("phrase", "person"):
        return Check(name="sure enough", passed=True, value=f"named by a {output.basis}")
    needed = max(limits["confidence"], output.threshold or 0.0)
    doubt = promise_doubt(output.promise, limits["target"])
    if output.outcome == Outcome.SEVERAL:
        value = "a person checks each matter"
        return Check(name="sure enough", passed=not doubt, value=value, because=doubt)
    value = "not calibrated" if output.confidence is None else f"{output.confidence:.2f}"
    sure = output.confidence is not None and output.confidence >= needed
    below = f"{value} is less than the promise needs"
    return Check(
        name="sure enough",
        passed=sure and not doubt,
        value=value,
        threshold=f"at least {needed:.2f}",
        because=doubt or below,
    )


def promise_doubt(promise: Mapping[str, Any], target: float) -> str:
    """Why the promise does not hold for what was asked, or ""."""
    if not promise.get("valid", False):
        return "the promise does not hold yet: a person confirms the label"
    if float(promise.get("target", 0)) < target:
        return f"the promise is for {promise.get('target', 0):.0%}, {target:.0%} is asked for"
    return ""


def evidence(case: Case, output: Classification) -> Evidence:
    reasons = (output.outcome_because, *output.urgency_because, *output.mood_because)
    text = ("message", f"ticket:{case.ticket}", "customer", said(case))
    marks = ("mail header", f"ticket:{case.ticket}:marks", "customer", "; ".join(case.marks))
    return Evidence(
        label=output.label,
        confidence=output.confidence,
        promise=output.promise,
        reasons=tuple(dict.fromkeys(filter(None, reasons))),
        inputs=(text, marks) if case.marks else (text,),
    )


# --- a person's turn --------------------------------------------------------------------


def withdrawn(case: Case, output: Classification, checks: Sequence[Check]) -> Classification:
    """What is left of a doubted answer: what the message is, and the label as a suggestion."""
    doubts = {doubt.name: doubt.because for doubt in failing(checks)}
    left = replace(
        output,
        label="",
        name="",
        confidence=None,
        suggestion=output.label if case.intent(output.label) else "",
        suggestion_name=output.name,
        suggestion_confidence=output.confidence,
    )
    if READABLE in doubts:
        return replace(left, outcome=Outcome.EMPTY, outcome_confidence=None, outcome_because="")
    if output.outcome in NOTHING_ASKED:
        return replace(left, suggestion="", suggestion_name="", suggestion_confidence=None)
    if output.outcome == Outcome.SEVERAL:
        return left
    wrong = None if output.confidence is None else 1 - output.confidence
    because = next(iter(doubts.values()), "")
    return replace(left, outcome=Outcome.UNSURE, outcome_confidence=wrong, outcome_because=because)


def fallback(case: Case) -> Classification:
    """No label is better than a guessed one; how soon it matters is known all the same."""
    left = read(case, None)
    if not said(case):
        return replace(left, outcome=Outcome.EMPTY)
    if unwanted := junk(case, None):
        outcome, sure, because = unwanted
        return replace(left, outcome=outcome, outcome_confidence=sure, outcome_because=because)
    return left


step = Step(
    name="classify",
    question="What is the customer asking for?",
    writes=Classification,
    run=run,
    check=check,
    evidence=evidence,
    fallback=fallback,
    withdrawn=withdrawn,
    ladder=("encoder", "phrases"),
    limits={"target": 0.95, "audit": 0.1, "confidence": 0.0, "words": 2},
    worksheet=Worksheet(
        budget_ms=500, sensitive="the customer's message", approval="a person labels what is unsure"
    ),
)
