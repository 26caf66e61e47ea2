"""A shop's processes are kept running; a wrong setting ends them all."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from celery import current_app
from django.conf import settings
from kombu import Connection

from triage.runtime import processes
from triage.runtime.processes import EndedAtOnce, Service, end_processes, tend_service

SLEEP = ["-c", "import time; time.sleep(600)"]


@pytest.fixture
def service() -> Iterator[Service]:
    one = Service("sleeper", SLEEP)
    tend_service(one)
    yield one
    if one.process:
        end_processes([one.process])


def end_once(service: Service) -> None:
    assert service.process
    service.process.kill()
    service.process.wait()
    tend_service(service)
    assert service.process is None


def test_a_killed_process_is_started_again_and_the_log_says_so(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    end_once(service)
    tend_service(service)
    assert service.process
    assert service.process.poll() is None
    assert "The sleeper was killed by signal 9 and is started again." in caplog.text


def test_one_that_ends_again_and_again_waits_longer_each_time(service: Service) -> None:
    pauses = []
    for _ in range(8):
        end_once(service)
        pauses.append(round(service.due - time.monotonic()))
        service.due = 0.0
        tend_service(service)
    assert pauses == sorted(pauses)
    assert 1 < pauses[3] < pauses[-1] <= processes.MAX_PAUSE_SECONDS


def test_one_that_cannot_even_begin_ends_the_start() -> None:
    service = Service("worker process", ["-c", "raise SystemExit(3)"])
    tend_service(service)
    assert service.process
    service.process.wait()
    with pytest.raises(EndedAtOnce, match="worker process ended with code 3 as soon as"):
        tend_service(service)


def test_one_that_ran_for_a_while_is_started_again_whatever_ended_it(service: Service) -> None:
    service.began -= processes.SETTLED_SECONDS + 1
    tend_service(service)
    service.command = ["-c", "raise SystemExit(3)"]
    end_once(service)
    tend_service(service)
    assert service.process
    service.process.wait()
    tend_service(service)
    assert service.process is None
    assert service.quick_ends == 1


def test_when_the_end_returns_no_child_uses_the_database_any_more() -> None:
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"
    started = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {deaf!r}])"
    service = Service("parent", ["-c", f"{started}; time.sleep(600)"])
    tend_service(service)
    assert service.process
    child = wait_for_child(service.process.pid)
    end_processes([service.process])
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def wait_for_child(parent: int) -> psutil.Process:
    for _ in range(200):
        if found := psutil.Process(parent).children():
            return found[0]
        time.sleep(0.05)
    raise AssertionError("no child came")


def test_each_kind_of_work_has_a_lane_that_a_process_attends_to() -> None:
    from triage import tasks  # noqa: F401  what is registered

    ours = {name for name in current_app.tasks if name.startswith("triage.tasks.")}
    assert ours == set(settings.CELERY_TASK_ROUTES)
    lanes = [
        service.command[service.command.index("--queues") + 1]
        for service in processes.build_lane_services(2)
    ]
    assert set(lanes) == set(settings.LANES)
    assert lanes.count("celery") == 2
    (beats,) = [one for one in processes.build_lane_services(2) if "--beat" in one.command]
    assert beats.name == "upkeep process 1"


def test_a_call_waits_in_the_lane_of_its_kind_alone(tmp_path: Path) -> None:
    folders = {name: tmp_path / name for name in ("queue", "control")}
    options = {
        "data_folder_in": folders["queue"],
        "data_folder_out": folders["queue"],
        "control_folder": folders["control"],
    }
    for folder in folders.values():
        folder.mkdir()
    with Connection("filesystem://", transport_options=options) as broker:
        for name in ("process", "notify", "work_job"):
            current_app.send_task(f"triage.tasks.{name}", args=[1], connection=broker)
    waiting = sorted(file.name.split(".")[-2] for file in folders["queue"].glob("*.msg"))
    assert waiting == ["celery", "training", "upkeep"]


def test_a_command_that_fails_ends_the_start_with_its_code() -> None:
    processes.run_to_end(["-c", "pass"])
    with pytest.raises(SystemExit) as ended:
        processes.run_to_end(["-c", "raise SystemExit(3)"])
    assert ended.value.code == 3


def test_a_service_with_a_port_is_ready_once_somebody_answers_there(service: Service) -> None:
    assert processes.is_ready(service)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        service.port = server.getsockname()[1]
        assert not processes.is_ready(service)
        server.listen()
        assert processes.is_ready(service)


def test_the_address_is_said_once_and_not_before_the_services_are_ready(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ready, said = iter([False, False, True, True, True]), []

    def look(*_: object) -> bool:
        try:
            return next(ready)
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr(processes, "is_ready", look)
    monkeypatch.setattr(processes, "LOOK_SECONDS", 0)
    monkeypatch.setattr(processes, "END_SIGNALS", ())  # pytest keeps its own
    monkeypatch.setattr(processes.DatabaseKeeper, "tend_database", look)
    assert processes.run_services([Service("sleeper", SLEEP)], lambda: said.append("open")) == 0
    assert said == ["open"]
