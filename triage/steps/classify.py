"""What is the customer asking for, and how soon does it matter?"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from triage.contract.case import Case
from triage.contract.outcomes import (
    HIGH,
    LOW,
    NO_REPLY_OUTCOMES,
    NORMAL,
    THREATENING,
    URGENT,
    Guess,
    Labeller,
    Matter,
    Outcome,
    Signals,
    get_message_text,
)
from triage.contract.outputs import Classification
from triage.contract.step import Check, Evidence, Step, Worksheet, iter_failed_checks
from triage.nlu.message_outcome import detect_unwanted_mail, determine_outcome
from triage.nlu.prompt_injection import list_machine_orders, remove_injections
from triage.nlu.urgency_rules import compute_urgency

URGENCY_LEVELS: Mapping[str, int] = {"low": LOW, "normal": NORMAL, "high": HIGH, "urgent": URGENT}
SIGNALS_NOT_RUN = "urgency and mood: not run, read off by rules"
READABLE_CHECK = "something to read"
UNSPACED_SIGNS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]")  # Japanese, Chinese, Thai


def classify_message(case: Case, engine: Labeller) -> Classification:
    """Label the message with the engine, with its outcome, urgency and mood.

    Where it gives orders to the machine, the label without them is computed as well. May raise
    EngineError.
    """
    found = _add_machine_orders(case, _build_classification(case, engine))
    if not found.machine_orders:
        return found
    return replace(found, without_orders=_label_without_injection(case, engine))


def _add_machine_orders(case: Case, found: Classification) -> Classification:
    """The answer with the orders to the machine in the message, and who heard them."""
    heard = {case.injected.model: case.injected.sha256} if case.injected else {}
    return replace(
        found, machine_orders=list_machine_orders(case), readers={**heard, **found.readers}
    )


def _label_without_injection(case: Case, engine: Labeller) -> str:
    """The label of what the message says beside its orders; empty where that is nothing."""
    injected = case.injected.sentences if case.injected else ()
    rest = replace(
        case,
        subject=remove_injections(case.subject, injected),
        text=remove_injections(case.text, injected),
    )
    return _build_classification(rest, engine).label if get_message_text(rest) else ""


def _build_classification(case: Case, engine: Labeller) -> Classification:
    guess = engine.label(get_message_text(case), case.intents, case.language)
    matters = _select_matters(case, guess)
    main = max(matters, key=lambda matter: matter.confidence, default=None)
    label = main.label if main else guess.label
    outcome, sure, because = determine_outcome(case, guess, matters)
    read = read_urgency(case, guess.signals)
    return replace(
        read,
        readers={**read.readers, **guess.readers},
        mended=guess.mended,
        label=label,
        name=get_intent_name(case, label),
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


def get_intent_name(case: Case, slug: str) -> str:
    intent = case.find_intent(slug)
    return intent.name if intent else ""


def is_in_audit_sample(ticket: int, share: float) -> bool:
    """Whether a ticket is in the audit sample, the random ``share`` that a person is asked
    about: the same answer for ever.
    """
    digest = hashlib.sha256(f"audit:{ticket}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def _select_matters(case: Case, guess: Guess) -> tuple[Matter, ...]:
    """The matters whose label is in the taxonomy, the surest first; empty where fewer than two
    differ.
    """
    ours = {matter.label: matter for matter in guess.matters if case.find_intent(matter.label)}
    if guess.basis != "model" or len(ours) < 2:
        return ()
    named = [replace(matter, name=get_intent_name(case, slug)) for slug, matter in ours.items()]
    return tuple(sorted(named, key=lambda matter: -matter.confidence))


def read_urgency(case: Case, signals: Signals | None) -> Classification:
    """Urgency and mood without any label: by the signals, or by rules where there are none.

    A threat raises a ticket, nothing lowers one.
    """
    if signals is None:
        level, because = compute_urgency(get_message_text(case))
        return Classification(urgency=level, urgency_because=because, audited=case.audited)
    urgency, mood = signals.urgency, signals.mood
    level, sure, because = URGENCY_LEVELS[urgency.level], urgency.confidence, urgency.because
    if mood.level == THREATENING and level < HIGH:
        level, sure, because = HIGH, mood.confidence, mood.because
    return Classification(
        urgency=level,
        urgency_confidence=sure,
        urgency_because=because,
        mood=mood.level,
        mood_confidence=mood.confidence,
        mood_because=mood.because,
        readers=signals.readers,
        audited=case.audited,
    )


def check_classification(
    case: Case, output: Classification, limits: Mapping[str, float]
) -> Iterator[Check]:
    """The doubts about a label: something to read, no spam, in scope, sure enough, and the
    same label without the orders to the machine.
    """
    words = count_words(get_message_text(case))
    by_person = output.basis == "person"
    yield Check(
        name=READABLE_CHECK,
        passed=words >= limits["words"] or by_person,
        value=f"{words} words",
        threshold=f"at least {limits['words']:g}",
        because="the message is empty or nearly so",
    )
    yield Check(
        name="no spam",
        passed=output.outcome != Outcome.SPAM,
        value=_format_confidence(output) if output.outcome == Outcome.SPAM else "",
        because=output.outcome_because,
    )
    stranger = output.outcome in (Outcome.NOT_OURS, Outcome.UNSURE)
    ours = not stranger and case.find_intent(output.label) is not None
    yield Check(
        name="one of ours",
        passed=ours,
        value=output.name or "none",
        because=output.outcome_because or "nothing in the taxonomy fits",
    )
    yield _check_confidence(output, limits)
    if output.without_orders is not None:
        yield Check(
            name="the same without its orders",
            passed=by_person or output.without_orders == output.label,
            value=get_intent_name(case, output.without_orders) or "no label",
            threshold=output.name,
            because="without the part that gives orders to the software it reads otherwise",
        )


def count_words(text: str) -> int:
    """The words of a text; two signs of a script without spaces count as one."""
    return len(text.split()) + len(UNSPACED_SIGNS.findall(text)) // 2


def _format_confidence(output: Classification) -> str:
    sure = output.outcome_confidence
    return "" if sure is None else f"{sure:.2f}"


def _check_confidence(output: Classification, limits: Mapping[str, float]) -> Check:
    """Whether the label is sure enough by the precision guarantee; of a multi-intent message
    no label is automatic: a person checks each matter.
    """
    if output.basis in ("phrase", "person"):
        return Check(name="sure enough", passed=True, value=f"named by a {output.basis}")
    needed = max(limits["confidence"], output.threshold or 0.0)
    doubt = find_guarantee_doubt(output.promise, limits["target"])
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


def find_guarantee_doubt(promise: Mapping[str, Any], target: float) -> str:
    """Why the precision guarantee does not hold for the ``target`` (0 to 1), or ""."""
    if not promise.get("valid", False):
        return "the promise does not hold yet: a person confirms the label"
    if float(promise.get("target", 0)) < target:
        return f"the promise is for {promise.get('target', 0):.0%}, {target:.0%} is asked for"
    return ""


def build_evidence(case: Case, output: Classification) -> Evidence:
    """What the receipt lists of a label; where no model read urgency and mood, that as well."""
    reasons = (output.outcome_because, *output.urgency_because, *output.mood_because)
    if get_message_text(case) and not output.mood:
        reasons = (*reasons, SIGNALS_NOT_RUN)
    text = ("message", f"ticket:{case.ticket}", "customer", get_message_text(case))
    marks = ("mail header", f"ticket:{case.ticket}:marks", "customer", "; ".join(case.marks))
    return Evidence(
        label=output.label,
        confidence=output.confidence,
        promise=output.promise,
        reasons=tuple(dict.fromkeys(filter(None, reasons))),
        inputs=(text, marks) if case.marks else (text,),
    )


def salvage_suggestion(
    case: Case, output: Classification, checks: Sequence[Check]
) -> Classification:
    """What is left of a doubted answer: what the message is, and the label as a suggestion."""
    doubts = {doubt.name: doubt.because for doubt in iter_failed_checks(checks)}
    left = replace(
        output,
        label="",
        name="",
        confidence=None,
        suggestion=output.label if case.find_intent(output.label) else "",
        suggestion_name=output.name,
        suggestion_confidence=output.confidence,
    )
    if READABLE_CHECK in doubts:
        return replace(left, outcome=Outcome.EMPTY, outcome_confidence=None, outcome_because="")
    if output.outcome in NO_REPLY_OUTCOMES:
        return replace(left, suggestion="", suggestion_name="", suggestion_confidence=None)
    if output.outcome == Outcome.SEVERAL:
        return left
    wrong = None if output.confidence is None else 1 - output.confidence
    because = next(iter(doubts.values()), "")
    return replace(left, outcome=Outcome.UNSURE, outcome_confidence=wrong, outcome_because=because)


def build_fallback(case: Case) -> Classification:
    """No label is better than a guessed one; how soon it matters is known all the same."""
    left = _add_machine_orders(case, read_urgency(case, None))
    if not get_message_text(case):
        return replace(left, outcome=Outcome.EMPTY)
    if unwanted := detect_unwanted_mail(case, None):
        outcome, sure, because = unwanted
        return replace(left, outcome=outcome, outcome_confidence=sure, outcome_because=because)
    return left


step = Step(
    name="classify",
    question="What is the customer asking for?",
    writes=Classification,
    needs=Labeller,
    run=classify_message,
    check=check_classification,
    evidence=build_evidence,
    fallback=build_fallback,
    withdrawn=salvage_suggestion,
    ladder=("encoder", "phrases"),
    limits={
        "target": 0.95,
        "strangers": 0.3,
        "audit": 0.1,
        "first_audit": 0.4,
        "confidence": 0.0,
        "words": 2,
    },
    worksheet=Worksheet(
        budget_ms=500, sensitive="the customer's message", approval="a person labels what is unsure"
    ),
)
