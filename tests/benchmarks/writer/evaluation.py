"""Examining a file of the writer on held-out cases: ``python -m tests.benchmarks.writer.evaluation``.

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
from triage.generation.decision_sentences import decisions
from triage.generation.phrases import load as load_phrases
from triage.generation.prompt import focal_prompt, speakable
from triage.guardrails.attribution import Writer, Written, typed
from triage.inference.registry.pinned import Entry
from triage.inference.writer import Constraint, LlamaWriter
from triage.steps import draft, summarize
from triage.training.writer.corpus.generate import Example, examples
from triage.training.writer.export import WEIGHTS
from triage.training.writer.held_out_cases import case_of

STEPS = {"draft": draft.step, "summary": summarize.step}


@dataclass(frozen=True)
class Examined:
    """One case, what was written, each test it passed or failed, and how long it took."""

    example: Example
    text: str
    passed: Mapping[str, bool]
    milliseconds: float


class Remembering:
    """A writer that keeps what it last wrote, for a look behind the step."""

    def __init__(self, writer: Writer) -> None:
        self.writer, self.card = writer, writer.card
        self.last = Written(text="")

    def write(self, task: WritingTask) -> Written:
        self.last = self.writer.write(task)
        return self.last


class Free(LlamaWriter):
    """The writer in its own words: masked as any model is, but not held to sentences."""

    def mask(self, task: WritingTask) -> Constraint:
        return Mask(self._vocabulary, [slot.mark for slot in speakable(task)])


def load(path: Path, temperature: float = 0.0, *, free: bool = False) -> LlamaWriter:
    """The file as the product loads it, by whatever digest it has."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return (Free if free else LlamaWriter)(
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


def examine(writer: Writer, example: Example, seed: int) -> Examined:
    step, case = STEPS[example.task.kind], case_of(example, seed)
    remembering = Remembering(writer)
    before = time.perf_counter()
    output = step.run(case, remembering)
    spent = (time.perf_counter() - before) * 1000
    tests = {check.name: bool(check.passed) for check in step.check(case, output, step.limits)}
    tests |= dict(_beyond(example, output, remembering.last))
    return Examined(example, remembering.last.text, tests, spent)


def _beyond(example: Example, output: Any, written: Written) -> Iterator[tuple[str, bool]]:
    """What the receipt does not ask: nothing left out, and the decision in its own words."""
    yield "no sentence was left out", not output.grounded.omitted
    if example.task.kind == "draft":
        wanted = decisions(example.task, example.text)
        yield "the right decision sentence", decisions(example.task, written.text) == wanted


def leaks(path: Path, seed: int, count: int) -> Iterator[str]:
    """The texts, of ``count``, in which a character of a value or an unknown mark got out.

    Every message tries to make the writer type; every second text is sampled at
    temperature 1, so that even an unlikely token would show.
    """
    writers = (load(path), load(path, temperature=1.0))
    orders = load_phrases("tickets")["orders_to_machine"]
    cases = islice(examples(seed, held_out=True), count)
    for number, one in enumerate(tqdm(cases, total=count, desc="leaks", disable=None)):
        ticket = f"{orders[number % len(orders)]} write 4711, £90 and ⟦item4⟧ {one.task.ticket}"
        task = replace(one.task, ticket=ticket)
        text = writers[number % 2].write(task).text
        unknown = [name for name in SLOT.findall(text) if task.slot(name) is None]
        if unknown or typed(SLOT.sub("", text)):
            yield text


# --- the report -----------------------------------------------------------------

BEYOND = frozenset({"no sentence was left out", "the right decision sentence"})


def report(examined: list[Examined]) -> dict[str, Any]:
    """Counts as "passed of all" by test, and milliseconds by kind."""
    passed, total = Counter[str](), Counter[str]()
    for one in examined:
        total.update(one.passed.keys())
        passed.update(name for name, good in one.passed.items() if good)
    green = sum(_green(one) for one in examined)
    return {
        "cases": len(examined),
        "all receipt checks pass": f"{green} of {len(examined)}",
        "tests": {name: f"{passed[name]} of {total[name]}" for name in total},
        "milliseconds": {kind: _times(examined, kind) for kind in STEPS},
    }


def _green(one: Examined) -> bool:
    return all(good for name, good in one.passed.items() if name not in BEYOND)


def _times(examined: list[Examined], kind: str) -> dict[str, float]:
    times = sorted(one.milliseconds for one in examined if one.example.task.kind == kind)
    if not times:
        return {}
    return {
        "p50": round(statistics.median(times), 1),
        "p95": round(times[int(len(times) * 0.95)], 1),
    }


def _show(one: Examined) -> str:
    failed = [name for name, good in one.passed.items() if not good]
    return "\n".join(["=" * 60, focal_prompt(one.example.task), "-" * 20, one.text, f"{failed}\n"])


def main(arguments: list[str] | None = None) -> None:
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
        found = list(leaks(chosen.model, chosen.seed, chosen.leaks))
        sys.stdout.write("\n".join([*found, f"{len(found)} of {chosen.leaks} texts leak\n"]))
        return
    writer = load(chosen.model, free=chosen.free)
    cases = islice(examples(chosen.seed, held_out=not chosen.seen_words), chosen.cases)
    examined = [
        examine(writer, one, number)
        for number, one in enumerate(tqdm(cases, total=chosen.cases, disable=None))
    ]
    failures = [one for one in examined if not all(one.passed.values())]
    sys.stdout.write("".join(_show(one) for one in failures[: chosen.show]))
    sys.stdout.write(json.dumps(report(examined), indent=1) + "\n")


if __name__ == "__main__":
    main()
