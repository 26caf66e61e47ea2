"""Saying who wrote a message after all."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from tickets.access import STAFF, get_ticket_for, require_role
from tickets.intake.forwards import NotForwarded, take_back_forward
from tickets.mail.own_address import get_own_address
from tickets.models import Message


@require_POST
@login_required
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    """The message is its sender's own and no forwarded one; the ticket is read again."""
    person = require_role(request.user, *STAFF)
    message = get_object_or_404(Message, pk=pk, direction=Message.Direction.IN)
    ticket = get_ticket_for(request.user, message.ticket_id)
    try:
        take_back_forward(message, get_own_address(), by=person)
    except NotForwarded as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "Taken back: the message is its sender's own.")
    return HttpResponseRedirect(ticket.get_absolute_url())
