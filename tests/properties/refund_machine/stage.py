"""One sequence of the machine: a transaction never committed, and what to remember of it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from hypothesis.stateful import RuleBasedStateMachine, invariant

from approvals import payments
from approvals.errors import Refused
from approvals.models import Decision, Execution, RefundRule
from approvals.payments import outbox
from approvals.payments.gateways import webhook
from approvals.review import seeded_checks, synthetic_requests
from approvals.snapshot import build as seen
from tests.properties.refund_machine import invariants, world
from tests.properties.refund_machine.ledger import Ledger
from tests.properties.refund_machine.payment_side import Crash, Side
from tests.properties.refund_machine.world import Lots, World
from tests.support.payment_server import SECRET
from tickets.delivery.replies import Conflict
from tickets.delivery.sending import NotSent
from tickets.intake import BadRow
from tickets.models import Message
from tickets.queue import run_queue

REFUSALS = (Refused, BadRow, NotSent, Conflict, PermissionDenied, Crash)
OPEN = ("queued", "calling", "doubt")
UNTIL_SETTLED = 4  # rounds: a doubt, a question, an order, an answer


class Stage(RuleBasedStateMachine):
    """``world`` is there before the first sequence; ``seen`` counts what happened in all."""

    world: ClassVar[World]
    settings: ClassVar[Any]
    seen: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.side = Side()
        self.ledger = Ledger(self.side)
        self.pages: list[world.Page] = []
        self.edits = 0
        self.patch = pytest.MonkeyPatch()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self._set_the_stage()
        self.seen["sequences"] += 1

    def _set_the_stage(self) -> None:
        lots = Lots()
        lots.drawn.seed(1)
        for module in (seeded_checks, synthetic_requests):
            self.patch.setattr(module, "secrets", lots)
        self.patch.setattr(webhook, "send_http_request", self.side.exchange)
        self.patch.setattr(run_queue, "dispatch_task", lambda *args, **kwargs: None)
        claim = outbox._claim_execution
        self.patch.setattr(outbox, "_claim_execution", lambda pk: self._watched(claim(pk)))
        self.settings.PAYMENT_URL = "https://pay.example.com/pay"
        self.settings.PAYMENT_SECRET = SECRET
        self.settings.PAYMENT_EXECUTOR = "webhook"

    def _watched(self, claimed: Execution | None) -> Execution | None:
        """At the moment of the claim everything is as it was when it was approved."""
        if claimed is not None:
            approvals = Decision.objects.filter(refund=claimed.refund_id, verdict="approve")
            agreed = set(approvals.values_list("fingerprint", flat=True))
            assert agreed == {seen.compute_fingerprint(claimed.refund)}, "claimed what had changed"
            assert not set(approvals.values_list("pk", flat=True)) & self.ledger.outdated
        return claimed

    # --- after each step --------------------------------------------------------------

    @invariant(check_during_init=True)
    def everything_holds(self) -> None:
        self.ledger.read()
        self.seen["steps"] += 1
        for state in ("approved", "executing", "executed", "failed", "doubt", "void", "expired"):
            self.seen[f"now {state}"] += len(self.ledger.entered(state))
        assert invariants.broken(self.ledger) == []

    def teardown(self) -> None:
        """After a sequence that held, everything open is settled; then nothing is kept."""
        try:
            if sys.exc_info()[0] is None:
                self._settle_everything()
        finally:
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)
            self.patch.undo()

    def _settle_everything(self) -> None:
        """A payment side that is well again, and workers that look after everything."""
        self.side.mood, self.side.manner = "pays", "knows"
        for key, order in list(self.side.on_the_way.items()):
            self.side.arrive(key, order)
        for _ in range(UNTIL_SETTLED):
            world.pass_time(timedelta(hours=2))
            payments.sweep_payments()
            if not (waiting := self.ledger.newest("executions", *OPEN)):
                break
            for pk in waiting:
                payments.attend_execution(pk)
            self.everything_holds()
        assert invariants.broken_at_the_end() == []
        open_still = Execution.objects.filter(pk__in=self.ledger.newest("executions", *OPEN))
        assert all(map(_is_for_people, open_still)), "something is never settled"

    # --- what the rules need ----------------------------------------------------------

    @contextmanager
    def attempt(self, what: str) -> Iterator[None]:
        """It may be refused, or the process may die over it; nothing else may happen."""
        try:
            yield
        except REFUSALS as error:
            self.seen[f"{what}: {type(error).__name__}"] += 1
        else:
            self.seen[what] += 1

    def pick(self, table: str, n: int, *states: str) -> int:
        """The nth of those that there are, newest first, counted round."""
        found = self.ledger.newest(table, *states)
        return found[n % len(found)]

    def set_rule(self, **values: Any) -> None:
        with self.world.by_ada():
            RefundRule.objects.filter(name=world.RULE).update(**values)

    def write(self, name: str, ticket: int) -> None:
        """They answer the customer, and so have a hand in it."""
        author = self.world.people[name]
        Message.objects.create(ticket_id=ticket, direction="out", author=author, text="Soon.")

    def next_edit(self) -> int:
        """Each edit is another one, so that none takes back what an earlier one did."""
        self.edits += 1
        return self.edits


def _is_for_people(execution: Execution) -> bool:
    """In doubt, with what speaks against recording it."""
    return execution.state == "doubt" and "but:" in execution.note


def has(table: str, *states: str) -> Callable[[Any], bool]:
    """Whether there is one; of any state where none is named."""
    return lambda stage: bool(stage.ledger.newest(table, *states))
