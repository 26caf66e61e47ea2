"""How are mails in other languages read? `make bench-languages`: labels and outcomes by language.

The mails under `foreign_tickets` were written for this project by people's stand-ins who saw the
names and descriptions of the demo's intents and nothing else. `seen` was looked at while the
reading was built, `unseen` was not. The version that labels is the demo's own.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

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


def main() -> None:
    """In the database of DATABASE_URL, or a private one: it gets the demo where it has none."""
    import django

    django.setup()
    from django.core.management import call_command

    from triage.demo import load
    from triage.pipeline import configuration, registry

    call_command("migrate", verbosity=0)
    if not load.has_data():
        call_command("load_demo", verbosity=0)
    known = configuration.load_configuration()
    labeller = registry.load_engine("encoder", known)
    for name in ("seen", "unseen"):
        for line in iter_lines(name, labeller, known.intents):
            sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
