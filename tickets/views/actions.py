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
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from tickets import ticket_page
from tickets.access import get_locked_ticket_for
from tickets.delivery import replies, sending
from tickets.delivery import reply_offers as offers
from tickets.delivery.replies import UNKNOWN_PAGE
from tickets.forms import MAX_TEXT_CHARS, ReplyForm
from tickets.inbox_filters import build_open_filter
from tickets.models import Draft, Message, Ticket
from tickets.prepared import Given, PreparedQuery
from tickets.queue import run_queue

Action = Callable[[HttpRequest, Ticket, User, Draft | None], HttpResponse]


def save_text_first(action: Action) -> Callable[[HttpRequest, int], HttpResponse]:
    """A POST view for one button: fetch the ticket, save the typed text, then act.

    When something newer is there the action does not happen and the text stays visible.
    """

    @require_POST
    @login_required
    @wraps(action)
    def view(request: HttpRequest, pk: int) -> HttpResponse:
        try:
            with transaction.atomic():
                ticket, person = get_locked_ticket_for(request.user, pk)
                draft = save_typed_text(request, ticket, person)
                return action(request, ticket, person, draft)
        except replies.Conflict as conflict:
            return render_conflict(request, ticket, conflict)

    return view


def save_typed_text(request: HttpRequest, ticket: Ticket, by: User) -> Draft | None:
    """Save the reply and the note that came with a POST, whichever button was pressed.

    Returns the open draft. Raises replies.Conflict; then nothing was saved, and its page shows
    the text.
    """
    form, text = ReplyForm(request.POST), request.POST.get("text", "")
    if not form.is_valid():
        raise replies.Conflict(_explain_too_long(form), text)
    if {"seen", "text"} & request.POST.keys():
        draft = replies.save_reply_text(
            ticket, text=form.cleaned_data["text"], seen_then=form.cleaned_data["seen"], by=by
        )
    else:
        draft = replies.get_open_draft(ticket)
    if note := form.cleaned_data["note"].strip():
        Message.objects.create(
            ticket=ticket, direction=Message.Direction.NOTE, author=by, text=note
        )
    return draft


def _explain_too_long(form: ReplyForm) -> str:
    """Which of the texts is too long, as a sentence."""
    longest = f"longer than {MAX_TEXT_CHARS:,} characters"
    if "text" in form.errors:
        return f"This text is {longest}."
    return f"The internal note is {longest}." if "note" in form.errors else UNKNOWN_PAGE


def render_conflict(
    request: HttpRequest, ticket: Ticket, conflict: replies.Conflict
) -> HttpResponse:
    """409: what is there now beside what the agent typed, and a way to go on with it."""
    shown = {
        "because": conflict,
        "typed": conflict.text,
        "note": request.POST.get("note", ""),
        "ticket": ticket,
        "newest": ticket.messages.filter(direction="in").defer("raw", "html").last(),
        **ticket_page.build_reply_context(ticket),
    }
    return render(request, "tickets/conflict.html", shown, status=409)


@save_text_first
def save_reply(request: HttpRequest, ticket: Ticket, by: User, draft: Draft | None) -> HttpResponse:
    """Save the edits, which the decorator has done by now."""
    messages.success(request, "Saved.")
    return _redirect_to_ticket(ticket)


@save_text_first
def send_reply(request: HttpRequest, ticket: Ticket, by: User, draft: Draft | None) -> HttpResponse:
    """Send the reply that was shown, as it was typed over, and go to the next ticket."""
    replies.require_shown(ticket, draft, request.POST.get("seen", ""))
    try:
        if draft is None or not request.POST.get("text", "").strip():
            raise sending.NothingToSend("The reply is empty. Write something first.")
        sending.send_reply(
            draft,
            by=by,
            has_read="has_read" in request.POST,
            done=request.POST.getlist("task_done"),
        )
    except sending.AlreadySent as refusal:
        messages.warning(request, str(refusal))
        return _redirect_to_ticket(ticket)
    except sending.UnapprovedCommitment as refusal:
        return _render_refusal(request, ticket, refused=refusal.objections)
    except sending.CheckNotRun as refusal:
        return _render_refusal(request, ticket, unchecked=refusal.missing)
    except sending.NotSent as refusal:
        messages.error(request, str(refusal))
        return _render_refusal(request, ticket)
    messages.success(request, f"Your reply to {ticket.sender} is on its way.")
    return _redirect_to_next(ticket)


def _render_refusal(request: HttpRequest, ticket: Ticket, **why: object) -> HttpResponse:
    """422: the ticket's page with what was typed, and why the reply was not sent."""
    shown = {**ticket_page.build_page_context(ticket), **why}
    return render(request, "tickets/ticket.html", shown, status=422)


@save_text_first
def take_offer(request: HttpRequest, ticket: Ticket, by: User, draft: Draft | None) -> HttpResponse:
    """Put what a saved reply says in the place of the question that has no answer yet."""
    try:
        offers.take_offer(ticket, draft, request.POST.get("offer", ""), by=by)
    except offers.NoOffer as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "It is in the reply. Please read it there before you send it.")
    return _redirect_to_ticket(ticket)


@save_text_first
def rerun_ticket(
    request: HttpRequest, ticket: Ticket, by: User, draft: Draft | None
) -> HttpResponse:
    """Ask the machine once more. The draft that is there stays in the record."""
    run_queue.enqueue_run(ticket, reason="asked again", by=by)
    messages.info(request, "Running again. The receipts appear as each step finishes.")
    return _redirect_to_ticket(ticket)


@save_text_first
def assign_ticket(
    request: HttpRequest, ticket: Ticket, by: User, draft: Draft | None
) -> HttpResponse:
    """Take the ticket, or give it back where it is mine already."""
    mine = ticket.assignee_id == by.pk
    Ticket.objects.filter(pk=ticket.pk).update(assignee=None if mine else by)
    messages.success(request, "No longer assigned to you." if mine else "Assigned to you.")
    return _redirect_to_ticket(ticket)


@save_text_first
def close_ticket(
    request: HttpRequest, ticket: Ticket, by: User, draft: Draft | None
) -> HttpResponse:
    """Close without a reply, and end an open run.

    A new mail of the customer opens the ticket again.
    """
    run_queue.cancel_run(ticket)
    ticket.mark_closed()
    messages.success(request, f"Closed: {ticket}.")
    return _redirect_to_next(ticket)


@save_text_first
def add_note(request: HttpRequest, ticket: Ticket, by: User, draft: Draft | None) -> HttpResponse:
    """Add an internal note, which the decorator has saved by now."""
    if request.POST.get("note", "").strip():
        messages.success(request, "Note added. Customers never see it.")
    else:
        messages.error(request, "The note was empty.")
    return _redirect_to_ticket(ticket)


def _redirect_to_ticket(ticket: Ticket) -> HttpResponseRedirect:
    return HttpResponseRedirect(ticket.get_absolute_url())


def _redirect_to_next(ticket: Ticket) -> HttpResponseRedirect:
    """To the open ticket that is listed after this one, else the first, else the inbox."""
    asked = {"ticket": ticket.pk, "stuck_before": Message.get_stuck_time()}
    following = NEXT_OPEN.fetch_first(**asked, at=ticket.received_at)
    following = following or FIRST_OPEN.fetch_first(**asked)
    return _redirect_to_ticket(following) if following else redirect("tickets:inbox")


def _query_open() -> QuerySet[Ticket]:
    """Open tickets but one, in the order of the inbox."""
    waiting = Ticket.objects.filter(build_open_filter(Given("stuck_before"))).only("pk")
    return waiting.exclude(pk=Given("ticket")).order_by("-received_at", "-id")


NEXT_OPEN = PreparedQuery(lambda: _query_open().filter(received_at__lte=Given("at"))[:1])
FIRST_OPEN = PreparedQuery(lambda: _query_open()[:1])
