"""What customers ask for in languages that the people of a shop may not read."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.case_values import labelled
from tests.support.shared_data import shared_data
from triage.classifier.labelled_texts import read_dataset
from triage.nlu import find_stake
from triage.nlu.document import Document
from triage.nlu.foreign_requests import find_foreign_requests
from triage.pipeline.rule_engines import ArithmeticEngine
from triage.steps.decide import step

MAILS = tomllib.loads(Path(__file__).with_name("foreign_requests.toml").read_text("utf-8"))


def iter_mails(kind: str) -> Iterator[str]:
    for lists in MAILS.values():
        yield from (mail for name, mails in lists.items() if name.endswith(kind) for mail in mails)


def list_kinds(text: str) -> list[str]:
    return [request.kind.value for request in find_foreign_requests(Document.read(text))]


def test_requests_are_heard_and_talk_of_them_is_not() -> None:
    asks, talk = list(iter_mails("_asks")), list(iter_mails("_none"))
    missed = [mail for mail in asks if not list_kinds(mail)]
    wrongly = [mail for mail in talk if list_kinds(mail)]
    assert len(missed) <= 0.03 * len(asks), missed
    assert len(wrongly) <= 0.02 * len(talk), wrongly


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Ich möchte mein Geld zurück.", ["refund"]),
        ("Bitte stornieren Sie die Bestellung.", ["cancel"]),
        ("Bitte stornieren Sie meine Bestellung nicht.", []),
        ("Hiermit widerrufe ich den Kauf.", ["cancel"]),
        ("No quiero cancelar el pedido, solo cambiar la dirección.", []),
        ("Le chien ne l'aime pas, je voudrais le renvoyer.", ["return"]),
        ("主文をキャンセルしたいわけではありません。", []),
        ("请帮我退款", ["refund"]),
        ("", []),
    ],
)
def test_each_kind_is_told_and_a_denial_is_none(text: str, kinds: list[str]) -> None:
    assert list_kinds(text) == kinds


def test_english_is_left_to_the_reader_of_english() -> None:
    english = read_dataset(str(shared_data("banking77") / "train.csv")).texts
    assert [text for text in english if list_kinds(text)] == []


def test_ana_is_asked_about_money_in_a_mail_that_she_cannot_read() -> None:
    text = "Guten Tag. Die Lampe ist defekt, ich möchte mein Geld zurück."
    stake = find_stake(Document.read(text), ())
    assert stake is not None
    assert "for money back (“Die Lampe ist defekt, ich möchte mein Geld zurück.”)" in stake.question
    decided = step.run(labelled("", subject="", text=text), ArithmeticEngine())
    assert stake.question in decided.questions


def test_a_sentence_that_asks_for_two_things_is_quoted_once() -> None:
    stake = find_stake(Document.read("Quiero devolverlo y que me devuelvan el dinero."), ())
    assert stake is not None
    assert stake.question.count("Quiero devolverlo") == 1
    assert "for money back and to return something" in stake.question


def test_a_text_made_to_take_for_ever_is_read_all_the_same() -> None:
    assert list_kinds("bitte geld zurück " * 20_000) == ["refund"]
