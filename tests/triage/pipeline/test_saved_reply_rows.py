"""The shop's saved replies are rows; until there are any, those of the program serve."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.support.ticket_stories import policy
from triage.models import SavedReply, SavedWording
from triage.pipeline.configuration import load_configuration
from triage.pipeline.saved_reply_rows import import_saved_replies, load_saved_replies
from triage.saved_replies.reply_files import read_replies

pytestmark = pytest.mark.django_db
FILE = """
[[reply]]
slug = "lamp"
title = "The lamp"
questions = ["Is it bright?", "How bright is it?"]
[[reply.wording]]
text = "Very. Yours came on {delivered}."
states = ["done"]
max_days_since_delivery = 30
clause = "damaged.refund"
task = "Look at it"
[[reply.wording]]
text = "Very."
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    policy()
    path = tmp_path / "replies.toml"
    path.write_text(FILE)
    return path


def test_until_the_shop_writes_its_own_those_of_the_program_serve(file: Path) -> None:
    assert "where-is-my-order" in {reply.slug for reply in load_configuration().replies}
    import_saved_replies(file)
    assert [reply.slug for reply in load_configuration().replies] == ["lamp"]


def test_what_was_written_is_what_is_read(file: Path) -> None:
    import_saved_replies(file)
    (read,), (found,) = read_replies(file), load_saved_replies()
    first, second = found.wordings
    assert (first.condition, first.task, second.text) == (
        read.wordings[0].condition,
        "Look at it",
        "Very.",
    )
    assert len(first.clause_sha256) == 64
    assert second.clause_sha256 == ""


def test_loading_it_again_is_the_next_revision(file: Path) -> None:
    import_saved_replies(file)
    import_saved_replies(file)
    assert [reply.ref for reply in load_saved_replies()] == ["reply:lamp@2"]
    assert SavedWording.objects.count() == 2


def test_one_that_is_switched_off_serves_nobody(file: Path) -> None:
    import_saved_replies(file)
    SavedReply.objects.update(active=False)
    assert list(load_saved_replies()) == []


def test_one_without_a_wording_serves_nobody(file: Path) -> None:
    import_saved_replies(file)
    SavedWording.objects.all().delete()
    assert list(load_saved_replies()) == []


def test_a_file_that_cannot_be_used_changes_nothing(file: Path) -> None:
    file.write_text(FILE.replace("{delivered}", "{amount}"))
    with pytest.raises(CommandError, match="no value {amount}. Nothing was loaded"):
        call_command("load_saved_replies", file)
    assert not SavedReply.objects.exists()
