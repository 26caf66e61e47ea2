"""The library of sent replies: what people answered to first questions, fit to be read again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import F, Min, Q, QuerySet

from tickets.models import Message
from triage.contract.case import Case
from triage.models import SentReply
from triage.pipeline.case_builder import build_case
from triage.pipeline.configuration import load_configuration
from triage.saved_replies.sent_text import generalize_reply

MAX_SENT_REPLIES: Final = 5_000
"""The newest so many are kept in mind: what was said longer ago may not hold any more."""
MAX_QUESTION_CHARS: Final = 2_000
MIN_TEXT_CHARS: Final = 12
LEFT_US: Final = (Message.Delivery.SENT, Message.Delivery.DELAYED, Message.Delivery.IMPORTED)
BATCH: Final = 200


@dataclass(frozen=True, kw_only=True)
class AnsweredQuestion:
    """The first question of a ticket with what was answered: ``reply`` is the general text.

    ``label`` is a slug, empty for none; ``by`` who answered.
    """

    message: int
    ticket: int
    subject: str
    asked: str
    reply: str
    doubts: tuple[str, ...]
    label: str
    by: str
    at: datetime

    @property
    def question(self) -> str:
        """All that led to the answer, as it is compared."""
        return f"{self.subject}\n{self.asked}".strip()[:MAX_QUESTION_CHARS]


def collect_sent_replies(report: Callable[[int, int], None] = lambda done, of: None) -> int:
    """Make the newest first answers general and keep them; how many were new.

    ``report`` is told how many are done, of how many.
    """
    new = list(_query_new().values_list("pk", flat=True)[:MAX_SENT_REPLIES])
    known = load_configuration()
    for start in range(0, len(new), BATCH):
        rows = Message.objects.filter(pk__in=new[start : start + BATCH])
        made = (
            _generalize(message, build_case(message.ticket, known, before=message.pk))
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


def _generalize(message: Message, case: Case) -> SentReply:
    general = generalize_reply(
        message.text,
        customer=message.ticket.sender,
        author=name_author(message),
        facts=case.facts,
    )
    arrived = None if case.order is None else case.order.delivered is not None
    if case.order and case.order.delivered and case.order.delivered > message.at.date():
        arrived = False
    return SentReply(
        message=message, text=general.text, doubts=list(general.doubts), delivered=arrived
    )


def name_author(message: Message) -> str:
    """Who wrote a reply, as people know them."""
    if message.author is None:
        return message.sender
    return message.author.get_full_name() or message.author.get_username()


def load_answered_questions(before: datetime | None = None) -> list[AnsweredQuestion]:
    """The newest of the library with their questions, the oldest first; those ``before`` a time."""
    rows = SentReply.objects.select_related("message__ticket__customer", "message__author")
    rows = rows.filter(message__at__lt=before) if before else rows
    newest = rows.order_by("-message__at", "-pk")[:MAX_SENT_REPLIES]
    return sorted(_iter_answered(list(newest)), key=lambda one: (one.at, one.message))


def _iter_answered(rows: Sequence[SentReply]) -> Iterator[AnsweredQuestion]:
    asked = _load_asked([row.message for row in rows])
    for row in rows:
        message, ticket = row.message, row.message.ticket
        question = asked.get(message.pk, "")
        if len(row.text) >= MIN_TEXT_CHARS and (question or ticket.subject):
            yield AnsweredQuestion(
                message=message.pk,
                ticket=ticket.pk,
                subject=ticket.subject,
                asked=question,
                reply=row.text,
                doubts=tuple(row.doubts),
                label=ticket.label,
                by=name_author(message),
                at=message.at,
            )


def _load_asked(answers: Sequence[Message]) -> dict[int, str]:
    """What the customer had written before each of these first answers, by its id."""
    first = {answer.ticket_id: answer.pk for answer in answers}
    said: dict[int, list[str]] = {}
    rows = Message.objects.filter(ticket__in=first, direction=Message.Direction.IN)
    for ticket, pk, text in rows.order_by("pk").values_list("ticket", "pk", "text"):
        if pk < first[ticket]:
            said.setdefault(first[ticket], []).append(text)
    return {answer: "\n\n".join(texts) for answer, texts in said.items()}
