"""A model file at work on one task, alone or on its ladder."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.support.case_values import FACTS, WINDOW
from tests.support.tiny_gguf import tiny
from tests.support.written_drafts import decided
from triage.contract.slots import WritingTask, build_clause_slots, build_fact_slots
from triage.contract.step import (
    Rung,
    Step,
    StepResult,
)
from triage.inference.registry.pinned import Entry
from triage.inference.writer import LlamaWriter
from triage.pipeline import runner
from triage.pipeline.rule_engines import SentenceWriter

TASK = WritingTask(
    kind="draft",
    intent="return request",
    outcome="none",
    urgency="normal",
    slots=(*build_fact_slots(FACTS), *build_clause_slots([WINDOW])),
    ticket="May I send it back? It is too small.",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def entry(folder: Path) -> Entry:
    return tiny(folder)


def climbed(step: Step, entry: Entry) -> StepResult:
    """The step with the file as its first rung, and fixed sentences as its second."""
    rungs = [
        Rung(name=entry.name, load=partial(LlamaWriter, entry)),
        Rung(name="sentences", load=SentenceWriter),
    ]
    return runner.climb_ladder(step, decided(), rungs, step.limits)


def said(entry: Entry, task: WritingTask = TASK) -> str:
    return LlamaWriter(entry).write(task).text
