"""A refund as a row of the queue, and its marks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from approvals.models import Refund
from tickets.templatetags import show
from tickets.templatetags.inbox_rows import shorten

register = template.Library()

PEOPLE = {2: "two"}
ROW = """<li class="row-item row-refund" data-row>
  <a class="row-subject" href="{}">{}</a>
  <span class="row-who">{}</span>
  <span class="row-state">{}</span>
  <span class="row-since">{}</span>
</li>
"""


@register.simple_tag(takes_context=True)
def draw_row(context: Mapping[str, Any], refund: Refund, kept: str) -> SafeString:
    """A refund of ``load_rows`` as a row of the queue: who wrote and what, or ``why`` somebody
    else has to decide. ``kept`` are the filters that its link carries on.
    """
    ticket, address = refund.ticket, refund.get_absolute_url()
    theirs = f"{shorten(ticket.sender)} · {shorten(ticket.subject) or '(no subject)'}"
    return format_html(
        ROW,
        f"{address}?{kept}" if kept else address,
        _write_subject(refund, context["hidden"]),
        getattr(refund, "why", theirs),
        _draw_state(refund, context),
        _write_since(refund),
    )


def _write_subject(refund: Refund, hidden: Collection[int]) -> str:
    if refund.pk in hidden:
        return f"First opinion on {refund.order}"
    return format_html(
        '<span class="mono">{}</span> {} on {}',
        show.money(refund.amount, refund.currency),
        refund.remedy,
        refund.order,
    )


def _draw_state(refund: Refund, context: Mapping[str, Any]) -> SafeString:
    closed = refund.state != Refund.State.PENDING
    state = show.state_badge(refund.state, refund.get_state_display()) if closed else ""
    again = show.badge("They wrote again", "warn", "warning")
    return format_html(
        "{} {}{}",
        state,
        format_html("{} ", again) if refund.pk in context["wrote_again"] else "",
        marks(context, refund, context["needed"][refund.pk], refund.agreed),  # type: ignore[attr-defined]
    )


def _write_since(refund: Refund) -> str:
    if refund.state != Refund.State.PENDING:
        return f"asked {show.day(refund.created_at)}"
    waited, until = show.since(refund.created_at), show.day(refund.expires_at)
    return format_html("waits {}<br>runs out {}", waited, until)


@register.simple_tag(takes_context=True)
def marks(context: Mapping[str, Any], refund: Refund, people: int, agreed: int) -> SafeString:
    """What a supervisor should know of a refund before opening it: risk, age, whose it is."""
    drawn = list(_draw_risk(refund)) if refund.pk not in context["hidden"] else []
    if refund.state == Refund.State.PENDING:
        drawn += _iter_waiting_marks(refund, people, agreed)
    return format_html_join("", "{}", ((mark,) for mark in drawn))


def _draw_risk(refund: Refund) -> Iterator[SafeString]:
    if refund.risk == Refund.Risk.HIGH:
        yield format_html("{} ", show.badge("High risk", "warn", "danger"))
    elif refund.risk:
        yield format_html("{} ", show.badge("Look twice", "warn", "warning"))


def _iter_waiting_marks(refund: Refund, people: int, agreed: int) -> Iterator[SafeString]:
    if refund.escalated_at:
        yield format_html("{} ", show.badge("Waiting too long", "clock", "danger"))
    if people > 1:
        yield format_html(
            '<span class="flag">needs {} people ({} in)</span> ',
            PEOPLE.get(people, people),
            agreed,
        )
    if refund.assigned_to:
        yield format_html(
            '<span class="flag">{} handed to {}</span>', show.icon("person"), refund.assigned_to
        )
    if refund.reviewers:
        yield format_html('<span class="flag">for {} only</span>', refund.reviewers)
