"""Cases that are decided, and what a writer makes of them."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.support.case_values import labelled
from triage.contract.answers import DECISION, Answer, AskedKind, Blocker
from triage.contract.case import Case
from triage.contract.step import Rung
from triage.pipeline.rule_engines import ArithmeticEngine
from triage.pipeline.runner import climb_ladder
from triage.steps import decide
from triage.steps.answer import Answers
from triage.steps.summarize import Summary

GOOD = (
    "Hello ⟦customer⟧,\n\nThank you for writing to us about order ⟦order⟧, we are glad to help "
    "you here."
    "\n\nOur policy on this says: ⟦clause⟧\n\nA colleague is reviewing a refund of ⟦amount⟧ for "
    "you."
    "\n\nKind regards,\n⟦shop⟧"
)


def decided(**changes: Any) -> Case:
    made = labelled(**changes).add_output(Summary())
    rung = Rung(name="arithmetic", load=ArithmeticEngine)
    made = made.add_output(climb_ladder(decide.step, made, [rung], {}).output)
    return made.add_output(answer_by(DECISION, made))


def answer_by(source: str, made: Case, **values: Any) -> Answers:
    """What the whole message asks, answered from that source."""
    found = Answer(words=made.text, kind=AskedKind.WISH, source=source, ref="decision", **values)
    return Answers(items=(found,))


def leave_open(made: Case, blocker: Blocker = Blocker.KNOWLEDGE) -> Answers:
    """What the whole message asks, without an answer."""
    found = Answer(words=made.text, kind=AskedKind.QUESTION, blocker=blocker, because="unknown")
    return Answers(items=(found,))


def _same(writer: Any) -> Any:
    return writer


def write(step: Any, made: Case, *writers: Any) -> Any:
    rungs = [Rung(name=w.card.name, load=partial(_same, w)) for w in writers]
    return climb_ladder(step, made, rungs, step.limits)
