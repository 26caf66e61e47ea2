"""How the tasks of the refund benchmark came out, and the figures of all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from approvals.models import Refund
from tests.benchmarks.refunds.tau_shop import Task
from tickets.models import Ticket
from triage.nlu.order_linking import MIN_LINK_CONFIDENCE

NON_MONEY_REASONS: Final = frozenset(
    {"NO_LABEL", "NO_MONEY_AT_STAKE", "NOT_AS_ASKED", "NOT_ASKED_FOR"}
)
AMOUNT_TOLERANCE: Final = Decimal("0.01")


@dataclass(frozen=True, kw_only=True)
class TaskResult:
    """The result of a task; ``amount`` is the sum of what was proposed, None for nothing.

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
    def is_put_to_person(self) -> bool:
        """Whether it reaches a person as a matter of money: a refund waits, or the decision is a
        question about money.
        """
        asks = self.outcome in {"ask", "human"} and bool(set(self.reasons) - NON_MONEY_REASONS)
        return self.amount is not None or (asks and self.needs_person)

    @property
    def right(self) -> bool:
        return self.is_put_to_person == self.task.gives_back


def judge_task(task: Task, ticket: Ticket) -> TaskResult:
    """The result of a task, from its ticket after all steps."""
    ticket.refresh_from_db()
    receipt = ticket.receipts.filter(step="decide").latest("pk")
    refunds = Refund.objects.filter(ticket=ticket, state=Refund.State.PENDING)
    amounts = [refund.amount for refund in refunds]
    decided = receipt.output
    return TaskResult(
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


def iter_report_lines(judged: Sequence[TaskResult]) -> Iterator[str]:
    """The three figures with what they have to be, then every task that missed one."""
    back = [each for each in judged if each.task.gives_back]
    other = [each for each in judged if not each.task.gives_back]
    seen = sum(each.is_put_to_person for each in back)
    alarms = sum(each.is_put_to_person for each in other)
    yield (
        f"gives money back and is put before a person: {_format_share(seen, len(back))} "
        "(all wanted)"
    )
    yield (
        f"gives none and is put before a person: {_format_share(alarms, len(other))} (at most 10 %)"
    )
    proposed = [each for each in judged if each.amount is not None and each.task.back is not None]
    exact = sum(_is_exact(each) for each in proposed)
    yield f"amount proposed is the right one: {_format_share(exact, len(proposed))} (at least 90 %)"
    yield from _iter_order_lines(judged)
    missed = [e for e in judged if not e.right or (e in proposed and not _is_exact(e))]
    for each in missed:
        yield format_result(each)


def _iter_order_lines(judged: Sequence[TaskResult]) -> Iterator[str]:
    """Of tasks about one order: how often it was chosen, and rightly; mean confidence."""
    one = [each for each in judged if len(each.task.orders) == 1]
    chosen = [each for each in one if each.order_confidence >= MIN_LINK_CONFIDENCE]
    right = sum(each.likeliest in each.task.orders for each in chosen)
    mean = sum(each.order_confidence for each in chosen) / max(len(chosen), 1)
    yield (
        f"about one order: {len(one)}, chosen in {_format_share(len(chosen), len(one))}, "
        f"rightly in {_format_share(right, len(chosen))}, mean confidence {mean:.1%}"
    )


def _format_share(count: int, of: int) -> str:
    return f"{count} of {of}" + (f", {count / of:.1%}" if of else "")


def _is_exact(each: TaskResult) -> bool:
    return abs((each.amount or Decimal(0)) - (each.task.back or Decimal(0))) < AMOUNT_TOLERANCE


def format_result(each: TaskResult) -> str:
    """The result of a task on one line."""
    wanted = "" if each.task.back is None else f", right {each.task.back}"
    said = " ".join(each.questions)
    return (
        f"- {each.task.name}: {each.label or 'no label'}, {each.outcome}, "
        f"proposed {each.amount}{wanted}, {', '.join(each.reasons)}. {said}"
    )
