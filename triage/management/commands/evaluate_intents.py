"""How good is the classifier on labelled texts, and does its precision guarantee hold?"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

if TYPE_CHECKING:
    from triage.classifier.labelled_texts import LabelledTexts
    from triage.inference.encoder import Encoder
    from triage.learning.intent_report import AutomaticLabels, DrawOutcome, Draws, Evaluation


class Command(BaseCommand):
    help = (
        "Train on TRAIN, measure on TEST; or, with --cross-validate, on TRAIN alone. Reads a csv "
        "(text,category or sentence,label), a folder with seq.in and label, or a json with named "
        "splits (FILE.json:train for one of them)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("train", help="what to learn from")
        parser.add_argument("test", nargs="?", help="what to measure on")
        parser.add_argument("--cross-validate", action="store_true", help="measure on TRAIN alone")
        parser.add_argument(
            "--tune-encoder",
            type=int,
            metavar="EPOCHS",
            help="tune the encoder on half of TRAIN first: 8 for ten texts a label, 3 for a "
            "hundred",
        )
        parser.add_argument("--target", type=float, default=0.98, help="share that shall be right")
        parser.add_argument("--draws", type=int, default=200, help="of calibration texts; 0: none")

    def handle(self, *, train: str, test: str | None, **options: Any) -> None:
        if bool(test) == options["cross_validate"]:
            raise CommandError("Name a TEST to measure on, or --cross-validate, and not both.")
        if options["tune_encoder"] and not test:
            raise CommandError("--tune-encoder needs a TEST: on TRAIN its figures would flatter.")
        if not 0.5 <= options["target"] <= 0.999:
            raise CommandError("--target is a share between 0.5 and 0.999, such as 0.98.")
        try:
            found = _evaluate_classifier(train, test, options)
        except ValueError as error:
            raise CommandError(str(error)) from error
        for line in iter_report_lines(found):
            self.stdout.write(line)


def _evaluate_classifier(train: str, test: str | None, options: dict[str, Any]) -> Evaluation:
    from triage.classifier import labelled_texts
    from triage.learning import intent_report
    from triage.pipeline import registry

    taught = labelled_texts.read_dataset(train)
    looked = labelled_texts.read_dataset(test, testing=True) if test else None
    encoder, epochs = registry.load_encoder(), options["tune_encoder"]
    asked = {"target": options["target"], "draws": options["draws"]}
    if looked is None:
        return intent_report.cross_validate(taught, encoder.embed, **asked)
    if not epochs:
        return intent_report.evaluate_classifier(taught, looked, encoder.embed, **asked)
    tuned, unseen = _tune_encoder(encoder, taught, epochs)
    return intent_report.evaluate_classifier(taught, looked, tuned.embed, unseen=unseen, **asked)


def _tune_encoder(plain: Encoder, taught: LabelledTexts, epochs: int) -> tuple[Encoder, list[bool]]:
    """An encoder tuned on half of the texts, and which of them it was not shown."""
    from triage.inference.encoder import Encoder
    from triage.inference.label_tuning import flag_unseen_texts, tune_on_half

    tuned, seen = tune_on_half(plain, taught.texts, taught.labels, epochs=epochs, progress=True)
    encoder = Encoder(plain.entry, settings.TRIAGE_MODEL_THREADS, tuned=tuned.weights)
    return encoder, flag_unseen_texts(taught.texts, seen)


def iter_report_lines(found: Evaluation) -> Iterator[str]:
    """The evaluation as lines: a Markdown table, then sentences."""
    goal = f"{found.target:.3g}"
    yield (
        f"{found.texts:,} texts of {found.labels} intents, {found.strangers:,} of none; trained "
        f"on {found.trained_on:,}."
    )
    yield "\n| measure | value |\n|---|---|"
    yield f"| accuracy over our intents, no threshold | {found.accuracy:.2%} |"
    yield f"| in scope: right and not turned away | {found.in_scope:.2%} |"
    if found.caught is not None:
        yield f"| out-of-scope recall | {found.caught:.2%} |"
    if found.auroc is not None:
        yield f"| out-of-scope AUROC | {found.auroc:.4f} |"
    yield f"| largest coverage at {goal} right, found on these texts | {found.best_coverage:.2%} |"
    yield f"| naive threshold for {goal}: right / coverage | {_format_pair(found.naive)} |"
    yield f"| promised threshold for {goal}: right / coverage | {_format_pair(found.promised)} |"
    for one in found.automatic:
        yield from _iter_automatic_lines(one)
    yield (
        f"| calibration error before / after temperature | {found.error_before:.4f} / "
        f"{found.error_after:.4f} |"
    )
    yield f"| training, embedding excluded | {found.training_seconds:.1f} s |"
    yield f"| embedding the training texts | {found.embedding_seconds:.1f} s |"
    yield f"| one text, embedding excluded, median | {found.milliseconds:.2f} ms |"
    yield f"| size | {found.megabytes:.1f} MB |"
    yield f"\n{found.sentence}"
    yield from _iter_draw_lines(found.draws)


def _iter_automatic_lines(found: AutomaticLabels) -> Iterator[str]:
    for of, pair in (("strangers included", found.of_all), ("ours only", found.of_ours)):
        right, share = pair
        figures = f"{share:.1%} / {right:.1%}" if share else "no text gets a label"
        yield f"| automatic under {found.target:.2f}: share / right, {of} | {figures} |"


def _format_pair(pair: tuple[float, float]) -> str:
    return f"{pair[0]:.2%} / {pair[1]:.2%}" if pair[1] else "no text gets a label"


def _iter_draw_lines(draws: tuple[Draws, ...]) -> Iterator[str]:
    if not draws:
        return
    yield (
        "\n| promise | draws of | naive: kept / coverage | promised: kept / coverage / none given |"
    )
    yield "|---|---|---|---|"
    for one in draws:
        yield (
            f"| {one.target:.0%} right | {one.draws} × {one.calibration} texts "
            f"| {_format_kept_share(one.naive)} | {_format_kept_share(one.promised)} / "
            f"{one.promised.none:.1%} |"
        )


def _format_kept_share(kept: DrawOutcome) -> str:
    return f"{kept.kept:.1%} / {kept.coverage:.1%}"
