"""What the three commands that import rows have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandParser

from tickets.intake import Outcome
from tickets.intake.files.loop import Importer, progress
from tickets.intake.files.row_files import RowItem, read_rows, unknown_names


class RowsCommand(BaseCommand):
    """Imports a CSV or JSON Lines file; a subclass says what a row is."""

    what: ClassVar[str]
    columns: ClassVar[list[str]]
    receive: Callable[[dict[str, Any]], Outcome]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a CSV file or JSON Lines, in UTF-8")

    def handle(self, *, file: Path, **options: object) -> None:
        importer = Importer(self, self.what)
        size = file.stat().st_size if file.is_file() else None
        with progress(size, "B") as bar:
            items = read_rows(file, self.columns, bar.update)
            known = self._noting_unknown(items, lambda line: importer.say(line, bar))
            importer.take(self.prepared(known), self.receive, bar)
        importer.finish()

    def prepared(self, items: Iterable[RowItem]) -> Iterable[RowItem]:
        """The rows as they are received."""
        return items

    def _noting_unknown(
        self, items: Iterable[RowItem], say: Callable[[str], None]
    ) -> Iterator[RowItem]:
        said: set[str] = set()
        for item in items:
            for name in sorted(unknown_names(item, self.columns) - said):
                say(f"{item.place}: {name!r} is not a name this import knows: it is left out.")
                said.add(name)
            yield item
