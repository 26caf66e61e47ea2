"""Saved replies between their rows and their values, and those that come with the program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from django.db import transaction

from triage.contract.saved_reply import Condition, SavedReply, Wording, compute_text_sha256
from triage.contract.wording_slots import FIELD
from triage.guardrails.commitments import Records, find_unapproved_commitments
from triage.models import Clause
from triage.models import SavedReply as SavedReplyRow
from triage.models import SavedWording as SavedWordingRow
from triage.saved_replies.reply_files import STARTER, read_replies

FILLED_IN = "HP-1"  # stands for any value while a wording is read for promises of money


def load_saved_replies() -> Iterator[SavedReply]:
    """The saved replies in force: the shop's own; until it has written one, those that come with
    the program.
    """
    rows = list(SavedReplyRow.objects.prefetch_related("wordings").order_by("pk"))
    if not rows:
        yield from _read_starter()
    own = (build_saved_reply(row) for row in rows if row.active)
    yield from (reply for reply in own if reply.questions and reply.wordings)


@cache
def _read_starter() -> tuple[SavedReply, ...]:
    return read_replies(STARTER)


def build_saved_reply(row: SavedReplyRow) -> SavedReply:
    """The row with its wordings as a value."""
    return SavedReply(
        slug=row.slug,
        title=row.title,
        questions=tuple(row.questions),
        intents=tuple(row.intents),
        revision=row.revision,
        wordings=tuple(map(_build_wording, row.wordings.all())),
    )


def _build_wording(row: SavedWordingRow) -> Wording:
    return Wording(
        text=row.text,
        language=row.language,
        clause=row.clause,
        clause_sha256=row.clause_sha256,
        task=row.task,
        condition=Condition(
            states=tuple(row.states),
            days_since_delivery=(row.min_days_since_delivery, row.max_days_since_delivery),
            days_since_purchase=(row.min_days_since_purchase, row.max_days_since_purchase),
            late=row.late,
            final_sale=row.final_sale,
            refunded=row.refunded,
            categories=tuple(row.categories),
            channels=tuple(row.channels),
        ),
    )


@transaction.atomic
def import_saved_replies(path: Path) -> int:
    """Write the replies of a file into rows, in place of those with the same slug; how many.

    Raises ReplyFileError where one cannot be used; nothing is written then.
    """
    replies = read_replies(path)
    texts = find_clause_texts(wording.clause for reply in replies for wording in reply.wordings)
    for reply in replies:
        _write_reply(reply, texts)
    return len(replies)


def find_clause_texts(refs: Iterable[str]) -> dict[str, str]:
    """The text of each clause by its reference, in the newest version of its policy."""
    wanted = set(filter(None, refs))
    rows = Clause.objects.filter(ref__in=wanted).order_by("version__number")
    return dict(rows.values_list("ref", "text"))


def find_money_promise(text: str) -> str:
    """The sentence of a wording that reads as if money were given; empty where none does."""
    clauses = tuple(Clause.objects.values_list("text", flat=True))
    plain = FIELD.sub(FILLED_IN, text)
    found = find_unapproved_commitments(plain, Records(quotable=clauses))
    return next((one.sentence for one in found), "")


def _write_reply(reply: SavedReply, texts: dict[str, str]) -> None:
    row, made = SavedReplyRow.objects.update_or_create(
        slug=reply.slug,
        defaults={
            "title": reply.title,
            "questions": list(reply.questions),
            "intents": list(reply.intents),
            "active": True,
        },
    )
    if not made:
        row.wordings.all().delete()
        row.revision += 1
        row.save(update_fields=["revision"])
    for position, wording in enumerate(reply.wordings, 1):
        _write_wording(row, position, wording, texts.get(wording.clause, ""))


def _write_wording(row: SavedReplyRow, position: int, wording: Wording, clause: str) -> None:
    condition = wording.condition
    SavedWordingRow.objects.create(
        reply=row,
        position=position,
        text=wording.text,
        language=wording.language,
        states=list(condition.states),
        min_days_since_delivery=condition.days_since_delivery[0],
        max_days_since_delivery=condition.days_since_delivery[1],
        min_days_since_purchase=condition.days_since_purchase[0],
        max_days_since_purchase=condition.days_since_purchase[1],
        late=condition.late,
        final_sale=condition.final_sale,
        refunded=condition.refunded,
        categories=list(condition.categories),
        channels=list(condition.channels),
        clause=wording.clause,
        clause_sha256=compute_text_sha256(clause) if wording.clause else "",
        task=wording.task,
    )
