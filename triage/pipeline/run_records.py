"""What the finished steps of a run leave on record: their receipts and the ticket's label."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from tickets.audit import receipts
from tickets.models import Run, Ticket
from tickets.queue import run_queue
from triage.contract.outcomes import NORMAL
from triage.contract.outputs import Classification
from triage.contract.step import StepResult
from triage.pipeline.step_receipts import build_receipt_row

MAX_UNWRITTEN_SECONDS = 5
MOOD_ORDER = ("", "calm", "upset", "threatening")


class RunRecords:
    """The receipts of a run that are not written yet, and the label that goes with them.

    They are written together, in the transaction that ends the run. Where steps take long, or an
    engine is asked that does, what there is is written before. So a killed worker costs the work
    of a few seconds, which whoever takes the run over does again, and nothing else: what is
    written stays, and no answer is shown or sent without its receipt.
    """

    def __init__(self, run: Run, *, labelled_by_person: bool = False) -> None:
        self.run, self.labelled_by_person = run, labelled_by_person
        self._rows: list[dict[str, Any]] = []
        self._label: dict[str, Any] = {}
        self._urgency: Classification | None = None
        self._since = time.monotonic()

    def add_result(self, result: StepResult, ladder: Sequence[str]) -> None:
        """Keep the receipt of a step, and its label where it is the one that labels."""
        self._rows.append(build_receipt_row(self.run, result, ladder))
        if isinstance(result.output, Classification):
            self._keep_label(result.output, result.served.name if result.served else "")
        if time.monotonic() - self._since > MAX_UNWRITTEN_SECONDS:
            self.write_now()

    def write_now(self) -> None:
        """Write what there is in a transaction of its own. Raises LeaseLost."""
        if self._rows:
            with transaction.atomic():
                ticket = Ticket.get_locked(self.run.ticket_id)
                run_queue.renew_lease(self.run, case_sha256=self.run.case_sha256)
                self.write_rows(ticket)
        self._rows, self._label, self._urgency = [], {}, None
        self._since = time.monotonic()

    def write_rows(self, ticket: Ticket) -> None:
        """Write what there is, inside a transaction in which the ticket is locked and the run is
        known to be ours.
        """
        if self._rows:
            receipts.append_receipts(self._rows)
        if self._urgency is not None:
            ticket.update_row(**self._label, **raise_urgency(ticket, self._urgency))

    def _keep_label(self, output: Classification, by: str) -> None:
        """No model takes away a person's label."""
        self._urgency = output
        if output.label or not self.labelled_by_person:
            self._label = {
                "label": output.label,
                "label_name": output.name,
                "confidence": output.confidence,
                "labelled_by": by,
            }


def raise_urgency(ticket: Ticket, output: Classification) -> dict[str, Any]:
    """Urgency and mood go up only; where nothing was read before, "low" may stand."""
    level = max(ticket.urgency, output.urgency)
    if ticket.urgency == NORMAL and not ticket.mood and output.mood:
        level = output.urgency
    return {"urgency": level, "mood": max(ticket.mood, output.mood, key=MOOD_ORDER.index)}
