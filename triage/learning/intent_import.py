"""Imports an admin's own intents: a text and its label in each row, added once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pghistory
from django.contrib.auth.models import User
from django.core.management.base import CommandError
from django.db import transaction
from django.db.models import Q
from django.utils.text import slugify

from tickets.intake.files.loop import Item
from tickets.intake.files.row_files import read_rows
from triage.models import Intent, IntentExample

TEXT_COLUMNS = ("text", "sentence")
LABEL_COLUMNS = ("label", "category", "intent")
COLUMNS = [*TEXT_COLUMNS, *LABEL_COLUMNS]
OUT_OF_SCOPE_LABELS = ("", "oos", "no_nodes_detected")  # as published data sets name it
MAX_EXAMPLE_BYTES = 2_000  # bytes: an index holds no longer text
BATCH_ROWS = 1_000


class BadRow(Exception):
    """The row is left out; the message says why."""


@dataclass
class ImportResult:
    """What an import changed; ``problems`` are sentences with the line they are about."""

    created: int = 0
    unchanged: int = 0
    intents: list[str] = field(default_factory=list)
    taken_up: list[str] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        parts = [f"{self.created} examples added, {self.unchanged} were there already"]
        parts += [f"{len(self.intents)} intents made"] if self.intents else []
        parts += [f"{len(self.taken_up)} taken up again"] if self.taken_up else []
        parts += [f"{len(self.retired)} retired"] if self.retired else []
        parts += (
            [f"{len(self.problems)} row{'s' * (len(self.problems) != 1)} left out"]
            if self.problems
            else []
        )
        return ", ".join(parts) + "."


@dataclass(frozen=True)
class Example:
    text: str
    label: str


def import_intents(
    path: Path, *, by: User | None = None, only: bool = False, most: int | None = None
) -> ImportResult:
    """Import a CSV or JSON Lines file: intents that are missing, and each example once.

    A label that means none of ours, or none, makes a background example. With ``only`` the
    intents that the file does not name are retired; nothing is ever deleted. Raises
    CommandError where the file cannot be read at all, or has more than ``most`` rows; a bad
    row is named and left out.
    """
    done = ImportResult()
    rows = _limit_rows(most, read_rows(path, COLUMNS, lambda _: None))
    examples = list(_iter_examples(rows, done))
    why = {"why": f"Imported from {path.name}", **({"user": by.pk} if by else {})}
    with transaction.atomic(), pghistory.context(**why):
        intents = _get_or_create_intents({example.label for example in examples}, done)
        _add_examples(examples, intents, source=path.name[:80], done=done)
        if only and intents:
            _retire_other_intents(intents.values(), done)
    return done


def _limit_rows(most: int | None, items: Iterable[Item[dict[str, Any]]]) -> Iterator[Any]:
    for number, item in enumerate(items):
        if most is not None and number >= most:
            raise CommandError(
                f"The file has more than {most:,} rows: use `manage.py import_intents` for it."
            )
        yield item


def _iter_examples(items: Iterable[Item[dict[str, Any]]], done: ImportResult) -> Iterator[Example]:
    for item in items:
        try:
            if item.problem:
                raise BadRow(item.problem)
            yield _parse_example(item.content or {})
        except BadRow as bad:
            line = item.place.rpartition(":")[2]
            done.problems.append(f"Line {line}: {bad}.")


def _parse_example(row: dict[str, Any]) -> Example:
    """The row's text and label. Raises BadRow."""
    text, label = _get_value(row, TEXT_COLUMNS), _get_value(row, LABEL_COLUMNS)
    if not text:
        raise BadRow("there is no text: write one under “text” or “sentence”")
    size = len(text.encode())
    if size > MAX_EXAMPLE_BYTES:
        raise BadRow(
            f"the text has {size:,} bytes: an example is one request, in {MAX_EXAMPLE_BYTES:,}"
        )
    return Example(text, "" if label.lower() in OUT_OF_SCOPE_LABELS else label)


def _get_value(row: dict[str, Any], names: tuple[str, ...]) -> str:
    name = next((name for name in names if name in row), None)
    if name is None:
        raise BadRow(f"none of these is there: {', '.join(names)}")
    value = row[name]
    if not isinstance(value, str | None):
        raise BadRow(f"“{name}” is no text: put it between quotation marks")
    value = (value or "").strip()
    if any("\ud800" <= sign <= "\udfff" or sign == "\0" for sign in value):
        raise BadRow(f"“{name}” is not UTF-8: save the file as UTF-8")
    return value


def slugify_label(label: str) -> str:
    """``CALL_CENTER`` is call-center; a label in another script gets a slug of its digest."""
    made = slugify(label.replace("_", "-"))[:80].strip("-")
    return made or f"intent-{hashlib.sha256(label.encode()).hexdigest()[:8]}"


def format_intent_name(label: str) -> str:
    """``CALL_CENTER`` is Call center; a name that is written as one stays."""
    if " " in label:
        return label[:120]
    words = label.replace("_", " ").replace("-", " ").strip()
    return (words[:1].upper() + words[1:].lower())[:120]


def _get_or_create_intents(labels: Iterable[str], done: ImportResult) -> dict[str, Intent]:
    """The intent of each label, made where it is missing."""
    by_slug = {intent.slug: intent for intent in Intent.objects.all()}
    by_name = {intent.name.casefold(): intent for intent in by_slug.values()}
    found: dict[str, Intent] = {}
    new: list[Intent] = []
    for label in sorted(filter(None, labels)):
        slug, name = slugify_label(label), format_intent_name(label)
        intent = by_slug.get(slug) or by_name.get(label.casefold()) or by_name.get(name.casefold())
        if intent is None:
            intent = Intent(slug=slug, name=name)
            by_slug[slug] = by_name[name.casefold()] = intent
            new.append(intent)
        found[label] = intent
    Intent.objects.bulk_create(new)
    done.intents += [intent.name for intent in new]
    _take_up_intents(found.values(), done)
    return found


def _take_up_intents(intents: Iterable[Intent], done: ImportResult) -> None:
    """Make active again what an earlier import had retired."""
    retired = {intent.pk: intent for intent in intents if not intent.active}
    Intent.objects.filter(pk__in=retired).update(active=True)
    for intent in retired.values():
        intent.active = True
        done.taken_up.append(intent.name)


def _add_examples(
    examples: list[Example], intents: dict[str, Intent], *, source: str, done: ImportResult
) -> None:
    owners = Q(intent__in={intent.pk for intent in intents.values()}) | Q(intent=None)
    rows = IntentExample.objects.filter(owners).values_list("intent", "text")
    there: set[tuple[int | None, str]] = set(rows)
    new = []
    for example in examples:
        intent = intents.get(example.label)
        key = (intent.pk if intent else None, example.text)
        if key not in there:
            there.add(key)
            new.append(IntentExample(intent=intent, text=example.text, source=source))
    IntentExample.objects.bulk_create(new, batch_size=BATCH_ROWS)
    done.created, done.unchanged = len(new), len(examples) - len(new)


def _retire_other_intents(kept: Iterable[Intent], done: ImportResult) -> None:
    others = Intent.objects.filter(active=True).exclude(pk__in=[intent.pk for intent in kept])
    done.retired = list(others.values_list("name", flat=True))
    others.update(active=False)
