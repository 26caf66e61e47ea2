"""Measures of the source itself: how functions are named, how files lie, how long patterns are."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("triage", "approvals", "tickets")
VERBS = frozenset(Path(__file__).with_name("verbs.txt").read_text("utf-8").split())
"""The verbs that function names of this project begin with; a new one is added by hand."""
NO_PARTICIPLES = frozenset({"need", "feed", "seed", "embed", "speed", "shed", "proceed", "exceed"})
IRREGULAR_PARTICIPLES = frozenset(
    [
        "said",
        "told",
        "left",
        "heard",
        "kept",
        "found",
        "made",
        "given",
        "shown",
        "taken",
        "seen",
        "known",
        "meant",
        "sent",
        "written",
        "drawn",
        "chosen",
        "spoken",
        "held",
        "put",
        "lost",
        "born",
        "borne",
        "hidden",
    ]
)
SHARED_NAMES = frozenset({"__init__", "admin", "apps", "forms", "models", "urls", "views"})
"""Module names that Django gives a meaning of its own in every app."""
REGEX_SIGNS = re.compile(r"\(\?|\\[bswdWSBD]|\[\^|\)\?|\|.*\||\w\?|\]\+|\)\*|\}\?")


def list_sources(*apps: str) -> list[Path]:
    """The Python files of the apps (all three by default), without migrations."""
    found = [path for app in apps or APPS for path in (ROOT / app).rglob("*.py")]
    return sorted(path for path in found if "migrations" not in path.parts)


def list_function_names() -> list[str]:
    """Every function of the product, nested ones and methods too, without dunders."""
    return [
        node.name.lstrip("_")
        for path in list_sources()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if not node.name.startswith("__")
    ]


def is_participle_first(name: str) -> bool:
    """Whether a name begins with a word like "settled" or "told": what it does stays unsaid."""
    first = name.split("_")[0]
    if first in NO_PARTICIPLES or first in VERBS:
        return False
    return first in IRREGULAR_PARTICIPLES or (first.endswith("ed") and len(first) > len("need"))


def count_name_shares() -> dict[str, float]:
    """Of all function names, in percent: one word, verb first, participle first."""
    names = list_function_names()
    counted = {
        "one word": sum("_" not in name for name in names),
        "verb first": sum(name.split("_")[0] in VERBS for name in names),
        "participle first": sum(map(is_participle_first, names)),
    }
    return {name: 100 * count / len(names) for name, count in counted.items()}


def find_shared_module_names() -> dict[str, list[str]]:
    """Module name -> its files, where more than one file of the product has it."""
    files = [path for path in list_sources() if path.stem not in SHARED_NAMES]
    counted = Counter(path.stem for path in files)
    return {
        name: [str(path.relative_to(ROOT)) for path in files if path.stem == name]
        for name, count in counted.items()
        if count > 1
    }


def count_regex_chars() -> int:
    """Characters of regular expressions in the product: string literals that read like one,
    in files that import ``re``. Lexicons in TOML are not counted."""
    return sum(sum(_iter_pattern_lengths(path)) for path in list_sources())


def _iter_pattern_lengths(path: Path) -> Iterator[int]:
    text = path.read_text("utf-8")
    if "import re" not in text:
        return
    tree = ast.parse(text)
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        if id(node) not in docstrings and REGEX_SIGNS.search(node.value):
            yield len(node.value)


def find_section_rules() -> list[str]:
    """Comments that rule a file into sections: such a file is a folder that was not made."""
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path in list_sources()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if re.match(r"\s*# -{3,}", line)
    ]
