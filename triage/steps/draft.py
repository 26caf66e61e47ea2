"""What could we answer, in words that stand on facts and clauses alone?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from triage.facts import KINDS, MAX_FACTS, money
from triage.grounding import (
    REVIEW as SPEAKS_OF_REVIEW,
)
from triage.grounding import (
    Claim,
    Grounded,
    Part,
    Slot,
    Writer,
    WritingTask,
    clause_slots,
    fact_slots,
    ground,
    writing_checks,
    writing_inputs,
)
from triage.step import Case, Check, Clause, Evidence, Step, Usage, Worksheet
from triage.steps.classify import Classification
from triage.steps.decide import ASK, REFUSE, REVIEW, Proposed
from triage.steps.retrieve import Retrieval
from triage.steps.summarize import Summary

READ_WORDS = 60  # of the message: a writer needs its drift, the values come as slots
QUOTED_WORDS = 120
# What an agent may read of an account and a customer need not be told.
HISTORY = frozenset({"ticket", "since", "orders", "spent", "refunds", "refunded", "total"})
URGENCY = {1: "low", 2: "normal", 3: "high", 4: "urgent"}
GREETING = re.compile(r"^(?:dear|hello|hi|good (?:morning|afternoon|day)|thank)\b", re.IGNORECASE)
CLOSING = re.compile(
    r"(?:regards|wishes|thank you|thanks|sincerely|take care)[^.]*$", re.IGNORECASE
)
BLAME = re.compile(
    r"\b(?:your (?:own )?(?:fault|mistake|error)|you (?:should have|failed|forgot|ought|claim)"
    r"|as (?:i|we) (?:already )?(?:said|told you)|obviously|calm down)\b",
    re.IGNORECASE,
)
SHOUTING = re.compile(r"\b[A-Z]{5,}\b|!{2,}")


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


def run(case: Case, engine: Writer) -> Reply:
    task = task_for(case)
    written = engine.write(task)
    grounded = ground(written, task)
    return Reply(
        parts=grounded.parts,
        claims=grounded.claims,
        finished=written.finished,
        composed_by=engine.card.name,
        usage=written.usage,
    )


def task_for(case: Case) -> WritingTask:
    """The facts, the proposed amount and the clauses of this case, as slots."""
    decided = case[Proposed]
    facts = fact_slots([fact for fact in case.facts if fact.kind not in HISTORY][: MAX_FACTS - 1])
    return WritingTask(
        kind="draft",
        intent=case[Classification].name,
        outcome=decided.words,
        urgency=URGENCY[case[Classification].urgency],
        slots=(*facts, *_amount(decided, len(case.facts)), *clause_slots(_quotable(case))),
        ticket=" ".join(case.text.split()[:READ_WORDS]),
    )


def _amount(decided: Proposed, count: int) -> Iterator[Slot]:
    if decided.amount is not None:
        yield Slot(
            name=f"F{count + 1}",
            about=KINDS["amount"],
            value=money(decided.amount, decided.currency),
            ref="decision:amount",
            kind="amount",
        )


def _quotable(case: Case) -> list[Clause]:
    """What may be quoted to a customer, the clause the decision rests on first: slots may run out.

    Nothing while nobody knows what the customer asks for, and nothing too long to read.
    """
    if not case[Classification].label:
        return []
    decided = case[Proposed].clause
    short = [c for c in case[Retrieval].clauses if len(c.text.split()) <= QUOTED_WORDS]
    return sorted(short, key=lambda clause: clause.ref != decided)


def check(case: Case, output: Reply, limits: Mapping[str, float]) -> Iterator[Check]:
    yield from writing_checks(output.finished, output.grounded, limits["left_out"])
    yield from _tone(output)
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


def _tone(output: Reply) -> Iterator[Check]:
    """Of our own words: a quoted clause or a name may be in capitals."""
    lines = output.text.strip().splitlines() or [""]
    prose = "".join(part.text for part in output.parts if not part.ref)
    courteous = bool(GREETING.search(lines[0])) and bool(CLOSING.search("\n".join(lines[-3:])))
    yield Check(name="greets and closes", passed=courteous, because="no greeting or no closing")
    rude = BLAME.search(prose) or SHOUTING.search(prose)
    yield Check(
        name="kind",
        passed=rude is None,
        value=rude.group() if rude else "",
        because="blames or shouts",
    )


def _policy(case: Case, output: Reply) -> Check:
    """A refusal has to rest on the clause that decided it."""
    decided = case[Proposed]
    cited = [ref for ref in output.grounded.refs if ref.startswith("clause:")]
    needed = decided.outcome == REFUSE
    named = any(ref.startswith(f"clause:{decided.clause}@") for ref in cited)
    return Check(
        name="policy match",
        passed=named or not needed,
        value=", ".join(sorted(ref.removeprefix("clause:") for ref in cited)) or "none cited",
        threshold=decided.clause if needed else "",
        because="says no without the clause that says so",
    )


def _decision(decided: Proposed, output: Reply) -> Check:
    text = output.text.lower()
    said = {
        REVIEW: bool(SPEAKS_OF_REVIEW.search(text)),
        ASK: "order" in text and ("?" in text or "let us know" in text or "please" in text),
        REFUSE: bool(re.search(r"\b(?:not|cannot|can't|unable|sorry|afraid|outside)\b", text)),
    }.get(decided.outcome, True)
    return Check(
        name="says what was decided",
        passed=said,
        value=decided.words,
        because="the reply does not say what was decided",
    )


def evidence(case: Case, output: Reply) -> Evidence:
    return Evidence(
        claims=tuple(asdict(claim) for claim in output.claims),
        inputs=(
            *writing_inputs(case, task_for(case)),
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
