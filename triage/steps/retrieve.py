"""Which clauses of our policies apply, as they stood on the day that matters?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from triage.case import Case, Clause
from triage.step import Check, Engine, Evidence, Step, Worksheet
from triage.steps.classify import Classification


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A clause with its rank; ``score`` is the cosine to the query where the engine has one.

    ``words`` is the share of the query's words that the clause has. ``found_by`` is "search", or "rule" for a clause that a refund rule names.
    ``near_miss`` says why a good match was not in force, and is empty otherwise.
    """

    clause: Clause
    rank: int
    score: float | None
    words: float = 0.0
    found_by: str = "search"
    near_miss: str = ""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a search came to; ``index_sha256`` names exactly what was searched."""

    hits: tuple[Hit, ...]
    near: tuple[Hit, ...] = ()
    index_sha256: str = ""


@dataclass(frozen=True, kw_only=True)
class Retrieval:
    """The clauses that apply on ``as_of``, best first, and those that nearly did."""

    as_of: date
    as_of_because: str
    hits: tuple[Hit, ...] = ()
    near: tuple[Hit, ...] = ()
    index_sha256: str = ""

    @property
    def clauses(self) -> tuple[Clause, ...]:
        return tuple(hit.clause for hit in self.hits)


class Searcher(Engine, Protocol):
    def search(self, query: str, on: date, top: int) -> Found: ...

    def clause(self, ref: str, on: date) -> Clause | None: ...


QUERY_WORDS = 120
TOP = 4


def run(case: Case, engine: Searcher) -> Retrieval:
    as_of, because = day_that_matters(case)
    found = engine.search(query_of(case), as_of, TOP)
    return Retrieval(
        as_of=as_of,
        as_of_because=because,
        hits=(*found.hits, *_named_by_rules(case, engine, as_of, found)),
        near=found.near,
        index_sha256=found.index_sha256,
    )


def query_of(case: Case) -> str:
    """What is searched for: the label and the first words of the message."""
    label = case[Classification].name
    return " ".join(f"{label}. {case.subject}. {case.text}".split()[:QUERY_WORDS])


def day_that_matters(case: Case) -> tuple[date, str]:
    """Refund terms are those of the day of purchase; everything else is today's."""
    intent = case.intent(case[Classification].label)
    if not intent or not intent.dated_by_purchase:
        return case.received, "the day the ticket came in"
    if case.order is None:
        return case.received, "the day the ticket came in: which order it is about is not known"
    if case.order.placed is None:
        return case.received, "the day the ticket came in: the day of purchase is not on record"
    return case.order.placed, "the day of purchase"


def _named_by_rules(case: Case, engine: Searcher, as_of: date, found: Found) -> Iterator[Hit]:
    label = case[Classification].label
    have = {hit.clause.ref for hit in found.hits}
    for rule in case.rules:
        if label not in rule.intents or not rule.in_force(as_of) or rule.clause in have:
            continue
        if clause := engine.clause(rule.clause, as_of):
            have.add(rule.clause)
            yield Hit(clause=clause, rank=len(have), score=None, found_by="rule")


def check(case: Case, output: Retrieval, limits: Mapping[str, float]) -> Iterator[Check]:
    yield Check(
        name="a clause was found",
        passed=bool(output.hits),
        value=str(len(output.hits)),
        because="no clause was in force on that day" if output.near else "no policy found",
    )
    outside = [hit.clause.ref for hit in output.hits if not hit.clause.in_force(output.as_of)]
    yield Check(
        name="in force on the day",
        passed=not outside,
        value=output.as_of.isoformat(),
        because=f"not in force: {', '.join(outside)}" if outside else "",
    )
    if output.hits:
        yield _close(output, limits)


def _close(output: Retrieval, limits: Mapping[str, float]) -> Check:
    """Meaning has to be near; where only words were compared, many have to be the same."""
    by_rule = any(hit.found_by == "rule" for hit in output.hits)
    cosines = [hit.score for hit in output.hits if hit.score is not None]
    kind, scores = ("similarity", cosines) if cosines else ("words", [h.words for h in output.hits])
    best = max(scores, default=0.0)
    return Check(
        name="close to the question",
        passed=by_rule or best >= limits[kind],
        value=f"{kind} {best:.2f}",
        threshold=f"at least {limits[kind]:.2f}",
        because="no clause is close to what the customer asks",
    )


def evidence(case: Case, output: Retrieval) -> Evidence:
    return Evidence(
        citations=tuple(_citation(hit) for hit in (*output.hits, *output.near)),
        reasons=(f"as of {output.as_of.isoformat()}: {output.as_of_because}",),
        inputs=(
            ("query", f"ticket:{case.ticket}", "customer", query_of(case)),
            ("index", "clauses", "policy", output.index_sha256),
        ),
    )


def _citation(hit: Hit) -> Mapping[str, object]:
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
        "found_by": hit.found_by,
        "near_miss": hit.near_miss,
    }


def fallback(case: Case) -> Retrieval:
    as_of, because = day_that_matters(case)
    return Retrieval(as_of=as_of, as_of_because=because)


step = Step(
    name="retrieve",
    question="Which clauses apply, as they stood on the day that matters?",
    reads=(Classification,),
    writes=Retrieval,
    run=run,
    check=check,
    evidence=evidence,
    fallback=fallback,
    ladder=("hybrid", "lexical"),
    limits={"similarity": 0.30, "words": 0.35},
    worksheet=Worksheet(
        budget_ms=500,
        sensitive="the customer's message",
        approval="a person decides without a clause",
    ),
)
