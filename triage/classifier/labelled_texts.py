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

TEXT_COLUMNS = ("text", "sentence", "utterance", "query")
LABEL_COLUMNS = ("category", "label", "intent")
OUT_OF_SCOPE_LABELS = frozenset(
    {"", "oos", "no_nodes_detected"}
)  # how the sets spell "none of ours"
TRAINING_SPLITS = (("train", "oos_train"),)
TEST_SPLITS = (("test", "oos_test"), ("val", "oos_val"))


@dataclass(frozen=True)
class LabelledTexts:
    """n texts and n labels; "" is none of ours."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.texts)


class UnreadableDataset(ValueError):
    """The file has none of the forms: nothing was read from it."""


def read_dataset(where: str, *, testing: bool = False) -> LabelledTexts:
    """The labelled texts of a csv, a folder or a json.

    Raises UnreadableDataset, saying what was expected.
    """
    name, split = _parse_location(where)
    path = Path(name)
    try:
        pairs = _read_pairs(path, split, TEST_SPLITS if testing else TRAINING_SPLITS)
    except OSError as error:
        raise UnreadableDataset(f"{path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise UnreadableDataset(f"{path} is not UTF-8 text: save it as UTF-8.") from error
    except csv.Error as error:
        raise UnreadableDataset(f"{path} is not a table that can be read: {error}.") from error
    rows = [(text.strip(), _normalize_label(label)) for text, label in pairs if text.strip()]
    if not rows:
        raise UnreadableDataset(f"{path} has no labelled texts.")
    return LabelledTexts(tuple(text for text, _ in rows), tuple(label for _, label in rows))


def _parse_location(where: str) -> tuple[str, str]:
    name, colon, split = where.rpartition(":")
    return (name, split) if colon and name.endswith(".json") else (where, "")


def _read_pairs(
    path: Path, split: str, wanted: Sequence[Sequence[str]]
) -> Iterable[tuple[str, str]]:
    if path.is_dir():
        return _read_folder(path)
    if path.suffix == ".json":
        return _read_json(path, split, wanted)
    return _read_csv(path)


def _normalize_label(label: str) -> str:
    return "" if label.strip().lower() in OUT_OF_SCOPE_LABELS else label.strip()


def _read_csv(path: Path) -> list[tuple[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        names = {name.strip().lower(): name for name in rows.fieldnames or () if name}
        text, label = (
            next((names[n] for n in of if n in names), None) for of in (TEXT_COLUMNS, LABEL_COLUMNS)
        )
        if text is None or label is None:
            raise UnreadableDataset(
                f"{path} needs a column for the text ({' or '.join(TEXT_COLUMNS)}) and one for the "
                f"label ({' or '.join(LABEL_COLUMNS)}); it has {', '.join(names) or 'no header'}."
            )
        return [(row[text] or "", row[label] or "") for row in rows]


def _read_folder(path: Path) -> list[tuple[str, str]]:
    texts = (path / "seq.in").read_text("utf-8").splitlines()
    labels = (path / "label").read_text("utf-8").splitlines()
    if len(texts) != len(labels):
        raise UnreadableDataset(f"{path}: seq.in has {len(texts)} lines and label {len(labels)}.")
    return list(zip(texts, labels, strict=True))


def _read_json(path: Path, split: str, wanted: Sequence[Sequence[str]]) -> list[tuple[str, str]]:
    try:
        splits = json.loads(path.read_text("utf-8"))
    except json.JSONDecodeError as error:
        raise UnreadableDataset(f"{path} is not JSON: {error}.") from error
    if not isinstance(splits, dict):
        raise UnreadableDataset(f"{path} needs named splits of [text, label] pairs, such as train.")
    names = [split] if split else next((of for of in wanted if of[0] in splits), wanted[0][:1])
    if names[0] not in splits:
        raise UnreadableDataset(
            f"{path} has no split “{names[0]}”, only {', '.join(splits) or 'none'}."
        )
    pairs = [pair for name in names for pair in splits.get(name, [])]
    return [_check_pair(pair, path) for pair in pairs]


def _check_pair(pair: Any, path: Path) -> tuple[str, str]:
    if isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair):
        return pair[0], pair[1]
    raise UnreadableDataset(f"{path} needs pairs of [text, label], not {str(pair)[:60]}.")
