"""The language of a message, and that a run keeps it on the ticket."""

from __future__ import annotations

import pytest

from tests.support import shop_rows
from tickets.queue import run_queue
from triage.inference.language import identify_language
from triage.pipeline import worker


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Where is my order? I have been waiting for two weeks.", "en"),
        ("Wo ist meine Bestellung? Ich warte seit zwei Wochen.", "de"),
        ("La lampe est arrivée cassée, je voudrais être remboursé.", "fr"),
        ("Vorrei restituire la lampada che ho comprato ieri.", "it"),
        ("注文した商品が届きません", "ja"),
    ],
)
def test_it_is_recognised(text: str, language: str) -> None:
    assert identify_language(text) == language


@pytest.mark.parametrize("text", ["", "ok", "HP-10423", "👍", "!!!"])
def test_too_little_is_not_guessed_at(text: str) -> None:
    assert identify_language(text) == ""


@pytest.mark.django_db
def test_a_run_keeps_it_on_the_ticket() -> None:
    ticket = shop_rows.ticket(
        "Ich möchte den Kessel zurückschicken, er ist leider zu klein für uns."
    )
    run = run_queue.enqueue_run(ticket, reason="arrived", call=False)
    assert worker.execute_run(run.pk)
    ticket.refresh_from_db()
    assert ticket.language == "de"


@pytest.mark.django_db
def test_a_run_with_nothing_new_to_read_leaves_it() -> None:
    ticket = shop_rows.ticket("ok", language="de")
    run = run_queue.enqueue_run(ticket, reason="asked again", call=False)
    assert worker.execute_run(run.pk)
    ticket.refresh_from_db()
    assert ticket.language == "de"
