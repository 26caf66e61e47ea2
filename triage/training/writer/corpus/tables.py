"""The words that only the corpus is made of: customers' messages, and values they may name."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any


@cache
def load_corpus(name: str) -> dict[str, Any]:
    """The tables of ``<name>.toml`` beside this file: "tickets" or "values"."""
    return tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text("utf-8"))
