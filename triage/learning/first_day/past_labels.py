"""The labels that past tickets had, as intents that are not there yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tickets.intake.conversations import LABELLED_BY
from tickets.models import Ticket
from triage.models import Intent

MIN_LABEL_TICKETS: Final = 5


@dataclass(frozen=True, kw_only=True)
class PastLabel:
    """A label and its ``tickets`` by id; ``known``: an intent of this name is there already."""

    slug: str
    name: str
    tickets: tuple[int, ...]
    known: bool

    def serialize(self) -> dict[str, Any]:
        """What a page has to say of it."""
        return {
            "slug": self.slug,
            "name": self.name,
            "tickets": len(self.tickets),
            "known": self.known,
        }


def find_past_labels() -> list[PastLabel]:
    """Those with at least five tickets, the most frequent first."""
    rows = Ticket.objects.filter(labelled_by=LABELLED_BY).exclude(label="").order_by("pk")
    tickets: dict[str, list[int]] = {}
    names: dict[str, Counter[str]] = {}
    for pk, slug, name in rows.values_list("pk", "label", "label_name"):
        tickets.setdefault(slug, []).append(pk)
        names.setdefault(slug, Counter())[name] += 1
    known = set(Intent.objects.filter(active=True).values_list("slug", flat=True))
    found = (
        PastLabel(
            slug=slug,
            name=_write_name(names[slug].most_common(1)[0][0]),
            tickets=tuple(rows),
            known=slug in known,
        )
        for slug, rows in tickets.items()
        if len(rows) >= MIN_LABEL_TICKETS
    )
    return sorted(found, key=lambda label: -len(label.tickets))


def _write_name(given: str) -> str:
    """``repair-booking`` as people write it: Repair booking."""
    words = " ".join(given.replace("_", " ").replace("-", " ").split())
    return words[:1].upper() + words[1:]


def create_intents(labels: Sequence[PastLabel]) -> None:
    """Intents of these labels, taken up again where they were retired: their tickets teach them."""
    for label in labels:
        Intent.objects.update_or_create(
            slug=label.slug,
            defaults={"active": True},
            create_defaults={"name": label.name, "slug": label.slug},
        )
