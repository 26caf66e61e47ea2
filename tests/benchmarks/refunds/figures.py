"""How the tasks of the refund benchmark came out, and the figures of all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from approvals.models import Refund
from tests.benchmarks.refunds.tau_shop import Task
from tickets.models import Ticket
from triage.nlu.order_linking import SURE

NOT_OF_MONEY: Final = frozenset({"NO_LABEL", "NO_MONEY_AT_STAKE", "NOT_AS_ASKED", "NOT_ASKED_FOR"})
SLACK: Final = Decimal("0.01")


@dataclass(frozen=True, kw_only=True)
class Judged:
    """How a task came out; ``amount`` is the sum of what was proposed, None for nothing.

    ``likeliest`` is the order with the most confidence, chosen or not.
    """

    task: Task
    label: str
    outcome: str
    reasons: tuple[str, ...]
    questions: tuple[str, ...]
    amount: Decimal | None
    needs_person: bool
    likeliest: str = ""
    order_confidence: float = 0.0

    @property
    def before_a_person(self) -> bool:
        """As a matter of money: a refund waits, or the decision is a question about money."""
        asks = self.outcome in {"ask", "human"} and bool(set(self.reasons) - NOT_OF_MONEY)
        return self.amount is not None or (asks and self.needs_person)

    @property
    def right(self) -> bool:
        return self.before_a_person == self.task.gives_back


def judge(task: Task, ticket: Ticket) -> Judged:
    """What became of a ticket that was read."""
    ticket.refresh_from_db()
    receipt = ticket.receipts.filter(step="decide").latest("pk")
    refunds = Refund.objects.filter(ticket=ticket, state=Refund.State.PENDING)
    amounts = [refund.amount for refund in refunds]
    decided = receipt.output
    return Judged(
        task=task,
        label=ticket.label,
        outcome=decided["outcome"],
        reasons=tuple(decided["reasons"]),
        questions=tuple(decided["questions"]),
        amount=sum(amounts, Decimal(0)) if amounts else None,
        needs_person=bool(ticket.attention),
        likeliest=next((each["number"] for each in decided["alternatives"]), ""),
        order_confidence=decided["order_confidence"] or 0.0,
    )


# --- the report -------------------------------------------------------------------------


def report(judged: Sequence[Judged]) -> Iterator[str]:
    """The three figures with what they have to be, then every task that missed one."""
    back = [each for each in judged if each.task.gives_back]
    other = [each for each in judged if not each.task.gives_back]
    seen = sum(each.before_a_person for each in back)
    alarms = sum(each.before_a_person for each in other)
    yield f"gives money back and is put before a person: {_share(seen, len(back))} (all wanted)"
    yield f"gives none and is put before a person: {_share(alarms, len(other))} (at most 10 %)"
    proposed = [each for each in judged if each.amount is not None and each.task.back is not None]
    exact = sum(_exact(each) for each in proposed)
    yield f"amount proposed is the right one: {_share(exact, len(proposed))} (at least 90 %)"
    yield from _orders(judged)
    missed = [e for e in judged if not e.right or (e in proposed and not _exact(e))]
    for each in missed:
        yield told(each)


def _orders(judged: Sequence[Judged]) -> Iterator[str]:
    """Of tasks about one order: how often it was chosen, rightly, and how sure that was."""
    one = [each for each in judged if len(each.task.orders) == 1]
    chosen = [each for each in one if each.order_confidence >= SURE]
    right = sum(each.likeliest in each.task.orders for each in chosen)
    mean = sum(each.order_confidence for each in chosen) / max(len(chosen), 1)
    yield (
        f"about one order: {len(one)}, chosen in {_share(len(chosen), len(one))}, "
        f"rightly in {_share(right, len(chosen))}, mean confidence {mean:.1%}"
    )


def _share(count: int, of: int) -> str:
    return f"{count} of {of}" + (f", {count / of:.1%}" if of else "")


def _exact(each: Judged) -> bool:
    return abs((each.amount or Decimal(0)) - (each.task.back or Decimal(0))) < SLACK


def told(each: Judged) -> str:
    wanted = "" if each.task.back is None else f", right {each.task.back}"
    said = " ".join(each.questions)
    return (
        f"- {each.task.name}: {each.label or 'no label'}, {each.outcome}, "
        f"proposed {each.amount}{wanted}, {', '.join(each.reasons)}. {said}"
    )
