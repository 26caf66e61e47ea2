"""Settling or repeating the delivery of a sent reply, by hand."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from tickets.access import STAFF, get_message_for, require_role
from tickets.delivery import sending
from tickets.models import Message


@require_POST
@login_required
def settle_delivery(request: HttpRequest, pk: int) -> HttpResponse:
    """Settle a delivery in doubt, or repeat one that failed, then go back to the ticket.

    ``what`` is arrived or lost for a message in doubt, again or aside for one that failed.
    """
    person = require_role(request.user, *STAFF)
    sent = get_message_for(request.user, pk, direction=Message.Direction.OUT)
    what = request.POST.get("what", "")
    try:
        if what == "again":
            sending.send_again(sent, by=person)
        elif what == "aside":
            sending.set_aside(sent, by=person)
        elif what in ("arrived", "lost"):
            sending.resolve_doubt(sent, arrived=what == "arrived", by=person)
    except (sending.NotSent, sending.NotInDoubt) as refusal:
        messages.warning(request, str(refusal))
    return HttpResponseRedirect(sent.ticket.get_absolute_url())
