"""Scoring the exported file on held-out cases: ``python -m triage.focal.evaluate``.

Every sentence of the corpus was written by a person, so each one the model writes can
be looked up: is it such a sentence, and does every slot in it hold the kind of value
the sentence was written for?
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from triage.focal.corpus import Example, examples
from triage.focal.export import WEIGHTS
from triage.focal.prompt import focal_prompt
from triage.focal.sentences import decisions, strange_sentences
from triage.focal.writer import FocalWriter, Written
from triage.slots import SLOT, WritingTask


@dataclass(frozen=True)
class Scored:
    """One case, what was written, each test it passed or failed, and how long it took."""

    example: Example
    written: Written
    passed: Mapping[str, bool]
    milliseconds: float


def score(writer: FocalWriter, example: Example) -> Scored:
    before = time.perf_counter()
    written = writer.write(example.task)
    spent = (time.perf_counter() - before) * 1000
    return Scored(example, written, dict(_tests(example, written)), spent)


def _tests(example: Example, written: Written) -> Iterator[tuple[str, bool]]:
    task, text = example.task, written.text
    names = SLOT.findall(text)
    yield "ends by itself", written.ended
    yield "no digit outside slots", not re.search(r"\d", SLOT.sub("", text))
    yield "only known slots", all(task.slot(name) for name in names)
    yield "well-formed", _well_formed(task, text)
    yield "only sentences a person wrote, right kinds", not strange_sentences(task, text)
    if task.kind == "draft":
        yield "exact clause set", _clauses(text) == _clauses(example.text)
        yield "right decision", decisions(task, text) == decisions(task, example.text)


def _clauses(text: str) -> set[str]:
    return {name for name in SLOT.findall(text) if name.startswith("P")}


def _well_formed(task: WritingTask, text: str) -> bool:
    """A summary: sentences that each hold a slot. A draft: greeting, body, closing."""
    if re.search(r"[⟦⟧<|{}]", SLOT.sub("", text)):
        return False
    if task.kind == "summary":
        sentences = re.split(r"(?<=\.)\s", text)
        return 1 <= len(sentences) <= 4 and all(SLOT.search(one) for one in sentences)
    paragraphs = text.split("\n\n")
    closing = paragraphs[-1].split("\n")
    return len(paragraphs) >= 3 and paragraphs[0].endswith(",") and len(closing) == 2


# --- the report -----------------------------------------------------------------


def report(scored: list[Scored]) -> dict[str, Any]:
    """Counts as "passed of all" by test, milliseconds by kind, and what went wrong."""
    passed, total = Counter[str](), Counter[str]()
    for one in scored:
        total.update(one.passed.keys())
        passed.update(name for name, good in one.passed.items() if good)
    tokens = sum(one.written.tokens for one in scored)
    return {
        "cases": len(scored),
        "tests": {name: f"{passed[name]} of {total[name]}" for name in total},
        "every test": f"{sum(all(one.passed.values()) for one in scored)} of {len(scored)}",
        "mask stepped in": f"{sum(one.written.prevented for one in scored)} of {tokens} tokens",
        "milliseconds": {kind: _times(scored, kind) for kind in ("draft", "summary")},
    }


def _times(scored: list[Scored], kind: str) -> dict[str, float]:
    times = sorted(one.milliseconds for one in scored if one.example.task.kind == kind)
    if not times:
        return {}
    return {
        "p50": round(statistics.median(times), 1),
        "p95": round(times[int(len(times) * 0.95)], 1),
    }


def _show(one: Scored) -> str:
    failed = [name for name, good in one.passed.items() if not good]
    strange = strange_sentences(one.example.task, one.written.text)
    parts = ["=" * 60, focal_prompt(one.example.task), "-" * 20, one.written.text]
    return "\n".join([*parts, f"failed: {failed} {strange or ''}"])


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=WEIGHTS)
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--seed", type=int, default=4242)
    parser.add_argument("--seen-words", action="store_true", help="the words of training")
    parser.add_argument("--show", type=int, default=0, help="print so many failures")
    chosen = parser.parse_args(arguments)
    writer = FocalWriter(chosen.model)
    cases = islice(examples(chosen.seed, held_out=not chosen.seen_words), chosen.cases)
    scored = [score(writer, one) for one in cases]
    failures = [one for one in scored if not all(one.passed.values())]
    sys.stdout.write("".join(_show(one) + "\n" for one in failures[: chosen.show]))
    sys.stdout.write(json.dumps(report(scored), indent=1) + "\n")


if __name__ == "__main__":
    main()
