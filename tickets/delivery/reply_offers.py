"""What a saved reply, or a colleague once, says to an open question: taken into the reply by a
person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User

from tickets.delivery import replies
from tickets.models import Draft, Receipt, Ticket

GAP_KIND = "gap"


@dataclass(frozen=True)
class Offer:
    """A text for the question in the customer's ``words``, and what has to be done before it."""

    number: str
    words: str
    text: str
    task: str = ""


class NoOffer(Exception):
    """There is no such offer any more; nothing was changed."""


def take_offer(ticket: Ticket, draft: Draft | None, number: str, *, by: User) -> None:
    """Put the text that was offered under that number into the reply: in the gap of its question,
    else at its end, and with it what has to be done first.

    Call inside a transaction that has locked the ticket. Raises NoOffer.
    """
    receipt = Receipt.objects.filter(ticket=ticket, step="answer").order_by("seq").last()
    found = {offer.number: offer for offer in _iter_offers(receipt)} if receipt else {}
    if receipt is None or number not in found:
        raise NoOffer("This offer is gone: the steps ran again. Look at the questions once more.")
    offer, text = found[number], draft.text if draft else ""
    gap = _find_gap(draft, receipt.output["items"], offer.words) if draft else ""
    joined = f"{text}\n\n{offer.text}".strip()
    changed = text.replace(gap, offer.text, 1) if gap and gap in text else joined
    seen = replies.build_form_token(ticket, draft)
    kept = replies.save_reply_text(ticket, text=changed, seen_then=seen, by=by)
    if kept and offer.task and offer.task not in kept.tasks:
        kept.tasks = [*kept.tasks, offer.task]
        kept.save(update_fields=["tasks"])


def _iter_offers(receipt: Receipt) -> Iterator[Offer]:
    """What is offered for the questions of a receipt. The numbers begin with the receipt's own, so
    that an older page takes nothing else.
    """
    for place, item in enumerate(receipt.output.get("items", [])):
        number, words = f"{receipt.pk}-{place}", item["words"]
        if item.get("offer"):
            yield Offer(number, words, item["offer"], item.get("task", ""))
        for nth, sent in enumerate(item.get("sent", [])):
            yield Offer(f"{number}-{nth}", words, sent["text"])


def _find_gap(draft: Draft, items: Sequence[Mapping[str, Any]], words: str) -> str:
    """The gap that stands for these words, "" for none: gaps are in the order of open questions."""
    opened = [item["words"] for item in items if item["blocker"] not in (None, "customer")]
    gaps = [part["text"] for part in draft.parts if part.get("kind") == GAP_KIND]
    standing: dict[str, str] = dict(zip(dict.fromkeys(opened), gaps, strict=False))
    return standing.get(words, "")
