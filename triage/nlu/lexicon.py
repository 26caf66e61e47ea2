"""Word lists kept as data, and the patterns made of them.

Pure. A lexicon is a TOML file of named lists of plain words and phrases, without a sign of a
regular expression in them: whoever knows the language can read and mend it. Code says how a
list is looked for (at the edges of words, after a denial …); the list says what.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

NEVER_PLAIN: Final = frozenset("\\|^*+[]{}")
"""Signs that are of a regular expression and not of a phrase."""
LEXICONS: Final = Path(__file__).parent / "lexicons"
STRAIGHT: Final = "'"
CURLED: Final = "’"


class LexiconError(ValueError):
    """A lexicon that holds something other than lists of plain words and phrases."""


def load_lexicon(path: Path) -> Mapping[str, tuple[str, ...]]:
    """The lists of a TOML file by name; one within a table is named ``table.name``.

    Each phrase keeps its place. Raises LexiconError for a value that is no list, an empty list,
    and a phrase that is empty, told twice, padded with blanks or written as a pattern.
    """
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return MappingProxyType(
        {name: _check_phrases(f"{path.name}: {name}", value) for name, value in _iter_lists(tables)}
    )


def match_any(
    phrases: Iterable[str],
    *,
    wide_spaces: bool = False,
    plain_spaces: bool = False,
    any_apostrophe: bool = True,
) -> str:
    r"""A group, not captured, that matches any of the phrases, the longest first.

    A space in a phrase stands for one blank of any kind (``\s``), for several (``\s+``) with
    ``wide_spaces``, or for itself alone with ``plain_spaces``; an apostrophe stands for either
    way to write it, unless ``any_apostrophe`` is off; a ``~`` for the rest of a word, or none.
    Edges of words and the case of letters are left to the pattern it is put into.
    """
    ordered = sorted(dict.fromkeys(phrases), key=lambda phrase: (-len(phrase), phrase))
    blank = " " if plain_spaces else r"\s+" if wide_spaces else r"\s"
    return f"(?:{'|'.join(_escape_phrase(each, blank, any_apostrophe) for each in ordered)})"


def load_groups(
    path: Path, *, plain_spaces: bool = False, any_apostrophe: bool = True
) -> Mapping[str, str]:
    """The lists of a TOML file by name, each as the group that ``match_any`` makes of it."""
    return {
        name: match_any(phrases, plain_spaces=plain_spaces, any_apostrophe=any_apostrophe)
        for name, phrases in load_lexicon(path).items()
    }


def _escape_phrase(phrase: str, blank: str, any_apostrophe: bool) -> str:
    escaped = re.escape(phrase).replace(r"\ ", blank).replace(r"\~", r"\w*")
    if not any_apostrophe:
        return escaped
    return escaped.replace(CURLED, STRAIGHT).replace(STRAIGHT, f"[{STRAIGHT}{CURLED}]")


def _iter_lists(tables: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in tables.items():
        if isinstance(value, dict):
            yield from _iter_lists(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _check_phrases(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise LexiconError(f"{name} has to be a list of words")
    for phrase in value:
        if not isinstance(phrase, str) or not phrase or phrase != " ".join(phrase.split()):
            raise LexiconError(f"{name}: {phrase!r} is no word or phrase with single spaces")
        if NEVER_PLAIN & set(phrase):
            raise LexiconError(f"{name}: {phrase!r} is written as a pattern")
    if len(set(value)) < len(value):
        raise LexiconError(f"{name} tells a phrase twice")
    return tuple(value)
