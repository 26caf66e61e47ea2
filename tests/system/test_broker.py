"""The broker without a server: worker and beat start together, and no message is read half."""

from __future__ import annotations

import json
import shutil
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from kombu import Connection

from triage.runtime.broker import create_broker_folders
from triage.runtime.filesystem_transport import Transport

MANY = 300


def make_folders(folder: Path) -> dict[str, Any]:
    """The options of the settings, over folders of the test."""
    queue, control = folder / "queue", folder / "control"
    names = {"data_folder_in": queue, "data_folder_out": queue, "control_folder": control}
    options = {**settings.CELERY_BROKER_TRANSPORT_OPTIONS, **names}
    create_broker_folders(options)
    return options


def test_an_exchange_left_empty_by_a_process_that_died_is_mended(tmp_path: Path) -> None:
    (tmp_path / "control").mkdir()
    left = tmp_path / "control" / "celery.exchange"
    left.touch()
    make_folders(tmp_path)
    assert json.loads(left.read_text()) == []


def test_what_is_there_stays(tmp_path: Path) -> None:
    make_folders(tmp_path)
    kept = tmp_path / "control" / "celery.exchange"
    kept.write_text('[["celery", "", "celery"]]')
    make_folders(tmp_path)
    assert json.loads(kept.read_text()) == [["celery", "", "celery"]]
    assert list(tmp_path.glob("control/*.exchange")) == list(tmp_path.glob("control/*"))


@pytest.fixture(autouse=True)
def nothing_is_bound() -> None:
    """kombu remembers for the whole process what is bound, whatever the folder."""
    Transport.global_state.clear()


def connect(folder: Path) -> Connection:
    return Connection("filesystem://", transport_options=make_folders(folder))


def publish(folder: Path) -> None:
    with connect(folder) as connection:
        queue = connection.SimpleQueue("celery")
        for number in range(MANY):
            queue.put({"number": number})
        queue.close()


def test_a_worker_that_reads_while_others_write_reads_whole_messages(tmp_path: Path) -> None:
    """A lost call costs a sweep, which is allowed; a half one would cost the worker."""
    writer = threading.Thread(target=publish, args=[tmp_path])
    writer.start()
    read: list[int] = []
    with connect(tmp_path) as connection:
        queue = connection.SimpleQueue("celery")
        with suppress(queue.Empty):
            while True:
                read.append(queue.get(timeout=3).payload["number"])
        queue.close()
    writer.join()
    assert read
    assert len(read) == len(set(read) & set(range(MANY)))


def test_a_folder_that_somebody_removed_is_made_again_and_work_goes_on(tmp_path: Path) -> None:
    with connect(tmp_path) as connection:
        queue = connection.SimpleQueue("celery")
        shutil.rmtree(tmp_path / "queue")
        shutil.rmtree(tmp_path / "control")
        with pytest.raises(queue.Empty):
            queue.get(timeout=0.3)
        shutil.rmtree(tmp_path / "queue")
        queue.put({"number": 7})
        assert queue.get(timeout=3).payload == {"number": 7}
        queue.close()
    assert list((tmp_path / "control").iterdir())


def test_a_call_that_a_power_cut_left_empty_is_dropped_and_the_next_is_taken(
    tmp_path: Path,
) -> None:
    with connect(tmp_path) as connection:
        queue = connection.SimpleQueue("celery")
        (tmp_path / "queue" / "0_lost.celery.msg").touch()
        queue.put({"number": 7})
        message = queue.get(timeout=3)
        message.ack()
        queue.close()
    assert message.payload == {"number": 7}
    assert list((tmp_path / "queue").iterdir()) == []
