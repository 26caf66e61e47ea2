"""What is the customer asking for, and how soon does it matter?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from triage.case import Case, Intent
from triage.step import Check, Engine, Evidence, Step, Worksheet

LOW, NORMAL, HIGH, URGENT = 1, 2, 3, 4


@dataclass(frozen=True, kw_only=True)
class Classification:
    """The label and how sure it is; ``label`` is empty where a person has to say.

    ``basis`` is what stands behind it: "model", "phrase" (an exact wording of the
    taxonomy) or "person". ``confidence`` is None where nothing was calibrated.
    """

    label: str = ""
    name: str = ""
    confidence: float | None = None
    runner_up: str = ""
    runner_up_confidence: float | None = None
    basis: str = ""
    threshold: float | None = None
    promise: Mapping[str, Any] = field(default_factory=dict)
    urgency: int = NORMAL
    urgency_because: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Guess:
    """An engine's answer: a slug of the taxonomy, or "" for none of them."""

    label: str
    confidence: float | None
    basis: str
    runner_up: str = ""
    runner_up_confidence: float | None = None
    threshold: float | None = None
    promise: Mapping[str, Any] = field(default_factory=dict)


class Labeller(Engine, Protocol):
    def label(self, text: str, intents: tuple[Intent, ...]) -> Guess: ...


# A sign moves urgency by its weight; one sign alone never makes a ticket urgent.
SIGNS: Mapping[str, tuple[int, str]] = {
    "danger": (
        2,
        r"\b(?:gas (?:smell|leak)|smell of gas|smok(?:e|ing)|caught fire|on fire|burn(?:t|ed|ing)? (?:my|me|her|him|smell)"
        r"|electric shock|sparks?|injur\w+|cut (?:my|his|her)|allerg\w+|dangerous|unsafe|hospital)\b",
    ),
    "a date that will pass": (
        1,
        r"\b(?:today|tonight|tomorrow|this (?:morning|afternoon|evening|weekend)"
        r"|by (?:mon|tues|wednes|thurs|fri|satur|sun)day|birthday|wedding|funeral|christmas"
        r"|leav(?:e|ing) (?:on|tomorrow)|urgent\w*|asap|immediately|as soon as possible)\b",
    ),
    "money is missing": (
        1,
        r"\b(?:charged (?:me )?twice|double[- ]charged|overdrawn|rent|can(?:'t|not) (?:pay|afford)|fraud\w*|stolen)\b",
    ),
    "a complaint may follow": (
        1,
        r"\b(?:chargeback|solicitor|lawyer|legal action|small claims|trading standards|ombudsman"
        r"|section 75|consumer rights|report you|police)\b",
    ),
    "the patience is gone": (
        1,
        r"\b(?:third time|second time|again and again|still (?:no|not|waiting|haven't)|weeks? (?:now|ago)"
        r"|nobody (?:answers|replies)|unacceptable|disgrace\w*|ridiculous|furious|fed up|last chance)\b|!!+",
    ),
    "no hurry": (
        -1,
        r"\b(?:no (?:rush|hurry)|when(?:ever)? you (?:have|get) (?:a )?(?:time|minute|chance)|just wondering|out of curiosity)\b",
    ),
}


def run(case: Case, engine: Labeller) -> Classification:
    guess = engine.label(f"{case.subject}\n{case.text}".strip(), case.intents)
    urgency, because = urgency_of(f"{case.subject}\n{case.text}")
    intent = case.intent(guess.label)
    return Classification(
        label=guess.label,
        name=intent.name if intent else "",
        confidence=guess.confidence,
        runner_up=guess.runner_up,
        runner_up_confidence=guess.runner_up_confidence,
        basis=guess.basis,
        threshold=guess.threshold,
        promise=guess.promise,
        urgency=urgency,
        urgency_because=because,
    )


def urgency_of(text: str) -> tuple[int, tuple[str, ...]]:
    """1 (low) to 4 (urgent) and the signs that moved it, each with the words found."""
    found = [
        (weight, f"{sign}: “{match.group().strip()}”")
        for sign, (weight, pattern) in SIGNS.items()
        if (match := re.search(pattern, text, re.IGNORECASE))
    ]
    score = sum(weight for weight, _ in found)
    level = max(LOW, min(NORMAL + score, URGENT if len(found) > 1 else HIGH))
    return level, tuple(because for _, because in found)


def check(case: Case, output: Classification, limits: Mapping[str, float]) -> Iterator[Check]:
    words = len(case.text.split()) + len(case.subject.split())
    yield Check(
        name="something to read",
        passed=words >= limits["words"] or output.basis == "person",
        value=f"{words} words",
        threshold=f"at least {limits['words']:g}",
        because="the message is empty or nearly so",
    )
    yield Check(
        name="one of our labels",
        passed=case.intent(output.label) is not None,
        value=output.name or "none",
        because="nothing in the taxonomy fits",
    )
    yield _sure(output, limits)


def _sure(output: Classification, limits: Mapping[str, float]) -> Check:
    if output.basis in ("phrase", "person"):
        return Check(name="sure enough", passed=True, value=f"named by a {output.basis}")
    threshold = max(limits["confidence"], output.threshold or 0.0)
    sure = output.confidence is not None and output.confidence >= threshold
    value = "not calibrated" if output.confidence is None else f"{output.confidence:.2f}"
    return Check(
        name="sure enough",
        passed=sure,
        value=value,
        threshold=f"at least {threshold:.2f}",
        because=f"{value} is below what the promise needs, {output.runner_up or 'nothing'} is next",
    )


def evidence(case: Case, output: Classification) -> Evidence:
    return Evidence(
        label=output.label,
        confidence=output.confidence,
        promise=output.promise,
        reasons=output.urgency_because,
        inputs=(("message", f"ticket:{case.ticket}", "customer", f"{case.subject}\n{case.text}"),),
    )


def fallback(case: Case) -> Classification:
    """No label is better than a guessed one; how soon it matters is known all the same."""
    urgency, because = urgency_of(f"{case.subject}\n{case.text}")
    return Classification(urgency=urgency, urgency_because=because)


step = Step(
    name="classify",
    question="What is the customer asking for?",
    writes=Classification,
    run=run,
    check=check,
    evidence=evidence,
    fallback=fallback,
    ladder=("encoder", "phrases"),
    limits={"confidence": 0.0, "words": 2},
    worksheet=Worksheet(
        budget_ms=500, sensitive="the customer's message", approval="a person labels what is unsure"
    ),
)
