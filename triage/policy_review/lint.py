"""What is wrong with the policies: contradictions, gaps, clauses and tickets that miss each other.

A person mends it; nothing is changed here. ``manage.py lint_policies`` prints the report and
admins see it as a page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby, pairwise
from typing import Final

from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as formatted
from django.utils.http import urlencode

from approvals.models import RefundRule
from tickets.models import Receipt, Ticket
from triage.contract.case import Clause
from triage.models import Clause as ClauseRow
from triage.models import PolicyVersion
from triage.pipeline.registry import build_clause
from triage.policies.contradictions import Disagreement, find_disagreements
from triage.policy_review.reply_lint import find_reply_problems

LOOKBACK_DAYS: Final = 90
MAX_EXAMPLES: Final = 5
"""So many tickets are named of each label."""
CITED_REFS_SQL: Final = """
    SELECT DISTINCT cited->>'ref' FROM tickets_receipt, jsonb_array_elements(citations) AS cited
    WHERE step = 'retrieve' AND at >= %s AND COALESCE(cited->>'near_miss', '') = ''
"""

DayRange = tuple[date, date | None]
"""The first day, and the first day no longer, or None."""


@dataclass(frozen=True)
class Finding:
    """One thing to look at, in a sentence; ``links`` are names and addresses."""

    text: str
    links: tuple[tuple[str, str], ...] = ()
    grave: bool = False
    stands_for: int = 1


@dataclass(frozen=True)
class Section:
    """Findings of one kind, what they mean, and what is said when there are none."""

    title: str
    meaning: str
    none: str
    findings: tuple[Finding, ...]

    @property
    def count(self) -> int:
        """How many things of the title's kind were found; a finding may stand for several."""
        return sum(finding.stands_for for finding in self.findings)


@dataclass(frozen=True)
class Report:
    """All sections for the last ``days`` days."""

    days: int
    sections: tuple[Section, ...]

    @property
    def grave(self) -> bool:
        """Whether customers can be told two things, or money rests on no clause."""
        return any(finding.grave for section in self.sections for finding in section.findings)


def lint_policies(days: int = LOOKBACK_DAYS, today: date | None = None) -> Report:
    """Check all policies; retrieval and tickets count for the last ``days`` days."""
    today = today or timezone.localdate()
    since = timezone.make_aware(datetime.combine(today - timedelta(days=days), time.min))
    rows = ClauseRow.objects.select_related("version__policy")
    clauses = [build_clause(row) for row in rows]
    return Report(
        days,
        (
            Section(
                "Clauses that disagree",
                "The same case has another window, remedy or fee. Load a new version of one of "
                "them.",
                "No two clauses disagree.",
                tuple(_find_contradictions(clauses, today)),
            ),
            Section(
                "Refund rules without a clause",
                "Money would rest on nothing that a customer was told. Correct the rule's clause "
                "or dates.",
                "Every refund rule rests on a clause that is in force as long as the rule.",
                tuple(_find_rules_without_clause(clauses)),
            ),
            Section(
                "Saved replies and their clauses",
                "A reply whose clause says something else is not used until an admin has read both "
                "and saved it again.",
                "Every saved reply says what its clause says.",
                tuple(
                    Finding(text, ((title, address),))
                    for text, title, address in find_reply_problems(clauses, today)
                ),
            ),
            Section(
                "Dates",
                "Days without terms, and terms that have not begun or have ended.",
                "Every policy has one version in force, without a gap.",
                tuple(_find_date_problems(today)),
            ),
            *_iter_ticket_sections(clauses, since, today, days),
        ),
    )


def _iter_ticket_sections(
    clauses: Sequence[Clause], since: datetime, today: date, days: int
) -> Iterator[Section]:
    """What the tickets of the last ``days`` days say of the clauses."""
    read = Receipt.objects.filter(step="retrieve", at__gte=since).exists()
    nothing = f"No ticket was read in the last {days} days, so this cannot be said."
    yield Section(
        "Clauses never retrieved",
        f"In force, and cited for no ticket of the last {days} days: perhaps worded as nobody "
        f"asks.",
        "Every clause in force was cited." if read else nothing,
        tuple(_find_unretrieved_clauses(clauses, since, today)) if read else (),
    )
    yield Section(
        "Tickets with no clause",
        f"Of the last {days} days, by label: perhaps a clause is missing.",
        "A clause was found for every ticket." if read else nothing,
        tuple(_find_tickets_without_clause(since)),
    )


def _find_contradictions(clauses: Sequence[Clause], today: date) -> Iterator[Finding]:
    """Pairs, each with the days on which both hold. What is past can no longer be mended."""
    found: dict[Disagreement, list[DayRange]] = {}
    links: dict[Disagreement, tuple[tuple[str, str], ...]] = {}
    for days in _iter_stretches(clauses):
        in_force = {clause.ref: clause for clause in clauses if clause.is_in_force(days[0])}
        for pair in find_disagreements(list(in_force.values())):
            found.setdefault(pair, []).append(days)
            links[pair] = (
                _build_clause_link(in_force[pair.one]),
                _build_clause_link(in_force[pair.other]),
            )
    for pair, stretches in found.items():
        for days in _merge_stretches(stretches):
            text = f"Another {pair.kind} {_format_days(days)}: {pair.because}."
            yield Finding(text, links[pair], grave=days[1] is None or days[1] > today)


def _iter_stretches(clauses: Sequence[Clause]) -> Iterator[DayRange]:
    """The stretches of days on which the same clauses are in force, in order."""
    ends = {clause.until for clause in clauses if clause.until}
    begins = sorted({clause.since for clause in clauses} | ends)
    yield from pairwise(begins)
    yield from ((last, None) for last in begins[-1:])


def _merge_stretches(stretches: Iterable[DayRange]) -> Iterator[DayRange]:
    """Adjoining stretches as one."""
    current: DayRange | None = None
    for since, until in stretches:
        if current and current[1] == since:
            current = current[0], until
        else:
            if current:
                yield current
            current = since, until
    if current:
        yield current


def _find_rules_without_clause(clauses: Sequence[Clause]) -> Iterator[Finding]:
    for rule in RefundRule.objects.filter(active=True):
        for ref in filter(None, (rule.clause, rule.exclusion_clause)):
            yield from _find_uncovered_rule_days(
                rule, ref, [(c.since, c.until) for c in clauses if c.ref == ref]
            )


def _find_uncovered_rule_days(
    rule: RefundRule, ref: str, held: Sequence[DayRange]
) -> Iterator[Finding]:
    """The days of a rule on which a clause it names is not there."""
    link = (rule.name, reverse("admin:approvals_refundrule_change", args=[rule.pk]))
    if not held:
        text = f"“{rule.name}” names the clause {ref}, which does not exist."
        yield Finding(text, (link,), grave=True)
        return
    for days in find_uncovered_days((rule.effective_from, rule.effective_to), held):
        text = f"“{rule.name}” holds {_format_days(days)}, when {ref} is not in force."
        yield Finding(text, (link,), grave=True)


def find_uncovered_days(whole: DayRange, parts: Iterable[DayRange]) -> Iterator[DayRange]:
    """The stretches of ``whole`` in none of the ``parts``, in order."""
    day, end = whole
    for since, until in sorted(parts, key=lambda part: part[0]):
        if end and since >= end:
            break
        if since > day:
            yield day, since
        if until is None:
            return
        day = max(day, until)
    if end is None or day < end:
        yield day, end


def _find_date_problems(today: date) -> Iterator[Finding]:
    versions = PolicyVersion.objects.select_related("policy").order_by("policy", "effective_from")
    for _, group in groupby(versions, key=lambda version: version.policy_id):
        dated = list(group)
        for before, after in pairwise(dated):
            if before.effective_to and before.effective_to < after.effective_from:
                gap = _format_days((before.effective_to, after.effective_from))
                yield Finding(f"{after.policy.slug} has no version {gap}.")
        last = dated[-1]
        if last.effective_from > today:
            yield Finding(f"{last} begins on {_format_day(last.effective_from)}.")
        if last.effective_to and last.effective_to <= today:
            yield Finding(
                f"{last.policy.slug} ended on {_format_day(last.effective_to)}; nothing followed."
            )


def _find_unretrieved_clauses(
    clauses: Sequence[Clause], since: datetime, today: date
) -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(CITED_REFS_SQL, [since])
        cited = {ref for (ref,) in cursor.fetchall()}
    for clause in clauses:
        if clause.is_in_force(today) and clause.ref not in cited:
            yield Finding(f"{clause.policy_title}: {clause.heading}", (_build_clause_link(clause),))


def _find_tickets_without_clause(since: datetime) -> Iterator[Finding]:
    """By label, most tickets first; a ticket counts by its newest retrieval."""
    read = Receipt.objects.filter(step="retrieve", at__gte=since)
    newest = read.order_by("ticket", "-seq").distinct("ticket").values_list("ticket", "status")
    alone = [ticket for ticket, status in newest if status == "abstained"]
    found: dict[tuple[str, str], list[int]] = {}
    tickets = Ticket.objects.filter(pk__in=alone).order_by("-received_at", "-pk")
    for pk, *label in tickets.values_list("pk", "label", "label_name"):
        found.setdefault((label[0], label[1]), []).append(pk)
    for (slug, name), pks in sorted(found.items(), key=lambda item: (-len(item[1]), item[0])):
        told = f"{name or slug or 'no label'}: {len(pks)}"
        yield Finding(told, tuple(_list_examples(slug, pks)), stands_for=len(pks))


def _list_examples(label: str, tickets: Sequence[int]) -> Iterator[tuple[str, str]]:
    """The newest few, and where all tickets of the label are."""
    for pk in tickets[:MAX_EXAMPLES]:
        yield f"#{pk}", reverse("tickets:ticket", args=[pk])
    if label:
        query = urlencode({"label": label, "status": "all"})
        yield "all of this label", f"{reverse('tickets:inbox')}?{query}"


def _build_clause_link(clause: Clause) -> tuple[str, str]:
    address = reverse("triage:clause", args=[clause.ref, clause.version])
    return f"{clause.ref}, version {clause.version}", address


def _format_days(days: DayRange) -> str:
    since, until = days
    return f"from {_format_day(since)}" + (f" until {_format_day(until)}" if until else " on")


def _format_day(day: date) -> str:
    return formatted(day, "j M Y")
