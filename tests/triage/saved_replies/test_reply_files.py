"""Saved replies come as a file, and what is wrong in it is said by the reply's name."""

from __future__ import annotations

from pathlib import Path

import pytest

from triage.demo import load
from triage.saved_replies.reply_files import STARTER, ReplyFileError, read_replies

GOOD = """[[reply]]
slug = "a"
title = "A"
questions = ["Is it?"]
[[reply.wording]]
text = "It is."
"""


@pytest.mark.parametrize("path", [STARTER, Path(load.__file__).with_name("saved_replies.toml")])
def test_those_that_come_with_the_program_can_be_read(path: Path) -> None:
    replies = read_replies(path)
    assert len(replies) >= 4
    assert all(reply.wordings and len(reply.questions) >= 5 for reply in replies)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[reply]", "cannot be read"),
        (GOOD.replace('title = "A"\n', ""), "Reply a: title is missing."),
        (GOOD + GOOD, "Reply a stands there twice"),
        (GOOD.replace("It is.", "It is {amount}."), "there is no value {amount}"),
        (GOOD + 'states = ["asleep"]\n', "an order is never “asleep”"),
        (GOOD + "colour = 1\n", "no wording has a colour"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "replies.toml"
    file.write_text(text)
    with pytest.raises(ReplyFileError, match=says.replace("{", r"\{")):
        read_replies(file)
