"""What a saved reply would say to an open question, taken into the reply by a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User

from tickets.delivery import replies
from tickets.models import Draft, Receipt, Ticket

GAP_KIND = "gap"
MAX_COMPARED_CHARS = 60  # of the question: a gap holds no more of a long one


class NoOffer(Exception):
    """There is no such offer any more; nothing was changed."""


def take_offer(ticket: Ticket, draft: Draft | None, number: str, *, by: User) -> None:
    """Put the text that was offered for the question of that number into the reply: in its gap,
    else at its end, and with it what has to be done first.

    Call inside a transaction that has locked the ticket. Raises NoOffer.
    """
    item = _find_item(ticket, number)
    text = draft.text if draft else ""
    gap = _find_gap(draft, item["words"]) if draft else ""
    joined = f"{text}\n\n{item['offer']}".strip()
    changed = text.replace(gap, item["offer"], 1) if gap and gap in text else joined
    seen = replies.build_form_token(ticket, draft)
    kept = replies.save_reply_text(ticket, text=changed, seen_then=seen, by=by)
    if kept and item.get("task") and item["task"] not in kept.tasks:
        kept.tasks = [*kept.tasks, item["task"]]
        kept.save(update_fields=["tasks"])


def _find_item(ticket: Ticket, number: str) -> Mapping[str, Any]:
    receipt = Receipt.objects.filter(ticket=ticket, step="answer").order_by("seq").last()
    items = receipt.output.get("items", []) if receipt else []
    place = int(number) if number.isdecimal() and len(number) < 4 else len(items)
    if place >= len(items) or not items[place].get("offer"):
        raise NoOffer("This offer is gone: the steps ran again. Look at the questions once more.")
    found: Mapping[str, Any] = items[place]
    return found


def _find_gap(draft: Draft, words: str) -> str:
    """The gap that stands for these words of the customer, "" where there is none."""
    start = " ".join(words.replace("[", " ").replace("]", " ").split())[:MAX_COMPARED_CHARS]
    gaps = (part["text"] for part in draft.parts if part.get("kind") == GAP_KIND)
    return next((gap for gap in gaps if start in gap), "")
