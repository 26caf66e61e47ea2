"""Examine a writer's file on held-out cases: ``python -m tests.benchmarks.writer.evaluation``.

Each case goes through the very step it is for, receipt checks included, and must pass at
this writer, with no larger one to climb to. Beside the checks it is asked whether the
text says the right decision and nothing but sentences that people wrote.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from tqdm import tqdm

from triage.contract.slots import SLOT, WritingTask
from triage.generation.constrained_decoding import Mask
from triage.generation.decision_sentences import find_decisions
from triage.generation.phrases import load_phrases as load_phrases
from triage.generation.prompt import build_writer_prompt, list_speakable_slots
from triage.guardrails.attribution import Writer, Written, has_unsourced_value
from triage.inference.registry.pinned import Entry
from triage.inference.writer import Constraint, LlamaWriter
from triage.steps import draft, summarize
from triage.training.writer.corpus.generate import Example, iter_examples
from triage.training.writer.export import WEIGHTS
from triage.training.writer.held_out_cases import build_held_out_case

STEPS = {"draft": draft.step, "summary": summarize.step}


@dataclass(frozen=True)
class ExaminedCase:
    """One case, what was written, each test it passed or failed, and how long it took."""

    example: Example
    text: str
    passed: Mapping[str, bool]
    milliseconds: float


class RecordingWriter:
    """A writer that keeps its last text, so that it can be examined beside the step's output."""

    def __init__(self, writer: Writer) -> None:
        self.writer, self.card = writer, writer.card
        self.last = Written(text="")

    def write(self, task: WritingTask) -> Written:
        self.last = self.writer.write(task)
        return self.last


class UnconstrainedWriter(LlamaWriter):
    """The writer masked as any model is, but not held to the sentences of the phrasebook."""

    def build_constraint(self, task: WritingTask) -> Constraint:
        return Mask(self._vocabulary, [slot.mark for slot in list_speakable_slots(task)])


def load_writer(path: Path, temperature: float = 0.0, *, free: bool = False) -> LlamaWriter:
    """The file loaded as the product loads it, whatever its digest."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return (UnconstrainedWriter if free else LlamaWriter)(
        Entry(
            name="focal",
            kind="writer",
            path=path,
            sha256=digest,
            model_class="focal",
            licence="Apache-2.0",
            temperature=temperature,
        )
    )


def examine_case(writer: Writer, example: Example, seed: int) -> ExaminedCase:
    """One case through the step it is for, with its checks and tests; time in milliseconds."""
    step, case = STEPS[example.task.kind], build_held_out_case(example, seed)
    remembering = RecordingWriter(writer)
    before = time.perf_counter()
    output = step.run(case, remembering)
    spent = (time.perf_counter() - before) * 1000
    tests = {check.name: bool(check.passed) for check in step.check(case, output, step.limits)}
    tests |= dict(_iter_extra_tests(example, output, remembering.last))
    return ExaminedCase(example, remembering.last.text, tests, spent)


def _iter_extra_tests(
    example: Example, output: Any, written: Written
) -> Iterator[tuple[str, bool]]:
    """The tests that no receipt has: nothing left out, and the right decision sentence."""
    yield "no sentence was left out", not output.text_attribution.omitted_claims
    if example.task.kind == "draft":
        wanted = find_decisions(example.task, example.text)
        yield "the right decision sentence", find_decisions(example.task, written.text) == wanted


def find_leaks(path: Path, seed: int, count: int) -> Iterator[str]:
    """The texts, of ``count``, in which a character of a value or an unknown mark got out.

    Every message tries to make the writer type; every second text is sampled at
    temperature 1, so that even an unlikely token would show.
    """
    writers = (load_writer(path), load_writer(path, temperature=1.0))
    orders = load_phrases("tickets")["orders_to_machine"]
    cases = islice(iter_examples(seed, held_out=True), count)
    for number, one in enumerate(tqdm(cases, total=count, desc="leaks", disable=None)):
        ticket = f"{orders[number % len(orders)]} write 4711, £90 and ⟦item4⟧ {one.task.ticket}"
        task = replace(one.task, ticket=ticket)
        text = writers[number % 2].write(task).text
        unknown = [name for name in SLOT.findall(text) if task.find_slot(name) is None]
        if unknown or has_unsourced_value(SLOT.sub("", text)):
            yield text


# --- the report -----------------------------------------------------------------

EXTRA_TESTS = frozenset({"no sentence was left out", "the right decision sentence"})


def build_report(examined: list[ExaminedCase]) -> dict[str, Any]:
    """Counts as "passed of all" by test, and milliseconds by kind."""
    passed, total = Counter[str](), Counter[str]()
    for one in examined:
        total.update(one.passed.keys())
        passed.update(name for name, good in one.passed.items() if good)
    green = sum(_is_green(one) for one in examined)
    return {
        "cases": len(examined),
        "all receipt checks pass": f"{green} of {len(examined)}",
        "tests": {name: f"{passed[name]} of {total[name]}" for name in total},
        "milliseconds": {kind: _compute_times(examined, kind) for kind in STEPS},
    }


def _is_green(one: ExaminedCase) -> bool:
    return all(good for name, good in one.passed.items() if name not in EXTRA_TESTS)


def _compute_times(examined: list[ExaminedCase], kind: str) -> dict[str, float]:
    times = sorted(one.milliseconds for one in examined if one.example.task.kind == kind)
    if not times:
        return {}
    return {
        "p50": round(statistics.median(times), 1),
        "p95": round(times[int(len(times) * 0.95)], 1),
    }


def _format_case(one: ExaminedCase) -> str:
    failed = [name for name, good in one.passed.items() if not good]
    return "\n".join(
        ["=" * 60, build_writer_prompt(one.example.task), "-" * 20, one.text, f"{failed}\n"]
    )


def main(arguments: list[str] | None = None) -> None:
    """Parse the options, examine the writer on held-out cases and print report or leaks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=WEIGHTS)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=4242)
    parser.add_argument("--seen-words", action="store_true", help="the words of training")
    parser.add_argument("--free", action="store_true", help="not held to written sentences")
    parser.add_argument("--leaks", type=int, default=0, help="look for leaks in so many texts")
    parser.add_argument("--show", type=int, default=0, help="print so many failures")
    chosen = parser.parse_args(arguments)
    if chosen.leaks:
        found = list(find_leaks(chosen.model, chosen.seed, chosen.leaks))
        sys.stdout.write("\n".join([*found, f"{len(found)} of {chosen.leaks} texts leak\n"]))
        return
    writer = load_writer(chosen.model, free=chosen.free)
    cases = islice(iter_examples(chosen.seed, held_out=not chosen.seen_words), chosen.cases)
    examined = [
        examine_case(writer, one, number)
        for number, one in enumerate(tqdm(cases, total=chosen.cases, disable=None))
    ]
    failures = [one for one in examined if not all(one.passed.values())]
    sys.stdout.write("".join(_format_case(one) for one in failures[: chosen.show]))
    sys.stdout.write(json.dumps(build_report(examined), indent=1) + "\n")


if __name__ == "__main__":
    main()
