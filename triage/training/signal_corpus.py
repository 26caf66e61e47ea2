"""The texts that the signals are learned from, all written for this: see the *.toml beside."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent / "signals"
EXAMPLE_FILES: Final = ("calm", "upset", "threatening")
DEMO_EXAMPLES: Final = HERE.parents[1] / "demo" / "examples.toml"
BACKGROUND_SLUG: Final = "background"


@dataclass(frozen=True)
class SignalExample:
    """A message with its true urgency and mood."""

    text: str
    urgency: str
    mood: str


def load_examples() -> list[SignalExample]:
    """All example messages with their true urgency and mood."""
    return [
        SignalExample(text, table["urgency"], table["mood"])
        for name in EXAMPLE_FILES
        for table in _read_toml(HERE / f"{name}.toml")["said"]
        for text in table["texts"]
    ]


def load_mail() -> list[tuple[str, str]]:
    """(text, kind) of unwanted mail, and as "wanted" of all else written for this project."""
    unwanted = [
        (text, table["kind"])
        for table in _read_toml(HERE / "unwanted.toml")["unwanted"]
        for text in table["texts"]
    ]
    return [
        *unwanted,
        *((text, "wanted") for text in (*_iter_requests(), *(s.text for s in load_examples()))),
    ]


def _iter_requests() -> Iterator[str]:
    for slug, table in _read_toml(DEMO_EXAMPLES).items():
        if slug != BACKGROUND_SLUG:
            yield from table["examples"]
    for table in _read_toml(HERE / "wanted.toml")["wanted"]:
        yield from table["texts"]


def _read_toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))
