"""The text an agent types: never lost, and never laid over something they have not seen."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from tickets.models import Draft, Message, Ticket

BY_A_PERSON = "person"


class Conflict(Exception):
    """Something newer is there than what the agent saw. ``text`` is what they typed."""

    def __init__(self, because: str, text: str) -> None:
        super().__init__(because)
        self.text = text


def open_draft(ticket: Ticket) -> Draft | None:
    """The newest draft, unless it was sent: an older one answers an older question."""
    draft = ticket.drafts.select_related("edited_by").order_by("-id").first()
    return draft if draft and draft.message_id is None else None


def seen(ticket: Ticket, draft: Draft | None) -> str:
    """What a page shows, as a token its form carries: draft, edit and customer's last words."""
    edited = int(draft.edited_at.timestamp() * 1000) if draft and draft.edited_at else 0
    return f"{draft.pk if draft else 0}-{edited}-{last_word(ticket)}"


def last_word(ticket: Ticket) -> int:
    """The id of the customer's newest message, 0 where there is none."""
    newest = ticket.messages.filter(direction=Message.Direction.IN).order_by("-id")
    return newest.values_list("pk", flat=True).first() or 0


def keep(ticket: Ticket, *, text: str, seen_then: str, by: User) -> Draft | None:
    """Keep what was typed with the draft it was typed over; return the open draft.

    Unchanged text changes nothing. An empty text brings the machine's words back. A
    ticket without a draft gets one of the person's own. Raises Conflict.
    """
    text = text.replace("\r\n", "\n").strip()
    with transaction.atomic():
        Ticket.locked(ticket.pk)
        draft = open_draft(ticket)
        if seen_then != seen(ticket, draft):
            if draft and text == draft.text.strip():
                return draft
            raise Conflict(why(ticket, draft, seen_then), text)
        if draft is None:
            return _own(ticket, text, by) if text else None
        if text != draft.text.strip():
            _edit(draft, "" if text == draft.body.strip() else text, by)
    return draft


def why(ticket: Ticket, draft: Draft | None, seen_then: str) -> str:
    """What happened since, in one sentence."""
    then = seen_then.split("-")
    if len(then) == 3 and then[2] != str(last_word(ticket)):
        return "The customer wrote again."
    if draft is None:
        return "A reply was sent by somebody else."
    if then[0] != str(draft.pk):
        return "A new draft was written."
    return f"{draft.edited_by or 'Somebody'} saved other edits to this draft."


def _own(ticket: Ticket, text: str, by: User) -> Draft:
    return Draft.objects.create(
        ticket=ticket,
        composed_by=BY_A_PERSON,
        body="",
        edited_body=text,
        edited_by=by,
        edited_at=timezone.now(),
    )


def go_on_in_a_copy(draft: Draft) -> Draft:
    """A copy of an edited draft to go on with: the draft itself stays as others saw it."""
    return Draft.objects.create(
        ticket=draft.ticket,
        composed_by=draft.composed_by,
        body=draft.body,
        parts=draft.parts,
        edited_body=draft.edited_body,
        edited_by=draft.edited_by,
        edited_at=draft.edited_at,
        hands=draft.hands,
        created_at=draft.created_at,
    )


def _edit(draft: Draft, text: str, by: User) -> None:
    draft.edited_body, draft.edited_by, draft.edited_at = text, by, timezone.now()
    draft.save(update_fields=["edited_body", "edited_by", "edited_at"])
