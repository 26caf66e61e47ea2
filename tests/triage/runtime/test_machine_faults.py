"""A full disk or a database that is away is a sentence, wherever it shows."""

from __future__ import annotations

import errno
import io
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import IntegrityError, OperationalError
from django.test import Client

from tests.support.raw_mails import letter
from tickets.intake.mails import receive_mails
from tickets.models import Message
from triage.runtime.machine_faults import SayFaultsShort, explain_fault


def database_error(cause: Exception) -> OperationalError:
    """As Django raises it."""
    error = OperationalError(str(cause))
    error.__cause__ = cause
    return error


AWAY = database_error(psycopg.OperationalError("the connection is closed"))
FULL = database_error(psycopg.errors.DiskFull("could not extend file"))
FULL_FILE = OSError(errno.ENOSPC, "No space left on device", "/data/outbox/1.log")
OTHERS = [
    ValueError("x"),
    FileNotFoundError(errno.ENOENT, "No such file"),
    database_error(psycopg.errors.DeadlockDetected("deadlock")),
    IntegrityError("twice"),
]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (AWAY, "The database is away"),
        (database_error(psycopg.errors.AdminShutdown("bye")), "The database is away"),
        (FULL, "The disk is full"),
        (FULL_FILE, "writing /data/outbox/1.log"),
    ],
)
def test_the_log_has_a_sentence_and_no_traceback(error: Exception, words: str) -> None:
    record = logging.LogRecord(
        "x", logging.ERROR, "", 0, "Task %s failed", ("sweep",), (type(error), error, None)
    )
    assert SayFaultsShort().filter(record)
    assert record.getMessage().startswith("Task sweep failed: ")
    assert words in record.getMessage()
    assert record.exc_info is None


@pytest.mark.parametrize("error", OTHERS)
def test_a_fault_of_ours_keeps_its_traceback(error: Exception) -> None:
    record = logging.LogRecord("x", logging.ERROR, "", 0, "no", (), (type(error), error, None))
    SayFaultsShort().filter(record)
    assert record.exc_info
    assert explain_fault(error) == ""


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (AWAY, 503, "comes back by itself"),
        (FULL, 503, "disk is full"),
        (FULL_FILE, 503, "disk is full"),
        (OTHERS[0], 500, "Something broke on our side"),
    ],
)
def test_a_page_says_whether_it_will_pass(
    monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, words: str
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr("triage.views.health.connection.cursor", fail)
    monkeypatch.setattr("triage.views.health.DatabaseError", KeyError)
    answer = Client(raise_request_exception=False).get("/healthz")
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert "/data/" not in answer.content.decode()
    assert ("Retry-After" in answer.headers) is (status == 503)


@pytest.mark.django_db
def test_an_import_that_the_machine_stops_says_how_far_it_came_and_goes_on_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        raw = letter(Message_ID=f"<m{number}@example.com>")
        (tmp_path / f"{number}.eml").write_bytes(raw)
    taken: list[bytes] = []

    def take(raws: Sequence[bytes]) -> Any:
        taken.extend(raws)
        if len(taken) == 3:
            raise FULL
        return receive_mails(raws)

    monkeypatch.setattr("tickets.management.commands.import_mail.receive_mails", take)
    monkeypatch.setattr("tickets.management.commands.import_mail.MAX_BATCH_MAILS", 2)
    said = io.StringIO()
    with pytest.raises(OperationalError):
        call_command("import_mail", tmp_path, stderr=said)
    assert "Stopped. Until then mails: 2 created, 0 skipped" in said.getvalue()
    counts = io.StringIO()
    call_command("import_mail", tmp_path, stdout=counts)
    assert "1 created, 2 unchanged, 0 skipped" in counts.getvalue()
    assert Message.objects.count() == 3
