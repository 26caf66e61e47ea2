"""What could we answer, in words that stand on facts and clauses alone?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass

from triage.contract.answers import DECISION, SAVED_REPLY, Blocker
from triage.contract.case import Case, Clause
from triage.contract.fact_types import FACT_KINDS, HISTORY_KINDS, format_money
from triage.contract.memo import keep_on_argument
from triage.contract.outcomes import READABLE_LANGUAGES, URGENT
from triage.contract.outputs import Classification
from triage.contract.slots import (
    Slot,
    WritingTask,
    build_clause_slots,
    build_fact_slots,
)
from triage.contract.step import Check, EngineError, Evidence, Step, Usage, Worksheet
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
    insert_required_wording,
    list_writing_inputs,
)
from triage.guardrails.commitments.draft_check import REVIEW_WORDS as SPEAKS_OF_REVIEW
from triage.guardrails.tone import check_tone, find_missing_phrases
from triage.nlu.entities import mask_entities
from triage.refunds.decided import APPROVED, PAID
from triage.refunds.proposal import ASK, DECIDED, NONE, REFUSE, REVIEW, Proposed
from triage.saved_replies.composing import Paragraph, compose_answers, insert_answers
from triage.saved_replies.courtesies import BREAK, iter_closing, iter_greeting
from triage.steps.answer import Answers
from triage.steps.retrieve import Retrieval
from triage.steps.summarize import Summary

MAX_MESSAGE_WORDS = 300  # of the message: a writer needs its drift, the values come as slots
CUSTOMERS_LANGUAGE = "in the customer's language"
SOMETHING_TO_SAY = "something to say"
MAX_QUOTED_WORDS = 120
ASK_ORDER = "ask order"
MONEY_REMEDIES = frozenset({"refund", "store credit"})  # of a replacement no amount is told
NAME_KINDS = frozenset({"shop", "customer"})
CLAIMED_AMOUNT_KIND = (
    "said_amount"  # repeated in a reply, a sum that only the customer names reads as ours
)
URGENCY_NAMES = {1: "low", 2: "normal", 3: "high", 4: "urgent"}
DECISION_PATTERNS = {
    REVIEW: SPEAKS_OF_REVIEW,
    APPROVED: re.compile(r"\b(?:approv\w+|agreed|granted)\b"),
    PAID: re.compile(r"\b(?:paid|refunded|sent back|returned|given back|credited|gone back)\b"),
    ASK: re.compile(r"\?|\b(?:let us know|please|need|like to (?:see|ask))\b"),
    REFUSE: re.compile(
        r"\b(?:not|cannot|can't|unable|sorry|afraid|outside|regret|declin\w+|turn down)\b"
    ),
}
QUESTION_PATTERNS = {
    "order": re.compile(r"\border"),
    "photo": re.compile(r"\b(?:photo|picture|image)"),
}


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A draft in parts, each value with its source, and every sentence kept or left out."""

    parts: tuple[Part, ...] = ()
    claims: tuple[Claim, ...] = ()
    finished: bool = True
    composed_by: str = ""
    usage: Usage = Usage()
    tasks: tuple[str, ...] = ()  # what a person has to do before it is sent
    retold: float | None = None  # of a general model: the share that nothing stands behind

    @property
    def text_attribution(self) -> Grounded:
        return Grounded(parts=self.parts, claims=self.claims)

    @property
    def text(self) -> str:
        return self.text_attribution.text

    @property
    def prose(self) -> str:
        """Our own words, without values and quoted clauses."""
        return " · ".join(part.text for part in self.parts if not part.ref)


def is_in_our_language(case: Case) -> bool:
    """Whether the customer writes as replies are written, or so little that none can tell."""
    return case.language in READABLE_LANGUAGES


def draft_reply(case: Case, engine: Writer) -> Reply:
    """Let the engine write the reply, attribute its sentences, put the answers in and add a
    wording that has to be in it; an empty reply where there is nothing to say. May raise
    EngineError.
    """
    if not _has_something_to_say(case):
        return Reply()
    if not is_in_our_language(case):
        return _compose_abroad(case, engine)
    task = build_writing_task(case)
    written = engine.write(task)
    grounded = ground_sentences(written, task)
    grounded = insert_answers(grounded, _compose_answers(case))
    missing = find_missing_phrases(grounded.text, case.phrases, case[Classification].label)
    grounded = insert_required_wording(grounded, missing)
    return Reply(
        parts=grounded.parts,
        claims=grounded.claims,
        finished=written.finished,
        composed_by=engine.card.name,
        usage=written.usage,
        tasks=() if _is_only_news(case) else _list_tasks(case[Answers]),
        retold=compute_free_share(engine, written, task),
    )


def _compose_abroad(case: Case, engine: Writer) -> Reply:
    """The answers between the courtesies of the customer's language, by rules. Raises EngineError
    for an engine that writes in English alone.
    """
    if engine.card.kind != "rules":
        raise EngineError("it writes in English alone")
    answers = [part for one in _compose_answers(case) for part in (*one.parts, BREAK)]
    parts = (*iter_greeting(case), BREAK, *answers, *iter_closing(case))
    claims = [Claim(text=p.text, refs=p.refs, kept=True) for p in _compose_answers(case)]
    return Reply(
        parts=tuple(parts),
        claims=tuple(claims),
        composed_by=engine.card.name,
        tasks=_list_tasks(case[Answers]),
    )


def _list_tasks(answers: Answers) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.task for one in answers.list_given() if one.task))


def _compose_answers(case: Case) -> tuple[Paragraph, ...]:
    """The answers as paragraphs; none where a reply went out and only a decision is news."""
    return () if _is_only_news(case) else compose_answers(case[Answers].items, case)


def _is_only_news(case: Case) -> bool:
    return bool(case.settled) and case.is_answered


def _has_something_to_say(case: Case) -> bool:
    """Whether anything that was asked has an answer, or the customer has to tell something first.
    What says nothing is no reply.
    """
    if case[Classification].is_unanswerable:
        return False
    if not is_in_our_language(case):  # what has to be asked back is written in English alone
        return _is_answered_abroad(case[Answers])
    if case.settled:
        return case[Proposed].outcome != NONE
    return bool(case[Answers].list_given()) or _is_only_customer_asked(case)


def _is_answered_abroad(answers: Answers) -> bool:
    """Whether saved replies say something in the customer's language, and nothing else is to be."""
    given = answers.list_given()
    told = bool(given) and all(one.source == SAVED_REPLY for one in given)
    return told and not answers.is_customer_asked()


def _is_only_customer_asked(case: Case) -> bool:
    items = case[Answers].items
    return bool(items) and all(one.blocker is Blocker.CUSTOMER for one in items)


@keep_on_argument
def build_writing_task(case: Case) -> WritingTask:
    """What to say, as planned: the decision, the facts, and the clauses to quote."""
    decided, label = case[Proposed], case[Classification]
    facts = build_fact_slots(case.facts)
    outcome, answered = _plan_outcome(case)
    told = [slot for slot in facts if _can_state_fact(slot.kind, label, answered=answered)]
    said = ". ".join(filter(None, (case.subject, case.text)))
    message = " ".join(said.split(maxsplit=MAX_MESSAGE_WORDS)[:MAX_MESSAGE_WORDS])
    orders = [order.number for order in case.orders]
    ticket, named = mask_entities(message, facts, f"ticket:{case.ticket}:words", orders)
    if label.machine_orders:
        named = ()  # nothing of what it brings in is repeated
    return WritingTask(
        kind="draft",
        intent=label.name,
        also=_find_second_intent(case),
        outcome=outcome,
        answered=answered,
        urgency=URGENCY_NAMES[label.urgency],
        slots=(
            *told,
            *_iter_amount_slots(decided),
            *(slot for slot in named if slot.kind != CLAIMED_AMOUNT_KIND),
            *build_clause_slots(_select_quoted_clauses(case)),
        ),
        ticket=ticket,
    )


def _plan_outcome(case: Case) -> tuple[str, bool]:
    """The decision as a writer is told it, and whether the answers say all beside it: facts that
    nobody asked for are none.
    """
    decided, answers = case[Proposed], case[Answers]
    if case.settled or any(one.source == DECISION for one in answers.list_given()):
        return decided.words, False
    if answers.is_customer_asked():
        return (decided.words if decided.outcome == ASK else ASK_ORDER), False
    return NONE, True


def _can_state_fact(kind: str, label: Classification, *, answered: bool) -> bool:
    """While nobody knows what is asked, an order's details would be no answer to it; where the
    answers have said it, they would be none either.
    """
    return kind in NAME_KINDS if answered or not label.label else kind not in HISTORY_KINDS


def _find_second_intent(case: Case) -> str:
    """The name of the surest other intent that a part of the message is about."""
    label = case[Classification]
    others = (matter for matter in label.matters if matter.label != label.label)
    second = max(others, key=lambda matter: matter.confidence, default=None)
    return second.name if second and label.label else ""


def _iter_amount_slots(decided: Proposed) -> Iterator[Slot]:
    if decided.amount is not None and (
        decided.remedy in MONEY_REMEDIES or decided.outcome in DECIDED
    ):
        yield Slot(
            name="amount",
            about=FACT_KINDS["amount"],
            value=format_money(decided.amount, decided.currency),
            ref="decision:amount",
            kind="amount",
        )


def _select_quoted_clauses(case: Case) -> list[Clause]:
    """The clause that the writer has to quote: the one that decided, where it decided.

    What people refused rests on the clause that they saw. None while a person has to look first,
    none that is too long to read. What answers a question is quoted with its answer.
    """
    if case.settled and case[Proposed].outcome == REFUSE:
        return [c for c in (case.settled.clause,) if c and _is_short(c)]
    if not (_is_decision_told(case) and case[Classification].label):
        return []
    decided = case[Proposed].clause
    return [c for c in case[Retrieval].clauses if c.ref == decided and _is_short(c)]


def _is_decision_told(case: Case) -> bool:
    """Whether the reply tells what is due to the customer."""
    told = case.settled or any(one.source == DECISION for one in case[Answers].list_given())
    return bool(told) and case[Proposed].outcome not in (ASK, NONE)


def _is_short(clause: Clause) -> bool:
    return len(clause.text.split()) <= MAX_QUOTED_WORDS


def check_reply(case: Case, output: Reply, limits: Mapping[str, float]) -> Iterator[Check]:
    """The doubts about a reply: its sentences, tone and length, the clauses to quote, and
    whether it says what was decided.
    """
    label = case[Classification]
    unasked = label.is_unanswerable or (label.is_unlike_ours and not case[Answers].items)
    yield Check(
        name="something to answer",
        passed=not unasked,
        because=f"the message is {label.outcome}: a reply would answer nothing",
    )
    if unasked:
        return
    yield Check(
        name=CUSTOMERS_LANGUAGE,
        passed=is_in_our_language(case) or _has_something_to_say(case),
        value=case.language,
        because="the customer writes in another language, in which no saved reply answers this",
    )
    if not is_in_our_language(case):
        return  # words between courtesies, all of them people's own
    yield Check(
        name=SOMETHING_TO_SAY,
        passed=_has_something_to_say(case),
        value=case[Answers].format_count(),
        because="nothing that was asked has an answer yet: a person writes it",
    )
    if _has_something_to_say(case):
        yield from _check_text(case, output, limits)
        yield from _check_told(case, output)


def _check_text(case: Case, output: Reply, limits: Mapping[str, float]) -> Iterator[Check]:
    """Whether the text is whole, in its own words, kind, of a fit length, and says things once."""
    yield from check_writing(output.finished, output.text_attribution, limits["left_out"])
    yield from check_retelling(output.retold, limits.get("retold", MAX_RETOLD_SHARE))
    yield from _check_tone(case, output)
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


def _check_told(case: Case, output: Reply) -> Iterator[Check]:
    """Whether the reply quotes, asks and states what it was planned to."""
    yield _check_quoted_clauses(case, output)
    if _plan_outcome(case)[0] == ASK_ORDER:
        yield Check(
            name="asks for the order",
            passed=bool(QUESTION_PATTERNS["order"].search(output.prose.lower())),
            because="the reply does not ask which order is meant",
        )
    if _is_decision_told(case) or case[Proposed].outcome == ASK:
        yield _check_decision_stated(case[Proposed], output)


def _check_tone(case: Case, output: Reply) -> Iterator[Check]:
    label = case[Classification]
    return check_tone(
        output.text,
        output.prose,
        urgent=label.urgency == URGENT,
        message=f"{case.subject}\n{case.text}",
        phrases=case.phrases,
        intent=label.label,
    )


def _check_quoted_clauses(case: Case, output: Reply) -> Check:
    """Whether the planned clauses are quoted, so that a refusal rests on its clause."""
    planned = {slot.ref for slot in build_clause_slots(_select_quoted_clauses(case))}
    planned |= {
        ref for one in _compose_answers(case) for ref in one.refs if ref.startswith("clause:")
    }
    cited = {ref for ref in output.text_attribution.refs if ref.startswith("clause:")}
    if _is_decision_told(case) and case[Proposed].outcome == REFUSE and not case.settled:
        planned |= {ref for ref in (f"clause:{case[Proposed].clause}",) if not planned}
    return Check(
        name="policy match",
        passed=planned == cited,
        value=_format_refs(cited) or "none cited",
        threshold=_format_refs(planned),
        because=f"was to quote {_format_refs(planned) or 'nothing'}",
    )


def _format_refs(refs: Iterable[str]) -> str:
    return ", ".join(sorted(ref.removeprefix("clause:") for ref in refs))


def _check_decision_stated(decided: Proposed, output: Reply) -> Check:
    told = DECISION_PATTERNS.get(decided.outcome)
    text = output.prose.lower()  # what a clause says is no word of ours
    asked = decided.outcome != ASK or bool(QUESTION_PATTERNS[decided.asks_for].search(text))
    return Check(
        name="says what was decided",
        passed=asked and (told is None or bool(told.search(text))),
        value=decided.words,
        because="the reply does not say what was decided",
    )


def build_evidence(case: Case, output: Reply) -> Evidence:
    return Evidence(
        claims=tuple(asdict(claim) for claim in output.claims),
        inputs=(
            *list_writing_inputs(case, build_writing_task(case), output.usage.cut),
            ("decision", "decide", "system", case[Proposed].words),
        ),
        usage=output.usage,
    )


def build_fallback(case: Case) -> Reply:
    """No draft: a person writes, with the facts and clauses beside the empty field."""
    return Reply()


step = Step(
    name="draft",
    question="What could we answer?",
    reads=(Classification, Retrieval, Summary, Proposed, Answers),
    writes=Reply,
    needs=Writer,
    run=draft_reply,
    check=check_reply,
    evidence=build_evidence,
    fallback=build_fallback,
    final=(CUSTOMERS_LANGUAGE, SOMETHING_TO_SAY),
    ladder=("focal", "sentences"),
    limits={"left_out": 1, "fewest_words": 20, "most_words": 400},
    free_limits={"retold": MAX_RETOLD_SHARE},
    worksheet=Worksheet(
        budget_ms=2000,
        sensitive="name, orders, the customer's message",
        approval="a person sends every reply",
    ),
)
