"""The comparison finds what is lost and what stands twice."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.benchmarks import mail_text
from tests.support.raw_mails import build_mail

pytest.importorskip("mailparser", reason="make bench-mail installs the other readers")
pytest.importorskip("selectolax")


def test_a_mail_that_both_read_does_not_differ() -> None:
    found = mail_text.compare_mail(build_mail(b"<p>Please <b>refund</b>.</p>", "text/html"), "a")
    assert found is not None
    assert (found.words, found.differs) == (2, False)


def test_words_lost_and_words_twice_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_text, "read_with_peers", lambda raw: [["Please refund the lamp"]])
    found = mail_text.compare_mail(build_mail(b"Please, please refund the rest."), "a")
    assert found is not None
    assert (found.lost, found.doubled) == (Counter(["lamp"]), Counter(["please"]))
    assert "1 (25.00 %)" in mail_text.format_row([found], Path("here"))


def test_a_text_without_a_header_is_taken_for_a_body() -> None:
    found = mail_text.compare_mail(b"Thanks, yes.\n\nOn Mon, Ana wrote:\n> Was it broken?", "a.txt")
    assert found is not None
    assert (found.words, found.differs) == (9, False)
