"""Faults of the machine below us, a full disk or a database that is away, each as one sentence
in place of a traceback: no line of our code is the cause, and no reader of one mends it.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from typing import Any

import psycopg
from django.db import InterfaceError, OperationalError

from triage.runtime.postgres.refusals import UnusableDatabase

FULL_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT})
AWAY_SQLSTATES = ("08", "57P")  # connection exceptions; operator intervention, as at a restart
FULL_SQLSTATE = "53100"
FULL = "The disk is full{place}. Nothing that was saved is lost: make room, and it goes on."
AWAY = "The database is away for a moment. Nothing that was saved is lost."


def is_disk_full(error: BaseException | None) -> bool:
    """Whether a full disk or quota is the cause."""
    return any(_is_full(one) for one in _iter_causes(error))


def is_database_away(error: BaseException | None) -> bool:
    """Whether the database could not be reached, or went away meanwhile."""
    return any(_is_away(one) for one in _iter_causes(error))


def explain_fault(error: BaseException | None) -> str:
    """The sentence for whoever runs the machine, "" where the cause is another."""
    if is_disk_full(error):
        names = [getattr(one, "filename", None) for one in _iter_causes(error)]
        place = next((f" (writing {name})" for name in names if name), "")
        return FULL.format(place=place)
    for one in _iter_causes(error):
        if isinstance(one, UnusableDatabase):
            return str(one)
    return AWAY if is_database_away(error) else ""


def _iter_causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _is_full(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in FULL_ERRNOS
    return isinstance(error, psycopg.Error) and error.sqlstate == FULL_SQLSTATE


def _is_away(error: BaseException) -> bool:
    if isinstance(error, UnusableDatabase):
        return True
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return not error.sqlstate or error.sqlstate.startswith(AWAY_SQLSTATES)
    return isinstance(error, OperationalError | InterfaceError) and error.__cause__ is None


class SayFaultsShort(logging.Filter):
    """Puts the sentence in place of the traceback of such a fault."""

    def filter(self, record: logging.LogRecord) -> bool:
        error: Any = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if sentence := explain_fault(error):
            first = (record.getMessage().splitlines() or [""])[0]
            record.msg, record.args = f"{first}: {sentence}", ()
            record.exc_info = record.exc_text = None
        return True
