"""The broker without a server: worker and beat start together, and no message is read half."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from kombu import Connection

from triage.runtime.broker import create_broker_folders

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
