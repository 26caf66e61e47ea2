"""Which larger models `manage.py fetch_model` can bring, and what each of them asks for."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("catalogue.toml")


class UnknownModel(Exception):
    """The catalogue has no model of that name: there is nothing to fetch."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """One GGUF on the hub. Sizes in 10⁹ bytes, ``context`` and ``max_tokens`` in tokens."""

    name: str
    repository: str
    file: str
    parameters: str
    size_gb: float
    memory_gb: float
    licence: str
    model_class: str
    about: str
    context: int
    max_tokens: int = 320
    seconds: float


def load_catalogue(file: Path = FILE) -> Mapping[str, Model]:
    """Every catalogued model by its name, which becomes the engine's name."""
    tables = tomllib.loads(file.read_text())
    return {name: _parse_model(name, table) for name, table in tables.items()}


def _parse_model(name: str, table: Mapping[str, Any]) -> Model:
    values = dict(table)
    return Model(name=name, model_class=values.pop("class"), **values)


def find_model(name: str) -> Model:
    """The model of that name. Raises UnknownModel, which names those spelled alike."""
    models = load_catalogue()
    if name not in models:
        near = get_close_matches(name.lower(), models, cutoff=0.4) or list(models)
        raise UnknownModel(
            f"No model is called {name}: the nearest are {', '.join(near)}; without a name "
            "all are listed."
        )
    return models[name]
