"""What if a policy said something else: which of the last tickets would cite the new wording?

Nothing is stored but the answer. Each ticket is retrieved twice, by the policies as they are
and with the new version in place of every version of its policy; label, rules and the day
that matters stay as they are.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final, cast

from tickets.models import Ticket
from triage.contract.case import Case, Clause
from triage.contract.outputs import Classification
from triage.contract.step import EngineUnavailable, iter_failed_checks
from triage.models import Clause as ClauseRow
from triage.models import Job, PolicyVersion
from triage.pipeline import registry
from triage.pipeline.case_builder import build_case
from triage.pipeline.jobs import CannotBeDone
from triage.policies.loading import BadPolicies
from triage.policies.markdown import PolicyText, Problem, parse_policy
from triage.steps.retrieve import Hit, Searcher, step

DEFAULT_TICKET_COUNT: Final = 1_000
MAX_SHOWN_ROWS: Final = 200
"""So many rows of a kind are kept; their number is always whole."""
JOB_KIND: Final = "what if"

Hits = Mapping[str, Hit]


@dataclass(frozen=True)
class RankChange:
    """A clause of the policy for one ticket: its rank now and then, None where it is not cited."""

    ticket: int
    ref: str
    heading: str
    before: int | None
    after: int | None


def read_version(markdown: str) -> PolicyText:
    """The policy version in a Markdown text. Raises BadPolicies with each fault and its line."""
    problems: list[Problem] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "policy.md"
        path.write_text(markdown.replace("\r\n", "\n"), encoding="utf-8")
        text = parse_policy(path, problems)
    if text is None:
        raise BadPolicies(problems)
    return text


def render_markdown(version: PolicyVersion) -> str:
    """A version as the Markdown it could have been loaded from, to begin a new wording with."""
    source = [f"source: {version.source}"] if version.source else []
    top = [
        "---",
        f"id: {version.policy.slug}",
        f"title: {version.title}",
        f"effective_from: {version.effective_from.isoformat()}",
        *source,
        "---",
    ]
    clauses = (
        f"\n## {clause.heading} {{#{clause.ref.removeprefix(f'{version.policy.slug}.')}}}\n\n"
        f"{clause.text}\n"
        for clause in version.clauses.order_by("position")
    )
    return "\n".join([*top, *clauses])


def what_if_job(job: Job) -> Mapping[str, Any]:
    """Retrieve the last tickets by the policies as they are and with the new version; the changes.

    ``wanted`` has "markdown" or the "version" of a policy, and "tickets", how many of the last.
    Raises CannotBeDone and BadPolicies.
    """
    new = _build_new_clauses(job.wanted)
    rows = ClauseRow.objects.select_related("version__policy")
    now = [registry.build_clause(row) for row in rows.order_by("version", "position")]
    others = [clause for clause in now if clause.policy != new[0].policy]
    try:
        engines = search_over(now, [*others, *new])
    except EngineUnavailable as missing:
        raise CannotBeDone(f"Nothing can be searched: {missing}.") from missing
    last = Ticket.objects.order_by("-received_at", "-id")[
        : job.wanted.get("tickets", DEFAULT_TICKET_COUNT)
    ]
    limits = registry.load_limits()[step.name]
    moved, count = list[list[RankChange]](), 0
    for ticket in last.select_related("customer").iterator(chunk_size=100):
        case, count = _build_case(ticket), count + 1
        found = [_find_hits(case, engine, new[0].policy, limits) for engine in engines]
        moved.append(list(_iter_rank_changes(ticket.pk, *found)))
    return {
        "policy": new[0].policy,
        "title": new[0].policy_title,
        **_summarise_changes(moved, count),
    }


def search_over(*several: Sequence[Clause]) -> list[Searcher]:
    """The engine of the retrieve step over each of several sets of clauses."""
    return [cast(Searcher, registry.build_clause_search(clauses)) for clauses in several]


def _build_new_clauses(wanted: Mapping[str, Any]) -> list[Clause]:
    """The clauses of the new version, in force on every day."""
    if "markdown" in wanted:
        text = read_version(wanted["markdown"])
        return [
            _build_clause(text, f"{text.id}.{c.anchor}", c.heading, c.text) for c in text.clauses
        ]
    version = PolicyVersion.objects.filter(pk=wanted["version"]).first()
    if version is None:
        raise CannotBeDone("That version is not there any more. Choose another.")
    rows = version.clauses.select_related("version__policy")
    rows = rows.order_by("position")
    return [replace(registry.build_clause(row), since=date.min, until=None) for row in rows]


def _build_clause(text: PolicyText, ref: str, heading: str, said: str) -> Clause:
    last = PolicyVersion.objects.filter(policy__slug=text.id).order_by("number").last()
    return Clause(
        ref=ref,
        policy=text.id,
        policy_title=text.title,
        version=last.number + 1 if last else 1,
        heading=heading,
        text=said,
        since=date.min,
        source=text.source,
    )


def _build_case(ticket: Ticket) -> Case:
    """The case as the retrieve step gets it, with the label that is believed now."""
    return build_case(ticket).add_output(Classification(label=ticket.label, name=ticket.label_name))


def _find_hits(case: Case, engine: Searcher, policy: str, limits: Mapping[str, float]) -> Hits:
    """The policy's clauses that would be cited, by reference."""
    output = step.run(case, engine)
    if any(iter_failed_checks(step.check(case, output, limits))):
        return {}
    return {hit.clause.ref: hit for hit in output.hits if hit.clause.policy == policy}


def _iter_rank_changes(ticket: int, before: Hits, after: Hits) -> Iterator[RankChange]:
    for ref, hit in {**before, **after}.items():
        old, new = (found[ref].rank if ref in found else None for found in (before, after))
        yield RankChange(ticket, ref, hit.clause.heading, old, new)


def _summarise_changes(moved: Sequence[Sequence[RankChange]], count: int) -> Mapping[str, Any]:
    """Rows by kind, at most 200 of each with their number, and the tickets without a change."""
    rows = [row for of_one in moved for row in of_one]
    newly = [row for row in rows if row.before is None]
    no_longer = [row for row in rows if row.after is None]
    other_rank = [row for row in rows if row.before and row.after and row.before != row.after]
    kinds = {"newly": newly, "no_longer": no_longer, "other_rank": other_rank}
    touched = {row.ticket for found in kinds.values() for row in found}
    return {
        "tickets": count,
        "unchanged": count - len(touched),
        "citing": sum(any(row.after for row in of_one) for of_one in moved),
        "counts": {kind: len(found) for kind, found in kinds.items()},
        **{kind: [asdict(row) for row in found[:MAX_SHOWN_ROWS]] for kind, found in kinds.items()},
    }
