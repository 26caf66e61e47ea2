"""The phrases as data: reading them, filling them, and keeping some for evaluation."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final, TypeVar

T = TypeVar("T")
SENTENCES: Final = Path(__file__).parent / "sentences"
FIELD: Final = re.compile(r"\{(\w+)\}")
LOOKED_UP: Final = re.compile(r"\b(looked|checked|see about|things stand)\b")
"""What cannot be said where it is not known which order is meant."""
HELD_OUT_EVERY: Final = 8
"""Every eighth phrase of what a customer or a shop writes is seen in evaluation only."""


@cache
def load_phrases(name: str) -> dict[str, Any]:
    """The tables of ``sentences/<name>.toml``."""
    return tomllib.loads((SENTENCES / f"{name}.toml").read_text("utf-8"))


def select_phrases(phrases: Sequence[T], held_out: bool) -> list[T]:
    """The phrases of training, or those kept back; all where there are too few."""
    side = [p for i, p in enumerate(phrases) if (i % HELD_OUT_EVERY == 7) == held_out]
    return side or list(phrases)


def choose_template(rng: Random, templates: Sequence[str], known: Collection[str]) -> str:
    """One of the templates that state most of what is known, or "" if none fits.

    A rule a small model can learn: state what you know, in whatever wording.
    """
    fitting = [t for t in templates if find_fields(t) <= set(known)]
    most = max((len(find_fields(t)) for t in fitting), default=0)
    return rng.choice([t for t in fitting if len(find_fields(t)) == most]) if most else ""


@cache
def find_fields(template: str) -> frozenset[str]:
    return frozenset(FIELD.findall(template))


def fill_template(template: str, values: Mapping[str, str]) -> str:
    return FIELD.sub(lambda match: values[match[1]], template)
