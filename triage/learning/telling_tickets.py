"""Which tickets teach most when a person labels them: those the machine is least decided about.

Sampling by margin (Scheffer et al. 2001, IDA), labels first of which there is too little to say
whether their promise is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Subquery

from tickets.models import Correction, Receipt, Ticket
from triage.learning.intent_discovery import find_unlabelled_tickets
from triage.models import Classifier

MAX_LOOKED_AT = 500  # unlabelled tickets, the newest
MAX_SHOWN = 10


@dataclass(frozen=True)
class TellingTicket:
    """A ticket with the two labels that it lies between, as slugs, and by how much of 1.

    ``thin``: there is too little to say whether the first one's promise is kept.
    """

    ticket: Ticket
    label: str
    other: str
    margin: float
    thin: bool


def list_telling_tickets(version: Classifier | None) -> list[TellingTicket]:
    """Up to ten tickets without a label, those first that would teach most."""
    if version is None:
        return []
    thin = {one["label"] for one in version.promise.get("per_label", ()) if one["kept"] is None}
    found = [
        _build_telling_ticket(ticket, said, thin)
        for ticket, said in _load_suggestions()
        if said.get("promise", {}).get("version") == version.pk and _is_between(said)
    ]
    return sorted(found, key=lambda one: (not one.thin, one.margin))[:MAX_SHOWN]


def _is_between(said: Mapping[str, Any]) -> bool:
    """Whether two labels with their confidence are in it."""
    numbers = said.get("suggestion_confidence"), said.get("runner_up_confidence")
    return bool(said.get("suggestion") and said.get("runner_up")) and None not in numbers


def _load_suggestions() -> Sequence[tuple[Ticket, Mapping[str, Any]]]:
    """The unlabelled tickets with what the step that labels last said of each."""
    of_ticket = Receipt.objects.filter(step="classify", ticket=OuterRef("pk")).order_by("-seq")
    said = of_ticket.exclude(actor_kind="human").values("output")[:1]
    newest = list(find_unlabelled_tickets()[:MAX_LOOKED_AT])
    told = Correction.objects.filter(step="classify", ticket=OuterRef("pk"))
    rows = Ticket.objects.filter(~Exists(told), pk__in=newest).exclude(status=Ticket.Status.CLOSED)
    return [(row, row.said) for row in rows.annotate(said=Subquery(said)) if row.said]


def _build_telling_ticket(ticket: Ticket, said: Mapping[str, Any], thin: set[str]) -> TellingTicket:
    label, other = str(said["suggestion"]), str(said["runner_up"])
    margin = abs(float(said["suggestion_confidence"]) - float(said["runner_up_confidence"]))
    return TellingTicket(ticket, label, other, margin, label in thin)
