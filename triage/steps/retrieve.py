"""Which clauses of our policies apply, as they stood on the day that matters?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Protocol

from triage.contract.case import Case, Clause, Order, Rule
from triage.contract.outcomes import READABLE_LANGUAGES, get_message_text
from triage.contract.outputs import Classification
from triage.contract.step import Check, Engine, Evidence, Step, Worksheet, iter_failed_checks
from triage.policies.contradictions import Disagreement, find_disagreements

MAX_QUERY_WORDS: Final = 300
MAX_HITS: Final = 4
MIN_SHARE_OF_BEST: Final = 0.5  # of the best chance: so likely has a clause to be, to rank with it
CLAUSE_FOUND: Final = "a clause was found"
CLAUSE_ANSWERS: Final = "answers the question"
CLAUSES_AGREE: Final = "clauses agree"


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A clause with its rank; ``score`` is the cosine to the query where the engine has one.

    ``words`` is the share of the query's words, by their rarity, that the clause has.
    ``relevance`` is the calibrated probability that the clause answers; None where nothing
    was searched for. ``found_by`` is "search", or "rule" for a clause that a refund rule of
    this label names, whether the search found it or not. ``near_miss`` says why a good match
    does not count, and is empty otherwise.
    """

    clause: Clause
    rank: int
    score: float | None
    words: float = 0.0
    relevance: float | None = None
    found_by: str = "search"
    near_miss: str = ""


@dataclass(frozen=True, kw_only=True)
class SearchResult:
    """What a search came to; ``index_sha256`` names exactly what was searched, and by what.

    ``by_meaning``: the engine compared more than words.
    """

    hits: tuple[Hit, ...]
    near: tuple[Hit, ...] = ()
    index_sha256: str = ""
    by_meaning: bool = True


@dataclass(frozen=True, kw_only=True)
class Retrieval:
    """The clauses that apply on ``as_of``, best first, and those that nearly did.

    ``disagreements`` are pairs that rank together and cannot both be followed.
    """

    as_of: date
    as_of_because: str
    hits: tuple[Hit, ...] = ()
    near: tuple[Hit, ...] = ()
    index_sha256: str = ""
    by_meaning: bool = True
    disagreements: tuple[Disagreement, ...] = ()

    @property
    def clauses(self) -> tuple[Clause, ...]:
        return tuple(hit.clause for hit in self.hits)

    @property
    def best_relevance(self) -> float:
        """The chance that the likeliest clause answers; 0 where nothing was found."""
        return max((hit.relevance or 0.0 for hit in self.hits), default=0.0)

    @property
    def open_question(self) -> str:
        """What a person has to settle before a reply cites a clause; empty for nothing."""
        return " ".join(f"Which clause holds? {pair.because}." for pair in self.disagreements)


class Searcher(Engine, Protocol):
    def search(self, query: str, on: date, top: int, message: str = "") -> SearchResult: ...

    def clause(self, ref: str, on: date) -> Clause | None: ...


def retrieve_clauses(case: Case, engine: Searcher) -> Retrieval:
    """Search the clauses in force on the day that matters, add those of the refund rules, and
    note which disagree. May raise EngineError.
    """
    as_of, because = find_effective_day(case)
    query = build_query(case)
    message = get_message_text(case) if case.language in READABLE_LANGUAGES else query
    found = engine.search(query, as_of, MAX_HITS, message)
    hits = tuple(_add_rule_clauses(case, engine, as_of, found.hits))
    return Retrieval(
        as_of=as_of,
        as_of_because=because,
        hits=hits,
        near=(*_iter_other_wordings(case, engine, as_of, hits), *found.near),
        index_sha256=found.index_sha256,
        by_meaning=found.by_meaning,
        disagreements=find_disagreements([hit.clause for hit in _select_likely_hits(hits)]),
    )


def build_query(case: Case) -> str:
    """What is searched for: the label and the subject in the first line, then the message. Of
    what is not written in English, what its label means: clauses are compared in English.
    """
    intent = case.find_intent(case[Classification].label)
    if intent and case.language not in READABLE_LANGUAGES:
        return f"{intent.name}\n{intent.description}".strip()
    head = ". ".join(filter(None, (case[Classification].name, " ".join(case.subject.split()))))
    return "\n".join(filter(None, (head, " ".join(case.text.split()[:MAX_QUERY_WORDS]))))


def find_effective_day(case: Case) -> tuple[date, str]:
    """The day whose clauses apply, and why: the day of purchase for refund terms, else the day
    the ticket came in.
    """
    today = "the day the ticket came in"
    if not _is_dated_by_purchase(case):
        return case.received, today
    if case.order is not None:
        if case.order.placed is None:
            return case.received, f"{today}: the day of purchase is not on record"
        return case.order.placed, "the day of purchase"
    days = {order.placed for order in case.orders}
    if len(days) == 1 and (day := days.pop()):
        return day, "the day of purchase, the same for every order it can be about"
    return case.received, f"{today}: which order it is about is not known"


def _is_dated_by_purchase(case: Case) -> bool:
    """Whether the terms of the day of purchase apply: by the intent's setting, or because a
    refund rule is for it.
    """
    intent = case.find_intent(case[Classification].label)
    if intent is None:
        return False
    ruled = intent.money and any(intent.slug in rule.intents for rule in case.rules)
    return intent.dated_by_purchase or ruled


def _add_rule_clauses(
    case: Case, engine: Searcher, as_of: date, found: Sequence[Hit]
) -> Iterator[Hit]:
    """The hits, and behind them the clauses that the refund rules of this label rest on."""
    label = case[Classification].label
    rules = [rule for rule in case.rules if label in rule.intents and rule.is_in_force(as_of)]
    named = dict.fromkeys(_iter_rule_clauses(case, rules))
    for hit in found:
        yield replace(hit, found_by="rule") if hit.clause.ref in named else hit
    have = {hit.clause.ref for hit in found}
    clauses = [engine.clause(ref, as_of) for ref in named if ref not in have]
    for rank, clause in enumerate(filter(None, clauses), len(found) + 1):
        yield Hit(clause=clause, rank=rank, score=None, found_by="rule")


def _iter_rule_clauses(case: Case, rules: Sequence[Rule]) -> Iterator[str]:
    """The clauses of the rules; those that exclude only where the order has what they exclude."""
    yield from (rule.clause for rule in rules)
    if case.order and any(line.final_sale for line in case.order.returnable_lines):
        excluding = (rule.exclusion_clause for rule in rules if not rule.covers_final_sale)
        yield from filter(None, excluding)


def _iter_other_wordings(
    case: Case, engine: Searcher, as_of: date, hits: Sequence[Hit]
) -> Iterator[Hit]:
    """While it is not known which order is meant: the other wordings that may hold for one."""
    if case.order is not None or not _is_dated_by_purchase(case):
        return
    seen = {hit.clause for hit in hits}
    for order in case.orders:
        for hit in hits:
            clause = engine.clause(hit.clause.ref, order.placed or as_of)
            if clause and clause not in seen:
                seen.add(clause)
                yield replace(hit, clause=clause, near_miss=_format_near_miss(order))


def _format_near_miss(order: Order) -> str:
    return f"it holds if this is about order {order.number}"


def _select_likely_hits(hits: Sequence[Hit]) -> list[Hit]:
    """Those about as likely to answer as the best, and those that a rule names."""
    least = MIN_SHARE_OF_BEST * max((hit.relevance or 0.0 for hit in hits), default=0.0)
    return [hit for hit in hits if hit.relevance is None or hit.relevance >= least]


def check_retrieval(case: Case, output: Retrieval, limits: Mapping[str, float]) -> Iterator[Check]:
    """The doubts about the clauses: one was found, in force on the day, likely to answer, and
    none disagree.
    """
    yield Check(
        name=CLAUSE_FOUND,
        passed=bool(output.hits),
        value=str(len(output.hits)),
        because="no clause was in force on that day" if output.near else "no policy found",
    )
    outside = [hit.clause.ref for hit in output.hits if not hit.clause.is_in_force(output.as_of)]
    yield Check(
        name="in force on the day",
        passed=not outside,
        value=output.as_of.isoformat(),
        because=f"not in force: {', '.join(outside)}" if outside else "",
    )
    if output.hits:
        yield _check_relevance(output, limits["relevance" if output.by_meaning else "words"])
        yield _check_agreement(output)


def _check_relevance(output: Retrieval, least: float) -> Check:
    """One clause has to be likely to answer, unless a refund rule rests on one."""
    by_rule = any(hit.found_by == "rule" for hit in output.hits)
    return Check(
        name=CLAUSE_ANSWERS,
        passed=by_rule or output.best_relevance >= least,
        value="named by a refund rule" if by_rule else f"answers: {output.best_relevance:.2f}",
        threshold="" if by_rule else f"at least {least:.2f}",
        because=_explain_no_answer(output),
    )


def _explain_no_answer(output: Retrieval) -> str:
    """Why no clause is likely to answer: the one that would may not have been in force."""
    missed = next(
        (hit for hit in output.near if (hit.relevance or 0.0) > output.best_relevance), None
    )
    if missed is None:
        return "no clause is likely to answer what is asked"
    clause = missed.clause
    return (
        f"“{clause.heading}”, version {clause.version}, would fit better, and is {missed.near_miss}"
    )


def _check_agreement(output: Retrieval) -> Check:
    pairs = [f"{pair.one} and {pair.other}" for pair in output.disagreements]
    return Check(
        name=CLAUSES_AGREE,
        passed=not pairs,
        value="; ".join(pairs),
        because="; ".join(pair.because for pair in output.disagreements),
    )


def build_evidence(case: Case, output: Retrieval) -> Evidence:
    return Evidence(
        citations=tuple(_build_citation(hit) for hit in (*output.hits, *output.near)),
        reasons=(
            f"as of {output.as_of.isoformat()}: {output.as_of_because}",
            *(pair.because for pair in output.disagreements),
        ),
        inputs=(
            ("query", f"ticket:{case.ticket}", "customer", build_query(case)),
            ("index", "clauses", "policy", output.index_sha256),
        ),
    )


def _build_citation(hit: Hit) -> Mapping[str, object]:
    clause = hit.clause
    return {
        "ref": clause.ref,
        "policy": clause.policy,
        "title": clause.policy_title,
        "version": clause.version,
        "heading": clause.heading,
        "text": clause.text,
        "since": clause.since.isoformat(),
        "until": clause.until.isoformat() if clause.until else "",
        "source": clause.source,
        "rank": hit.rank,
        "score": hit.score,
        "words": hit.words,
        "relevance": hit.relevance,
        "found_by": hit.found_by,
        "near_miss": hit.near_miss,
    }


def salvage_near_misses(case: Case, output: Retrieval, checks: Sequence[Check]) -> Retrieval:
    """Nothing is cited; what was found stays in sight with the reason it does not count."""
    agree = all(check.name != CLAUSES_AGREE for check in iter_failed_checks(checks))
    missed = tuple(
        replace(hit, near_miss=_format_low_relevance(hit) if agree else "clauses disagree")
        for hit in output.hits
    )
    return replace(output, hits=(), near=(*missed, *output.near))


def _format_low_relevance(hit: Hit) -> str:
    chance = round(100 * (hit.relevance or 0.0))
    return f"not likely to answer ({f'{chance} %' if chance else 'under 1 %'})"


def build_fallback(case: Case) -> Retrieval:
    as_of, because = find_effective_day(case)
    return Retrieval(as_of=as_of, as_of_because=because)


step = Step(
    name="retrieve",
    question="Which clauses apply, as they stood on the day that matters?",
    reads=(Classification,),
    writes=Retrieval,
    needs=Searcher,
    run=retrieve_clauses,
    check=check_retrieval,
    evidence=build_evidence,
    fallback=build_fallback,
    withdrawn=salvage_near_misses,
    final=(CLAUSE_FOUND, CLAUSE_ANSWERS, CLAUSES_AGREE),
    ladder=("hybrid", "lexical"),
    limits={"relevance": 0.15, "words": 0.4},
    worksheet=Worksheet(
        budget_ms=500,
        sensitive="the customer's message",
        approval="a person decides without a clause",
    ),
)
