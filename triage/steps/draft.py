"""What could we answer, in words that stand on facts and clauses alone?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass

from triage.contract.case import Case, Clause
from triage.contract.fact_types import HISTORY, KINDS, money
from triage.contract.outcomes import NOTHING_ASKED, URGENT
from triage.contract.outputs import Classification
from triage.contract.slots import Slot, WritingTask, clause_slots, fact_slots
from triage.contract.step import Check, Evidence, Step, Usage, Worksheet
from triage.guardrails.attribution import (
    Claim,
    Grounded,
    Part,
    Writer,
    ground,
    with_wording,
    writing_checks,
    writing_inputs,
)
from triage.guardrails.commitments.draft_check import REVIEW as SPEAKS_OF_REVIEW
from triage.guardrails.tone import tone_checks, unsaid
from triage.nlu.entities import with_marks
from triage.nlu.prompt_injection import orders_in
from triage.refunds.decided import APPROVED, PAID
from triage.refunds.proposal import ASK, DECIDED, HUMAN, REFUSE, REVIEW, Proposed
from triage.steps.retrieve import Hit, Retrieval
from triage.steps.summarize import Summary

READ_WORDS = 300  # of the message: a writer needs its drift, the values come as slots
QUOTED_WORDS = 120
LIKELY = 0.3  # the chance that a clause answers from which it is quoted: below, beside the point
PAID_OUT = frozenset({"refund", "store credit"})  # of a replacement no amount is told
WHO = frozenset({"shop", "customer"})
CLAIMED = "said_amount"  # repeated in a reply, a sum that only the customer names reads as ours
URGENCY = {1: "low", 2: "normal", 3: "high", 4: "urgent"}
SAYS = {
    REVIEW: SPEAKS_OF_REVIEW,
    APPROVED: re.compile(r"\b(?:approv\w+|agreed|granted)\b"),
    PAID: re.compile(r"\b(?:paid|refunded|sent back|returned|given back|credited|gone back)\b"),
    ASK: re.compile(r"\?|\b(?:let us know|please|need|like to (?:see|ask))\b"),
    REFUSE: re.compile(
        r"\b(?:not|cannot|can't|unable|sorry|afraid|outside|regret|declin\w+|turn down)\b"
    ),
}
ASKED_FOR = {"order": re.compile(r"\border"), "photo": re.compile(r"\b(?:photo|picture|image)")}


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A draft in parts, each value with its source, and every sentence with its fate."""

    parts: tuple[Part, ...] = ()
    claims: tuple[Claim, ...] = ()
    finished: bool = True
    composed_by: str = ""
    usage: Usage = Usage()

    @property
    def grounded(self) -> Grounded:
        return Grounded(parts=self.parts, claims=self.claims)

    @property
    def text(self) -> str:
        return self.grounded.text

    @property
    def prose(self) -> str:
        """Our own words, without values and quoted clauses."""
        return " · ".join(part.text for part in self.parts if not part.ref)


def run(case: Case, engine: Writer) -> Reply:
    if case[Classification].outcome in NOTHING_ASKED:
        return Reply()
    task = task_for(case)
    written = engine.write(task)
    grounded = ground(written, task)
    missing = unsaid(grounded.text, case.phrases, case[Classification].label)
    grounded = with_wording(grounded, missing)
    return Reply(
        parts=grounded.parts,
        claims=grounded.claims,
        finished=written.finished,
        composed_by=engine.card.name,
        usage=written.usage,
    )


def task_for(case: Case) -> WritingTask:
    """What to say, as planned: the decision, the facts, and the clauses to quote."""
    decided, label = case[Proposed], case[Classification]
    facts = fact_slots(case.facts)
    told = [slot for slot in facts if _may_be_told(slot.kind, label)]
    said = ". ".join(filter(None, (case.subject, case.text)))
    message = " ".join(said.split(maxsplit=READ_WORDS)[:READ_WORDS])
    orders = [order.number for order in case.orders]
    ticket, named = with_marks(message, facts, f"ticket:{case.ticket}:words", orders)
    if orders_in(f"{case.subject}\n{case.text}"):
        named = ()  # nothing of what it brings in is repeated
    return WritingTask(
        kind="draft",
        intent=label.name,
        also=_second_matter(case),
        outcome=decided.words,
        urgency=URGENCY[label.urgency],
        slots=(
            *told,
            *_amount(decided),
            *(slot for slot in named if slot.kind != CLAIMED),
            *clause_slots(_to_quote(case)),
        ),
        ticket=ticket,
    )


def _may_be_told(kind: str, label: Classification) -> bool:
    """While nobody knows what is asked, an order's details would be no answer to it."""
    return kind in WHO if not label.label else kind not in HISTORY


def _second_matter(case: Case) -> str:
    """The name of the surest other intent that a part of the message is about."""
    label = case[Classification]
    others = (matter for matter in label.matters if matter.label != label.label)
    second = max(others, key=lambda matter: matter.confidence, default=None)
    return second.name if second and label.label else ""


def _amount(decided: Proposed) -> Iterator[Slot]:
    if decided.amount is not None and (decided.remedy in PAID_OUT or decided.outcome in DECIDED):
        yield Slot(
            name="amount",
            about=KINDS["amount"],
            value=money(decided.amount, decided.currency),
            ref="decision:amount",
            kind="amount",
        )


def _to_quote(case: Case) -> list[Clause]:
    """The clauses the reply has to quote: the one that decided, else the best found; a
    second matter brings the next best.

    What people refused rests on the clause that they saw. None while nobody knows what or which order the customer means, none while a person
    has to look first, none that is far from the question or too long to read.
    """
    if case.settled and case[Proposed].outcome == REFUSE:
        return [c for c in (case.settled.clause,) if c and _is_short(c)]
    if not case[Classification].label or case[Proposed].outcome in (ASK, HUMAN):
        return []
    decided = case[Proposed].clause
    fitting = [hit.clause for hit in case[Retrieval].hits if _answers(hit, decided)]
    fitting.sort(key=lambda clause: clause.ref != decided)
    return fitting[: 2 if _second_matter(case) else 1]


def _answers(hit: Hit, decided: str) -> bool:
    likely = hit.relevance is None or hit.relevance >= LIKELY
    return (likely or hit.clause.ref == decided) and _is_short(hit.clause)


def _is_short(clause: Clause) -> bool:
    return len(clause.text.split()) <= QUOTED_WORDS


def check(case: Case, output: Reply, limits: Mapping[str, float]) -> Iterator[Check]:
    found = case[Classification].outcome
    yield Check(
        name="something to answer",
        passed=found not in NOTHING_ASKED,
        because=f"the message is {found}: a reply would answer nothing",
    )
    if found in NOTHING_ASKED:
        return
    yield from writing_checks(output.finished, output.grounded, limits["left_out"])
    yield from _tone(case, output)
    words = len(output.text.split())
    yield Check(
        name="length",
        passed=limits["fewest_words"] <= words <= limits["most_words"],
        value=f"{words} words",
        threshold=f"{limits['fewest_words']:g} to {limits['most_words']:g}",
        because="too short or too long to send",
    )
    kept = [claim.text for claim in output.claims if claim.kept]
    yield Check(
        name="says it once",
        passed=len(set(kept)) == len(kept),
        because="a sentence is repeated",
    )
    yield _policy(case, output)
    yield _decision(case[Proposed], output)


def _tone(case: Case, output: Reply) -> Iterator[Check]:
    label = case[Classification]
    return tone_checks(
        output.text,
        output.prose,
        urgent=label.urgency == URGENT,
        message=f"{case.subject}\n{case.text}",
        phrases=case.phrases,
        intent=label.label,
    )


def _policy(case: Case, output: Reply) -> Check:
    """The clauses that were to be quoted are, so that a refusal rests on its clause."""
    planned = {slot.ref for slot in clause_slots(_to_quote(case))}
    cited = {ref for ref in output.grounded.refs if ref.startswith("clause:")}
    if case[Proposed].outcome == REFUSE and not (planned or case.settled):
        planned = {f"clause:{case[Proposed].clause}"}
    return Check(
        name="policy match",
        passed=planned == cited,
        value=_names(cited) or "none cited",
        threshold=_names(planned),
        because=f"was to quote {_names(planned) or 'nothing'}",
    )


def _names(refs: Iterable[str]) -> str:
    return ", ".join(sorted(ref.removeprefix("clause:") for ref in refs))


def _decision(decided: Proposed, output: Reply) -> Check:
    told = SAYS.get(decided.outcome)
    text = output.prose.lower()  # what a clause says is no word of ours
    asked = decided.outcome != ASK or bool(ASKED_FOR[decided.asks_for].search(text))
    return Check(
        name="says what was decided",
        passed=asked and (told is None or bool(told.search(text))),
        value=decided.words,
        because="the reply does not say what was decided",
    )


def evidence(case: Case, output: Reply) -> Evidence:
    return Evidence(
        claims=tuple(asdict(claim) for claim in output.claims),
        inputs=(
            *writing_inputs(case, task_for(case), output.usage.cut),
            ("decision", "decide", "system", case[Proposed].words),
        ),
        usage=output.usage,
    )


def fallback(case: Case) -> Reply:
    """No draft: a person writes, with the facts and clauses beside the empty field."""
    return Reply()


step = Step(
    name="draft",
    question="What could we answer?",
    reads=(Classification, Retrieval, Summary, Proposed),
    writes=Reply,
    run=run,
    check=check,
    evidence=evidence,
    fallback=fallback,
    ladder=("focal", "sentences"),
    limits={"left_out": 1, "fewest_words": 20, "most_words": 400},
    worksheet=Worksheet(
        budget_ms=2000,
        sensitive="name, orders, the customer's message",
        approval="a person sends every reply",
    ),
)
