"""The shell of the machine: claim a run, take its steps, write each receipt, route the ticket."""

from __future__ import annotations

import hashlib
import logging
import os
import socket
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from django.db import DatabaseError, connection, transaction

from approvals import reply_refresh
from approvals import services as approvals
from approvals.errors import Refused
from approvals.models import Refund
from tickets.models import Draft, Order, Run, Ticket
from tickets.queue import run_queue
from triage.contract.case import Case
from triage.contract.outcomes import NORMAL
from triage.contract.outputs import Classification
from triage.contract.step import Engine, Rung, StepResult
from triage.inference.language import language_of
from triage.pipeline import auto_approval_doubts, registry, routing, runner, step_receipts
from triage.pipeline.case_builder import case_for
from triage.pipeline.rule_engines import Person
from triage.refunds.proposal import REVIEW, Proposed
from triage.steps.draft import Reply
from triage.steps.retrieve import Retrieval

MOST_ATTEMPTS = 5
MOODS = ("", "calm", "upset", "threatening")
log = logging.getLogger(__name__)


def holder_name() -> str:
    """Who claims: unique even when a process id comes round again."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"[:80]


def work(run_id: int) -> bool:
    """Take the run through its remaining steps; False when it is somebody else's or finished.

    A database that goes away leaves the lease to run out, so that another worker takes
    over. Any other failure ends the run and puts the ticket before a person.
    """
    run = run_queue.claim(run_id, holder_name())
    if run is None:
        return False
    try:
        _take(run)
    except run_queue.LeaseLost:
        return False
    except DatabaseError:
        raise
    except Exception as error:
        log.exception("run %s failed", run.pk)
        with suppress(run_queue.LeaseLost):  # somebody asked for it anew meanwhile
            _fail(run, f"{type(error).__name__}: {error}")
        return False
    return True


def _take(run: Run) -> None:
    if run.attempt > MOST_ATTEMPTS:
        _fail(run, f"given up after {MOST_ATTEMPTS} attempts")
        return
    case = _resumed(run, _heard(case_for(run.ticket)))
    ladders, limits = {**registry.ladders(), **_person_first(run.ticket)}, registry.limits()
    results = runner.run(
        registry.steps(),
        case,
        lambda step: [_watched(run, rung) for rung in ladders[step.name]],
        lambda step: limits[step.name],
    )
    for result in results:
        case = case.having(result.output)
        _record(run, result, [rung.name for rung in ladders[result.step.name]])
    _conclude(run, case)


def _heard(case: Case) -> Case:
    return replace(case, language=language_of(case.text))


def _resumed(run: Run, case: Case) -> Case:
    """The case with what an earlier attempt finished, unless the world has changed since."""
    run.case_sha256 = hashlib.sha256(repr(case).encode()).hexdigest()
    run_queue.hold(run, case_sha256=run.case_sha256)
    for output in step_receipts.outputs_so_far(run, registry.steps()).values():
        case = case.having(output)
    return case


def _watched(run: Run, rung: Rung) -> Rung:
    """The rung; its turn prolongs the lease, and no connection is held while it thinks."""

    def load() -> Engine:
        run_queue.hold(run)
        engine = rung.load()
        _let_go()
        return engine

    return Rung(name=rung.name, load=load)


def _person_first(ticket: Ticket) -> Mapping[str, Sequence[Rung]]:
    """A person's label stands above every model."""
    person = _labelled_by_person(ticket)
    return {"classify": [Rung(name=person.by, load=lambda: person)]} if person else {}


def _labelled_by_person(ticket: Ticket) -> Person | None:
    last = ticket.corrections.filter(step="classify").select_related("by").order_by("pk").last()
    if last is None:
        return None
    return Person(slug=last.after, by=last.by.get_username(), read=registry.read_signals)


def _let_go() -> None:
    """Give the connection back; inside a test's transaction it has to stay."""
    if not connection.in_atomic_block:
        connection.close()


def _record(run: Run, result: StepResult, ladder: list[str]) -> None:
    with transaction.atomic():
        Ticket.locked(run.ticket_id)
        run_queue.hold(run)
        step_receipts.write_receipt(run, result, ladder)
        if isinstance(result.output, Classification):
            _label(run.ticket, result.output, result)


def _label(ticket: Ticket, output: Classification, result: StepResult) -> None:
    """Nothing but a person takes away what a person said, and nothing read lowers a ticket."""
    by = result.served.name if result.served else ""
    _raise(ticket, output)
    if not output.label and _labelled_by_person(ticket):
        return
    ticket.relabel(output.label, output.name, output.confidence, by=by)


def _raise(ticket: Ticket, output: Classification) -> None:
    """Urgency and mood go up only; where nothing was read before, "low" may stand."""
    ticket.refresh_from_db(fields=["urgency", "mood"])
    level = max(ticket.urgency, output.urgency)
    if ticket.urgency == NORMAL and not ticket.mood and output.mood:
        level = output.urgency
    mood = max(ticket.mood, output.mood, key=MOODS.index)
    Ticket.objects.filter(pk=ticket.pk).update(urgency=level, mood=mood)


def _conclude(run: Run, case: Case) -> None:
    """Everything a finished run leaves, in one transaction with its end: once or not at all."""
    with transaction.atomic():
        ticket = Ticket.locked(run.ticket_id)
        run_queue.hold(run)
        Ticket.objects.filter(pk=ticket.pk).update(language=case.language or ticket.language)
        _save_draft(run, case[Reply])
        trouble = _propose(run, case)
        _route(ticket, case, trouble)
        run_queue.finish(run, Run.State.DONE)
        for refund in run.refunds.filter(state=Refund.State.APPROVED):  # by a rule, just now
            reply_refresh.follow(refund)


def _save_draft(run: Run, reply: Reply) -> None:
    parts = step_receipts.converter.unstructure(reply.parts)
    Draft.objects.create(
        ticket=run.ticket, run=run, composed_by=reply.composed_by, body=reply.text, parts=parts
    )


def _propose(run: Run, case: Case) -> str:
    """Put a proposed refund before people; what stands in its way, or an empty string."""
    decided = case[Proposed]
    orders = Order.objects.select_for_update().filter(number=decided.order)
    list(orders)  # locked before the chain of receipts, as everywhere
    approvals.withdraw(run.ticket)
    if decided.outcome != REVIEW or decided.remedy == "replacement" or decided.amount is None:
        return ""
    proposal = approvals.Proposal(
        order=orders.get(),
        amount=decided.amount,
        remedy=decided.remedy,
        arithmetic=decided.arithmetic,
        reasons=decided.reasons,
        rule=decided.rule,
        citations=_citations(case, decided),
        lines=step_receipts.converter.unstructure(decided.lines),
        terms=decided.terms,
        conditions=decided.conditions,
        risk=decided.risk,
    )
    try:
        refund = approvals.propose(run.ticket, proposal, run=run, by=None)
        approvals.approve_by_rule(refund.pk, doubts=auto_approval_doubts.doubts(run, case))
    except Refused as refusal:
        return str(refusal)
    return ""


def _citations(case: Case, decided: Proposed) -> list[dict[str, Any]]:
    """The clauses it rests on, the one that grants first."""
    cited = [clause for clause in case[Retrieval].clauses if clause.ref in decided.clauses]
    return [
        {**step_receipts.converter.unstructure(clause), "title": clause.policy_title}
        for clause in sorted(cited, key=lambda clause: clause.ref != decided.clause)
    ]


def _route(ticket: Ticket, case: Case, trouble: str) -> None:
    """Before a person, with every reason, or ready to be sent."""
    reasons = [*routing.reasons(case, trouble), *approvals.to_look_at(ticket)]
    if reasons:
        ticket.mark_attention(" ".join(reasons))
    else:
        ticket.mark_ready()


def _fail(run: Run, error: str) -> None:
    with transaction.atomic():
        Ticket.locked(run.ticket_id)
        run_queue.finish(run, Run.State.FAILED, error)
        run.ticket.mark_attention(
            "Something went wrong while reading this. Please answer yourself."
        )
