"""The library of sent replies with the questions they answered, as it is compared with new ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tickets.intake.conversations import LABELLED_BY
from tickets.models import Message
from triage.models import SentReply
from triage.saved_replies.sent_text import UNFIT_DOUBTS

MAX_SENT_REPLIES: Final = 5_000
"""The newest so many are kept in mind: what was said longer ago may not hold any more."""
MAX_QUESTION_CHARS: Final = 2_000
MIN_TEXT_CHARS: Final = 12


@dataclass(frozen=True, kw_only=True)
class AnsweredQuestion:
    """The first question of a ticket with what was answered: ``reply`` is the general text.

    ``label`` is a slug, empty for none; ``team_label`` the same where people gave it elsewhere;
    ``by`` who answered, ``customer`` whom.
    """

    message: int
    ticket: int
    subject: str
    asked: str
    reply: str
    doubts: tuple[str, ...]
    label: str
    team_label: str
    by: str
    customer: str
    at: datetime

    @property
    def is_unfit(self) -> bool:
        """Whether it stands beside nobody else's question: something in it is of that one customer,
        or it is in another language than replies are compared in.
        """
        return bool(set(self.doubts) & set(UNFIT_DOUBTS))

    @property
    def question(self) -> str:
        """All that led to the answer, as it is compared."""
        return f"{self.subject}\n{self.asked}".strip()[:MAX_QUESTION_CHARS]


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
                team_label=ticket.label if ticket.labelled_by == LABELLED_BY else "",
                by=name_author(message),
                customer=ticket.sender,
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
