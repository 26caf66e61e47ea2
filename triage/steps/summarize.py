"""What does an agent have to know of this account before answering?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from triage.contract.case import Case
from triage.contract.fact_types import UNSPOKEN
from triage.contract.outputs import Classification
from triage.contract.slots import WritingTask, fact_slots
from triage.contract.step import Check, Evidence, Step, Usage, Worksheet
from triage.guardrails.attribution import (
    Claim,
    Grounded,
    Part,
    Writer,
    ground,
    writing_checks,
    writing_inputs,
)
from triage.nlu.entities import with_marks


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Statements that each cite facts, and those that were left out because they did not."""

    parts: tuple[Part, ...] = ()
    claims: tuple[Claim, ...] = ()
    finished: bool = True
    usage: Usage = Usage()

    @property
    def grounded(self) -> Grounded:
        return Grounded(parts=self.parts, claims=self.claims)


def run(case: Case, engine: Writer) -> Summary:
    task = task_for(case)
    written = engine.write(task)
    grounded = ground(written, task, must_cite=True)
    return Summary(
        parts=grounded.parts,
        claims=grounded.claims,
        finished=written.finished,
        usage=written.usage,
    )


def task_for(case: Case) -> WritingTask:
    """The facts and the values the customer names; neither words of theirs nor a clause."""
    facts = fact_slots(fact for fact in case.facts if fact.kind != "shop")
    message = f"{case.subject}\n{case.text}"
    orders = [order.number for order in case.orders]
    _, said = with_marks(message, facts, f"ticket:{case.ticket}:words", orders)
    return WritingTask(
        kind="summary",
        intent=case[Classification].name,
        outcome="",
        urgency="",
        slots=(*facts, *(slot for slot in said if slot.kind not in UNSPOKEN)),
    )


def check(case: Case, output: Summary, limits: Mapping[str, float]) -> Iterator[Check]:
    yield from writing_checks(output.finished, output.grounded, limits["left_out"])
    kept = [claim for claim in output.claims if claim.kept]
    yield Check(
        name="says something",
        passed=bool(kept),
        value=f"{len(kept)} statements",
        because="no statement is left",
    )
    yield Check(
        name="says it once",
        passed=len({claim.text for claim in kept}) == len(kept),
        because="a statement is repeated",
    )
    yield _names_the_order(case, output)


def _names_the_order(case: Case, output: Summary) -> Check:
    if case.order is None:
        return Check(name="names the order", passed=True, value="no order is known")
    named = any(part.text == case.order.number and part.ref for part in output.parts)
    return Check(
        name="names the order",
        passed=named,
        value=case.order.number,
        because="the order in question is not mentioned",
    )


def evidence(case: Case, output: Summary) -> Evidence:
    return Evidence(
        claims=tuple(asdict(claim) for claim in output.claims),
        inputs=writing_inputs(case, task_for(case), output.usage.cut),
        usage=output.usage,
    )


def fallback(case: Case) -> Summary:
    """No prose: the page lists the facts themselves."""
    return Summary()


step = Step(
    name="summarize",
    question="What does an agent have to know of this account?",
    reads=(Classification,),
    writes=Summary,
    run=run,
    check=check,
    evidence=evidence,
    fallback=fallback,
    ladder=("focal", "sentences"),
    limits={"left_out": 1},
    worksheet=Worksheet(
        budget_ms=1000, sensitive="name, orders, payments", approval="none: facts only"
    ),
)
