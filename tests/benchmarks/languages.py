"""How are mails in other languages read? `make bench-languages`: labels and outcomes by language.

The mails under `foreign_tickets` were written for this project by people's stand-ins who saw the
names and descriptions of the demo's intents and nothing else. `seen` was looked at while the
reading was built, `unseen` was not. The version that labels is the demo's own.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand

TICKETS = Path(__file__).parent / "foreign_tickets"
UNWANTED = ("spam", "not one of ours")


@dataclass(frozen=True)
class Reading:
    """What became of one mail: a label of its own, a right one, or taken for unwanted."""

    ours: bool
    given: bool
    right: bool
    guessed: bool
    unwanted: bool


def load_tickets(name: str) -> list[Mapping[str, str]]:
    lines = (TICKETS / f"{name}.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def read_ticket(row: Mapping[str, str], labeller: Any, intents: Any) -> Reading:
    """One mail through the step that labels."""
    from triage.contract.case import Case
    from triage.inference.language import identify_language
    from triage.steps import classify

    case = Case(
        ticket=0,
        subject=row["subject"],
        text=row["text"],
        received=date(2026, 11, 30),
        customer="",
        intents=intents,
        language=identify_language(row["text"]),
    )
    found = classify.classify_message(case, labeller)
    checks = classify.check_classification(case, found, classify.step.limits)
    given = bool(found.label) and all(check.passed for check in checks)
    return Reading(
        ours=bool(row["label"]),
        given=given,
        right=given and found.label == row["label"],
        guessed=found.label == row["label"],
        unwanted=found.outcome in UNWANTED,
    )


def iter_lines(name: str, labeller: Any, intents: Any) -> Iterator[str]:
    by_language: dict[str, list[Reading]] = defaultdict(list)
    for row in load_tickets(name):
        by_language[row["language"]].append(read_ticket(row, labeller, intents))
    yield f"\n{name}\n"
    yield "| language | asks us | labelled | right | guess right | called unwanted |"
    yield "|---|---|---|---|---|---|"
    for language, read in sorted(by_language.items()):
        yield _format_row(language, read)
    yield _format_row("all", [one for read in by_language.values() for one in read])


def _format_row(language: str, read: Sequence[Reading]) -> str:
    ours = [one for one in read if one.ours]
    given, right = sum(one.given for one in read), sum(one.right for one in read)
    guessed, unwanted = sum(one.guessed for one in ours), sum(one.unwanted for one in ours)
    return (
        f"| {language} | {len(ours)} of {len(read)} | {given} ({given / len(read):.0%}) "
        f"| {right} of {given} | {guessed} of {len(ours)} | {unwanted} |"
    )


def iter_signal_lines() -> Iterator[str]:
    """Urgency, mood and unwanted mail in eight languages: what was written and what was read."""
    yield "\nsignals\n"
    yield "| what | read | as unwanted | raised | upset or worse |"
    yield "|---|---|---|---|---|"
    by_kind: dict[str, list[tuple[bool, bool, bool]]] = defaultdict(list)
    for row in load_tickets("signals"):
        wanted = row["mail"] == "wanted"
        kind = f"wanted, {row['urgency']}, {row['mood']}" if wanted else row["mail"]
        by_kind[kind].append(_read_signals(row["text"]))
    for kind, read in sorted(by_kind.items()):
        yield (
            f"| {kind} | {len(read)} | "
            + " | ".join(str(sum(column)) for column in zip(*read, strict=True))
            + " |"
        )


def _read_signals(text: str) -> tuple[bool, bool, bool]:
    from triage.inference.language import identify_language
    from triage.pipeline import registry

    said = registry.read_signals(text, identify_language(text))
    if said is None:
        raise CommandError("The model of the signals is not there: run `make install`.")
    unwanted = said.spam.confidence >= (said.spam.threshold or 1.0)
    return unwanted, said.urgency.level in ("high", "urgent"), said.mood.level != "calm"


class Command(BaseCommand):
    help = "Read the mails under foreign_tickets with the demo's own version."

    def handle(self, **options: Any) -> None:
        from triage.demo import load
        from triage.pipeline import configuration, registry

        call_command("migrate", verbosity=0)
        if not load.has_data():
            call_command("load_demo", verbosity=0)
        known = configuration.load_configuration()
        labeller = registry.load_engine("encoder", known)
        for name in ("seen", "unseen"):
            for line in iter_lines(name, labeller, known.intents):
                self.stdout.write(line)
        for line in iter_signal_lines():
            self.stdout.write(line)
