"""How well past messages find the saved replies that answer them."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from triage.pipeline import registry
from triage.pipeline.configuration import load_configuration
from triage.saved_replies.reply_files import ReplyFileError, read_replies


class Command(BaseCommand):
    help = (
        "Match the messages of a JSON Lines file (subject, text, label, reply) with the saved "
        "replies of a TOML file, alone and two in one mail."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("replies", type=Path)
        parser.add_argument("messages", type=Path)
        parser.add_argument(
            "--calibrate", action="store_true", help="fit the weights on them, and keep those"
        )
        parser.add_argument(
            "--foreign", action="store_true", help="by the encoder of many languages"
        )

    def handle(
        self, *, replies: Path, messages: Path, calibrate: bool, foreign: bool, **options: Any
    ) -> None:
        from triage.learning import reply_calibration
        from triage.retrieval.foreign_matcher import FOREIGN_WEIGHTS
        from triage.retrieval.reply_matching import SHIPPED, load_weights

        try:
            known = read_replies(replies)
        except (ReplyFileError, OSError) as error:
            raise CommandError(str(error)) from error
        finder: Any = registry.load_engine("answers", load_configuration())
        encoder = registry.load_encoder()
        alone, pairs = reply_calibration.load_examples(messages, known, finder, encoder)
        reader = registry.load_multilingual_encoder() if foreign else encoder
        named = {"one thing asked": alone, "two in one mail": pairs}
        parts = {
            name: reply_calibration.match_examples(found, known, reader, by_words=not foreign)
            for name, found in named.items()
        }
        file = FOREIGN_WEIGHTS if foreign else SHIPPED
        weights = load_weights(SHIPPED if calibrate else file)
        if calibrate:
            both = parts["one thing asked"].append_examples(parts["two in one mail"])
            weights = reply_calibration.fit_weights(both, f"on {messages.parent.name}")
            file.write_text(weights.dumps())
        for name, matched in parts.items():
            self.stdout.write(f"{name}, {len(matched.right)} questions:")
            for line in reply_calibration.describe_matching(weights, matched):
                self.stdout.write(f"  {line}")
