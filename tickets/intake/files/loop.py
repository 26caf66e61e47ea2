"""The loop that every import command shares: take each, report what was skipped, count."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.management.base import BaseCommand, OutputWrapper
from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
)
from tqdm import tqdm

from tickets.intake import BadRow, Effect, Outcome
from tickets.mail.reading import UnreadableMail

T = TypeVar("T")
MAX_TRIES = 3


@dataclass(frozen=True)
class Item(Generic[T]):
    """One thing found at a place. ``problem`` says why it could not even be read.

    ``is_cells`` marks a row of a table, whose neighbours may belong to it.
    """

    place: str
    content: T | None = None
    problem: str = ""
    is_cells: bool = False


RowItem = Item[dict[str, Any]]


class Importer:
    """Takes items one after the other; each is a transaction of its own."""

    def __init__(self, command: BaseCommand, what: str) -> None:
        self.out: OutputWrapper = command.stdout
        self.err: OutputWrapper = command.stderr
        self.what = what
        self.keep_refused: Callable[[Item[Any], str], object] = lambda item, reason: None
        self.counts: Counter[str] = Counter()

    def import_items(
        self, items: Iterable[Item[T]], receive: Callable[[T], Outcome], bar: tqdm[Any]
    ) -> None:
        """Receive every item; one that is bad is reported with its place, the others go in.

        Where the machine stops it, or Ctrl-C, it says how far it came and raises what it was.
        """
        try:
            for item in items:
                problem = item.problem or self._import_item(item, receive)
                if problem:
                    self.keep_refused(item, problem)
                    self.counts["skipped"] += 1
                    self.report_line(f"{item.place}: skipped, {problem}.", bar)
        except (OperationalError, InterfaceError, OSError, KeyboardInterrupt):
            self.report_line(
                f"Stopped. Until then {self.describe_counts()}. That is kept: import the same "
                "again, and it goes on from there.",
                bar,
            )
            raise

    def _import_item(self, item: Item[T], receive: Callable[[T], Outcome]) -> str:
        """Receive one item and count it; return why it was refused, or ""."""
        assert item.content is not None  # noqa: S101  an item has a content or a problem
        try:
            outcome = _receive_patiently(receive, item.content)
        except (BadRow, UnreadableMail) as bad:
            return str(bad)
        except (DataError, IntegrityError) as refused:
            return f"the database refused it: {_get_first_line(refused)}"
        self.counts[outcome.did] += 1
        return ""

    def report_line(self, line: str, bar: tqdm[Any]) -> None:
        """One line on stderr, above the progress bar."""
        bar.clear()
        self.err.write(line)
        bar.refresh()

    def finish_import(self) -> None:
        """Print the counts. Raises SystemExit with 1 when anything was skipped."""
        self.out.write(self.describe_counts())
        if self.counts["skipped"]:
            raise SystemExit(1)

    def describe_counts(self) -> str:
        """What was done so far: "mails: 12 created, 3 unchanged, 1 skipped"."""
        parts = [f"{self.counts[did]} {did}" for did in Effect if self.counts[did]]
        parts.append(f"{self.counts['skipped']} skipped")
        return f"{self.what}: {', '.join(parts)}"


def _receive_patiently(receive: Callable[[T], Outcome], content: T) -> Outcome:
    """Receive it, and again over a new connection where the database went away meanwhile: what
    went in before it did is found there, and is not taken twice.
    """
    for _ in range(MAX_TRIES - 1):
        try:
            return receive(content)
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block:
                raise
            connection.close()
    return receive(content)


def build_progress_bar(total: int | None, unit: str) -> tqdm[Any]:
    """A bar on stderr where that is a terminal, and only when it takes longer than a second."""
    return tqdm(
        total=total,
        unit=unit,
        unit_scale=unit == "B",
        delay=1,
        disable=not sys.stderr.isatty(),
        leave=False,
    )


def _get_first_line(error: DatabaseError) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
