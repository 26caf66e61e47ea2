"""Questions and the snippets they are asked of, from files of OR-ShARC's form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from triage.contract.case import Clause

FIRST_DAY = date(2024, 1, 1)


class CollectionError(Exception):
    """The files cannot be measured on: the text says which line, and what is expected."""


@dataclass(frozen=True)
class GoldQuestion:
    """A question as it is searched for; ``gold`` is the place of its snippet, ``seen`` whether
    the file says that its snippet is asked of elsewhere."""

    text: str
    gold: int
    seen: bool | None
    question: str


@dataclass(frozen=True)
class Collection:
    """Snippets as clauses, and questions about them."""

    clauses: tuple[Clause, ...]
    asked: tuple[GoldQuestion, ...]

    def list_texts(self) -> list[str]:
        return list(dict.fromkeys(each.text for each in self.asked))


def load_collection(questions: Path, snippets: Path) -> Collection:
    """The snippets and questions of two files of OR-ShARC's form.

    Snippets are a JSON object of texts by id. Questions are one JSON object a line or in one
    list, each with question, scenario, gold_snippet_id. Raises CollectionError.
    """
    texts = _read_json(snippets)
    if not isinstance(texts, dict) or not texts:
        raise CollectionError(f'{snippets}: expected {{"id": "text of the snippet", …}}.')
    places = {key: i for i, key in enumerate(texts)}
    clauses = [build_snippet(key, str(text)) for key, text in texts.items()]
    asked = [
        _parse_question(row, places, f"{questions}, question {number}")
        for number, row in enumerate(_read_rows(questions), 1)
    ]
    if not asked:
        raise CollectionError(f"{questions} has no question.")
    return Collection(tuple(clauses), tuple(asked))


def build_snippet(ref: str, text: str) -> Clause:
    """A text as a clause that has always been in force."""
    return Clause(
        ref=ref, policy=ref, policy_title="", version=1, heading="", text=text, since=FIRST_DAY
    )


def _parse_question(row: Any, places: Mapping[str, int], where: str) -> GoldQuestion:
    try:
        question, gold = str(row["question"]), places[str(row["gold_snippet_id"])]
        text = f"{question} {row.get('scenario') or ''}".strip()
        return GoldQuestion(text, gold, row.get("snippet_seen"), question)
    except (KeyError, TypeError, AttributeError) as error:
        raise CollectionError(
            f"{where}: {error!r}. Expected question, scenario and gold_snippet_id, which has to "
            "be one of the snippets."
        ) from error


def _read_rows(path: Path) -> list[Any]:
    text = _read_text(path)
    if text.lstrip().startswith("["):
        return list(_parse_json(text, path))
    return [_parse_json(line, path) for line in text.splitlines() if line.strip()]


def _read_json(path: Path) -> Any:
    return _parse_json(_read_text(path), path)


def _parse_json(text: str, path: Path) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise CollectionError(f"{path} is no JSON: {error}") from error


def _read_text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise CollectionError(f"{path} cannot be read: {error}") from error
