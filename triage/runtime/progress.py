"""A line that says what is being done, with a dot every two seconds for as long as it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

DOT_SECONDS = 2.0


@contextmanager
def show_progress(write: Callable[[str], object], text: str) -> Iterator[None]:
    """Say ``text``, and then that it goes on, so that nobody takes it for hanging."""
    done = Event()
    write(f"{text} …")
    dots = Thread(target=_write_dots, args=(write, done), daemon=True)
    dots.start()
    try:
        yield
    finally:
        done.set()
        dots.join()
        write("\n")


def _write_dots(write: Callable[[str], object], done: Event) -> None:
    while not done.wait(DOT_SECONDS):
        write(".")
