"""A worker is killed with SIGKILL in the middle of each step, and another one finishes."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import join
from tests.support import shop_rows
from tests.support.worker_processes import environment, wait_for, worker
from tickets.audit import receipts
from tickets.models import Message, Run, Ticket
from tickets.queue import run_queue
from triage.pipeline import registry

pytestmark = pytest.mark.django_db(transaction=True)
STEPS = ("classify", "retrieve", "summarize", "decide", "answer", "draft")


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        ["redis-server", "--port", str(port), "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    yield f"redis://127.0.0.1:{port}/0"
    server.terminate()
    server.wait()


def kill_in(step: str, run: Run, env: dict[str, str]) -> None:
    """Start a worker, call it to the run, and see it die in that step."""
    worker = subprocess.Popen([sys.executable, "-m", "tests.support.dying_worker", step], env=env)
    call = (
        "import triage; from tickets.queue import run_queue; "
        "run_queue.wake_worker(int(__import__('sys').argv[1]))"
    )
    setup = f"import django; django.setup(); {call}"
    subprocess.run([sys.executable, "-c", setup, str(run.pk)], env=env, check=True)
    try:
        assert worker.wait(90) == -signal.SIGKILL
    finally:
        worker.kill()


def nothing_is_open() -> bool:
    return not Run.objects.filter(state__in=["queued", "running"]).exists()


def queued_answer() -> Message:
    """A reply whose sender died between writing it down and handing it over."""
    return Message.objects.create(
        ticket=shop_rows.ticket(),
        direction="out",
        author=join("ana"),
        message_id="<answer-1@harbourandpine.example>",
        text="We are on it.",
        delivery="queued",
        delivery_since=shop_rows.days_ago(1),
    )


def check_whole(ticket: Ticket) -> None:
    run = ticket.runs.get()
    assert (run.state, run.attempt) == (Run.State.DONE, 2)
    assert list(ticket.receipts.values_list("step", flat=True)) == list(STEPS)
    assert ticket.drafts.count() == 1


def enqueue(monkeypatch: Any, name: str) -> Run:
    monkeypatch.setattr(
        run_queue, "wake_worker", lambda run_id: None
    )  # the workers are called one by one
    return run_queue.enqueue_run(
        shop_rows.ticket(f"Where is my {name}?", subject=name), reason="arrived"
    )


def test_every_step_is_finished_by_another_worker(tmp_path: Path, monkeypatch: Any) -> None:
    assert tuple(step.name for step in registry.load_steps()) == STEPS
    env = environment(tmp_path, "filesystem://")
    runs = [enqueue(monkeypatch, step) for step in STEPS]
    for step, run in zip(STEPS, runs, strict=True):
        kill_in(step, run, env)
        assert run.ticket.receipts.count() <= STEPS.index(step)
    answer = queued_answer()
    with worker(env):
        wait_for(nothing_is_open)
        wait_for(lambda: Message.objects.get(pk=answer.pk).delivery == "sent")
    for run in runs:
        check_whole(run.ticket)
    assert list(receipts.verify_chain()) == []
    sent = "".join(file.read_text() for file in (tmp_path / "outbox").iterdir())
    assert sent.count("Subject: Re: My kettle") == 1


def test_redis_loses_nothing_either(tmp_path: Path, monkeypatch: Any, redis_url: str) -> None:
    env = environment(tmp_path, redis_url)
    run = enqueue(monkeypatch, "draft")
    kill_in("draft", run, env)
    with worker(env):
        wait_for(nothing_is_open)
    check_whole(run.ticket)
