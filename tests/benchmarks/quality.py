"""The encoder steps on public data, beside what they have to reach: `make bench-quality DATA=…`."""

from __future__ import annotations

import statistics
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from triage.pipeline import registry

if TYPE_CHECKING:
    from triage.learning.intent_report import Evaluation

NEEDED = ("banking77", "clinc150", "hint3", "or_sharc")
BATCH, TIMED, CLAUSES = 64, 300, 2_000
BOTS = ("curekart", "sofmattress", "powerplay11")


@dataclass(frozen=True)
class Row:
    """A line of the table; ``wanted`` is the least (or with ``most`` the most) that will do."""

    what: str
    found: float
    wanted: float | None = None
    most: bool = False
    unit: str = "%"

    def __str__(self) -> str:
        wanted = "–" if self.wanted is None else self._said(self.wanted)
        return f"| {self.what} | {self._said(self.found)} | {wanted} | {self._verdict()} |"

    def _said(self, value: float) -> str:
        return f"{value:.1%}" if self.unit == "%" else f"{value:.3g} {self.unit}".strip()

    def _verdict(self) -> str:
        if self.wanted is None:
            return ""
        met = self.found <= self.wanted if self.most else self.found >= self.wanted
        return "met" if met else "**not met**"


class Command(BaseCommand):
    help = "Measure classify and retrieve on public data; DATA is a folder with banking77, clinc150, hint3 and or_sharc."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("data", type=Path)
        parser.add_argument("--draws", type=int, default=200, help="of calibration texts")
        parser.add_argument(
            "--tune", action="store_true", help="the tuned encoder too: about half an hour more"
        )

    def handle(self, *, data: Path, draws: int, tune: bool, **options: Any) -> None:
        missing = [name for name in NEEDED if not (data / name).is_dir()]
        if missing:
            raise CommandError(f"{data} lacks {', '.join(missing)}: name the folder that has them.")
        self.stdout.write("| measure | found | wanted | |\n|---|---|---|---|")
        for rows in (
            _banking(data / "banking77", draws),
            _clinc(data / "clinc150"),
            _hint(data / "hint3" / "v2"),
            _several(data / "banking77" / "train.csv", "Banking77"),
            _several(data / "hint3" / "v2" / "train" / "curekart_train.csv", "HINT3 curekart"),
            _sharc(data / "or_sharc"),
            _speed(data / "banking77" / "train.csv", data / "banking77" / "fewshot" / "valid"),
        ):
            for row in rows:
                self.stdout.write(str(row))
                self.stdout.flush()
        call_command("evaluate_retrieval", speed=CLAUSES, stdout=self.stdout)
        if tune:
            files = _sharc_files(data / "or_sharc")
            call_command("evaluate_retrieval", *files, tune=True, stdout=self.stdout)


def _banking(folder: Path, draws: int) -> Iterator[Row]:
    whole = _cross_validated(folder / "train.csv", draws)
    name = f"Banking77, cross-validated on {whole.texts:,}:"
    yield Row(f"{name} accuracy", whole.accuracy, 0.935)
    yield Row(f"{name} labelled at 98 % right", whole.best_coverage, 0.87)
    right, labelled = whole.promised
    yield Row(f"{name} labelled under the promise of 98 %", labelled)
    yield Row(f"{name} of those, right", right, 0.98)
    yield Row(f"{name} calibration error", whole.error_after, 0.015, most=True, unit="")
    for one in whole.draws:
        promise = f"promise of {one.target:.0%}, {one.draws} draws of {one.calibration}:"
        yield Row(f"{promise} kept", one.promised.kept, 0.95)
        yield Row(f"{promise} labelled", one.promised.coverage)
        yield Row(f"{promise} kept by a naive threshold", one.naive.kept)
    few = _evaluated(folder / "fewshot" / "train_10", folder / "fewshot" / "valid")
    yield Row(f"Banking77, 10 examples each, on {few.texts:,}: accuracy", few.accuracy, 0.865)


def _clinc(folder: Path) -> Iterator[Row]:
    file = folder / "data_full_without_test.json"
    found = _evaluated(file, file)
    yield Row(f"CLINC150 val, {found.texts:,}: in scope", found.in_scope, 0.95)
    yield Row("CLINC150 val: out-of-scope recall", found.caught or 0, 0.85)
    yield Row("CLINC150 val: accuracy with no threshold", found.accuracy)


def _hint(folder: Path) -> Iterator[Row]:
    file = folder / "train" / "powerplay11_train.csv"
    found = _evaluated(file, folder / "test" / "powerplay11_test.csv")
    yield Row(f"HINT3 powerplay11, {found.texts:,}: in scope", found.in_scope, 0.60)
    yield Row("HINT3 powerplay11: out-of-scope recall", found.caught or 0, 0.74)
    yield Row("HINT3 powerplay11: accuracy with no threshold", found.accuracy)
    for bot in BOTS:
        whole = _cross_validated(folder / "train" / f"{bot}_train.csv", draws=0)
        yield Row(f"HINT3 {bot}, cross-validated on {whole.texts:,}: accuracy", whole.accuracy)


def _several(file: Path, name: str) -> Iterator[Row]:
    """Trained on four fifths; of the last, two texts of different intents joined in many ways."""
    from triage.classifier import labelled_texts
    from triage.classifier.multi_intent import detector_fitting

    for found in detector_fitting.measured_on(labelled_texts.read(str(file)), registry.encoder()):
        what = f"{name}, {found.way}, {found.texts:,}:"
        if found.alone:
            yield Row(f"{what} taken for several", found.several, 0.02, most=True)
        else:
            yield Row(f"{what} found to be several", found.several)
            yield Row(f"{what} both labels right", found.right)


def _sharc(folder: Path) -> Iterator[Row]:
    from triage.learning import question_collections, retrieval_report

    data = question_collections.load(*_sharc_files(folder))
    for name, score in retrieval_report.scores(data, registry.encoder()).items():
        first, five = (0.66, 0.91) if name == "reranked" else (None, None)
        yield Row(f"OR-ShARC dev, {score.n:,}, {name}: recall@1", score.first, first)
        yield Row(f"OR-ShARC dev, {score.n:,}, {name}: recall@5", score.five, five)


def _sharc_files(folder: Path) -> tuple[Path, Path]:
    return folder / "open_retrieval_sharc_dev.json", folder / "id2snippet.json"


def _speed(train: Path, tests: Path) -> Iterator[Row]:
    """As a worker does it: one ticket with its urgency, mood and several matters; texts by 64."""
    from triage.classifier import labelled_texts
    from triage.classifier.fitting import fit
    from triage.classifier.labeller import IntentLabeller
    from triage.classifier.multi_intent import detector_fitting
    from triage.classifier.out_of_scope import general
    from triage.learning import ranking_metrics

    encoder = registry.encoder()
    taught, texts = (
        labelled_texts.read(str(train)),
        labelled_texts.read(str(tests), testing=True).texts,
    )
    began = time.perf_counter()
    strangers = general(), encoder.embed(general())
    vectors = encoder.embed(taught.texts)
    model = fit(taught.texts, vectors, taught.labels, strangers=strangers)
    model = detector_fitting.taught(model, taught.texts, taught.labels, encoder, vectors)
    yield Row(
        f"Training on {len(taught):,} texts, their vectors included",
        time.perf_counter() - began,
        60,
        most=True,
        unit="s",
    )
    labeller = IntentLabeller(encoder, model, sha256="", target=0.95, signals=registry.signals())
    took = ranking_metrics.timed(lambda text: labeller.label(text, ()), texts[:TIMED])
    yield Row(
        f"One short ticket read, median of {len(took)}",
        statistics.median(took),
        10,
        most=True,
        unit="ms",
    )
    batches = [texts[i : i + BATCH] for i in range(0, TIMED * 5, BATCH)]
    took = ranking_metrics.timed(
        lambda some: model.judge(some, encoder.embed(some)), batches, warm=2
    )
    yield Row(
        f"Labelled by {BATCH}, median of {len(took)}",
        BATCH * 1000 / statistics.median(took),
        250,
        unit="a second",
    )


def _evaluated(train: Path, test: Path) -> Evaluation:
    from triage.classifier import labelled_texts
    from triage.learning import intent_report

    taught, looked = labelled_texts.read(str(train)), labelled_texts.read(str(test), testing=True)
    return intent_report.evaluate(taught, looked, registry.encoder().embed, draws=0)


def _cross_validated(train: Path, draws: int) -> Evaluation:
    from triage.classifier import labelled_texts
    from triage.learning import intent_report

    taught = labelled_texts.read(str(train))
    return intent_report.cross_validated(taught, registry.encoder().embed, draws=draws)
