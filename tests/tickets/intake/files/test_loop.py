"""The loop of an import: batches, and one by one where the database refuses a batch."""

from __future__ import annotations

import io
from collections.abc import Sequence

from django.core.management.base import BaseCommand
from django.db import DataError

from tickets.intake import Effect, Outcome
from tickets.intake.files.loop import Importer, Item, build_progress_bar, cut_batches


def cut(words: str, most: int = 3) -> list[str]:
    """The words of each batch; those that begin alike have a key in common."""
    items = [Item(f"line {number}", word) for number, word in enumerate(words.split())]
    batches = cut_batches(items, lambda word: word[0], most)
    return [" ".join(str(item.content) for item in batch) for batch in batches]


def test_a_batch_ends_where_it_is_full_or_a_key_comes_again() -> None:
    assert cut("a1 b1 c1 d1") == ["a1 b1 c1", "d1"]
    assert cut("a1 b1 a2 b2 c1") == ["a1 b1", "a2 b2 c1"]
    assert cut("") == []


def test_mails_of_many_bytes_are_batches_of_their_own() -> None:
    items = [Item(str(number), b"x" * 9_000_000) for number in range(3)]
    assert [len(batch) for batch in cut_batches(items, lambda raw: (), 50)] == [2, 1]


def test_of_a_batch_that_the_database_refuses_the_good_rows_go_in() -> None:
    taken: list[str] = []

    def receive(words: Sequence[str]) -> list[Outcome]:
        if "bad" in words:
            raise DataError("too long\nDETAIL")
        taken.extend(words)
        return [Outcome(Effect.CREATED) for _ in words]

    command = BaseCommand(stdout=io.StringIO(), stderr=io.StringIO())
    importer = Importer(command, "words")
    places = [Item(f"line {number}", word) for number, word in enumerate("a b bad c d".split(), 1)]
    items = [*places[:1], Item("line 1b", problem="it is no word"), *places[1:]]
    with build_progress_bar(None, "word") as bar:
        importer.import_items(items, receive, bar)
    assert taken == ["a", "b", "c", "d"]
    assert importer.describe_counts() == "words: 4 created, 2 skipped"
    command.stderr.seek(0)
    assert command.stderr.read().splitlines() == [
        "line 1b: skipped, it is no word.",
        "line 3: skipped, the database refused it: too long.",
    ]
