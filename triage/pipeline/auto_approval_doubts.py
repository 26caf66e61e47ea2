"""What the machine's own steps say against approving a refund without a person."""

from __future__ import annotations

from collections.abc import Iterator

from tickets.models import Run
from triage.contract.case import Case
from triage.contract.outcomes import Outcome
from triage.contract.outputs import Classification
from triage.nlu.prompt_injection import orders_in
from triage.pipeline import registry
from triage.steps.classify import promise_doubt


def doubts(run: Run, case: Case) -> tuple[str, ...]:
    """In words; empty where nothing at all is unclear. Every step must have left its receipt."""
    return (*_of_the_label(case), *_of_the_words(case), *_of_the_receipts(run))


def _of_the_label(case: Case) -> Iterator[str]:
    label = case[Classification]
    target = registry.limits()["classify"]["target"]
    if label.basis == "person":
        return
    if label.basis != "model" or not label.label or promise_doubt(label.promise, target):
        yield "the label is neither a person's nor under a promise that holds"
    elif label.outcome == Outcome.SEVERAL:
        yield "the message is about several matters"
    if label.audited:
        yield "the ticket is one of those whose label a person checks"


def _of_the_words(case: Case) -> Iterator[str]:
    yield from orders_in(f"{case.subject}\n{case.text}")


def _of_the_receipts(run: Run) -> Iterator[str]:
    receipts = list(run.receipts.all())
    missing = {step.name for step in registry.steps()} - {each.step for each in receipts}
    if missing:
        yield f"no receipt of: {', '.join(sorted(missing))}"
    for receipt in receipts:
        unclear = [check for check in receipt.checks if check.get("passed") is not True]
        if receipt.status != "ok" or unclear:
            yield f"a check of “{receipt.step}” did not pass"
