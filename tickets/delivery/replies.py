"""Saving the reply an agent types: never lost, and never over something they did not see."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.utils import timezone

from tickets.models import Draft, Message, Ticket
from tickets.prepared import Given, PreparedQuery

COMPOSED_BY_PERSON = "person"
UNKNOWN_PAGE = "This form does not say which page it came from."
NEWEST_DRAFT = PreparedQuery(
    lambda: (
        Draft.objects.filter(ticket=Given("ticket")).select_related("edited_by").order_by("-id")[:1]
    )
)
NEWEST_INCOMING = PreparedQuery(
    lambda: (
        Message.objects.filter(
            ticket=Given("ticket"), direction=Message.Direction.IN, automatic=False
        )
        .order_by("-id")
        .values_list("pk")[:1]
    )
)


class Conflict(Exception):
    """Something newer is there than what the agent saw. ``text`` is what they typed."""

    def __init__(self, because: str, text: str) -> None:
        super().__init__(because)
        self.text = text


def get_open_draft(ticket: Ticket) -> Draft | None:
    """The newest draft, unless it was sent: an older one answers an older question."""
    draft: Draft | None = NEWEST_DRAFT.fetch_first(ticket=ticket.pk)
    return draft if draft and draft.message_id is None else None


def build_form_token(ticket: Ticket, draft: Draft | None) -> str:
    """The state of the page as a token its form carries: "draft-edit-message".

    That is the draft's id (0 where there is none), the time of its last edit in ms (0 where it
    was not edited) and the id of the customer's newest message.
    """
    edited = int(draft.edited_at.timestamp() * 1000) if draft and draft.edited_at else 0
    return f"{draft.pk if draft else 0}-{edited}-{get_newest_incoming_id(ticket)}"


def get_newest_incoming_id(ticket: Ticket) -> int:
    """The id of the customer's newest message, 0 where there is none; a machine's is no news."""
    newest = NEWEST_INCOMING.fetch_first(ticket=ticket.pk)
    return int(newest[0]) if newest else 0


def save_reply_text(ticket: Ticket, *, text: str, seen_then: str, by: User) -> Draft | None:
    """Save what was typed with the draft it was typed over; return the open draft.

    Unchanged text changes nothing. An empty text brings the machine's words back. A
    ticket without a draft gets one of the person's own. Call inside a transaction that has
    locked the ticket. Raises Conflict.
    """
    text = text.replace("\r\n", "\n").strip()
    draft = get_open_draft(ticket)
    if seen_then != build_form_token(ticket, draft):
        if draft and text == draft.text.strip():
            return draft
        raise Conflict(explain_conflict(ticket, draft, seen_then), text)
    if draft is None:
        return _create_own_draft(ticket, text, by) if text else None
    if text != draft.text.strip():
        _edit_draft(draft, "" if text == draft.body.strip() else text, by)
    return draft


def require_shown(ticket: Ticket, draft: Draft | None, seen_then: str) -> None:
    """Raises Conflict unless the page with the token ``seen_then`` showed this draft and the
    customer's newest message: only what somebody saw is sent in their name.

    ``draft`` is the open one, after what was typed was saved in it.
    """
    then = seen_then.split("-")
    known = len(then) == 3 and then[2] == str(get_newest_incoming_id(ticket))
    if not known or (draft and then[0] not in ("0", str(draft.pk))):
        raise Conflict(explain_conflict(ticket, draft, seen_then), draft.text if draft else "")


def explain_conflict(ticket: Ticket, draft: Draft | None, seen_then: str) -> str:
    """One sentence on what changed since the page with the token ``seen_then``."""
    then = seen_then.split("-")
    if len(then) != 3:
        return UNKNOWN_PAGE
    if then[2] != str(get_newest_incoming_id(ticket)):
        return "The customer wrote again."
    if draft is None:
        return "A reply was sent by somebody else."
    if then[0] != str(draft.pk):
        return "A new draft was written."
    return f"{draft.edited_by or 'Somebody'} saved other edits to this draft."


def _create_own_draft(ticket: Ticket, text: str, by: User) -> Draft:
    return Draft.objects.create(
        ticket=ticket,
        composed_by=COMPOSED_BY_PERSON,
        body="",
        edited_body=text,
        edited_by=by,
        edited_at=timezone.now(),
    )


def copy_edited_draft(draft: Draft) -> Draft:
    """A copy of an edited draft, to be edited on: the draft itself stays as others saw it."""
    return Draft.objects.create(
        ticket=draft.ticket,
        composed_by=draft.composed_by,
        body=draft.body,
        parts=draft.parts,
        edited_body=draft.edited_body,
        edited_by=draft.edited_by,
        edited_at=draft.edited_at,
        hands=draft.hands,
        tasks=draft.tasks,
        created_at=draft.created_at,
    )


def _edit_draft(draft: Draft, text: str, by: User) -> None:
    draft.edited_body, draft.edited_by, draft.edited_at = text, by, timezone.now()
    draft.save(update_fields=["edited_body", "edited_by", "edited_at"])
