"""Intents that may be missing: groups among the tickets without a label, proposed to an admin."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.text import slugify

from tickets.models import Message, Receipt, Ticket
from triage.learning.intent_import import LONGEST as LONGEST_EXAMPLE
from triage.models import Intent, IntentExample, IntentProposal, Job
from triage.pipeline import registry
from triage.runtime.locks import PROPOSALS, one_at_a_time

LOOKED_BACK = timedelta(days=90)
MOST = 4_000  # tickets, the newest: linking them needs memory by the square
LONGEST = 2_000  # characters of a message that are read
MOSTLY = 0.5  # of the tickets of a group
NOTHING_ASKED = ("spam", "empty")
DECIDED = (IntentProposal.State.TAKEN, IntentProposal.State.REFUSED)
SOURCE = "tickets"


class NotTaken(Exception):
    """The proposal stays as it was; the message says what to do."""


# --- finding -------------------------------------------------------------------------


def propose_job(job: Job) -> Mapping[str, Any]:
    """Look for groups and renew the open proposals; a refused one does not come again."""
    tickets = list(unlabelled()[:MOST])
    texts = text_of(tickets)
    read = [ticket for ticket in tickets if texts[ticket]]
    groups = _found(read, [texts[ticket] for ticket in read])
    with transaction.atomic():
        kept = _renew(groups)
    return {"tickets": len(read), "proposals": kept, "sentence": _sentence(len(read), kept)}


def unlabelled() -> QuerySet[Ticket, int]:
    """The ids of tickets the machine has read and nothing of ours fits, the newest first."""
    said = Receipt.objects.filter(ticket=OuterRef("pk"), step="classify").order_by("-seq")
    outcome = said.exclude(actor_kind="human").values(found=KT("output__outcome"))[:1]
    recent = Ticket.objects.filter(label="", received_at__gte=timezone.now() - LOOKED_BACK)
    read = recent.filter(receipts__step="classify").annotate(
        outcome=Coalesce(Subquery(outcome), Value(""), output_field=TextField())
    )
    asked = read.exclude(outcome__in=NOTHING_ASKED)
    return asked.order_by("-received_at", "-pk").values_list("pk", flat=True).distinct()


def text_of(tickets: Collection[int]) -> dict[int, str]:
    """The subject and first message of each ticket."""
    first = Message.objects.filter(ticket__in=tickets, direction="in").order_by("ticket_id", "pk")
    said = first.distinct("ticket_id").values_list("ticket", "ticket__subject", "text")
    found = {ticket: f"{subject}\n{text[:LONGEST]}".strip() for ticket, subject, text in said}
    return {ticket: found.get(ticket, "") for ticket in tickets}


Group = tuple[list[int], list[str]]


def _found(tickets: Sequence[int], texts: Sequence[str]) -> list[Group]:
    """Ticket ids, nearest to the centre first, and the words that name them."""
    from triage.classifier.clusters import FEWEST, clusters

    if len(texts) < FEWEST:
        return []
    vectors = registry.vectors(texts)
    if not connection.in_atomic_block:
        connection.close()  # none is held while groups are looked for
    return [
        ([tickets[row] for row in cluster.members], list(cluster.words))
        for cluster in clusters(texts, vectors)
    ]


def _renew(groups: Sequence[Group]) -> int:
    """Open proposals follow their group; those whose group is gone go. How many are open now."""
    one_at_a_time(PROPOSALS)
    decided = [_tickets_of(row) for row in IntentProposal.objects.filter(state__in=DECIDED)]
    waiting = {
        row: _tickets_of(row)
        for row in IntentProposal.objects.select_for_update().filter(state="open")
    }
    kept = 0
    for tickets, words in groups:
        if any(_mostly_in(tickets, before) for before in decided):
            continue
        match = next((row for row, before in waiting.items() if _mostly_in(before, tickets)), None)
        if match:
            waiting.pop(match)
        _write(match or IntentProposal(), tickets, words)
        kept += 1
    for row in waiting:
        row.delete()
    return kept


def _tickets_of(proposal: IntentProposal) -> set[int]:
    return set(proposal.tickets.values_list("pk", flat=True).order_by())


def _mostly_in(tickets: Collection[int], others: Collection[int]) -> bool:
    return len(set(tickets) & set(others)) >= MOSTLY * len(tickets)


def _write(proposal: IntentProposal, tickets: Sequence[int], words: list[str]) -> None:
    """Its tickets are kept in their order, the nearest to the centre first."""
    proposal.name, proposal.words = name_of(words), words
    proposal.save()
    proposal.tickets.clear()
    link = IntentProposal.tickets.through
    link.objects.bulk_create(
        link(intentproposal_id=proposal.pk, ticket_id=ticket) for ticket in tickets
    )


def name_of(words: Sequence[str]) -> str:
    return ", ".join(words[:3]).capitalize()[:120] or "Without words"


def _sentence(tickets: int, proposals: int) -> str:
    looked = f"{tickets:,} tickets without a label were looked at"
    if not proposals:
        return f"{looked}; no group among them asks for the same."
    return f"{looked}; {proposals} group{'' if proposals == 1 else 's'} may be worth an intent."


# --- deciding ------------------------------------------------------------------------


def take(
    proposal: IntentProposal, *, name: str, into: Intent | None, tickets: Collection[int], by: User
) -> Intent:
    """Make the chosen tickets' texts examples of a new intent, or of one there is.

    The machine learns them at the next training. Raises NotTaken.
    """
    with transaction.atomic():
        proposal = _open(proposal)
        chosen = _tickets_of(proposal) & set(tickets)
        if not chosen:
            raise NotTaken("Leave at least one ticket ticked: the intent is learned from them.")
        intent = into or _made(name)
        texts = {_short(text) for text in text_of(chosen).values() if text}
        IntentExample.objects.bulk_create(
            (IntentExample(intent=intent, text=text, source=SOURCE) for text in sorted(texts)),
            ignore_conflicts=True,
        )
        _decide(proposal, IntentProposal.State.TAKEN, by, intent)
    return intent


def _short(text: str) -> str:
    """As much of it as an example may have."""
    return text.encode()[:LONGEST_EXAMPLE].decode(errors="ignore").strip()


def refuse(proposal: IntentProposal, *, by: User) -> None:
    """It is no intent; mostly the same tickets are not proposed again. Raises NotTaken."""
    with transaction.atomic():
        _decide(_open(proposal), IntentProposal.State.REFUSED, by, None)


def _open(proposal: IntentProposal) -> IntentProposal:
    found = IntentProposal.objects.select_for_update().filter(pk=proposal.pk, state="open").first()
    if found is None:
        raise NotTaken("Somebody decided on this group meanwhile, or it is no longer there.")
    return found


def _made(name: str) -> Intent:
    name = " ".join(name.split())
    slug = slugify(name)[:80]
    if not slug:
        raise NotTaken("Give the new intent a name, or choose one there is.")
    if Intent.objects.filter(slug=slug).exists():
        raise NotTaken(f"There is an intent “{name}” already: choose it from the list.")
    return Intent.objects.create(slug=slug, name=name)


def _decide(
    proposal: IntentProposal, state: IntentProposal.State, by: User, intent: Intent | None
) -> None:
    proposal.state, proposal.intent = state, intent
    proposal.decided_by, proposal.decided_at = by, timezone.now()
    proposal.save()
