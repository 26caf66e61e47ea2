"""How often is an unsupported sentence found out, and a supported one left alone?"""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import mean
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand
from tqdm import tqdm

HALF_NAMES = ("looked at while the checks were written", "held out")


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, nargs="?", help="summedits_*.json")
        parser.add_argument("--similarity", action="store_true", help="ask the encoder as well")
        parser.add_argument("--planted", action="store_true", help="errors planted by ourselves")
        parser.add_argument("--each", type=int, default=150, help="so many errors of each sort")
        parser.add_argument("--show", action="store_true", help="print what was told wrong")

    def handle(self, *, folder: Path | None, **options: Any) -> None:
        if not folder and not options["planted"]:
            raise CommandError("Name the folder of the data, or --planted.")
        if folder:
            self._write_lines(_evaluate_summedits(folder, with_similarity=options["similarity"]))
        if options["planted"]:
            for half in (0, 1):
                self._write_lines(_evaluate_mutations(half, options["each"], show=options["show"]))

    def _write_lines(self, lines: Iterator[str]) -> None:
        for line in lines:
            self.stdout.write(line)


def _evaluate_summedits(folder: Path, *, with_similarity: bool) -> Iterator[str]:
    from tests.benchmarks.claims import summedits
    from triage.pipeline import registry

    try:
        pairs = summedits.read_pairs(folder)
    except OSError as error:
        raise CommandError(str(error)) from error
    similarity = summedits.build_similarity(registry.load_encoder()) if with_similarity else None
    found = summedits.compute_pair_doubts(
        pairs, similarity, lambda p: tqdm(p, desc="pairs", disable=None)
    )
    accuracy = summedits.measure_by_domain(pairs, found)
    yield "| domain | balanced accuracy, model of the other domains |"
    yield "|---|---|"
    for domain, value in accuracy.items():
        yield f"| {domain} | {value:.1%} |"
    yield f"| mean of {len(accuracy)} | {mean(accuracy.values()):.1%} |"
    model = summedits.fit_all_domains(pairs, found)
    weights = ", ".join(f"{name} {weight:.2f}" for name, weight in model.weights.items())
    yield f"of all domains: bias {model.bias:.2f}, {weights}"


def _evaluate_mutations(half: int, each: int, *, show: bool) -> Iterator[str]:
    from tests.benchmarks.claims import mutations

    total, caught, missed = Counter[str](), Counter[str](), []
    for said in mutations.iter_mutated_sentences(half, each):
        total[said.sort] += 1
        caught[said.sort] += bool(said.because)
        missed += [] if said.because else [f"missed, {said.sort}: {said.text}"]
    yield f"\n{HALF_NAMES[half]}\n| planted | caught |\n|---|---|"
    for sort, count in total.items():
        yield f"| {sort} | {_format_share(caught[sort], count)} |"
    yield f"| all | {_format_share(caught.total(), total.total())} |"
    yield "\n| clean sentences | left out all the same |\n|---|---|"
    for name, clean in (
        ("of the corpus", islice(mutations.iter_corpus_sentences(half), 20 * each)),
        ("freely worded", mutations.iter_free_sentences(half)),
    ):
        sentences = list(clean)
        wrongly = [said for said in sentences if said.because]
        missed += [f"left out, {said.because}: {said.text}" for said in wrongly]
        yield f"| {name} | {_format_share(len(wrongly), len(sentences))} |"
    if show:
        yield from missed


def _format_share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / whole:.1%})" if whole else "none"
