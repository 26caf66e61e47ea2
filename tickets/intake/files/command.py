"""The base of the four commands that import rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from django.core.management.base import BaseCommand, CommandParser

from tickets.intake.fields import Row
from tickets.intake.files.loop import Importer, build_progress_bar
from tickets.intake.files.row_files import RowItem, find_unknown_names, read_rows
from tickets.intake.outcome import Received


class RowsCommand(BaseCommand):
    """Imports a CSV or JSON Lines file; a subclass says what a row is."""

    what: ClassVar[str]
    columns: ClassVar[list[str]]
    receive: Callable[[Sequence[Row]], list[Received]]
    list_keys: Callable[[Row], Iterable[str]]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a CSV file or JSON Lines, in UTF-8")

    def handle(self, *, file: Path, **options: object) -> None:
        importer = Importer(self, self.what)
        size = file.stat().st_size if file.is_file() else None
        with build_progress_bar(size, "B") as bar:
            items = read_rows(file, self.columns, bar.update)
            known = self._report_unknown_names(items, lambda line: importer.report_line(line, bar))
            importer.import_items(self.prepare_rows(known), self.receive, bar, self.list_keys)
        importer.finish_import()

    def prepare_rows(self, items: Iterable[RowItem]) -> Iterable[RowItem]:
        """The rows in the form that ``receive`` takes; a subclass may group them."""
        return items

    def list_known_names(self, row: Row) -> Iterable[str]:
        """The names that mean something in a row, or are meant to be passed over."""
        return self.columns

    def _report_unknown_names(
        self, items: Iterable[RowItem], say: Callable[[str], None]
    ) -> Iterator[RowItem]:
        """The same rows; each name that no column has is reported once."""
        said: set[str] = set()
        for item in items:
            known = self.list_known_names(item.content or {})
            for name in sorted(find_unknown_names(item, known) - said):
                say(f"{item.place}: {name!r} is not a name this import knows: it is left out.")
                said.add(name)
            yield item
