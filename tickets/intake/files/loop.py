"""The loop that every import command shares: take each, report what was skipped, count."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
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
S = TypeVar("S")
R = TypeVar("R")
BatchReceiver = Callable[[Sequence[T]], Sequence[Outcome | BadRow | UnreadableMail]]
"""Takes a batch in one transaction; returns the effect of each, or why it was refused."""
MAX_TRIES = 3
MAX_BATCH_ITEMS = 250
MAX_BATCH_BYTES = 16 * 1024 * 1024


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
    """Takes items in their order, in batches; each batch is a transaction of its own."""

    def __init__(self, command: BaseCommand, what: str, max_batch: int = MAX_BATCH_ITEMS) -> None:
        self.out: OutputWrapper = command.stdout
        self.err: OutputWrapper = command.stderr
        self.what = what
        self.max_batch = max_batch
        self.keep_refused: Callable[[Item[Any], str], object] = lambda item, reason: None
        self.counts: Counter[str] = Counter()

    def import_items(
        self,
        items: Iterable[Item[T]],
        receive: BatchReceiver[T],
        bar: tqdm[Any],
        list_keys: Callable[[T], Iterable[str]] = lambda content: (),
    ) -> None:
        """Receive every item; one that is bad is reported with its place, the others go in.

        ``receive`` is given batches of items of which no two share one of their keys. Where the
        machine stops it, or Ctrl-C, it says how far it came and raises what it was.
        """
        try:
            for batch in cut_batches(items, list_keys, self.max_batch):
                self._import_batch(batch, receive, bar)
        except (OperationalError, InterfaceError, OSError, KeyboardInterrupt):
            self.report_line(
                f"Stopped. Until then {self.describe_counts()}. That is kept: import the same "
                "again, and it goes on from there.",
                bar,
            )
            raise

    def _import_batch(
        self, batch: list[Item[T]], receive: BatchReceiver[T], bar: tqdm[Any]
    ) -> None:
        readable = [item.content for item in batch if item.content is not None and not item.problem]
        received = iter(_receive_batch(receive, readable))
        for item in batch:
            problem = item.problem or self._count_outcome(next(received))
            if problem:
                self.keep_refused(item, problem)
                self.counts["skipped"] += 1
                self.report_line(f"{item.place}: skipped, {problem}.", bar)

    def _count_outcome(self, received: Outcome | BadRow | UnreadableMail) -> str:
        """Count what was taken; return why it was refused, or ""."""
        if not isinstance(received, Outcome):
            return str(received)
        self.counts[received.did] += 1
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


def cut_batches(
    items: Iterable[Item[T]], list_keys: Callable[[T], Iterable[str]], max_items: int
) -> Iterator[list[Item[T]]]:
    """The items in their order, in batches in which no two have a key in common."""
    batch: list[Item[T]] = []
    seen: set[str] = set()
    size = 0
    for item in items:
        keys = set(list_keys(item.content)) if item.content is not None else set()
        if batch and (len(batch) >= max_items or size > MAX_BATCH_BYTES or keys & seen):
            yield batch
            batch, seen, size = [], set(), 0
        batch.append(item)
        seen |= keys
        size += len(item.content) if isinstance(item.content, bytes) else 0
    if batch:
        yield batch


def _receive_batch(
    receive: BatchReceiver[T], contents: Sequence[T]
) -> list[Outcome | BadRow | UnreadableMail]:
    """Receive them together; where the database refuses, in halves, until one is refused alone."""
    try:
        return [*_receive_patiently(receive, contents)] if contents else []
    except (DataError, IntegrityError) as refused:
        if len(contents) == 1:
            return [BadRow(f"the database refused it: {_get_first_line(refused)}")]
    half = len(contents) // 2
    return [*_receive_batch(receive, contents[:half]), *_receive_batch(receive, contents[half:])]


def _receive_patiently(receive: Callable[[S], R], contents: S) -> R:
    """Receive them, and again over a new connection where the database went away meanwhile: what
    went in before it did is found there, and is not taken twice.
    """
    for _ in range(MAX_TRIES - 1):
        try:
            return receive(contents)
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block:
                raise
            connection.close()
    return receive(contents)


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
