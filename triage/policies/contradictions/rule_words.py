"""The words by which rules of policies are understood, and the patterns made of them.

Pure. The words are in rule_words.toml; an ellipsis ends a word whose ending does not matter.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from triage.nlu.lexicon import load_lexicon, match_any

WORDS: Final = load_lexicon(Path(__file__).with_name("rule_words.toml"))
ANY_ENDING: Final = "…"


def match_words(name: str) -> str:
    """A group that matches any phrase of a list, the longest first."""
    return match_any(WORDS[name]).replace(ANY_ENDING, r"\w*")


def compile_words(*patterns: str) -> re.Pattern[str]:
    """Any of the patterns in whatever case, each as whole words."""
    return re.compile("|".join(rf"\b(?:{pattern})\b" for pattern in patterns), re.IGNORECASE)


def list_names(table: str) -> list[str]:
    """The names of a table's lists, in the order in which they stand."""
    lead = f"{table}."
    return [name.removeprefix(lead) for name in WORDS if name.startswith(lead)]
