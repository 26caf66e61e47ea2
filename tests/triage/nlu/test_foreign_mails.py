"""Honest mails in other languages are nobody's spam, and no label of theirs is a wrong one."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.case_values import case
from triage.inference.language import identify_language
from triage.nlu.message_outcome import detect_unwanted_mail
from triage.pipeline import registry

MAILS = tomllib.loads(Path(__file__).with_name("foreign_mails.toml").read_text("utf-8"))


def iter_mails() -> Iterator[tuple[str, str]]:
    return ((language, text) for language, texts in MAILS.items() for text in texts)


@pytest.mark.parametrize(("language", "text"), iter_mails())
def test_a_mail_in_another_language_is_neither_spam_nor_a_robots(language: str, text: str) -> None:
    read = case(subject="", text=text, language=identify_language(text))
    assert detect_unwanted_mail(read, registry.read_signals(text)) is None
    assert read.language == language
