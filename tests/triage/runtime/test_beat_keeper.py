"""A beat that was killed is started again: without it nothing sweeps."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from celery import beat

from triage.celery import app
from triage.runtime.beat_keeper import KeepBeat, start_missing_beat


class Beat:
    def __init__(self, *, alive: bool) -> None:
        self.alive = alive

    def is_alive(self) -> bool:
        return self.alive

    def start(self) -> None:
        self.alive = True


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[Beat]:
    made: list[Beat] = []

    def make(app: object, **options: Any) -> Beat:
        made.append(Beat(alive=False))
        return made[-1]

    monkeypatch.setattr(beat, "EmbeddedService", make)
    return made


def a_worker(beat: Beat | None) -> Any:
    return SimpleNamespace(beat=beat, app=app, schedule_filename="", scheduler="x")


def test_a_dead_beat_is_replaced(begun: list[Beat]) -> None:
    worker = a_worker(Beat(alive=False))
    start_missing_beat(worker)
    start_missing_beat(worker)
    assert begun == [worker.beat]
    assert worker.beat.alive


@pytest.mark.parametrize("beat", [None, Beat(alive=True)])
def test_a_living_one_and_a_worker_without_one_are_left_alone(
    begun: list[Beat], beat: Beat | None
) -> None:
    start_missing_beat(a_worker(beat))
    assert begun == []


def test_every_worker_looks_after_its_beat() -> None:
    assert KeepBeat in app.steps["worker"]
