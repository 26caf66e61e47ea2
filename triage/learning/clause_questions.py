"""The questions that ship with the project, and the clauses they are asked of."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from triage.contract.case import Clause
from triage.policies.markdown import read_policies

FILE = Path(__file__).with_name("questions.toml")
POLICIES = Path(__file__).resolve().parent.parent / "demo" / "policies"


@dataclass(frozen=True)
class Question:
    """A text and the references of the clauses that answer it: none, one or several."""

    text: str
    answers: frozenset[str] = frozenset()


def load_questions() -> list[Question]:
    """The shipped questions, short ones, long ones and those that no clause answers."""
    tables = _load_tables()
    return [
        *_iter_questions(tables["answered"]),
        *_iter_questions(tables["long"]),
        *(Question(text) for texts in tables["unanswered"].values() for text in texts),
    ]


def add_label(question: Question, number: int) -> Question:
    """The question under the label a classifier would give it, as the retrieve step asks it.

    One that no clause answers has any label, by its ``number``: labels are wrong at times.
    """
    labels = _load_tables()["labels"]
    of = [labels[ref.split(".")[0]] for ref in sorted(question.answers)] or list(labels.values())
    return replace(question, text=f"{of[number % len(of)]}\n{question.text}")


@cache
def _load_tables() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text())


def _iter_questions(table: dict[str, list[str]]) -> Iterator[Question]:
    for refs, texts in table.items():
        yield from (Question(text, frozenset(refs.split())) for text in texts)


def load_shop_clauses() -> tuple[list[Clause], date]:
    """The clauses of the demo's policies in all versions, and a day when the last are in force."""
    policies, _ = read_policies(sorted(POLICIES.glob("*.md")))
    clauses = []
    for slug, versions in policies.items():
        ordered = sorted(versions, key=lambda each: each.effective_from)
        ends = [each.effective_from for each in ordered[1:]]
        for number, (version, until) in enumerate(zip(ordered, [*ends, None], strict=True), 1):
            clauses += [
                Clause(
                    ref=f"{slug}.{clause.anchor}",
                    policy=slug,
                    policy_title=version.title,
                    version=number,
                    heading=clause.heading,
                    text=clause.text,
                    since=version.effective_from,
                    until=until,
                    source=version.source,
                )
                for clause in version.clauses
            ]
    return clauses, max(clause.since for clause in clauses)
