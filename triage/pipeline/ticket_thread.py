"""What the messages of a ticket say, and which of them wait for an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import Substr

from tickets.mail.automated import MAX_HEADER_BYTES, find_common_marks
from tickets.models import Ticket

MAX_QUOTED_CHARS = 20_000  # characters; the mail that is answered stands first


@dataclass(frozen=True, kw_only=True)
class Thread:
    """The messages of a ticket in one value.

    ``text`` is what waits for an answer, written from ``since`` on, with the ``marks`` of its
    mails' headers and its number of ``photos``. ``earlier`` is all that the customer wrote,
    ``quoted`` the mails that their newest message quotes, then what both sides wrote before it.
    ``is_answered``: our reply to all of it went out already.
    """

    since: datetime
    text: str
    marks: tuple[str, ...]
    photos: int
    earlier: str
    quoted: str
    hides_words: bool
    is_answered: bool


def load_thread(ticket: Ticket, *, again: bool, before: int | None = None) -> Thread:
    """The thread of the ticket. ``again``: it is to be answered once more, also where an answer
    went out already; ``before``: as it was until the message of that id.

    In the order of arrival: a mail dated before our answer may have come in after it. An absence
    note or a bounce asks nothing, where there is anything else.
    """
    spoken = _list_spoken(ticket, before)
    written = [post for post in spoken if post["direction"] == "in" and not post["automatic"]]
    told = [post for post in spoken if not (post["automatic"] and written)]
    waiting = _select_unanswered(told, again=again)
    return Thread(
        since=min((post["at"] for post in waiting), default=ticket.received_at),
        text=_join_texts(waiting),
        marks=find_common_marks(_list_mails(ticket, waiting)),
        photos=sum(post["photos"] for post in waiting),
        earlier=_join_texts(written),
        quoted=_join_context(written, told, waiting)[:MAX_QUOTED_CHARS],
        is_answered=bool(told) and told[-1]["direction"] == "out",
        hides_words=any(post["hidden"] for post in spoken if post["direction"] == "in"),
    )


def _list_spoken(ticket: Ticket, before: int | None) -> list[dict[str, Any]]:
    """What was written to us and by us, oldest arrival first, with the head of each mail."""
    rows = ticket.messages.exclude(direction="note").order_by("pk")
    rows = rows if before is None else rows.filter(pk__lt=before)
    photos = Count("attachments", Q(attachments__content_type__startswith="image/"))
    kept = rows.annotate(photos=photos, head=Substr("raw", 1, MAX_HEADER_BYTES))
    names = "direction", "automatic", "at", "sender", "text", "quoted", "hidden", "photos", "head"
    return list(kept.values(*names))


def _select_unanswered(told: Sequence[dict[str, Any]], *, again: bool) -> list[dict[str, Any]]:
    """What the customer wrote since our last answer; with ``again`` before it, where nothing."""
    waiting: list[dict[str, Any]] = []
    unanswered = False
    for post in told:
        if post["direction"] == "in":
            waiting = [*waiting, post] if unanswered else [post]
        unanswered = post["direction"] == "in"
    return waiting if unanswered or again else []


def _join_context(
    written: Sequence[dict[str, Any]],
    told: Sequence[dict[str, Any]],
    waiting: Sequence[dict[str, Any]],
) -> str:
    """What tells of an order and asks nothing: the mails that the newest one quotes, then those
    of this thread that were answered, the newest first.
    """
    answered = [post for post in reversed(told) if post not in waiting]
    quoted = written[-1]["quoted"] if written else ""
    return "\n\n".join(filter(None, (quoted, *(post["text"] for post in answered))))


def _list_mails(ticket: Ticket, posts: Sequence[dict[str, Any]]) -> list[tuple[str, bytes]]:
    return [(post["sender"] or ticket.email, bytes(post["head"] or b"")) for post in posts]


def _join_texts(posts: Sequence[dict[str, Any]]) -> str:
    return "\n\n".join(post["text"] for post in posts)
