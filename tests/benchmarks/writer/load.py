"""How fast the bundled writer is alone, beside a busy process and beside a second writer.

``python -m tests.benchmarks.writer.load [--tasks 60] [--rounds 3] [FILE]``. Each
condition runs in processes of its own with one thread each, the conditions in turns, so
that whatever else the machine does falls on all of them.
"""

from __future__ import annotations

import argparse
import json
import subprocess  # noqa: S404 (this very module, asked again)
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final

import psutil

from triage.training.writer.export import WEIGHTS

BUSY_CODE: Final = "while True: pass"
TIMED_LOOP_CODE: Final = """
import time
began, total = time.perf_counter(), 0
for number in range(20_000_000):
    total += number * number
print(time.perf_counter() - began)
"""
"""Plain arithmetic: what two processes beside each other lose on this machine anyway."""
CONDITIONS: Final = {
    "alone": (1, False),
    "beside a busy neighbour": (1, True),
    "two side by side": (2, False),
}
"""How many writers at once, and whether something else keeps a core busy."""


def measure_writer(path: Path, count: int) -> dict[str, Any]:
    """Measured in this process: median milliseconds of each kind, and the megabytes that the
    writer and the library it needs take.
    """
    from tests.benchmarks.writer.timing import build_entry, sample_tasks, time_writer
    from triage.inference.writer import LlamaWriter

    asked = sample_tasks(count)
    before = _get_memory_megabytes()
    writer = LlamaWriter(build_entry(path))
    for task in asked[:3]:
        writer.write(task)
    took: dict[str, list[float]] = defaultdict(list)
    for task in asked:
        took[task.kind].append(time_writer(writer, task)[0])
    return {
        **{kind: median(times) for kind, times in took.items()},
        "megabytes": _get_memory_megabytes() - before,
    }


def _get_memory_megabytes() -> float:
    return float(psutil.Process().memory_full_info().uss) / 2**20


def iter_table_lines(path: Path, count: int, rounds: int) -> Iterator[str]:
    """A Markdown table by line: medians over the rounds, lowest to highest in brackets."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for _ in range(rounds):
        for name, (writers, busy) in CONDITIONS.items():
            found[name] += _run_writers(path, count, writers, busy)
    yield "| condition | draft, ms | summary, ms | memory, MB |"
    yield "|---|---|---|---|"
    for name, results in found.items():
        cells = (
            _format_spread([one[key] for one in results])
            for key in ("draft", "summary", "megabytes")
        )
        yield f"| {name} | {' | '.join(cells)} |"
    alone, both = (median(o["draft"] for o in found[n]) for n in ("alone", "two side by side"))
    loops = [[median(_time_loops(writers)) for _ in range(rounds)] for writers in (1, 2)]
    yield (
        f"Two side by side keep {alone / both:.0%} of their speed; two plain loops keep "
        f"{median(loops[0]) / median(loops[1]):.0%} here."
    )


def _time_loops(writers: int) -> list[float]:
    """Seconds that each of so many plain loops takes, run at once."""
    with ExitStack() as held:
        command = [sys.executable, "-c", TIMED_LOOP_CODE]
        children = [held.enter_context(_run_child(command)) for _ in range(writers)]
        return [float(child.communicate()[0]) for child in children]


def _format_spread(values: Sequence[float]) -> str:
    return f"{median(values):.1f} ({min(values):.1f}–{max(values):.1f})"


def _run_writers(path: Path, count: int, writers: int, busy: bool) -> list[dict[str, Any]]:
    command = [
        sys.executable,
        "-m",
        "tests.benchmarks.writer.load",
        str(path),
        "--tasks",
        str(count),
        "--one",
    ]
    with ExitStack() as held:
        if busy:
            held.enter_context(_run_child([sys.executable, "-c", BUSY_CODE]))
        children = [held.enter_context(_run_child(command)) for _ in range(writers)]
        return [json.loads(child.communicate()[0]) for child in children]


@contextmanager
def _run_child(command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:  # noqa: S603
        try:
            yield child
        finally:
            child.kill()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=WEIGHTS)
    parser.add_argument("--tasks", type=int, default=60, help="of each kind")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.one:
        sys.stdout.write(json.dumps(measure_writer(chosen.file, chosen.tasks)))
        return
    for line in iter_table_lines(chosen.file, chosen.tasks, chosen.rounds):
        sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
