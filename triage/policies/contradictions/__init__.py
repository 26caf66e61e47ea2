"""Which clauses disagree: another window, remedy or fee for the same case.

Pure. A clause is read sentence by sentence into terms (windows, remedies, fees); two terms
of clauses that are in force together disagree where matter and case are the same and the
value is not. What is not understood is never a disagreement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Any, Final, Literal

from triage.contract.case import Clause
from triage.policies.contradictions import entitlements, fees, time_limits
from triage.policies.contradictions.rule_sentence import split_sentences

Kind = Literal["window", "remedy", "fee"]
Terms = Mapping[Kind, tuple[Any, ...]]
KINDS: Final[dict[Kind, tuple[Callable[..., Iterator[Any]], Callable[..., bool]]]] = {
    "window": (time_limits.parse_windows, time_limits.is_contradiction),
    "remedy": (entitlements.parse_remedies, entitlements.is_contradiction),
    "fee": (fees.parse_fees, fees.is_contradiction),
}


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """Two clauses by their references, and in plain words what each of them says."""

    one: str
    other: str
    kind: Kind
    because: str


def find_disagreements(clauses: Sequence[Clause]) -> tuple[Disagreement, ...]:
    """Every disagreement among clauses in force together, each pair and kind once.

    In the order of the clauses. Two versions of one clause follow each other and never
    disagree.
    """
    read = [(clause, _parse_terms(clause)) for clause in clauses]
    speaking = [(clause, terms) for clause, terms in read if any(terms.values())]
    return tuple(
        found
        for (one, mine), (other, theirs) in combinations(speaking, 2)
        if one.ref != other.ref and has_common_day(one, other)
        for found in _compare_terms(one, mine, other, theirs)
    )


def has_common_day(one: Clause, other: Clause) -> bool:
    """Whether there is a day on which both are in force."""
    day = max(one.since, other.since)
    return one.is_in_force(day) and other.is_in_force(day)


def _compare_terms(
    one: Clause, mine: Terms, other: Clause, theirs: Terms
) -> Iterator[Disagreement]:
    for kind, (_, differ) in KINDS.items():
        pair = next(((a, b) for a in mine[kind] for b in theirs[kind] if differ(a, b)), None)
        if pair:
            because = (
                f"“{one.heading}” says {pair[0].shown}, “{other.heading}” says {pair[1].shown}"
            )
            yield Disagreement(one=one.ref, other=other.ref, kind=kind, because=because)


@lru_cache(maxsize=8192)
def _parse_terms(clause: Clause) -> Terms:
    """What a clause grants, by kind."""
    read = tuple(split_sentences(clause))
    return {
        kind: tuple(term for sentence in read for term in terms(sentence))
        for kind, (terms, _) in KINDS.items()
    }
