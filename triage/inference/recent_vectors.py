"""The vectors of the texts that were read last: one ticket's steps ask for the same text."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    TextVectors = tuple[NDArray[np.float32], NDArray[np.float32]]

MAX_KEPT_TEXTS = 4  # of at most 400 kB each: a ticket's message, and what is asked beside it


class RecentVectors:
    """The vector of a text, (384,), and those of its tokens, (tokens, 384), of the texts read last.

    Kept by digest: a process holds no customer's words for longer than it works on them.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[bytes, TextVectors] = OrderedDict()
        self._lock = Lock()

    def get_or_read(self, text: str, read: Callable[[str], TextVectors]) -> TextVectors:
        """What ``read`` makes of the text, or made of it lately."""
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        with self._lock:
            found = self._kept.get(digest)
        found = found or read(text)
        with self._lock:
            self._kept[digest] = found
            self._kept.move_to_end(digest)
            while len(self._kept) > MAX_KEPT_TEXTS:
                self._kept.popitem(last=False)
        return found
