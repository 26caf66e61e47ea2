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

REQUIRED_FOLDERS = ("banking77", "clinc150", "hint3", "or_sharc")
BATCH_TEXTS, TIMED_TEXTS, TIMED_CLAUSES = 64, 300, 2_000
HINT3_BOTS = ("curekart", "sofmattress", "powerplay11")


@dataclass(frozen=True)
class MetricRow:
    """A line of the table; ``wanted`` is the least (or with ``most`` the most) that will do."""

    what: str
    found: float
    wanted: float | None = None
    most: bool = False
    unit: str = "%"

    def __str__(self) -> str:
        wanted = "–" if self.wanted is None else self._format_value(self.wanted)
        return (
            f"| {self.what} | {self._format_value(self.found)} | {wanted} | "
            f"{self._format_verdict()} |"
        )

    def _format_value(self, value: float) -> str:
        return f"{value:.1%}" if self.unit == "%" else f"{value:.3g} {self.unit}".strip()

    def _format_verdict(self) -> str:
        if self.wanted is None:
            return ""
        met = self.found <= self.wanted if self.most else self.found >= self.wanted
        return "met" if met else "**not met**"


class Command(BaseCommand):
    help = (
        "Measure classify and retrieve on public data; DATA is a folder with banking77, "
        "clinc150, hint3 and or_sharc."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("data", type=Path)
        parser.add_argument("--draws", type=int, default=200, help="of calibration texts")
        parser.add_argument(
            "--tune", action="store_true", help="the tuned encoder too: about half an hour more"
        )

    def handle(self, *, data: Path, draws: int, tune: bool, **options: Any) -> None:
        missing = [name for name in REQUIRED_FOLDERS if not (data / name).is_dir()]
        if missing:
            raise CommandError(f"{data} lacks {', '.join(missing)}: name the folder that has them.")
        self.stdout.write("| measure | found | wanted | |\n|---|---|---|---|")
        for rows in (
            _measure_banking77(data / "banking77", draws),
            _measure_clinc150(data / "clinc150"),
            _measure_hint3(data / "hint3" / "v2"),
            _measure_multi_intent(data / "banking77" / "train.csv", "Banking77"),
            _measure_multi_intent(
                data / "hint3" / "v2" / "train" / "curekart_train.csv", "HINT3 curekart"
            ),
            _measure_or_sharc(data / "or_sharc"),
            _measure_speed(
                data / "banking77" / "train.csv", data / "banking77" / "fewshot" / "valid"
            ),
        ):
            for row in rows:
                self.stdout.write(str(row))
                self.stdout.flush()
        call_command("evaluate_retrieval", speed=TIMED_CLAUSES, stdout=self.stdout)
        if tune:
            files = _get_sharc_paths(data / "or_sharc")
            call_command("evaluate_retrieval", *files, tune=True, stdout=self.stdout)


def _measure_banking77(folder: Path, draws: int) -> Iterator[MetricRow]:
    whole = _cross_validate(folder / "train.csv", draws)
    name = f"Banking77, cross-validated on {whole.texts:,}:"
    yield MetricRow(f"{name} accuracy", whole.accuracy, 0.935)
    yield MetricRow(f"{name} labelled at 98 % right", whole.best_coverage, 0.87)
    right, labelled = whole.promised
    yield MetricRow(f"{name} labelled under the promise of 98 %", labelled)
    yield MetricRow(f"{name} of those, right", right, 0.98)
    yield MetricRow(f"{name} calibration error", whole.error_after, 0.015, most=True, unit="")
    for one in whole.draws:
        promise = f"promise of {one.target:.0%}, {one.draws} draws of {one.calibration}:"
        yield MetricRow(f"{promise} kept", one.promised.kept, 0.95)
        yield MetricRow(f"{promise} labelled", one.promised.coverage)
        yield MetricRow(f"{promise} kept by a naive threshold", one.naive.kept)
    few = _evaluate_on_test(folder / "fewshot" / "train_10", folder / "fewshot" / "valid")
    yield MetricRow(f"Banking77, 10 examples each, on {few.texts:,}: accuracy", few.accuracy, 0.865)


def _measure_clinc150(folder: Path) -> Iterator[MetricRow]:
    file = folder / "data_full_without_test.json"
    found = _evaluate_on_test(file, file)
    yield MetricRow(f"CLINC150 val, {found.texts:,}: in scope", found.in_scope, 0.95)
    yield MetricRow("CLINC150 val: out-of-scope recall", found.caught or 0, 0.85)
    yield MetricRow("CLINC150 val: accuracy with no threshold", found.accuracy)


def _measure_hint3(folder: Path) -> Iterator[MetricRow]:
    file = folder / "train" / "powerplay11_train.csv"
    found = _evaluate_on_test(file, folder / "test" / "powerplay11_test.csv")
    yield MetricRow(f"HINT3 powerplay11, {found.texts:,}: in scope", found.in_scope, 0.60)
    yield MetricRow("HINT3 powerplay11: out-of-scope recall", found.caught or 0, 0.74)
    yield MetricRow("HINT3 powerplay11: accuracy with no threshold", found.accuracy)
    for bot in HINT3_BOTS:
        whole = _cross_validate(folder / "train" / f"{bot}_train.csv", draws=0)
        yield MetricRow(
            f"HINT3 {bot}, cross-validated on {whole.texts:,}: accuracy", whole.accuracy
        )


def _measure_multi_intent(file: Path, name: str) -> Iterator[MetricRow]:
    """Multi-intent detection, trained on four fifths; of the last, two texts of different
    intents are joined in many ways.
    """
    from triage.classifier import labelled_texts
    from triage.classifier.multi_intent import detector_fitting

    for found in detector_fitting.train_and_measure(
        labelled_texts.read_dataset(str(file)), registry.load_encoder()
    ):
        what = f"{name}, {found.way}, {found.texts:,}:"
        if found.alone:
            yield MetricRow(f"{what} taken for several", found.several, 0.02, most=True)
        else:
            yield MetricRow(f"{what} found to be several", found.several)
            yield MetricRow(f"{what} both labels right", found.right)


def _measure_or_sharc(folder: Path) -> Iterator[MetricRow]:
    from triage.learning import question_collections, retrieval_report

    data = question_collections.load_collection(*_get_sharc_paths(folder))
    for name, score in retrieval_report.score_methods(data, registry.load_encoder()).items():
        first, five = (0.66, 0.91) if name == "reranked" else (None, None)
        yield MetricRow(f"OR-ShARC dev, {score.n:,}, {name}: recall@1", score.first, first)
        yield MetricRow(f"OR-ShARC dev, {score.n:,}, {name}: recall@5", score.five, five)


def _get_sharc_paths(folder: Path) -> tuple[Path, Path]:
    return folder / "open_retrieval_sharc_dev.json", folder / "id2snippet.json"


def _measure_speed(train: Path, tests: Path) -> Iterator[MetricRow]:
    """As in a worker: one ticket with urgency, mood and multi-intent check; texts by 64."""
    from triage.classifier import labelled_texts
    from triage.classifier.fitting import fit_model
    from triage.classifier.labeller import IntentLabeller
    from triage.classifier.multi_intent import detector_fitting
    from triage.classifier.out_of_scope import load_background_texts
    from triage.learning import ranking_metrics

    encoder = registry.load_encoder()
    taught, texts = (
        labelled_texts.read_dataset(str(train)),
        labelled_texts.read_dataset(str(tests), testing=True).texts,
    )
    began = time.perf_counter()
    strangers = load_background_texts(), encoder.embed(load_background_texts())
    vectors = encoder.embed(taught.texts)
    model = fit_model(taught.texts, vectors, taught.labels, strangers=strangers)
    model = detector_fitting.add_detector(model, taught.texts, taught.labels, encoder, vectors)
    yield MetricRow(
        f"Training on {len(taught):,} texts, their vectors included",
        time.perf_counter() - began,
        60,
        most=True,
        unit="s",
    )
    labeller = IntentLabeller(
        encoder, model, sha256="", target=0.95, signals=registry.load_signal_model()
    )
    took = ranking_metrics.time_calls(lambda text: labeller.label(text, ()), texts[:TIMED_TEXTS])
    yield MetricRow(
        f"One short ticket read, median of {len(took)}",
        statistics.median(took),
        10,
        most=True,
        unit="ms",
    )
    batches = [texts[i : i + BATCH_TEXTS] for i in range(0, TIMED_TEXTS * 5, BATCH_TEXTS)]
    took = ranking_metrics.time_calls(
        lambda some: model.judge_texts(some, encoder.embed(some)), batches, warm=2
    )
    yield MetricRow(
        f"Labelled by {BATCH_TEXTS}, median of {len(took)}",
        BATCH_TEXTS * 1000 / statistics.median(took),
        250,
        unit="a second",
    )


def _evaluate_on_test(train: Path, test: Path) -> Evaluation:
    from triage.classifier import labelled_texts
    from triage.learning import intent_report

    taught, looked = (
        labelled_texts.read_dataset(str(train)),
        labelled_texts.read_dataset(str(test), testing=True),
    )
    return intent_report.evaluate_classifier(taught, looked, registry.load_encoder().embed, draws=0)


def _cross_validate(train: Path, draws: int) -> Evaluation:
    from triage.classifier import labelled_texts
    from triage.learning import intent_report

    taught = labelled_texts.read_dataset(str(train))
    return intent_report.cross_validate(taught, registry.load_encoder().embed, draws=draws)
