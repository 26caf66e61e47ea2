"""Download a larger model from the Hugging Face hub; without a name, list them."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from triage.inference.registry import catalogue, download, pinned
from triage.pipeline import registry

COLUMN_TITLES = ("name", "parameters", "file", "memory", "licence", "class", "fetched", "about")


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", help="as the list has it")
        parser.add_argument("--list", action="store_true", help="the list, also without a name")

    def handle(self, *, name: str | None, list: bool, **options: Any) -> None:  # noqa: A002
        try:
            if list or not name:
                self._write_line("\n".join(_iter_table_lines()))
                return
            self._fetch_model(name)
        except (download.DownloadError, catalogue.UnknownModel, pinned.RosterError) as error:
            raise CommandError(str(error)) from error

    def _fetch_model(self, name: str) -> None:
        model = catalogue.find_model(name)
        if settings.HUB_FORBIDDEN:
            raise CommandError("HF_HUB_OFFLINE forbids asking the hub: unset it and run again.")
        if name in pinned.load_entries(settings.TRIAGE_ROSTER):
            raise CommandError(f"TRIAGE_ROSTER names another {name}: rename that one, then fetch.")
        entry = download.fetch_model(model, settings.TRIAGE_FETCHED, self._write_line)
        self._write_line(f"{name} is ready to serve, pinned to sha256 {entry.sha256}.")
        self._write_line(
            f"Put it into a ladder: admin panel, Rungs, {'; '.join(_iter_ladders(name))}."
        )

    def _write_line(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _iter_table_lines() -> Iterator[str]:
    """A line of titles and a line for each model, in columns."""
    fetched = download.load_fetched(settings.TRIAGE_FETCHED)
    rows = [
        COLUMN_TITLES,
        *(_build_row(model, fetched) for model in catalogue.load_catalogue().values()),
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(map(str.ljust, row, widths)).rstrip()


def _build_row(model: catalogue.Model, fetched: Mapping[str, pinned.Entry]) -> tuple[str, ...]:
    return (
        model.name,
        model.parameters,
        f"{model.size_gb:.2f} GB",
        f"{model.memory_gb:g} GB",
        model.licence,
        model.model_class,
        "yes" if model.name in fetched and fetched[model.name].path.exists() else "no",
        model.about,
    )


def _iter_ladders(name: str) -> Iterator[str]:
    """For each step it can serve, that step's own ladder with the model before the last rung."""
    for step in registry.load_steps():
        if name in registry.list_step_engines(step.name):
            yield f"{step.name}: {' → '.join((*step.ladder[:-1], name, step.ladder[-1]))}"
