"""Reading labelled texts from the forms in which public intent data sets come.

A csv with a text column (text, sentence) and a label column (category, label); a folder with
the files seq.in and label, one line each; or a json whose named splits are lists of
[text, label]. ``FILE.json:train`` names one split; without it the training splits are read
for training and the others of the most final kind for testing.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TEXT = ("text", "sentence", "utterance", "query")
LABEL = ("category", "label", "intent")
OUTSIDE = frozenset({"", "oos", "no_nodes_detected"})  # how the sets spell "none of ours"
TRAIN = (("train", "oos_train"),)
TEST = (("test", "oos_test"), ("val", "oos_val"))


@dataclass(frozen=True)
class Labelled:
    """n texts and n labels; "" is none of ours."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.texts)


class Unreadable(ValueError):
    """The file has none of the forms: nothing was read from it."""


def read(where: str, *, testing: bool = False) -> Labelled:
    """The texts of a csv, a folder or a json. Raises Unreadable, saying what was expected."""
    name, split = _split(where)
    path = Path(name)
    try:
        pairs = _pairs(path, split, TEST if testing else TRAIN)
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path} is not UTF-8 text: save it as UTF-8.") from error
    rows = [(text.strip(), _label(label)) for text, label in pairs if text.strip()]
    if not rows:
        raise Unreadable(f"{path} has no labelled texts.")
    return Labelled(tuple(text for text, _ in rows), tuple(label for _, label in rows))


def _split(where: str) -> tuple[str, str]:
    name, colon, split = where.rpartition(":")
    return (name, split) if colon and name.endswith(".json") else (where, "")


def _pairs(path: Path, split: str, wanted: Sequence[Sequence[str]]) -> Iterable[tuple[str, str]]:
    if path.is_dir():
        return _from_folder(path)
    if path.suffix == ".json":
        return _from_json(path, split, wanted)
    return _from_csv(path)


def _label(label: str) -> str:
    return "" if label.strip().lower() in OUTSIDE else label.strip()


def _from_csv(path: Path) -> list[tuple[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        names = {name.strip().lower(): name for name in rows.fieldnames or () if name}
        text, label = (next((names[n] for n in of if n in names), None) for of in (TEXT, LABEL))
        if text is None or label is None:
            raise Unreadable(
                f"{path} needs a column for the text ({' or '.join(TEXT)}) and one for the "
                f"label ({' or '.join(LABEL)}); it has {', '.join(names) or 'no header'}."
            )
        return [(row[text] or "", row[label] or "") for row in rows]


def _from_folder(path: Path) -> list[tuple[str, str]]:
    texts = (path / "seq.in").read_text("utf-8").splitlines()
    labels = (path / "label").read_text("utf-8").splitlines()
    if len(texts) != len(labels):
        raise Unreadable(f"{path}: seq.in has {len(texts)} lines and label {len(labels)}.")
    return list(zip(texts, labels, strict=True))


def _from_json(path: Path, split: str, wanted: Sequence[Sequence[str]]) -> list[tuple[str, str]]:
    try:
        splits = json.loads(path.read_text("utf-8"))
    except json.JSONDecodeError as error:
        raise Unreadable(f"{path} is not JSON: {error}.") from error
    if not isinstance(splits, dict):
        raise Unreadable(f"{path} needs named splits of [text, label] pairs, such as train.")
    names = [split] if split else next((of for of in wanted if of[0] in splits), wanted[0][:1])
    if names[0] not in splits:
        raise Unreadable(f"{path} has no split “{names[0]}”, only {', '.join(splits) or 'none'}.")
    pairs = [pair for name in names for pair in splits.get(name, [])]
    return [_pair(pair, path) for pair in pairs]


def _pair(pair: Any, path: Path) -> tuple[str, str]:
    if isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair):
        return pair[0], pair[1]
    raise Unreadable(f"{path} needs pairs of [text, label], not {str(pair)[:60]}.")
