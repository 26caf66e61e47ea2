"""kombu's filesystem transport, with messages that appear whole or not at all, in folders that
are made again where somebody removed them.

kombu 5.7 creates a message's file empty and fills it then; a worker that looks in
between reads nothing, takes that for broken JSON and stops for good. It moves what it takes
through the system's temporary folder, and takes nothing any more where that is full.
"""

from __future__ import annotations

import logging
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps, loads

from triage.runtime.broker import create_broker_folders

log = logging.getLogger(__name__)


class Channel(filesystem.Channel):
    """Writes beside the queue, then renames into it; takes by renaming within it."""

    def _put(  # type: ignore[override]
        self, queue: str, payload: dict[str, Any], **kwargs: Any
    ) -> None:
        folder = Path(self.data_folder_out)
        name = f"{time.monotonic_ns()}_{uuid.uuid4()}.{queue}.msg"
        part = folder / f".{name}.part"  # no worker takes a name of this form
        text = dumps(payload)
        try:
            part.write_text(text)
        except FileNotFoundError:
            self._make_folders_again()
            part.write_text(text)
        part.rename(folder / name)

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        """The oldest message of the queue. Raises Empty. One that a power cut left unreadable
        is dropped: it was a wake-up call, and the sweep repeats it.
        """
        for path in self._list_messages(queue):
            taken = path.with_name(f".{path.name}.taken")
            try:
                path.rename(taken)
            except FileNotFoundError:  # another worker was first
                continue
            try:
                return loads(taken.read_text())
            except ValueError:
                log.warning("A call to a worker could not be read and was dropped: %s", path.name)
            finally:
                taken.unlink(missing_ok=True)
        raise Empty

    def _size(self, queue: str) -> int:
        """Asked before each call that is sent: a long backlog is counted and not sorted."""
        end = f".{queue}.msg"
        try:
            return sum(path.name.endswith(end) for path in Path(self.data_folder_in).iterdir())
        except FileNotFoundError:
            return len(self._list_messages(queue))

    def _queue_bind(  # type: ignore[override]
        self, exchange: str, routing_key: str, pattern: str, queue: str
    ) -> None:
        if not self.control_folder.is_dir():
            self._make_folders_again()
        super()._queue_bind(exchange, routing_key, pattern, queue)

    def _list_messages(self, queue: str) -> list[Path]:
        folder = Path(self.data_folder_in)
        if not folder.is_dir():
            self._make_folders_again()
        return sorted(folder.glob(f"*.{queue}.msg"))

    def _make_folders_again(self) -> None:
        """Make the folders, and write down again which queues this process bound to exchanges."""
        create_broker_folders(self.transport_options)
        for (queue, exchange, routing_key), arguments in list((self.state.bindings or {}).items()):
            kind: Any = self.typeof(exchange)
            key, pattern, _ = kind.prepare_bind(queue, exchange, routing_key, arguments)
            super()._queue_bind(exchange, key, pattern, queue)
        log.warning("The broker's folder was gone and was made again. No work is lost by that.")


class Transport(filesystem.Transport):
    Channel = Channel
