"""Intent discovery: clusters among the tickets without a label, proposed to an admin."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.text import slugify

from tickets.models import Message, Receipt, Ticket
from triage.learning.intent_import import MAX_EXAMPLE_BYTES as LONGEST_EXAMPLE
from triage.models import Intent, IntentExample, IntentProposal, Job
from triage.pipeline import registry
from triage.runtime.locks import PROPOSALS_LOCK, acquire_lock

LOOK_BACK_PERIOD = timedelta(days=90)
MAX_TICKETS = 4_000  # tickets, the newest: linking them needs memory by the square
MAX_MESSAGE_CHARS = 2_000  # characters of a message that are read
MIN_OVERLAP_SHARE = 0.5  # of the tickets of a group
NON_REQUEST_OUTCOMES = ("spam", "empty")
EXAMPLE_SOURCE = "tickets"


class ProposalNotTaken(Exception):
    """The proposal stays as it was; the message says what to do."""


def propose_job(job: Job) -> Mapping[str, Any]:
    """Cluster the unlabelled tickets and renew the proposals; refused ones stay away."""
    read, kept = propose_intents()
    return {"tickets": read, "proposals": kept, "sentence": _format_summary(read, kept)}


def propose_intents() -> tuple[int, int]:
    """Renew the proposals; how many tickets were read, and how many groups are open now."""
    tickets = list(find_unlabelled_tickets()[:MAX_TICKETS])
    texts = load_ticket_texts(tickets)
    read = [ticket for ticket in tickets if texts[ticket]]
    groups = _cluster_tickets(read, [texts[ticket] for ticket in read])
    with transaction.atomic():
        return len(read), _renew_proposals(groups)


def find_unlabelled_tickets() -> QuerySet[Ticket, int]:
    """The ids of recent tickets that the classify step read and gave no label, and of those of the
    past that came without one, newest first; spam and empty ones are left out.
    """
    said = Receipt.objects.filter(ticket=OuterRef("pk"), step="classify").order_by("-seq")
    outcome = said.exclude(actor_kind="human").values(found=KT("output__outcome"))[:1]
    recent = Q(receipts__step="classify", received_at__gte=timezone.now() - LOOK_BACK_PERIOD)
    past = Q(channel=Ticket.Channel.IMPORT, runs=None)
    read = Ticket.objects.filter(recent | past, label="").annotate(
        outcome=Coalesce(Subquery(outcome), Value(""), output_field=TextField())
    )
    asked = read.exclude(outcome__in=NON_REQUEST_OUTCOMES)
    return asked.order_by("-received_at", "-pk").values_list("pk", flat=True).distinct()


def load_ticket_texts(tickets: Collection[int]) -> dict[int, str]:
    """The subject and first message of each ticket, by its id."""
    first = Message.objects.filter(ticket__in=tickets, direction="in").order_by("ticket_id", "pk")
    said = first.distinct("ticket_id").values_list("ticket", "ticket__subject", "text")
    found = {
        ticket: f"{subject}\n{text[:MAX_MESSAGE_CHARS]}".strip() for ticket, subject, text in said
    }
    return {ticket: found.get(ticket, "") for ticket in tickets}


TicketCluster = tuple[list[int], list[str]]


def _cluster_tickets(tickets: Sequence[int], texts: Sequence[str]) -> list[TicketCluster]:
    """Each cluster's ticket ids, nearest to the centre first, and the words that name it."""
    from triage.classifier.clusters import MIN_CLUSTER_TEXTS, cluster_texts

    if len(texts) < MIN_CLUSTER_TEXTS:
        return []
    vectors = registry.embed_texts(texts)
    if not connection.in_atomic_block:
        connection.close()  # none is held while groups are looked for
    return [
        ([tickets[row] for row in cluster.members], list(cluster.words))
        for cluster in cluster_texts(texts, vectors)
    ]


def _renew_proposals(groups: Sequence[TicketCluster]) -> int:
    """Match the open proposals to clusters, drop the rest; how many are open now."""
    acquire_lock(PROPOSALS_LOCK)
    open_rows = list(IntentProposal.objects.select_for_update().filter(state="open"))
    tickets_of = _load_ticket_ids()
    decided = [tickets_of[pk] for pk in tickets_of.keys() - {row.pk for row in open_rows}]
    waiting = {row: tickets_of[row.pk] for row in open_rows}
    kept: list[tuple[IntentProposal, TicketCluster]] = []
    for tickets, words in groups:
        if any(_is_mostly_within(tickets, before) for before in decided):
            continue
        match = next(
            (row for row, before in waiting.items() if _is_mostly_within(before, tickets)), None
        )
        if match:
            waiting.pop(match)
        kept.append((match or IntentProposal(), (tickets, words)))
    IntentProposal.objects.filter(pk__in=[row.pk for row in waiting]).delete()
    _save_proposals(kept)
    return len(kept)


def _load_ticket_ids() -> dict[int, set[int]]:
    """The ids of the tickets of each proposal, by its id."""
    found: dict[int, set[int]] = defaultdict(set)
    links = IntentProposal.tickets.through.objects.order_by()
    for proposal, ticket in links.values_list("intentproposal", "ticket"):
        found[proposal].add(ticket)
    return found


def _get_ticket_ids(proposal: IntentProposal) -> set[int]:
    return set(proposal.tickets.values_list("pk", flat=True).order_by())


def _is_mostly_within(tickets: Collection[int], others: Collection[int]) -> bool:
    return len(set(tickets) & set(others)) >= MIN_OVERLAP_SHARE * len(tickets)


def _save_proposals(kept: Sequence[tuple[IntentProposal, TicketCluster]]) -> None:
    """Save the proposals, each with its tickets in their order, the nearest to the centre first."""
    rows = [row for row, _ in kept]
    for row, (_, words) in kept:
        row.name, row.words = format_proposal_name(words), words
    old = [row for row in rows if row.pk]
    IntentProposal.objects.bulk_update(old, ["name", "words"])
    IntentProposal.objects.bulk_create(row for row in rows if not row.pk)
    link = IntentProposal.tickets.through
    link.objects.filter(intentproposal__in=old).delete()
    link.objects.bulk_create(
        link(intentproposal_id=row.pk, ticket_id=ticket)
        for row, (tickets, _) in kept
        for ticket in tickets
    )


def format_proposal_name(words: Sequence[str]) -> str:
    """A name for the proposal, of its first three words."""
    return ", ".join(words[:3]).capitalize()[:120] or "Without words"


def _format_summary(tickets: int, proposals: int) -> str:
    looked = f"{tickets:,} tickets without a label were looked at"
    if not proposals:
        return f"{looked}; no group among them asks for the same."
    return f"{looked}; {proposals} group{'' if proposals == 1 else 's'} may be worth an intent."


def accept_proposal(
    proposal: IntentProposal, *, name: str, into: Intent | None, tickets: Collection[int], by: User
) -> Intent:
    """Make the chosen tickets' texts examples of a new intent, or of one there is.

    The classifier learns them at the next training. Raises ProposalNotTaken.
    """
    with transaction.atomic():
        proposal = _lock_open_proposal(proposal)
        chosen = _get_ticket_ids(proposal) & set(tickets)
        if not chosen:
            raise ProposalNotTaken(
                "Leave at least one ticket ticked: the intent is learned from them."
            )
        intent = into or _create_intent(name)
        texts = {_truncate_text(text) for text in load_ticket_texts(chosen).values() if text}
        IntentExample.objects.bulk_create(
            (
                IntentExample(intent=intent, text=text, source=EXAMPLE_SOURCE)
                for text in sorted(texts)
            ),
            ignore_conflicts=True,
        )
        _save_decision(proposal, IntentProposal.State.TAKEN, by, intent)
    return intent


def _truncate_text(text: str) -> str:
    """The text cut to the bytes that an example may have."""
    return text.encode()[:LONGEST_EXAMPLE].decode(errors="ignore").strip()


def refuse_proposal(proposal: IntentProposal, *, by: User) -> None:
    """Refuse it; mostly the same tickets are not proposed again.

    Raises ProposalNotTaken.
    """
    with transaction.atomic():
        _save_decision(_lock_open_proposal(proposal), IntentProposal.State.REFUSED, by, None)


def _lock_open_proposal(proposal: IntentProposal) -> IntentProposal:
    found = IntentProposal.objects.select_for_update().filter(pk=proposal.pk, state="open").first()
    if found is None:
        raise ProposalNotTaken(
            "Somebody decided on this group meanwhile, or it is no longer there."
        )
    return found


def _create_intent(name: str) -> Intent:
    name = " ".join(name.split())
    slug = slugify(name)[:80]
    if not slug:
        raise ProposalNotTaken("Give the new intent a name, or choose one there is.")
    if Intent.objects.filter(slug=slug).exists():
        raise ProposalNotTaken(f"There is an intent “{name}” already: choose it from the list.")
    return Intent.objects.create(slug=slug, name=name)


def _save_decision(
    proposal: IntentProposal, state: IntentProposal.State, by: User, intent: Intent | None
) -> None:
    proposal.state, proposal.intent = state, intent
    proposal.decided_by, proposal.decided_at = by, timezone.now()
    proposal.save()
