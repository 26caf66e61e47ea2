"""A ticket as a row of the inbox.

A page of forty rows costs what each of its cells costs, so a row is drawn in one go.
"""

from __future__ import annotations

from django import template
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator, capfirst

from tickets.models import Ticket
from tickets.templatetags import show

register = template.Library()

MAX_CELL_CHARS = 140
"""Of a subject or a sender in a list; the ticket's own page has all of it."""
ROW = """<li class="row-item" data-row>
  <div class="row-main">
    <a class="row-subject" href="{}">{}</a>
    <span class="row-who">{} <span class="mono">#{}</span>{}</span>
  </div>
  <span class="row-label">{}</span>
  <span class="row-urgency">{}</span>
  <span class="row-state">{}</span>
  <span class="row-since">{}</span>
</li>
"""
NO_LABEL = {
    True: format_html('<span class="text-body-secondary">{}</span>', "being read"),
    False: format_html('<span class="text-body-secondary">{}</span>', "no label yet"),
}


@register.filter
def draw_row(ticket: Ticket) -> SafeString:
    """A ticket of ``list_tickets`` as a row of the inbox."""
    return format_html(
        ROW,
        *(ticket.get_absolute_url(), shorten(ticket.subject) or "(no subject)"),
        *(shorten(ticket.sender), ticket.pk, f" · {ticket.attention}" if ticket.attention else ""),
        write_label(ticket),
        show.urgency_badge(ticket.urgency, ticket.get_urgency_display()),
        *(_draw_state(ticket), _draw_time(ticket)),
    )


@register.filter
def shorten(text: str) -> str:
    """The text as a cell holds it, cut at ``MAX_CELL_CHARS``."""
    return text if len(text) <= MAX_CELL_CHARS else Truncator(text).chars(MAX_CELL_CHARS)


@register.filter
def write_label(ticket: Ticket) -> SafeString:
    """The label with how sure it is or who gave it; where there is none, that."""
    by_person = getattr(ticket, "label_by_person", False)
    if not ticket.label and not by_person:
        return NO_LABEL[ticket.status == Ticket.Status.NEW]
    return format_html(
        '<span class="label-name">{}</span> <span class="label-sure">{}</span>',
        capfirst(ticket.label_name or ticket.label) if ticket.label else "None of ours",
        f"by {ticket.labelled_by}" if by_person else show.sure(ticket.confidence),
    )


def _draw_state(ticket: Ticket) -> SafeString:
    unsent = getattr(ticket, "reply_unsent", False)
    drawn = (
        show.badge("Reply not sent", "warn", "danger")
        if unsent
        else show.state_badge(ticket.status, ticket.get_status_display())
    )
    if ticket.assignee is None:
        return drawn
    owner = conditional_escape(ticket.assignee.get_username())
    return format_html('{}<span class="row-owner">{}</span>', drawn, owner)


def _draw_time(ticket: Ticket) -> SafeString:
    local = timezone.localtime(ticket.received_at)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(),
        show.write_moment(local),
        show.since(ticket.received_at),
    )
