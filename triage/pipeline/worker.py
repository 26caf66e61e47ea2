"""The run executor: claim a run, take its steps, write each receipt, route the ticket."""

from __future__ import annotations

import hashlib
import logging
import os
import socket
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from django.db import DatabaseError, connection, transaction

from approvals import reply_refresh
from approvals import services as approvals
from approvals.errors import Refused
from approvals.models import Refund
from tickets.models import Draft, Order, Run, Ticket
from tickets.queue import leases, run_queue
from triage.contract.case import Case
from triage.contract.outcomes import NORMAL
from triage.contract.outputs import Classification
from triage.contract.step import Engine, Rung, StepResult
from triage.inference.language import identify_language
from triage.pipeline import auto_approval_doubts, registry, routing, runner, step_receipts
from triage.pipeline.case_builder import build_case
from triage.pipeline.rule_engines import PersonLabeller
from triage.refunds.proposal import REVIEW, Proposed
from triage.steps.draft import Reply
from triage.steps.retrieve import Retrieval

MAX_ATTEMPTS = 5
MOOD_ORDER = ("", "calm", "upset", "threatening")
log = logging.getLogger(__name__)


def build_holder_name() -> str:
    """The name of who claims a run, unique even when a process id comes round again; at most
    80 characters.
    """
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"[:80]


def execute_run(run_id: int) -> bool:
    """Take the run through its remaining steps; False when it is somebody else's or finished.

    A database that goes away leaves the lease to run out, so that another worker takes
    over. Any other failure ends the run and puts the ticket before a person.
    """
    run = run_queue.claim_run(run_id, build_holder_name())
    if run is None:
        return False
    try:
        _run_pipeline(run)
    except leases.LeaseLost:
        return False
    except DatabaseError:
        raise
    except Exception as error:
        log.exception("run %s failed", run.pk)
        with suppress(leases.LeaseLost):  # somebody asked for it anew meanwhile
            _fail_run(run, f"{type(error).__name__}: {error}")
        return False
    return True


def _run_pipeline(run: Run) -> None:
    if run.attempt > MAX_ATTEMPTS:
        _fail_run(run, f"given up after {MAX_ATTEMPTS} attempts")
        return
    case = _restore_outputs(run, _detect_language(build_case(run.ticket)))
    ladders, limits = (
        {**registry.load_ladders(), **_build_person_ladder(run.ticket)},
        registry.load_limits(),
    )
    renew = partial(run_queue.renew_lease, run)
    results = runner.run_steps(
        registry.load_steps(),
        case,
        lambda step: [_add_heartbeat(renew, rung) for rung in ladders[step.name]],
        lambda step: limits[step.name],
    )
    for result in results:
        case = case.add_output(result.output)
        _record_result(run, result, [rung.name for rung in ladders[result.step.name]])
    _finish_run(run, case)


def _detect_language(case: Case) -> Case:
    return replace(case, language=identify_language(case.text))


def _restore_outputs(run: Run, case: Case) -> Case:
    """The case with what an earlier attempt finished, unless the world has changed since."""
    run.case_sha256 = hashlib.sha256(repr(case).encode()).hexdigest()
    run_queue.renew_lease(run, case_sha256=run.case_sha256)
    for output in step_receipts.load_finished_outputs(run, registry.load_steps()).values():
        case = case.add_output(output)
    return case


def _add_heartbeat(renew: Callable[[], None], rung: Rung) -> Rung:
    """The rung; loading it prolongs the lease and gives the database connection back."""

    def hold_and_load() -> Engine:
        renew()
        engine = rung.load()
        _release_connection()
        return engine

    return Rung(name=rung.name, load=hold_and_load)


def _build_person_ladder(ticket: Ticket) -> Mapping[str, Sequence[Rung]]:
    """The ladder of classify where a person gave the label, which stands above every model."""
    person = _find_person_label(ticket)
    return {"classify": [Rung(name=person.by, load=lambda: person)]} if person else {}


def _find_person_label(ticket: Ticket) -> PersonLabeller | None:
    last = ticket.corrections.filter(step="classify").select_related("by").order_by("pk").last()
    if last is None:
        return None
    return PersonLabeller(slug=last.after, by=last.by.get_username(), read=registry.read_signals)


def _release_connection() -> None:
    """Give the connection back; inside a test's transaction it has to stay."""
    if not connection.in_atomic_block:
        connection.close()


def _record_result(run: Run, result: StepResult, ladder: list[str]) -> None:
    with transaction.atomic():
        Ticket.get_locked(run.ticket_id)
        run_queue.renew_lease(run)
        step_receipts.write_receipt(run, result, ladder)
        if isinstance(result.output, Classification):
            _save_label(run.ticket, result.output, result)


def _save_label(ticket: Ticket, output: Classification, result: StepResult) -> None:
    """Write label, urgency and mood on the ticket.

    No model takes away a person's label, and no reading lowers the urgency.
    """
    by = result.served.name if result.served else ""
    _raise_urgency(ticket, output)
    if not output.label and _find_person_label(ticket):
        return
    ticket.change_label(output.label, output.name, output.confidence, by=by)


def _raise_urgency(ticket: Ticket, output: Classification) -> None:
    """Urgency and mood go up only; where nothing was read before, "low" may stand."""
    ticket.refresh_from_db(fields=["urgency", "mood"])
    level = max(ticket.urgency, output.urgency)
    if ticket.urgency == NORMAL and not ticket.mood and output.mood:
        level = output.urgency
    mood = max(ticket.mood, output.mood, key=MOOD_ORDER.index)
    Ticket.objects.filter(pk=ticket.pk).update(urgency=level, mood=mood)


def _finish_run(run: Run, case: Case) -> None:
    """Everything a finished run leaves, in one transaction with its end: once or not at all."""
    with transaction.atomic():
        ticket = Ticket.get_locked(run.ticket_id)
        run_queue.finish_run(run, Run.State.DONE)  # first: from here on it is ours or nothing is
        Ticket.objects.filter(pk=ticket.pk).update(language=case.language or ticket.language)
        _save_draft(run, case[Reply])
        trouble = _propose_refund(run, case)
        _route_ticket(ticket, case, trouble)
        for refund in run.refunds.filter(state=Refund.State.APPROVED):  # by a rule, just now
            reply_refresh.refresh_reply(refund)


def _save_draft(run: Run, reply: Reply) -> None:
    parts = step_receipts.converter.unstructure(reply.parts)
    Draft.objects.create(
        ticket=run.ticket, run=run, composed_by=reply.composed_by, body=reply.text, parts=parts
    )


def _propose_refund(run: Run, case: Case) -> str:
    """Put a proposed refund or replacement before people; what stands in its way, or an empty
    string.
    """
    decided = case[Proposed]
    orders = Order.objects.select_for_update().filter(number=decided.order)
    list(orders)  # locked before the chain of receipts, as everywhere
    approvals.withdraw_proposals(run.ticket)
    if decided.outcome != REVIEW or decided.amount is None:
        return ""
    proposal = approvals.Proposal(
        order=orders.get(),
        amount=decided.amount,
        remedy=decided.remedy,
        arithmetic=decided.arithmetic,
        reasons=decided.reasons,
        rule=decided.rule,
        citations=_build_citations(case, decided),
        lines=step_receipts.converter.unstructure(decided.lines),
        terms=decided.terms,
        conditions=decided.conditions,
        risk=decided.risk,
    )
    try:
        refund = approvals.propose_refund(run.ticket, proposal, run=run, by=None)
        approvals.approve_by_rule(refund.pk, doubts=auto_approval_doubts.list_doubts(run, case))
    except Refused as refusal:
        return str(refusal)
    return ""


def _build_citations(case: Case, decided: Proposed) -> list[dict[str, Any]]:
    """The clauses that the proposal rests on, the one that grants first."""
    cited = [clause for clause in case[Retrieval].clauses if clause.ref in decided.clauses]
    return [
        {**step_receipts.converter.unstructure(clause), "title": clause.policy_title}
        for clause in sorted(cited, key=lambda clause: clause.ref != decided.clause)
    ]


def _route_ticket(ticket: Ticket, case: Case, trouble: str) -> None:
    """Mark the ticket for a person's attention with every reason, or as ready to be sent."""
    reasons = [
        *routing.iter_attention_reasons(case, trouble),
        *approvals.iter_stale_warnings(ticket),
    ]
    if reasons:
        ticket.mark_attention(" ".join(reasons))
    else:
        ticket.mark_ready()


def _fail_run(run: Run, error: str) -> None:
    with transaction.atomic():
        Ticket.get_locked(run.ticket_id)
        run_queue.finish_run(run, Run.State.FAILED, error)
        run.ticket.mark_attention(
            "Something went wrong while reading this. Please answer yourself."
        )
