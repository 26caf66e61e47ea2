"""What does an agent have to know of this account before answering?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from triage.contract.case import Case
from triage.contract.fact_types import UNREPEATABLE_KINDS
from triage.contract.memo import keep_on_argument
from triage.contract.outputs import Classification
from triage.contract.slots import WritingTask, build_fact_slots
from triage.contract.step import Check, Evidence, Step, Usage, Worksheet
from triage.guardrails.attribution import (
    MAX_RETOLD_SHARE,
    Claim,
    Grounded,
    Part,
    Writer,
    check_retelling,
    check_writing,
    compute_free_share,
    ground_sentences,
    list_writing_inputs,
)
from triage.nlu.entities import mask_entities


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Statements that each cite facts, and those that were left out because they did not."""

    parts: tuple[Part, ...] = ()
    claims: tuple[Claim, ...] = ()
    finished: bool = True
    usage: Usage = Usage()
    retold: float | None = None  # of a general model: the share that nothing stands behind

    @property
    def text_attribution(self) -> Grounded:
        return Grounded(parts=self.parts, claims=self.claims)


def summarize_account(case: Case, engine: Writer) -> Summary:
    task = build_writing_task(case)
    written = engine.write(task)
    grounded = ground_sentences(written, task, must_cite=True)
    return Summary(
        parts=grounded.parts,
        claims=grounded.claims,
        finished=written.finished,
        usage=written.usage,
        retold=compute_free_share(engine, written, task),
    )


@keep_on_argument
def build_writing_task(case: Case) -> WritingTask:
    """The facts and the entities of the message; neither the customer's words nor a clause."""
    facts = build_fact_slots(fact for fact in case.facts if fact.kind != "shop")
    message = f"{case.subject}\n{case.text}"
    orders = [order.number for order in case.orders]
    _, said = mask_entities(message, facts, f"ticket:{case.ticket}:words", orders)
    return WritingTask(
        kind="summary",
        intent=case[Classification].name,
        outcome="",
        urgency="",
        slots=(*facts, *(slot for slot in said if slot.kind not in UNREPEATABLE_KINDS)),
    )


def check_summary(case: Case, output: Summary, limits: Mapping[str, float]) -> Iterator[Check]:
    """The doubts about a summary: its sentences, and that it says something, says it once and
    names the order.
    """
    yield from check_writing(output.finished, output.text_attribution, limits["left_out"])
    yield from check_retelling(output.retold, limits.get("retold", MAX_RETOLD_SHARE))
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
    yield _check_order_named(case, output)


def _check_order_named(case: Case, output: Summary) -> Check:
    if case.order is None:
        return Check(name="names the order", passed=True, value="no order is known")
    named = any(part.text == case.order.number and part.ref for part in output.parts)
    return Check(
        name="names the order",
        passed=named,
        value=case.order.number,
        because="the order in question is not mentioned",
    )


def build_evidence(case: Case, output: Summary) -> Evidence:
    return Evidence(
        claims=tuple(asdict(claim) for claim in output.claims),
        inputs=list_writing_inputs(case, build_writing_task(case), output.usage.cut),
        usage=output.usage,
    )


def build_fallback(case: Case) -> Summary:
    """No prose: the page lists the facts themselves."""
    return Summary()


step = Step(
    name="summarize",
    question="What does an agent have to know of this account?",
    reads=(Classification,),
    writes=Summary,
    needs=Writer,
    run=summarize_account,
    check=check_summary,
    evidence=build_evidence,
    fallback=build_fallback,
    ladder=("focal", "sentences"),
    limits={"left_out": 1},
    free_limits={"retold": MAX_RETOLD_SHARE},
    worksheet=Worksheet(
        budget_ms=1000, sensitive="name, orders, payments", approval="none: facts only"
    ),
)
