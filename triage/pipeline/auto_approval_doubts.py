"""What the machine's own steps say against approving a refund without a person."""

from __future__ import annotations

from collections.abc import Iterator

from tickets.models import Run
from triage.contract.case import Case
from triage.contract.outcomes import Outcome
from triage.contract.outputs import Classification
from triage.pipeline import registry
from triage.steps.classify import find_guarantee_doubt


def list_doubts(run: Run, case: Case) -> tuple[str, ...]:
    """The reasons not to approve by a rule; empty where nothing at all is unclear.

    Every step must have left its receipt.
    """
    return (*_iter_label_doubts(case), *_iter_injection_doubts(case), *_iter_receipt_doubts(run))


def _iter_label_doubts(case: Case) -> Iterator[str]:
    label = case[Classification]
    target = registry.load_limits()["classify"]["target"]
    if label.basis == "person":
        return
    if label.basis != "model" or not label.label or find_guarantee_doubt(label.promise, target):
        yield "the label is neither a person's nor under a promise that holds"
    elif label.outcome == Outcome.SEVERAL:
        yield "the message is about several matters"
    if label.audited:
        yield "the ticket is one of those whose label a person checks"


def _iter_injection_doubts(case: Case) -> Iterator[str]:
    yield from (order.because for order in case[Classification].machine_orders)
    if case.hides_words:
        yield "it holds words that could not be seen"


def _iter_receipt_doubts(run: Run) -> Iterator[str]:
    receipts = list(run.receipts.all())
    missing = {step.name for step in registry.load_steps()} - {each.step for each in receipts}
    if missing:
        yield f"no receipt of: {', '.join(sorted(missing))}"
    for receipt in receipts:
        unclear = [check for check in receipt.checks if check.get("passed") is not True]
        if receipt.status != "ok" or unclear:
            yield f"a check of “{receipt.step}” did not pass"
