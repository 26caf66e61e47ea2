"""What is read off an object is kept in that object, and is gone with it.

A cache of a whole process would hold customers' texts long after their ticket is done.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def keep_on_argument(read: Callable[[T], R]) -> Callable[[T], R]:
    """A function of one object that is worked out once for each object.

    The object has to be one that never changes, as a frozen dataclass or a loaded model; what is
    kept is no field of it, so that neither its ``repr`` nor a comparison tells of it.
    """
    place = f"kept {read.__module__}.{read.__qualname__}"

    @wraps(read)
    def read_once(owner: T) -> R:
        kept = vars(owner)
        if place not in kept:
            kept[place] = read(owner)
        found: R = kept[place]
        return found

    return read_once
