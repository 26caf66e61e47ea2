"""The texts that the signals are learned from, all written for this: see the *.toml beside."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent / "signals"
SAID: Final = ("calm", "upset", "threatening")
EXAMPLES: Final = HERE.parents[1] / "demo" / "examples.toml"
NOT_REQUESTS: Final = "background"


@dataclass(frozen=True)
class Said:
    """A message with its true urgency and mood."""

    text: str
    urgency: str
    mood: str


def said() -> list[Said]:
    return [
        Said(text, table["urgency"], table["mood"])
        for name in SAID
        for table in _read(HERE / f"{name}.toml")["said"]
        for text in table["texts"]
    ]


def mail() -> list[tuple[str, str]]:
    """(text, kind): what is unwanted, and as "wanted" whatever else was written for this project."""
    unwanted = [
        (text, table["kind"])
        for table in _read(HERE / "unwanted.toml")["unwanted"]
        for text in table["texts"]
    ]
    return [*unwanted, *((text, "wanted") for text in (*_requests(), *(s.text for s in said())))]


def _requests() -> Iterator[str]:
    for slug, table in _read(EXAMPLES).items():
        if slug != NOT_REQUESTS:
            yield from table["examples"]
    for table in _read(HERE / "wanted.toml")["wanted"]:
        yield from table["texts"]


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))
