"""What a message in another language asks, by its question marks."""

from __future__ import annotations

import pytest

from triage.contract.answers import AskedKind
from triage.nlu.foreign_questions import find_foreign_asked


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Guten Tag. Wo ist es? Danke!", ["Wo ist es?"]),
        ("¿Dónde está? ¿Y cuándo llega?", ["¿Dónde está?", "¿Y cuándo llega?"]),
        ("Où est-il ? Merci.", ["Où est-il ?"]),
        ("注文はどこですか？よろしくお願いします。", ["注文はどこですか？"]),
        ("أين طلبي؟ شكرا", ["أين طلبي؟"]),
    ],
)
def test_a_question_mark_is_the_same_everywhere(text: str, asked: list[str]) -> None:
    found = find_foreign_asked("", text)
    assert [one.words for one in found] == asked
    assert {one.kind for one in found} == {AskedKind.QUESTION}


def test_without_one_the_message_is_asked_as_a_whole() -> None:
    (one,) = find_foreign_asked("Adresse", "Bitte ändern\nSie die Adresse.")
    assert (one.words, one.kind) == ("Bitte ändern Sie die Adresse.", AskedKind.MATTER)
    assert one.context.startswith("Adresse")
