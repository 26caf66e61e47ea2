"""The buttons of the ticket page. Each keeps what was typed before it does anything else.

The ticket stays locked until the button has done its work: what is kept is what is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from tickets import ticket_page
from tickets.access import STAFF, get_ticket_for, require_role
from tickets.delivery import replies, sending
from tickets.forms import LONGEST, ReplyForm
from tickets.inbox_filters import OPEN
from tickets.models import Draft, Message, Ticket
from tickets.queue import run_queue

Action = Callable[[HttpRequest, Ticket, User, Draft | None], HttpResponse]


def keeping_text(action: Action) -> Callable[[HttpRequest, int], HttpResponse]:
    """A POST view for one button: fetch the ticket, keep the typed text, then act.

    When something newer is there the action does not happen and the text stays visible.
    """

    @require_POST
    @login_required
    @wraps(action)
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        ticket = get_ticket_for(request.user, pk)
        person = require_role(request.user, *STAFF)
        try:
            with transaction.atomic():
                ticket = Ticket.locked(ticket.pk)
                draft = keep_typed(request, ticket, person)
                return action(request, ticket, person, draft)
        except replies.Conflict as conflict:
            return conflicting(request, ticket, conflict)

    return view


def keep_typed(request: HttpRequest, ticket: Ticket, by: User) -> Draft | None:
    """Keep the reply and the note that came with a POST, whichever button was pressed.

    Raises replies.Conflict; then nothing was kept, and its page shows the text.
    """
    form = ReplyForm(request.POST)
    if not form.is_valid():
        text = request.POST.get("text", "")
        raise replies.Conflict(f"This text is longer than {LONGEST:,} characters.", text)
    if "seen" not in request.POST:
        return replies.open_draft(ticket)
    draft = replies.keep(
        ticket, text=form.cleaned_data["text"], seen_then=form.cleaned_data["seen"], by=by
    )
    if note := form.cleaned_data["note"].strip():
        Message.objects.create(
            ticket=ticket, direction=Message.Direction.NOTE, author=by, text=note
        )
    return draft


def conflicting(request: HttpRequest, ticket: Ticket, conflict: replies.Conflict) -> HttpResponse:
    """409: what is there now beside what the agent typed, and a way to go on with it."""
    shown = {
        "because": conflict,
        "typed": conflict.text,
        "note": request.POST.get("note", ""),
        "ticket": ticket,
        "newest": ticket.messages.filter(direction="in").defer("raw", "html").last(),
        **ticket_page.reply(ticket),
    }
    return render(request, "tickets/conflict.html", shown, status=409)


@keeping_text
def save(request: HttpRequest, ticket: Ticket, by: User, draft: Draft | None) -> HttpResponse:
    """Keep the edits."""
    messages.success(request, "Saved.")
    return _back(ticket)


@keeping_text
def send(request: HttpRequest, ticket: Ticket, by: User, draft: Draft | None) -> HttpResponse:
    """Send the reply and go to the next ticket."""
    try:
        if draft is None:
            raise sending.NothingToSend("The reply is empty. Write something first.")
        sending.send(draft, by=by)
    except sending.AlreadySent as refusal:
        messages.warning(request, str(refusal))
        return _back(ticket)
    except sending.NotBorneOut as refusal:
        shown = {**ticket_page.everything(ticket), "refused": refusal.objections}
        return render(request, "tickets/ticket.html", shown, status=422)
    except sending.NotSent as refusal:
        messages.error(request, str(refusal))
        return render(request, "tickets/ticket.html", ticket_page.everything(ticket), status=422)
    messages.success(request, f"Your reply to {ticket.sender} is on its way.")
    return _next(ticket)


@keeping_text
def again(request: HttpRequest, ticket: Ticket, by: User, draft: Draft | None) -> HttpResponse:
    """Ask the machine once more. The draft that is there stays in the record."""
    run_queue.enqueue(ticket, reason="asked again", by=by)
    messages.info(request, "Running again. The receipts appear as each step finishes.")
    return _back(ticket)


@keeping_text
def assign(request: HttpRequest, ticket: Ticket, by: User, draft: Draft | None) -> HttpResponse:
    """Take the ticket, or give it back where it is mine already."""
    mine = ticket.assignee_id == by.pk
    Ticket.objects.filter(pk=ticket.pk).update(assignee=None if mine else by)
    messages.success(request, "No longer assigned to you." if mine else "Assigned to you.")
    return _back(ticket)


@keeping_text
def close(request: HttpRequest, ticket: Ticket, by: User, draft: Draft | None) -> HttpResponse:
    """Close without a reply; a new mail of the customer opens it again, a run left open does not."""
    run_queue.cancel(ticket)
    ticket.close()
    messages.success(request, f"Closed: {ticket}.")
    return _next(ticket)


@keeping_text
def note(request: HttpRequest, ticket: Ticket, by: User, draft: Draft | None) -> HttpResponse:
    """Keep an internal note (it came with the form and is kept by now)."""
    if request.POST.get("note", "").strip():
        messages.success(request, "Note added. Customers never see it.")
    else:
        messages.error(request, "The note was empty.")
    return _back(ticket)


def _back(ticket: Ticket) -> HttpResponseRedirect:
    return HttpResponseRedirect(ticket.get_absolute_url())


def _next(ticket: Ticket) -> HttpResponseRedirect:
    """The open ticket that is listed after this one, else the first, else the inbox."""
    waiting = Ticket.objects.filter(status__in=OPEN).exclude(pk=ticket.pk)
    older = waiting.filter(received_at__lte=ticket.received_at)
    following = older.first() or waiting.first()
    return _back(following) if following else redirect("tickets:inbox")
