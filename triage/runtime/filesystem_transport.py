"""kombu's filesystem transport, with messages that appear whole or not at all.

kombu 5.7 creates a message's file empty and fills it then; a worker that looks in
between reads nothing, takes that for broken JSON and stops for good.
"""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

from kombu.transport import filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """Writes beside the queue, then renames into it."""

    def _put(  # type: ignore[override]
        self, queue: str, payload: dict[str, Any], **kwargs: Any
    ) -> None:
        folder = Path(self.data_folder_out)
        name = f"{time.monotonic_ns()}_{uuid.uuid4()}.{queue}.msg"
        part = folder / f".{name}.part"  # no worker takes a name of this form
        part.write_text(dumps(payload))
        part.rename(folder / name)


class Transport(filesystem.Transport):
    Channel = Channel
