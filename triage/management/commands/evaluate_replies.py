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

    def handle(self, *, replies: Path, messages: Path, calibrate: bool, **options: Any) -> None:
        from triage.learning import reply_calibration
        from triage.retrieval.reply_matching import SHIPPED, load_weights

        try:
            known = read_replies(replies)
        except (ReplyFileError, OSError) as error:
            raise CommandError(str(error)) from error
        finder: Any = registry.load_engine("answers", load_configuration())
        encoder = registry.load_encoder()
        alone, pairs = reply_calibration.load_examples(messages, known, finder, encoder)
        parts = {
            "one thing asked": reply_calibration.match_examples(alone, known, encoder),
            "two in one mail": reply_calibration.match_examples(pairs, known, encoder),
        }
        weights = load_weights()
        if calibrate:
            both = parts["one thing asked"].append_examples(parts["two in one mail"])
            weights = reply_calibration.fit_weights(both, f"on {messages.parent.name}")
            SHIPPED.write_text(weights.dumps())
        for name, matched in parts.items():
            self.stdout.write(f"{name}, {len(matched.right)} questions:")
            for line in reply_calibration.describe_matching(weights, matched):
                self.stdout.write(f"  {line}")
