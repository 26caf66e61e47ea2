"""What a saved reply would say to an open question, taken into the reply by a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.models import User

from tickets.delivery import replies
from tickets.models import Draft, Receipt, Ticket

GAP_KIND = "gap"


class NoOffer(Exception):
    """There is no such offer any more; nothing was changed."""


def take_offer(ticket: Ticket, draft: Draft | None, number: str, *, by: User) -> None:
    """Put the text that was offered for the question of that number into the reply: in its gap,
    else at its end, and with it what has to be done first.

    Call inside a transaction that has locked the ticket. Raises NoOffer.
    """
    items, place = _find_items(ticket, number)
    item = items[place]
    text = draft.text if draft else ""
    gap = _find_gap(draft, items, item["words"]) if draft else ""
    joined = f"{text}\n\n{item['offer']}".strip()
    changed = text.replace(gap, item["offer"], 1) if gap and gap in text else joined
    seen = replies.build_form_token(ticket, draft)
    kept = replies.save_reply_text(ticket, text=changed, seen_then=seen, by=by)
    if kept and item.get("task") and item["task"] not in kept.tasks:
        kept.tasks = [*kept.tasks, item["task"]]
        kept.save(update_fields=["tasks"])


def _find_items(ticket: Ticket, number: str) -> tuple[Sequence[Mapping[str, Any]], int]:
    """The questions of the newest receipt, and the place of the one whose offer is taken: the
    number is "receipt-place", so that an older page takes nothing else.
    """
    receipt = Receipt.objects.filter(ticket=ticket, step="answer").order_by("seq").last()
    items: Sequence[Mapping[str, Any]] = receipt.output.get("items", []) if receipt else []
    offered = [place for place, item in enumerate(items) if item.get("offer")]
    found = [place for place in offered if receipt and number == f"{receipt.pk}-{place}"]
    if not found:
        raise NoOffer("This offer is gone: the steps ran again. Look at the questions once more.")
    return items, found[0]


def _find_gap(draft: Draft, items: Sequence[Mapping[str, Any]], words: str) -> str:
    """The gap that stands for these words, "" for none: gaps are in the order of open questions."""
    opened = [item["words"] for item in items if item["blocker"] not in (None, "customer")]
    gaps = [part["text"] for part in draft.parts if part.get("kind") == GAP_KIND]
    standing: dict[str, str] = dict(zip(dict.fromkeys(opened), gaps, strict=False))
    return standing.get(words, "")
