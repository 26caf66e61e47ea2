"""What was asked, and does each of it have an answer?

A question has an answer where the rules of refunds decided it, where a saved reply fits and one
of its wordings holds by the rows, or where a clause is likely enough to answer. Else it has a
blocker, which says who has to do something about it: the customer, a person here, whoever writes
down what this shop knows, or whoever settles which of two sources holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Protocol

from triage.contract.answers import (
    CLAUSE,
    DECISION,
    SAVED_REPLY,
    Answer,
    Asked,
    AskedKind,
    Blocker,
    Comparison,
    Readiness,
)
from triage.contract.case import Case, Clause
from triage.contract.languages import REPLY_LANGUAGES
from triage.contract.outcomes import NO_REPLY_OUTCOMES, READABLE_LANGUAGES
from triage.contract.outputs import Classification
from triage.contract.saved_reply import (
    Fit,
    SavedReply,
    SentAnswer,
    Wording,
    compute_text_sha256,
)
from triage.contract.step import Check, Engine, Evidence, Step, Worksheet
from triage.contract.wording_slots import fill_fields, find_missing_values
from triage.nlu import Document, find_requests
from triage.nlu.asked_pieces import MAX_PIECES, cut_pieces
from triage.nlu.entities import mask_entities
from triage.nlu.foreign_questions import find_foreign_asked
from triage.nlu.order_linking import NAMED_IN_MESSAGE, NAMED_IN_QUOTATION
from triage.policies.contradictions import find_disagreements
from triage.refunds.proposal import ASK, HUMAN, NONE, Proposed
from triage.saved_replies.clause_conditions import apply_clause
from triage.saved_replies.reply_conditions import check_all_hold, compare_condition, is_about_order
from triage.steps.retrieve import Hit, Retrieval, SearchResult, find_effective_day

NO_LABEL: Final = ("NO_LABEL",)
"""Nobody knows yet what is asked, and no money is in it."""
MAX_ASKED: Final = 8
LAST_WORDS: Final = 30
CLAUSES_LOOKED_AT: Final = 3
CUSTOMERS_LANGUAGE: Final = "in the customer's language"
NOTHING_KNOWN: Final = "no saved reply and no clause is about this"
NOTHING_SAYS_HOW: Final = "a person has to do this, and no saved reply says how"
STRANGE_ORDER: Final = "the order it names is none of this sender's"
LONG_OVER_DAYS: Final = 7
MIN_OFFERED_CHANCE: Final = 0.1
MIN_ORDER_DIGITS: Final = 4
NAMED: Final = (NAMED_IN_MESSAGE, NAMED_IN_QUOTATION)
NOT_SENT: Final = "waiting"
OWN_ORDER: Final = "my order"
TOLD_IN_ENGLISH: Final = "what is decided about a refund is told in English alone"
ORDER_MISSING: Final = "the customer has to say which order it is about"


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Everything that was asked, in the order of the message."""

    items: tuple[Answer, ...] = ()

    def list_given(self) -> tuple[Answer, ...]:
        """Those that have an answer."""
        return tuple(item for item in self.items if item.blocker is None)

    def list_open(self) -> tuple[Answer, ...]:
        """Those that a person has to answer."""
        return tuple(item for item in self.items if item.is_open)

    def is_customer_asked(self) -> bool:
        """Whether the customer has to tell something first."""
        return any(item.blocker is Blocker.CUSTOMER for item in self.items)

    def find_readiness(self) -> Readiness:
        """What a person finds in place of a reply."""
        if self.items and not self.list_open():
            return Readiness.READY
        return Readiness.PARTLY if self.list_given() else Readiness.FINDINGS

    def format_count(self) -> str:
        """How many have an answer, in a line."""
        return f"{len(self.list_given())} of {len(self.items)} answered"


class Answerer(Engine, Protocol):
    """Takes a message apart, and compares what it asks with what the shop has said.

    ``least_reply`` is how likely a saved reply has to be to answer, ``least_clause`` a clause.
    """

    least_reply: float
    least_clause: float

    def find_asked(self, subject: str, text: str) -> tuple[Asked, ...]:
        """What the message asks, in its order; empty where nothing sounds like it."""
        ...

    def match_replies(
        self,
        asked: Sequence[Asked],
        replies: Sequence[SavedReply],
        fits: Sequence[Fit],
        language: str = "",
    ) -> Sequence[tuple[int, float]]:
        """For each thing asked, in that language, the place of the reply that is likeliest to
        answer, of those that fit its label, and the chance that it does.
        """
        ...

    def find_sent(
        self, asked: Sequence[Asked], labels: Sequence[str]
    ) -> Sequence[Sequence[SentAnswer]]:
        """For each thing asked what people wrote to the questions most like it, those with one of
        the likely ``labels`` before others.
        """
        ...

    def search_clauses(self, query: str, on: date, top: int, message: str = "") -> SearchResult:
        """The clauses in force on the day that are likeliest to answer."""
        ...

    def find_clause(self, ref: str, on: date) -> Clause | None:
        """The wording of a clause that is in force on the day."""
        ...


def answer_questions(case: Case, engine: Answerer) -> Answers:
    """Each thing asked with its answer or its blocker; nothing where nothing is to be answered, or
    where nobody reads the language of the message. May raise EngineError.
    """
    label = case[Classification]
    if label.is_unanswerable or not is_known_language(case):
        return Answers()
    if case.language not in READABLE_LANGUAGES:
        return _answer_abroad(case, engine)
    found = engine.find_asked(case.subject, case.text)
    asked = found[:MAX_ASKED] or (_take_whole(case),)
    if label.is_unlike_ours and asked[0].kind is AskedKind.MATTER:
        return Answers()  # it asks for nothing that we know of
    plain = [_hide_order_numbers(one, case) for one in asked]
    fits = [_judge_fit(reply, label) for reply in case.replies]
    matches = engine.match_replies(plain, case.replies, fits)
    items = tuple(
        _answer_one(case, engine, one, match, only=len(asked) == 1)
        for one, match in zip(asked, matches, strict=True)
    )
    items = _add_sent(case, engine, plain, items)
    unread = _iter_unread(case, items, cut=len(found) > MAX_ASKED)
    return Answers(items=tuple(_settle_customers(case, (*items, *unread))))


def is_known_language(case: Case) -> bool:
    """Whether the message is in a language that replies can be saved in."""
    return case.language in READABLE_LANGUAGES or case.language in REPLY_LANGUAGES


def _answer_abroad(case: Case, engine: Answerer) -> Answers:
    """The questions of a message in another language: by saved replies in it, and nothing else."""
    label = case[Classification]
    asked = find_foreign_asked(case.subject, case.text)[:MAX_ASKED]
    if label.is_unlike_ours and asked[0].kind is AskedKind.MATTER:
        return Answers()
    fits = [
        _judge_fit(reply, label) if reply.list_wordings(case.language) else Fit.NO
        for reply in case.replies
    ]
    because = f"no saved reply in {REPLY_LANGUAGES[case.language].name} is about this"
    items = tuple(
        _answer_one_abroad(case, engine, one, match, because)
        for one, match in zip(
            asked, engine.match_replies(asked, case.replies, fits, case.language), strict=True
        )
    )
    unread = (_leave_to_person(item) for item in _iter_unread(case, items))
    return Answers(items=tuple(_settle_customers(case, (*items, *unread))))


def _leave_to_person(item: Answer) -> Answer:
    """The item; a person's where it rests on a decision, which is told in English alone."""
    if item.source != DECISION:
        return item
    return replace(item, source="", blocker=Blocker.PERSON, because=TOLD_IN_ENGLISH)


def _answer_one_abroad(
    case: Case, engine: Answerer, asked: Asked, match: tuple[int, float], because: str
) -> Answer:
    empty = Answer(words=asked.words, kind=asked.kind)
    place, chance = match
    if chance >= engine.least_reply:
        return _answer_by_reply(case, engine, empty, case.replies[place], chance)
    return replace(empty, blocker=Blocker.KNOWLEDGE, because=because)


def _add_sent(
    case: Case, engine: Answerer, asked: Sequence[Asked], items: Sequence[Answer]
) -> tuple[Answer, ...]:
    """The items, the open ones with what people once wrote to questions like them, in the values of
    this order; what names a value that this case has not is left out.
    """
    if not any(item.is_open for item in items):
        return tuple(items)
    label = case[Classification]
    labels = [label.label] if label.label else [label.suggestion, label.runner_up]
    found = engine.find_sent(asked, [slug for slug in labels if slug])
    return tuple(
        replace(item, sent=tuple(_fill_sent(sent, case))) if item.is_open else item
        for item, sent in zip(items, found, strict=True)
    )


def _fill_sent(sent: Sequence[SentAnswer], case: Case) -> Iterator[SentAnswer]:
    for one in sent:
        if not find_missing_values(one.text, case.facts):
            yield replace(one, text=fill_fields(one.text, case.facts))


def _iter_unread(case: Case, items: Sequence[Answer], *, cut: bool = False) -> Iterator[Answer]:
    """What none of the items is about and has to be answered all the same: what is due, if nothing
    seems to ask for it, and whatever stands behind the part that is read, or was ``cut`` off.
    """
    decided = case[Proposed]
    told = any(item.title == decided.words for item in items)
    if decided.outcome != NONE and decided.reasons != NO_LABEL and not told:
        words = " ".join((case.subject or case.text).split())
        yield _answer_by_decision(case, Answer(words=words, kind=AskedKind.MATTER))
    if cut or len(cut_pieces(case.text)) >= MAX_PIECES:
        words = " ".join(case.text.split()[-LAST_WORDS:])
        kind, because = AskedKind.MATTER, "the message is longer than what was read of it"
        yield Answer(words=words, kind=kind, blocker=Blocker.PERSON, because=because)


def _settle_customers(case: Case, items: Sequence[Answer]) -> Iterator[Answer]:
    """The items; a person's, too, where the reply tells a decision or asks for something else and
    would not ask the customer for this.
    """
    decided = any(item.source == DECISION for item in items)
    photo = case[Proposed].outcome == ASK and case[Proposed].asks_for != "order"
    for item in items:
        unasked = item.blocker is Blocker.CUSTOMER and item.because == ORDER_MISSING
        yield replace(item, blocker=Blocker.PERSON) if unasked and (decided or photo) else item


def _take_whole(case: Case) -> Asked:
    """The whole message as one matter, where nothing in it sounds like a question or a wish."""
    words = " ".join((case.text or case.subject).split())
    whole = f"{case.subject}\n{case.text}".strip()
    return Asked(words=words, kind=AskedKind.MATTER, context=whole)


def _hide_order_numbers(asked: Asked, case: Case) -> Asked:
    """What is asked, in words without the numbers of orders: they say no more than that these are
    theirs.
    """
    words = asked.words
    for order in case.orders:
        for spelled in (order.number, order.number.lower()):
            words = words.replace(spelled, OWN_ORDER)
    return asked if words == asked.words else replace(asked, words=words, vector=None)


def _answer_one(
    case: Case, engine: Answerer, asked: Asked, match: tuple[int, float], *, only: bool
) -> Answer:
    """The first source that answers, or the blocker that says most."""
    empty = Answer(words=asked.words, kind=asked.kind)
    if _is_for_decision(case, asked, only=only):
        return _answer_by_decision(case, empty)
    place, chance = match
    if chance >= engine.least_reply:
        return _answer_by_reply(case, engine, empty, case.replies[place], chance)
    if chance >= MIN_OFFERED_CHANCE:  # what comes nearest helps a person, and is no answer
        empty = _offer_reply(case, engine, empty, case.replies[place], chance)
    if asked.kind is AskedKind.QUESTION:
        return _answer_by_clause(case, engine, empty, only=only)
    if asked.kind is AskedKind.WISH:
        return replace(empty, blocker=Blocker.PERSON, because=NOTHING_SAYS_HOW)
    return replace(empty, blocker=Blocker.KNOWLEDGE, because=NOTHING_KNOWN)


def _is_for_decision(case: Case, asked: Asked, *, only: bool) -> bool:
    """Whether what is due to the customer is what is asked here."""
    decided = case[Proposed]
    if decided.outcome == NONE or decided.reasons == NO_LABEL:
        return False
    asks = bool(find_requests(Document.read(asked.words)))
    return asks or (only and asked.kind is not AskedKind.QUESTION)


def _answer_by_decision(case: Case, empty: Answer) -> Answer:
    decided = case[Proposed]
    about = replace(empty, source=DECISION, ref="decision", title=decided.words)
    if decided.outcome == HUMAN:
        return replace(
            about, source="", blocker=Blocker.PERSON, because=" ".join(decided.questions)
        )
    if decided.outcome == ASK:
        if decided.asks_for == "order" and has_strange_order(case):
            return replace(about, source="", blocker=Blocker.PERSON, because=STRANGE_ORDER)
        because = ORDER_MISSING if decided.asks_for == "order" else "the customer has to show it"
        return replace(about, source="", blocker=Blocker.CUSTOMER, because=because)
    return about


def _judge_fit(reply: SavedReply, label: Classification) -> Fit:
    """Whether a reply may answer a message with this label; while that is not sure, one for either
    of the two likeliest rather than any other.
    """
    if not reply.intents:
        return Fit.LIKELY
    if label.label:
        return Fit.LIKELY if label.label in reply.intents else Fit.NO
    likely = {label.suggestion, label.runner_up} & set(reply.intents)
    return Fit.LIKELY if likely else Fit.PERHAPS


def _answer_by_reply(
    case: Case, engine: Answerer, empty: Answer, reply: SavedReply, chance: float
) -> Answer:
    """The wording that holds for this order, or why none does."""
    about = replace(empty, ref=reply.ref, title=reply.title, chance=round(chance, 3))
    wordings = reply.list_wordings("" if case.language in READABLE_LANGUAGES else case.language)
    depends = any(is_about_order(wording.condition) for wording in wordings)
    if depends and has_strange_order(case):
        return replace(about, blocker=Blocker.PERSON, because=STRANGE_ORDER)
    early = any(NOT_SENT in wording.condition.states for wording in wordings)
    if early and _may_be_newer_order(case):
        return replace(about, blocker=Blocker.CUSTOMER, because=ORDER_MISSING)
    compared: tuple[Comparison, ...] = ()
    for wording in wordings:
        compared = compare_condition(wording.condition, case)
        if check_all_hold(compared) and not find_missing_values(wording.text, case.facts):
            about = replace(about, compared=compared)
            return _use_wording(case, engine, about, wording)
    if case.order is None and depends:
        return replace(about, blocker=Blocker.CUSTOMER, because=ORDER_MISSING)
    because = f"“{reply.title}” has no wording for this order"
    return replace(about, blocker=Blocker.PERSON, because=because, compared=compared)


def has_strange_order(case: Case) -> bool:
    """Whether the message names an order that is none of this sender's."""
    if case.order is not None:
        return False
    message, numbers = f"{case.subject}. {case.text}", [order.number for order in case.orders]
    _, found = mask_entities(message, (), f"ticket:{case.ticket}", numbers)
    named = any(slot.kind == "said_order" for slot in found)
    return named or any(map(_is_order_like, message.split()))


def _is_order_like(word: str) -> bool:
    """Whether a word is written as shops write the numbers of orders: HP-10553."""
    letters, _, digits = word.strip(".,;:!?()").partition("-")
    return letters.isalpha() and digits.isdigit() and len(digits) >= MIN_ORDER_DIGITS


def _may_be_newer_order(case: Case) -> bool:
    """Whether the order, which was found by other signs than its number, came long before they
    wrote: a question about orders not sent yet may be one of an order that has no row so far.
    """
    order = case.order
    if order is None or order.delivered is None or case.order_because in NAMED:
        return False
    return (case.received - order.delivered).days > LONG_OVER_DAYS


def _offer_reply(
    case: Case, engine: Answerer, empty: Answer, reply: SavedReply, chance: float
) -> Answer:
    """The open question with what the reply would say, where one of its wordings holds."""
    found = _answer_by_reply(case, engine, empty, reply, chance)
    if found.blocker is not None:
        return empty
    said = fill_fields(found.text, case.facts)
    about = replace(empty, ref=reply.ref, title=reply.title, chance=round(chance, 3))
    return replace(about, offer=said, task=found.task)


def _use_wording(case: Case, engine: Answerer, about: Answer, wording: Wording) -> Answer:
    """The answer in this wording; a person's where the clause that it rests on reads otherwise by
    now.
    """
    if wording.clause:
        on, _ = find_effective_day(case)
        clause = engine.find_clause(wording.clause, on)
        if clause is None or compute_text_sha256(clause.text) != wording.clause_sha256:
            because = f"“{about.title}” rests on {wording.clause}, which says something else now"
            return replace(about, blocker=Blocker.PERSON, because=because)
    return replace(about, source=SAVED_REPLY, text=wording.text, task=wording.task)


def _answer_by_clause(case: Case, engine: Answerer, empty: Answer, *, only: bool) -> Answer:
    """The clause in force that is likeliest to answer, where it is likely enough."""
    hits = case[Retrieval].hits if only else _search_clauses(case, engine, empty.words)
    best = max(hits, key=lambda hit: hit.relevance or 0.0, default=None)
    if best is None or (best.relevance or 0.0) < engine.least_clause:
        return replace(empty, blocker=Blocker.KNOWLEDGE, because=NOTHING_KNOWN)
    likely = [hit for hit in hits if (hit.relevance or 0.0) >= engine.least_clause]
    return _weigh_clause(case, empty, best, likely)


def _search_clauses(case: Case, engine: Answerer, words: str) -> Sequence[Hit]:
    """What is found for one question of several, under the same head as the whole message."""
    on, _ = find_effective_day(case)
    head = ". ".join(filter(None, (case[Classification].name, " ".join(case.subject.split()))))
    query = "\n".join(filter(None, (head, words)))
    return engine.search_clauses(query, on, CLAUSES_LOOKED_AT, words).hits


def _weigh_clause(case: Case, empty: Answer, hit: Hit, hits: Sequence[Hit]) -> Answer:
    """The clause as the answer, unless it disagrees with another of the likely ``hits``, or its
    condition cannot be decided.
    """
    about = replace(
        empty,
        ref=f"clause:{hit.clause.ref}@{hit.clause.version}",
        title=hit.clause.heading,
        quote=hit.clause.text,
        chance=hit.relevance,
    )
    pairs = (*case[Retrieval].disagreements, *find_disagreements([h.clause for h in hits]))
    if any(hit.clause.ref in (pair.one, pair.other) for pair in pairs):
        return replace(about, blocker=Blocker.CONFLICT, because="; ".join(p.because for p in pairs))
    applied = apply_clause(hit.clause.text, case)
    if applied.compared and has_strange_order(case):
        return replace(about, blocker=Blocker.PERSON, because=STRANGE_ORDER)
    early = any(one.name == "order" for one in applied.compared) and _may_be_newer_order(case)
    if applied.compared and (case.order is None or early):
        return replace(about, blocker=Blocker.CUSTOMER, because=ORDER_MISSING)
    if applied.is_open or find_missing_values(applied.text, case.facts):
        because = f"“{hit.clause.heading}” depends on what no row says of this order"
        return replace(about, blocker=Blocker.PERSON, because=because, compared=applied.compared)
    return replace(about, source=CLAUSE, text=applied.text, compared=applied.compared)


def check_answers(case: Case, output: Answers, limits: Mapping[str, float]) -> Iterator[Check]:
    """The doubts about the answers: that nothing asked is lost, that each stands on something, and
    that it is as near or likely as the limits ask.
    """
    label = case[Classification]
    if label.is_unanswerable or (label.is_unlike_ours and not output.items):
        return
    yield Check(
        name=CUSTOMERS_LANGUAGE,
        passed=is_known_language(case),
        value=case.language,
        because="the customer writes in a language that no reply can be saved in",
    )
    if not is_known_language(case):
        return
    bare = [one.words for one in output.items if not one.source and one.blocker is None]
    yield Check(
        name="each question has an answer or a reason",
        passed=bool(output.items) and not bare,
        value=output.format_count(),
        because="; ".join(bare) or "nothing was found that could be answered",
    )
    failed = [one for answer in output.list_given() for one in answer.compared if one.holds is None]
    yield Check(
        name="conditions are decided by rows",
        passed=not failed,
        because="; ".join(f"{one.name}: {one.value}" for one in failed),
    )
    yield from _check_chances(output, limits)


def _check_chances(output: Answers, limits: Mapping[str, float]) -> Iterator[Check]:
    for source, least in ((SAVED_REPLY, limits["reply"]), (CLAUSE, limits["clause"])):
        chances = [one.chance or 0.0 for one in output.list_given() if one.source == source]
        if chances:
            yield Check(
                name=f"the {source} fits the question",
                passed=min(chances) >= least,
                value=f"{min(chances):.2f}",
                threshold=f"at least {least:g}",
                because="it is too far from what was asked",
            )


def build_evidence(case: Case, output: Answers) -> Evidence:
    return Evidence(
        label=output.format_count() if output.items else "",
        reasons=tuple(dict.fromkeys(one.blocker.value for one in output.items if one.blocker)),
        inputs=(
            ("message", f"ticket:{case.ticket}", "customer", f"{case.subject}\n{case.text}"),
            *((SAVED_REPLY, reply.ref, "staff", repr(reply)) for reply in case.replies
              if any(one.ref == reply.ref for one in output.items)),
        ),
    )  # fmt: skip


def build_fallback(case: Case) -> Answers:
    """Nothing could be compared: the message as a whole waits for a person."""
    label = case[Classification]
    if label.outcome in NO_REPLY_OUTCOMES or not is_known_language(case):
        return Answers()
    words = " ".join((case.text or case.subject).split())
    because = "what the shop has said could not be searched"
    return Answers(
        items=(Answer(words=words, kind=AskedKind.MATTER, blocker=Blocker.PERSON, because=because),)
    )


step = Step(
    name="answer",
    question="What was asked, and does each of it have an answer?",
    reads=(Classification, Retrieval, Proposed),
    writes=Answers,
    needs=Answerer,
    run=answer_questions,
    check=check_answers,
    evidence=build_evidence,
    fallback=build_fallback,
    final=(CUSTOMERS_LANGUAGE,),
    ladder=("answers", "words"),
    limits={"reply": 0.45, "clause": 0.75, "ready": 0.8},
    worksheet=Worksheet(
        budget_ms=300, sensitive="the customer's message, orders", approval="none: texts of ours"
    ),
)
