"""What workers and the payment side do, in pieces, so that anything can happen between two of them.

A claim, the call, and writing down its answer are steps of their own, as they are in a worker.
Assumed is what PAYMENT_PATIENCE says: what was sent arrives, and whoever claimed calls, within it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from approvals import access_denials, payments, refund_rows, reply_refresh, services
from approvals.models import Execution, Refund
from approvals.payments import ledger, outbox, reconciliation
from approvals.payments.responses import Answer
from tests.properties.refund_machine import world
from tests.properties.refund_machine.ledger import Row
from tests.properties.refund_machine.payment_side import MANNERS, MOODS, Crash
from tests.properties.refund_machine.people import ANYBODY, SUPERVISOR, N
from tests.properties.refund_machine.stage import OPEN, Stage, has

PASSED = st.sampled_from(
    [
        timedelta(minutes=2),
        timedelta(seconds=30),
        timedelta(minutes=11),
        timedelta(hours=13),
        timedelta(days=4),
        timedelta(days=8),
    ]
)
MOOD, MANNER = st.sampled_from(MOODS), st.sampled_from(MANNERS)
POINTS: dict[str, tuple[Any, str, bool]] = {
    "claiming": (refund_rows, "save_state", True),
    "claimed": (outbox, "call_gateway", False),
    "answered": (outbox, "call_gateway", True),
    "writing": (ledger, "add_payment", False),
    "written": (ledger, "append_payment_receipt", True),
    "following": (reply_refresh, "refresh_reply", False),
    "learning": (reconciliation, "_apply_answer", False),
}
POINT = st.none() | st.sampled_from(sorted(POINTS))


@dataclass
class Call:
    """One worker at work; ``answer`` is None before it asked, ``at`` when it did."""

    verb: str
    execution: Execution
    answer: Answer | None = None
    at: datetime = field(default_factory=timezone.now)


class Workers(Stage):
    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Call] = []

    # --- in one go --------------------------------------------------------------------

    @precondition(has("executions", *OPEN))
    @rule(n=N, mood=MOOD, manner=MANNER)
    def work(self, n: int, mood: str, manner: str) -> None:
        """Whatever a payment waits for."""
        self._work(n, mood, manner, None)

    @precondition(has("executions", *OPEN))
    @rule(n=N, mood=MOOD, manner=MANNER, point=st.sampled_from(sorted(POINTS)))
    def die_at_work(self, n: int, mood: str, manner: str, point: str) -> None:
        self._work(n, mood, manner, point)

    def _work(self, n: int, mood: str, manner: str, point: str | None) -> None:
        self.side.mood, self.side.manner = mood, manner
        with self.attempt(f"worked, dying: {point}"), dying(point):
            payments.attend_execution(self.pick("executions", n, *OPEN))

    @precondition(has("executions", "calling"))
    @rule()
    def sweep(self) -> None:
        payments.sweep_payments()
        late = Execution.objects.filter(state="calling", lease_until__lt=timezone.now())
        assert not late.exists(), "a call that was left is not in doubt"

    # --- in pieces --------------------------------------------------------------------

    @precondition(has("executions", "queued"))
    @rule(n=N)
    def claim(self, n: int) -> None:
        if claimed := outbox._claim_execution(self.pick("executions", n, "queued")):
            self.calls.insert(0, Call("pay", claimed))
        self.seen["claimed" if claimed else "not claimed"] += 1

    @precondition(has("executions", "doubt"))
    @rule(n=N)
    def take_a_question(self, n: int) -> None:
        if taken := reconciliation._claim_question(self.pick("executions", n, "doubt")):
            self.calls.insert(0, Call("ask", taken))

    @precondition(lambda self: self.unsent())
    @rule(n=N, mood=MOOD, manner=MANNER)
    def call(self, n: int, mood: str, manner: str) -> None:
        self.side.mood, self.side.manner = mood, manner
        call = self.unsent()[n % len(self.unsent())]
        call.at = max(call.at, timezone.now() if call.verb == "ask" else call.at)
        try:
            call.answer = outbox.call_gateway(call.verb, call.execution)
        except Crash:
            self.calls.remove(call)

    def unsent(self) -> list[Call]:
        return [call for call in self.calls if call.answer is None]

    def answered(self) -> list[tuple[Call, Answer]]:
        return [(call, call.answer) for call in self.calls if call.answer is not None]

    @precondition(lambda self: self.answered())
    @rule(n=N, point=POINT, twice=st.booleans())
    def write_down(self, n: int, point: str | None, twice: bool) -> None:
        call, answer = self.answered()[n % len(self.answered())]
        if not twice:
            self.calls.remove(call)
        with self.attempt(f"{call.verb}: wrote down {type(answer).__name__}"), dying(point):
            if call.verb == "pay":
                ledger.record_answer(call.execution, answer)
            else:
                reconciliation._apply_answer(call.execution, answer, call.at)

    @precondition(lambda self: self.calls)
    @rule(n=N)
    def die(self, n: int) -> None:
        del self.calls[n % len(self.calls)]

    @precondition(lambda self: self.side.on_the_way)
    @rule(n=N, lost=st.booleans())
    def arrive(self, n: int, lost: bool) -> None:
        """What was on its way to the payment side gets there, or never will."""
        waiting = list(self.side.on_the_way)
        key = waiting[n % len(waiting)]
        order = self.side.on_the_way.pop(key)
        if not lost:
            self.side.arrive(key, order)

    @rule(passed=PASSED)
    def time_passes(self, passed: timedelta) -> None:
        world.pass_time(passed)
        for call in list(self.calls):
            call.at -= passed
            late = timezone.now() - call.at >= timedelta(seconds=settings.PAYMENT_PATIENCE)
            if call.answer is None and late:
                self.calls.remove(call)
        if passed >= timedelta(minutes=2):
            for key, order in list(self.side.on_the_way.items()):
                self.side.arrive(key, order)

    # --- people who look there ----------------------------------------------------------

    @precondition(has("executions", "doubt", "queued"))
    @rule(n=N, by=SUPERVISOR, hand=st.booleans())
    def settle(self, n: int, by: str, hand: bool) -> None:
        """Somebody looks at the payment side's own pages and says what is there."""
        execution = self.ledger.now["executions"][self.pick("executions", n, "doubt", "queued")]
        if self._on_its_way(execution):
            return
        if hand:  # they wrote to the customer about it
            ticket = self.ledger.now["refunds"][execution["refund_id"]]["ticket_id"]
            self.write(by, ticket)
        move = self.side.moved.get(execution["key"])
        with self.attempt("settled by hand"):
            payments.settle_payment(
                execution["id"],
                by=self.world.people[by],
                paid=move is not None,
                why="I looked there.",
                reference=move.reference if move else "",
            )

    def _on_its_way(self, execution: Row) -> bool:
        waiting = {call.execution.pk for call in self.unsent() if call.verb == "pay"}
        return execution["key"] in self.side.on_the_way or execution["id"] in waiting

    @precondition(lambda self: self.for_people())
    @rule(n=N, by=SUPERVISOR)
    def pay_by_hand(self, n: int, by: str) -> None:
        """What waits for a person is paid at the payment side first, and then recorded."""
        refund = self.for_people()[n % len(self.for_people())]
        pounds = (refund["amount"], refund["currency"])
        reference = self.side.pay_by_hand(refund["id"], *pounds)
        found, person = Refund.objects.get(pk=refund["id"]), self.world.people[by]
        kept = access_denials.record_denials(found, person, "pay", reference=reference)
        with self.attempt("paid by hand"), kept:
            changed = services.record_manual_payment(found.pk, by=person, reference=reference)
            self.seen["paid by hand what had changed"] += bool(changed)

    @precondition(has("refunds", "approved"))
    @rule(n=N, by=ANYBODY)
    def take_an_approval_back(self, n: int, by: str) -> None:
        refund, person = self.pick("refunds", n, "approved"), self.world.people[by]
        with self.attempt("took back"):
            services.take_back_approval(refund, by=person, why="It was another order.")

    def for_people(self) -> list[Row]:
        """What is approved and was not ordered, newest first."""
        approved = (
            self.ledger.now["refunds"][pk] for pk in self.ledger.newest("refunds", "approved")
        )
        return [refund for refund in approved if not self.ledger.execution_of(refund["id"])]


@contextmanager
def dying(point: str | None) -> Iterator[None]:
    """The process ends where the point is reached: before it, or when it is done."""
    with pytest.MonkeyPatch.context() as patch:
        if point is not None:
            owner, name, after = POINTS[point]
            patch.setattr(owner, name, _dying(getattr(owner, name), after))
        yield


def _dying(done: Any, after: bool) -> Any:
    def die(*args: Any, **values: Any) -> Any:
        if after:
            done(*args, **values)
        raise Crash

    return die
