"""``python -m tests.benchmarks NAME …``: one measure with its arguments (``--help``)."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import django

MEASURES = {
    "speed": "tests.benchmarks.speed",
    "real": "tests.benchmarks.real",
    "quality": "tests.benchmarks.quality",
    "refunds": "tests.benchmarks.refunds.command",
    "attacks": "tests.benchmarks.attacks.command",
    "claims": "tests.benchmarks.claims.command",
    "mail-text": "tests.benchmarks.mail_text",
    "faults-day": "tests.benchmarks.faults_day",
    "killed-backlog": "tests.benchmarks.killed_backlog",
    "languages": "tests.benchmarks.languages",
    "foreign-replies": "tests.benchmarks.foreign_replies",
    "misspelt": "tests.benchmarks.misspelt",
    "few-examples": "tests.benchmarks.few_examples",
    "promises": "tests.benchmarks.promises",
    "compare-writers": "tests.benchmarks.writer.compare",
}


def main(arguments: list[str]) -> None:
    name, known = next(iter(arguments), ""), ", ".join(MEASURES)
    if name not in MEASURES:
        sys.exit(f"There is no measure {name!r}: choose one of {known}.")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "triage.settings")
    django.setup()
    command = import_module(MEASURES[name]).Command()
    command.run_from_argv(["python -m tests.benchmarks", *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
