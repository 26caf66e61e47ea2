"""Refreshing the reply after a refund changed, unless a person's words are in the way.

Call inside the transaction that changed the refund, with its ticket locked.
"""

from __future__ import annotations

from approvals.models import Refund
from approvals.refund_rows import State
from tickets.delivery import replies
from tickets.models import Draft, Message, Payment, Ticket
from tickets.queue import run_queue

DECIDED_REASON = "decided"
STATE_NEWS = {
    State.APPROVED: "The {what} was approved",
    State.REJECTED: "The {what} was refused",
    State.RETURNED: "A question has to be answered before the {what} is decided",
    State.EXPIRED: "Nobody decided on the {what} in time",
    State.VOID: "The {what} has to be asked for again, because something changed",
    State.EXECUTED: "The {what} was paid",
    State.FAILED: "The {what} was not paid",
    State.DOUBT: "The {what} may or may not have been paid: we are asking",
}


def refresh_reply(refund: Refund, why: str = "") -> None:
    """Have the reply written anew, or say on the ticket what a person has to look at.

    A person's edits are never thrown away: they go on in a copy where the draft is part of
    what was approved. Where a reply went out since the decision, that it was paid is no news.
    """
    if refund.seeded or refund.state == State.PENDING:
        return
    ticket = Ticket.get_locked(refund.ticket_id)
    draft = replies.get_open_draft(ticket)
    edited = draft is not None and bool(draft.edited_body)
    sent = _has_reply_since_decision(refund)
    if sent and refund.state == State.EXECUTED:
        return
    if not (edited or sent):
        run_queue.enqueue_run(ticket, reason=DECIDED_REASON)
        return
    if draft and edited and refund.run_id and draft.run_id == refund.run_id:
        replies.copy_edited_draft(draft)
    ticket.mark_attention(_format_attention(refund, why, draft if edited else None))


def _has_reply_since_decision(refund: Refund) -> bool:
    """Whether a reply went out after the last decision."""
    last = refund.decisions.last()
    out = refund.ticket.messages.filter(direction=Message.Direction.OUT)
    return last is not None and out.filter(at__gt=last.at).exists()


def _format_attention(refund: Refund, why: str, edited: Draft | None) -> str:
    said = f"{_format_news(refund)}{f' ({why})' if why else ''}."
    if edited is None:
        return f"{said} A reply went out before that: does the customer have to know?"
    return (
        f"{said} {edited.edited_by} had edited the reply: check what it says, "
        "or have it written again."
    )


def _format_news(refund: Refund) -> str:
    news = STATE_NEWS[State(refund.state)]
    if refund.remedy == Payment.REPLACEMENT:
        return news.format(what=Payment.REPLACEMENT).replace("paid", "sent")
    return news.format(what="refund")
