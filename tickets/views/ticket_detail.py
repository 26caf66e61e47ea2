"""One ticket: the page, its live part, and what arrived in the original."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from tickets import ticket_page
from tickets.access import get_attachment_for, get_message_for, get_shown_ticket_for

MAX_ID_DIGITS = 18
# What strangers sent must never run as a page of ours, whatever it says it is.
SANDBOX_POLICY = "default-src 'none'; sandbox"


@require_safe
@login_required
def show_ticket(request: HttpRequest, pk: int) -> HttpResponse:
    """The thread, the draft, its receipts and the account on one page.

    ``?before=`` leads to the older messages of a long thread.
    """
    found = get_shown_ticket_for(request.user, pk)
    asked = request.GET.get("before", "")
    before = int(asked) if asked.isdecimal() and len(asked) < MAX_ID_DIGITS else None
    shown = ticket_page.build_page_context(found, before=before)
    return render(request, "tickets/ticket.html", shown)


@require_safe
@login_required
def show_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """What changed since ``rev``: 204 for nothing, else the receipts.

    When the run is over the draft, the state and the refunds come along and the part
    that asks every second comes back without its trigger.
    """
    found = get_shown_ticket_for(request.user, pk)
    run = found.get_current_run()
    if request.GET.get("rev") == ticket_page.build_revision_token(
        run, run.receipts.count() if run else 0
    ):
        response = HttpResponse(status=204)
    elif run and run.is_open:
        response = render(
            request,
            "tickets/_receipts.html",
            {"ticket": found, **ticket_page.build_run_context(found)},
        )
    else:
        response = render(request, "tickets/_finished.html", ticket_page.build_page_context(found))
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
@login_required
def show_raw_message(request: HttpRequest, pk: int) -> HttpResponse:
    """A message as it arrived, byte for byte, as plain text."""
    message = get_message_for(request.user, pk)
    if message.raw is None:
        raise Http404("This message has no original: it did not arrive by mail.")
    response = HttpResponse(bytes(message.raw), content_type="text/plain; charset=utf-8")
    return _add_sandbox_headers(response)


@require_safe
@login_required
def download_attachment(request: HttpRequest, pk: int) -> HttpResponse:
    """A file that came with a message, to be saved and never shown by us."""
    file = get_attachment_for(request.user, pk)
    response = HttpResponse(bytes(file.content), content_type="application/octet-stream")
    name = "".join(filter(str.isprintable, file.name)) or "file"
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
    return _add_sandbox_headers(response)


def _add_sandbox_headers(response: HttpResponse) -> HttpResponse:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Content-Security-Policy"] = SANDBOX_POLICY
    return response
