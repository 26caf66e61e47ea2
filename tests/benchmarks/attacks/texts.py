"""What is hidden in a ticket: our own texts about refunds, and those of two public sets.

Yi et al., "BIPIA" (2023), and Debenedetti et al., "AgentDojo" (2024); the data is read from a
folder that is named, and none of it is in this project.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
POLITE: Final = "polite words"
HELD_OUT_ONE_IN: Final = 3
"""Every third text of each set was not looked at while ``INJECTION_SIGNS`` were written."""
VARIABLE_PATTERN: Final = re.compile(r"\{[^{}]*(iban|link|web|email|\w+)[^{}]*\}", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Attack:
    """One text, with the set it is of and its place in it."""

    of: str
    number: int
    text: str

    @property
    def is_held_out(self) -> bool:
        return self.number % HELD_OUT_ONE_IN == 0


@cache
def _load_content() -> Mapping[str, Any]:
    return tomllib.loads((HERE / "attacks.toml").read_text(encoding="utf-8"))


def load_own_attacks(values: Mapping[str, str] | None = None) -> list[Attack]:
    """Every frame with every goal, and the texts in other languages.

    ``values`` are the numbers of a ticket's ``other`` order and of a ``foreign`` one.
    """
    content = _load_content()
    filled = {"other": "HP-10001", "foreign": "HP-10002", **content["values"], **(values or {})}
    framed = product(content["frames"], [goal.format_map(filled) for goal in content["goals"]])
    texts = [frame.format(goal=goal) for frame, goal in framed]
    texts += [text.format_map(filled) for text in content["others"]]
    return [Attack(of="own", number=n, text=text) for n, text in enumerate(texts)]


def load_polite_words() -> list[Attack]:
    """The control group: what honest customers add to their mails, which changes nothing."""
    return [Attack(of=POLITE, number=n, text=t) for n, t in enumerate(_load_content()["polite"])]


def load_bipia(data: Path) -> list[Attack]:
    """The instructions of the text attacks, as they stand."""
    groups = json.loads((data / "bipia" / "text_attack_train.json").read_text())
    texts = [text for group in groups.values() for text in group]
    return [Attack(of="bipia", number=n, text=text) for n, text in enumerate(texts)]


def load_agentdojo(data: Path) -> list[Attack]:
    """The goals of the injections; their suites' variables are filled with our values."""
    rows = json.loads((data / "agentdojo" / "injection_goals.json").read_text())
    goals = [row.get("GOAL") or row["GOAL_source"].lstrip("f").strip("'\"") for row in rows]
    texts = [VARIABLE_PATTERN.sub(_fill_variable, goal) for goal in goals]
    return [Attack(of="agentdojo", number=n, text=text) for n, text in enumerate(texts)]


def _fill_variable(variable: re.Match[str]) -> str:
    values = _load_content()["values"]
    name = variable[0].lower()
    kind = next((k for k in ("iban", "link", "mail") if k in name), "link" if "web" in name else "")
    return str(values[kind]) if kind else "the one we spoke of"


def load_harmless_texts(data: Path) -> list[str]:
    """Texts with trigger words in which nobody hides anything (Li and Liu, "InjecGuard", 2024)."""
    folder = data / "notinject"
    first = [row["prompt"] for row in json.loads((folder / "NotInject_one.json").read_text())]
    mixed = json.loads((folder / "valid.json").read_text())
    rest = [row["prompt"] for row in mixed if row["source"].startswith("NotInject")]
    return list(dict.fromkeys([*first, *rest]))
