"""The run executor: claim a run, take its steps, write each receipt, route the ticket."""

from __future__ import annotations

import hashlib
import logging
import os
import socket
import time
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
from tickets.models import Draft, Order, Receipt, Run, Ticket
from tickets.queue import leases, run_queue
from triage.contract.case import Case
from triage.contract.step import Engine, EngineError, Rung
from triage.inference.language import identify_language
from triage.pipeline import auto_approval_doubts, registry, routing, runner, step_receipts
from triage.pipeline.case_builder import build_case
from triage.pipeline.configuration import load_configuration
from triage.pipeline.rule_engines import PersonLabeller
from triage.pipeline.run_records import RunRecords
from triage.refunds.proposal import REVIEW, Proposed
from triage.steps.draft import Reply
from triage.steps.retrieve import Retrieval

MAX_ATTEMPTS = 5
MAX_CALL_SECONDS = 10
SLOW_KINDS = frozenset(Receipt.FREE_CLASSES)  # general models and hosted ones: seconds
log = logging.getLogger(__name__)


def build_holder_name() -> str:
    """The name of who claims a run, unique even when a process id comes round again; at most
    80 characters.
    """
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"[:80]


def load_engines() -> None:
    """Load the first engine of every step, so that no ticket waits for it.

    What cannot be loaded now is tried again by the first ticket, which says why on its receipt.
    """
    with suppress(DatabaseError):
        known = load_configuration()
        for ladder in registry.load_ladders(known).values():
            with suppress(EngineError):
                ladder[0].load()
    identify_language("")
    _release_connection()


def answer_call(run_id: int) -> None:
    """Work on the run of a call, unless a person waits for another; then on what else waits.

    One run at a time, each leased when it begins, so a kill costs one run's work. After some
    seconds the worker listens to its broker again, and calls for what is left.
    """
    ends = time.monotonic() + MAX_CALL_SECONDS
    found: int | None = run_queue.find_next_run(run_id)
    while found is not None and time.monotonic() < ends:
        execute_run(found)
        found = run_queue.find_waiting_run()
    if found is not None:
        run_queue.wake_worker(found)


def execute_run(run_id: int) -> bool:
    """Take the run through its remaining steps; False when it is somebody else's or finished.

    A database that goes away leaves the lease to run out, so that another worker takes
    over. Any other failure ends the run and puts the ticket before a person: a value that no
    column takes is refused the next time too.
    """
    run = run_queue.claim_run(run_id, build_holder_name())
    if run is None:
        return False
    person = _find_person_label(run.ticket)
    records = RunRecords(run, labelled_by_person=person is not None)
    try:
        _run_pipeline(run, records, person)
    except leases.LeaseLost:
        return False
    except leases.PASSING_FAULTS:
        raise
    except Exception as error:
        log.exception("run %s failed", run.pk)
        with suppress(leases.LeaseLost):  # somebody asked for it anew meanwhile
            _fail_run(records, f"{type(error).__name__}: {error}")
        return False
    return True


def _run_pipeline(run: Run, records: RunRecords, person: PersonLabeller | None) -> None:
    if run.attempt > MAX_ATTEMPTS:
        _fail_run(records, f"given up after {MAX_ATTEMPTS} attempts")
        return
    known = load_configuration()
    case = _restore_outputs(run, _detect_language(build_case(run.ticket, known)))
    ladders = {**registry.load_ladders(known), **_build_person_ladder(person)}
    limits = registry.load_limits(known)
    results = runner.run_steps(
        registry.load_steps(),
        case,
        lambda step: [_guard_rung(records, rung) for rung in ladders[step.name]],
        lambda step: limits[step.name],
    )
    for result in results:
        case = case.add_output(result.output)
        records.add_result(result, [rung.name for rung in ladders[result.step.name]])
    _finish_run(records, case)


def _detect_language(case: Case) -> Case:
    return replace(case, language=identify_language(case.text))


def _restore_outputs(run: Run, case: Case) -> Case:
    """The case with what an earlier attempt finished, unless the world has changed since."""
    run.case_sha256 = hashlib.sha256(repr(case).encode()).hexdigest()
    if run.attempt > 1:
        for output in step_receipts.load_finished_outputs(run, registry.load_steps()).values():
            case = case.add_output(output)
    return case


def _guard_rung(records: RunRecords, rung: Rung) -> Rung:
    """The rung; loading it keeps the lease. Before an engine that may take long, what is done is
    written and the database connection given back.
    """

    def load_guarded() -> Engine:
        run_queue.keep_lease(records.run)
        engine = rung.load()
        if engine.card.kind in SLOW_KINDS:
            records.write_now()
            _release_connection()
        return engine

    return Rung(name=rung.name, load=load_guarded)


def _build_person_ladder(person: PersonLabeller | None) -> Mapping[str, Sequence[Rung]]:
    """The ladder of classify where a person gave the label, which stands above every model."""
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


def _finish_run(records: RunRecords, case: Case) -> None:
    """Everything a finished run leaves, in one transaction with its end: once or not at all."""
    run = records.run
    with transaction.atomic():
        ticket = Ticket.get_locked(run.ticket_id)
        run_queue.finish_run(run, Run.State.DONE)  # first: from here on it is ours or nothing is
        _lock_order(case[Proposed])
        records.write_rows(ticket)
        _save_draft(run, case[Reply])
        stale = _close_older_refunds(ticket)
        trouble = _propose_refund(run, case)
        _route_ticket(ticket, case, trouble, stale)
        _refresh_approved_reply(run, case[Proposed])


def _close_older_refunds(ticket: Ticket) -> list[str]:
    """Withdraw what the machine proposed before; what people have to look at again, in
    sentences.
    """
    if not ticket.refunds.exists():
        return []
    approvals.withdraw_proposals(ticket)
    return list(approvals.iter_stale_warnings(ticket))


def _refresh_approved_reply(run: Run, decided: Proposed) -> None:
    """Have the reply written anew where a rule approved the refund just now."""
    if decided.outcome == REVIEW:
        for refund in run.refunds.filter(state=Refund.State.APPROVED):
            reply_refresh.refresh_reply(refund)


def _lock_order(decided: Proposed) -> None:
    """Lock the order that the decision is about before the chain of receipts, as everywhere."""
    if decided.order:
        list(Order.objects.select_for_update().filter(number=decided.order))


def _save_draft(run: Run, reply: Reply) -> None:
    parts = step_receipts.converter.unstructure(reply.parts)
    Draft.objects.create(
        ticket=run.ticket,
        run=run,
        composed_by=reply.composed_by,
        body=reply.text,
        parts=parts,
        tasks=list(reply.tasks),
    )


def _propose_refund(run: Run, case: Case) -> str:
    """Put a proposed refund or replacement before people; what stands in its way, or an empty
    string.
    """
    decided = case[Proposed]
    if decided.outcome != REVIEW or decided.amount is None:
        return ""
    proposal = approvals.Proposal(
        order=Order.objects.get(number=decided.order),
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
        if any(rule.name == refund.rule and rule.auto_up_to for rule in case.rules):
            doubts = auto_approval_doubts.list_doubts(run, case)
            approvals.approve_by_rule(refund.pk, doubts=doubts)
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


def _route_ticket(ticket: Ticket, case: Case, trouble: str, stale: Sequence[str]) -> None:
    """Mark the ticket for a person's attention with every reason, or as ready to be sent."""
    reasons = [*routing.iter_attention_reasons(case, trouble), *stale]
    language = case.language or ticket.language
    if reasons:
        ticket.mark_attention(" ".join(reasons), language=language)
    else:
        ticket.mark_ready(language=language)


def _fail_run(records: RunRecords, error: str) -> None:
    """End the run as failed, with the receipts of what it had done."""
    with transaction.atomic():
        ticket = Ticket.get_locked(records.run.ticket_id)
        run_queue.finish_run(records.run, Run.State.FAILED, error)
        records.write_rows(ticket)
        ticket.mark_attention("Something went wrong while reading this. Please answer yourself.")
