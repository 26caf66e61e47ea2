"""manage.py evaluate_retrieval"""

from __future__ import annotations

import os
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from triage.pipeline import registry

if TYPE_CHECKING:
    from triage.learning.question_collections import Collection


class Command(BaseCommand):
    help = "How often is the right clause found, how fast, and when is none the right answer?"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "questions",
            type=Path,
            nargs="?",
            help="JSON, one object a line or in a list: question, scenario, gold_snippet_id",
        )
        parser.add_argument("snippets", type=Path, nargs="?", help="a JSON object: text by id")
        parser.add_argument(
            "--tune", action="store_true", help="tune the encoder too, by cross-validation"
        )
        parser.add_argument("--folds", type=int, default=5, help="of the cross-validation")
        parser.add_argument(
            "--speed", type=int, metavar="CLAUSES", help="time searches over so many own clauses"
        )
        parser.add_argument(
            "--calibrate",
            action="store_true",
            help="fit anew the chance that a clause answers, on the questions that ship",
        )

    def handle(
        self,
        *,
        questions: Path | None,
        snippets: Path | None,
        speed: int | None,
        calibrate: bool,
        **options: Any,
    ) -> None:
        if (questions is None) != (snippets is None):
            raise CommandError("Name both files: the questions and the snippets.")
        if not (questions or calibrate) and speed is None:
            raise CommandError("Name the two files, or --speed CLAUSES, or --calibrate.")
        if options["folds"] < 2:
            raise CommandError("--folds takes at least 2.")
        if speed is not None and speed < 1:
            raise CommandError("--speed takes how many clauses there shall be, such as 2000.")
        # As a worker has them; numpy, not imported yet, reads it once.
        os.environ.setdefault("OMP_NUM_THREADS", str(settings.TRIAGE_MODEL_THREADS))
        if calibrate:
            self._calibrate_relevance()
        if questions and snippets:
            self._evaluate_quality(
                questions, snippets, tune=options["tune"], folds=options["folds"]
            )
        if speed:
            self._measure_speed(speed)

    def _evaluate_quality(self, questions: Path, snippets: Path, *, tune: bool, folds: int) -> None:
        from triage.learning import question_collections, retrieval_report

        try:
            data = question_collections.load_collection(questions, snippets)
        except question_collections.CollectionError as error:
            raise CommandError(str(error)) from error
        lines = (
            _cross_validate_tuning(data, folds)
            if tune
            else retrieval_report.report_quality(data, registry.load_encoder(), _show_progress)
        )
        for line in lines:
            self.stdout.write(line)
            self.stdout.flush()

    def _measure_speed(self, count: int) -> None:
        from triage.learning import retrieval_report

        for line in retrieval_report.report_speed(registry.load_encoder(), count):
            self.stdout.write(line)

    def _calibrate_relevance(self) -> None:
        from triage.learning import retrieval_calibration, retrieval_report
        from triage.retrieval import relevance

        card = registry.load_encoder().build_engine_info("encoder")
        models, lines = retrieval_report.calibrate_engines(
            registry.load_encoder(), f"questions.toml, {card.runtime}"
        )
        retrieval_calibration.write_models(relevance.FILE, models)
        for line in [*lines, f"\nWritten: {relevance.FILE}"]:
            self.stdout.write(line)


def _cross_validate_tuning(data: Collection, folds: int) -> Iterator[str]:
    from triage.inference.contrastive_tuning import tune_pairs
    from triage.inference.encoder import Encoder
    from triage.learning.retrieval_folds import cross_validate

    plain = registry.load_encoder()

    def tune_encoder(pairs: Sequence[tuple[str, str]], look_alikes: Sequence[str]) -> Encoder:
        tuned = tune_pairs(plain, pairs, look_alikes=look_alikes, progress=True)
        return Encoder(plain.entry, threads=settings.TRIAGE_MODEL_THREADS, tuned=tuned.weights)

    return cross_validate(data, tune_encoder, folds)


def _show_progress(texts: Sequence[str]) -> Iterable[str]:
    return tqdm(texts, desc="questions", disable=None)
