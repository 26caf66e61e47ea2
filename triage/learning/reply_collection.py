"""What people answered to first questions, made fit to be read again and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from django.db.models import F, Min, Q, QuerySet

from tickets.models import Message, Ticket
from triage.contract.case import Case
from triage.contract.outcomes import READABLE_LANGUAGES
from triage.inference.language import identify_language
from triage.models import SentReply
from triage.pipeline.case_builder import build_case
from triage.pipeline.configuration import load_configuration
from triage.pipeline.sent_replies import MAX_SENT_REPLIES, name_author
from triage.saved_replies.sent_text import NOT_ENGLISH, generalize_reply

LEFT_US: Final = (Message.Delivery.SENT, Message.Delivery.DELAYED, Message.Delivery.IMPORTED)
BATCH: Final = 200


def collect_sent_replies(report: Callable[[int, int], None] = lambda done, of: None) -> int:
    """Make the newest first answers general and keep them; how many were new.

    ``report`` is told how many are done, of how many.
    """
    new = list(_query_new().values_list("pk", flat=True)[:MAX_SENT_REPLIES])
    known = load_configuration()
    for start in range(0, len(new), BATCH):
        rows = Message.objects.filter(pk__in=new[start : start + BATCH])
        made = (
            _build_sent_reply(message, build_case(message.ticket, known, before=message.pk))
            for message in rows.select_related("ticket__customer", "author")
        )
        SentReply.objects.bulk_create(made, ignore_conflicts=True)
        report(min(start + BATCH, len(new)), len(new))
    return len(new)


def _query_first_answers() -> QuerySet[Message]:
    """Our first answer on each ticket, where it left us."""
    answers = Message.objects.filter(direction=Message.Direction.OUT, ticket__seeded=False)
    first = answers.order_by().values("ticket").annotate(first=Min("pk")).values("first")
    return Message.objects.filter(pk__in=first, delivery__in=LEFT_US)


def _query_new() -> QuerySet[Message]:
    """Those that are not kept yet, the newest first; what went out as a machine wrote it is in the
    saved replies already.
    """
    unread = Q(draft__run__isnull=False, draft__body=F("text"))
    rows = _query_first_answers().filter(sent_reply=None, automatic=False).exclude(unread)
    return rows.order_by("-at", "-pk")


def _build_sent_reply(message: Message, case: Case) -> SentReply:
    general = generalize_reply(
        message.text,
        customer=_list_customer_names(message.ticket),
        author=name_author(message),
        facts=case.facts,
    )
    arrived = None if case.order is None else case.order.delivered is not None
    if case.order and case.order.delivered and case.order.delivered > message.at.date():
        arrived = False
    return SentReply(
        message=message,
        text=general.text,
        doubts=[*general.doubts, *_iter_language_doubts(general.text)],
        delivered=arrived,
    )


def _list_customer_names(ticket: Ticket) -> str:
    """Every name under which the customer is known."""
    known = ticket.customer.name if ticket.customer else ""
    return " ".join(filter(None, (ticket.name, known)))


def _iter_language_doubts(text: str) -> Iterator[str]:
    if identify_language(text) not in READABLE_LANGUAGES:
        yield NOT_ENGLISH
