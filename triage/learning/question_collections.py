"""Questions and the snippets they are asked of, from files of OR-ShARC's form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from triage.contract.case import Clause

DAY = date(2024, 1, 1)


class BadData(Exception):
    """The files cannot be measured on: the text says which line, and what is expected."""


@dataclass(frozen=True)
class Asked:
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
    asked: tuple[Asked, ...]

    def texts(self) -> list[str]:
        return list(dict.fromkeys(each.text for each in self.asked))


def load(questions: Path, snippets: Path) -> Collection:
    """Files of OR-ShARC's form: a JSON object of snippets by id, and questions, one JSON object a
    line or in one list, each with question, scenario, gold_snippet_id. Raises BadData."""
    texts = _json(snippets)
    if not isinstance(texts, dict) or not texts:
        raise BadData(f'{snippets}: expected {{"id": "text of the snippet", …}}.')
    places = {key: i for i, key in enumerate(texts)}
    clauses = [snippet(key, str(text)) for key, text in texts.items()]
    asked = [
        _asked(row, places, f"{questions}, question {number}")
        for number, row in enumerate(_rows(questions), 1)
    ]
    if not asked:
        raise BadData(f"{questions} has no question.")
    return Collection(tuple(clauses), tuple(asked))


def snippet(ref: str, text: str) -> Clause:
    """A text as a clause that has always been in force."""
    return Clause(ref=ref, policy=ref, policy_title="", version=1, heading="", text=text, since=DAY)


def _asked(row: Any, places: Mapping[str, int], where: str) -> Asked:
    try:
        question, gold = str(row["question"]), places[str(row["gold_snippet_id"])]
        text = f"{question} {row.get('scenario') or ''}".strip()
        return Asked(text, gold, row.get("snippet_seen"), question)
    except (KeyError, TypeError, AttributeError) as error:
        raise BadData(
            f"{where}: {error!r}. Expected question, scenario and gold_snippet_id, which has to "
            "be one of the snippets."
        ) from error


def _rows(path: Path) -> list[Any]:
    text = _text(path)
    if text.lstrip().startswith("["):
        return list(_parsed(text, path))
    return [_parsed(line, path) for line in text.splitlines() if line.strip()]


def _json(path: Path) -> Any:
    return _parsed(_text(path), path)


def _parsed(text: str, path: Path) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise BadData(f"{path} is no JSON: {error}") from error


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise BadData(f"{path} cannot be read: {error}") from error
