"""What is wrong with saved replies: clauses that say something else, labels that are gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from django.urls import reverse

from triage.contract.case import Clause
from triage.contract.saved_reply import Condition, SavedReply, Wording, compute_text_sha256
from triage.models import Intent
from triage.pipeline.saved_reply_rows import load_saved_replies
from triage.saved_replies.clause_conditions import parse_clause_conditions

SAME_SHARE: Final = 0.005
"""Up to this share two lengths are the same: 24 months are 730 or 731 days."""
Spans = tuple[tuple[str, tuple[int | None, int | None]], ...]


def find_reply_problems(clauses: Sequence[Clause], today: date) -> Iterator[tuple[str, str, str]]:
    """(sentence, title of the reply, its address) for each thing to look at."""
    in_force = {clause.ref: clause for clause in clauses if clause.is_in_force(today)}
    labels = set(Intent.objects.filter(active=True).values_list("slug", flat=True))
    for reply in load_saved_replies():
        for sentence in _iter_problems(reply, in_force, labels):
            yield sentence, reply.title, reverse("triage:reply", args=[reply.slug])


def _iter_problems(
    reply: SavedReply, in_force: Mapping[str, Clause], labels: set[str]
) -> Iterator[str]:
    gone = [slug for slug in reply.intents if slug not in labels]
    if gone and len(gone) == len(reply.intents):
        yield f"“{reply.title}” is for {' and '.join(gone)}, which is no label any more."
    for wording in reply.wordings:
        if wording.clause:
            yield from _iter_clause_problems(reply, wording, in_force.get(wording.clause))


def _iter_clause_problems(
    reply: SavedReply, wording: Wording, clause: Clause | None
) -> Iterator[str]:
    if clause is None:
        yield f"“{reply.title}” rests on {wording.clause}, which is in no policy in force."
        return
    if compute_text_sha256(clause.text) != wording.clause_sha256:
        yield f"“{reply.title}” rests on “{clause.heading}”, which says something else now."
    for name, written, told in _iter_other_windows(wording.condition, clause):
        yield (
            f"“{reply.title}” asks for {written} {name}, and “{clause.heading}” says {told}: "
            "one of them is wrong."
        )


def _iter_other_windows(condition: Condition, clause: Clause) -> Iterator[tuple[str, int, int]]:
    """(what is counted, days of the wording, days of the clause) where they differ."""
    told = [found.condition for found in parse_clause_conditions(clause.text)]
    for name, (least, most) in _list_spans(condition):
        spans = (span for one in told for other, span in _list_spans(one) if other == name)
        days = [most for _, most in spans if most is not None]
        ends = [end for end in (most, None if least is None else least - 1) if end is not None]
        for end in ends:
            if days and not any(abs(end - day) <= SAME_SHARE * day for day in days):
                yield name, end, max(days)


def _list_spans(condition: Condition) -> Spans:
    return (
        ("days since delivery", condition.days_since_delivery),
        ("days since purchase", condition.days_since_purchase),
    )
