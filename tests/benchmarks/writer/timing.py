"""How long a GGUF takes for a draft and a summary, and what constrained decoding adds.

``python -m tests.benchmarks.writer.timing [--random 0.5B] [--tasks 10] [FILE…]``. Each
task is written with and without the mask, one right after the other and in turns which
goes first, so that whatever else the machine does falls on both.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Final

from tests.support.random_gguf import Recipe, Shape, build_byte_tokenizer, list_words, write_gguf
from triage.contract.slots import WritingTask
from triage.inference.chat_prompt import INSTRUCTIONS, format_task
from triage.inference.registry.pinned import Entry
from triage.inference.writer import LlamaWriter
from triage.training.writer.corpus.generate import iter_examples

TEXT_KINDS: Final = ("draft", "summary")
VOCABULARY_TOKENS: Final = 151_936  # of the qwen2.5 models, whose shapes these are
MODEL_SHAPES: Final = {
    "0.5B": Shape(
        architecture="qwen2",
        width=896,
        layers=24,
        heads=14,
        inner=4864,
        tied=True,
        quantized="Q8_0",
    ),
    "1.5B": Shape(
        architecture="qwen2",
        width=1536,
        layers=28,
        heads=12,
        inner=8960,
        tied=True,
        quantized="Q8_0",
    ),
}
MAX_TEXT_TOKENS: Final = 120  # tokens of a text by random weights, which never come to an end
SEED: Final = 77


@dataclass(frozen=True, kw_only=True)
class TimingPair:
    """One task written twice: milliseconds and tokens with the mask, and without."""

    kind: str
    ms: float
    tokens: int
    free_ms: float
    free_tokens: int

    @property
    def ratio(self) -> float:
        """How many times as long a token took with the mask."""
        return (self.ms / max(self.tokens, 1)) / (self.free_ms / max(self.free_tokens, 1))


class NoConstraint:
    """A decoding constraint that forbids nothing."""

    sha256 = ""
    pending_mark_bytes = 0

    def find_forced_token(self) -> None: ...

    def mask_logits(self, logits: object) -> None: ...

    def accept_token(self, token: int) -> None: ...


class PatientWriter(LlamaWriter):
    """A writer that is not stopped when it repeats itself: random weights do nothing else, and
    both texts of a pair have to be as long.
    """

    def only_repeats(self, ids: Sequence[int]) -> bool:
        return False


class UnmaskedWriter(PatientWriter):
    """The same writer without its mask. For measuring alone: what it writes is not shown."""

    def build_constraint(self, task: WritingTask) -> NoConstraint:
        return NoConstraint()


def sample_tasks(count: int) -> list[WritingTask]:
    """``count`` drafts and as many summaries, the same held-out ones each time."""
    made = [example.task for example in islice(iter_examples(SEED, held_out=True), 20 * count)]
    return [task for kind in TEXT_KINDS for task in [t for t in made if t.kind == kind][:count]]


def time_pairs(
    entry: Entry, asked: Sequence[WritingTask], threads: int = 1
) -> Iterator[TimingPair]:
    """Each task timed with the same loaded model, masked and not; a first one, unmeasured,
    warms it up.
    """
    masked, free = PatientWriter(entry, threads), UnmaskedWriter(entry, threads)
    masked.write(asked[0])
    for number, task in enumerate(asked):
        turns = [masked, free] if number % 2 else [free, masked]
        took = {writer: time_writer(writer, task) for writer in turns}
        (ms, tokens), (free_ms, free_tokens) = took[masked], took[free]
        yield TimingPair(
            kind=task.kind, ms=ms, tokens=tokens, free_ms=free_ms, free_tokens=free_tokens
        )


def time_writer(writer: LlamaWriter, task: WritingTask) -> tuple[float, int]:
    """Milliseconds of one text, and its tokens."""
    began = time.perf_counter()
    written = writer.write(task)
    return (time.perf_counter() - began) * 1000, written.usage.output_tokens or 0


def iter_table_lines(entries: Iterable[Entry], count: int) -> Iterator[str]:
    """A Markdown table, line by line: medians by model and kind of text."""
    yield "| model | text | p50 ms | tokens | without mask | mask costs, × |"
    yield "|---|---|---|---|---|---|"
    asked = sample_tasks(count)
    for entry in entries:
        measured = list(time_pairs(entry, asked))
        for kind in TEXT_KINDS:
            yield _format_row(entry.name, kind, [pair for pair in measured if pair.kind == kind])


def _format_row(name: str, kind: str, measured: Sequence[TimingPair]) -> str:
    ms = median(pair.ms for pair in measured)
    free = median(pair.free_ms for pair in measured)
    ratio = median(pair.ratio for pair in measured)
    tokens = median(pair.tokens for pair in measured)
    return f"| {name} | {kind} | {ms:.1f} | {tokens:.0f} | {free:.1f} | {ratio:.3f} |"


def create_random_entry(size: str, folder: Path) -> Entry:
    """The entry of a new file of that size's shape: random weights, full vocabulary."""
    said = "".join(format_task(task) for task in sample_tasks(50))
    tokens = build_byte_tokenizer(list_words(INSTRUCTIONS + said), VOCABULARY_TOKENS)
    path = write_gguf(
        folder / f"random-{size}.gguf", Recipe(shape=MODEL_SHAPES[size], tokens=tokens)
    )
    return build_entry(path, max_tokens=MAX_TEXT_TOKENS)


def build_entry(path: Path, max_tokens: int = 320) -> Entry:
    """A file as a roster entry, with all the time it may need."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Entry(
        name=path.stem,
        kind="writer",
        path=path,
        sha256=sha256,
        model_class="general",
        licence="",
        context=4096,
        max_tokens=max_tokens,
        seconds=3600,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--random", nargs="*", choices=MODEL_SHAPES, default=[])
    parser.add_argument("--tasks", type=int, default=10)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        made = (create_random_entry(size, Path(folder)) for size in chosen.random)
        given = (build_entry(path) for path in chosen.files)
        for line in iter_table_lines((*given, *made), chosen.tasks):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
