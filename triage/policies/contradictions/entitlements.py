"""Entitlements: which remedies a clause grants for a case, and which it denies.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from triage.policies.contradictions.conditions import Circumstances
from triage.policies.contradictions.rule_sentence import Sentence
from triage.policies.contradictions.rule_words import (
    WORDS,
    compile_words,
    list_names,
    match_words,
)

NOT: Final = match_words("denials.words")
STRUCTURED_GRANTS: Final = {
    "return": r"\b(?:can|may) (?:also )?(?:be )?(?:return\w*|sen[dt]\b[^.]{0,30}\bback)"
    r"|\btake\b[^.]{0,30}\bback\b|\breturn \w+[^.]{0,30} within\b",
    "refund": r"\b(?:is|are|be) (?:\w+ )?refunded\b"
    r"|\b(?:an?|full|your) (?:\w+ )?refund\b(?! of more)",
}
"""What grants a remedy with other words in between."""
STRUCTURED_DENIALS: Final = {
    "return": rf"\b{NOT}(?: be)? take\b[^.]{{0,30}}\bback\b",
    "refund": rf"\b{NOT}(?: be| we)?(?: give| offer| pay)?(?: a| any)? ?refund\w*",
}


def _compile_grants(name: str) -> re.Pattern[str]:
    words = rf"\b{match_words(f'grants.{name}')}\b"
    return re.compile("|".join([words, *_list_extra(STRUCTURED_GRANTS, name)]), re.IGNORECASE)


def _compile_denials(name: str) -> re.Pattern[str]:
    ways = [rf"\b{match_words(f'denials.{name}')}\b"] if f"denials.{name}" in WORDS else []
    if f"denied_acts.{name}" in WORDS:
        ways.append(rf"\b{NOT}(?: be)? {match_words(f'denied_acts.{name}')}\b")
    return re.compile("|".join([*ways, *_list_extra(STRUCTURED_DENIALS, name)]), re.IGNORECASE)


def _list_extra(patterns: Mapping[str, str], name: str) -> list[str]:
    return [patterns[name]] if name in patterns else []


ACTS: Final = {
    name: (_compile_grants(name), _compile_denials(name)) for name in list_names("grants")
}
"""What grants a remedy and what denies it."""
OPEN_CHOICE: Final = compile_words(
    match_words("remedies.open_choices"),
    r"instead(?! of (?:the )?money)",
    rf"{match_words('remedies.wholes')} \w+ or (?:a |an )?\w+",
)
"""Where a sentence leaves open what is given, or says when it is something else."""
EXCLUSIVE_REMEDIES: Final = (frozenset({"refund", "store credit"}),)
"""Remedies of which a return has one."""
RETURN_WORDS: Final = re.compile(r"\breturn|\bback\b", re.IGNORECASE)
GOODS_ACTS: Final = frozenset({"return", "exchange", "cancelling"})


@dataclass(frozen=True)
class Remedy:
    """What a sentence grants (True) and denies (False) in a case."""

    about: Circumstances
    given: frozenset[tuple[str, bool]]
    returned: bool

    @property
    def shown(self) -> str:
        return ", ".join(name if granted else f"no {name}" for name, granted in sorted(self.given))

    @property
    def grants(self) -> frozenset[str]:
        return frozenset(name for name, granted in self.given if granted)


def iter_remedy_acts(text: str) -> Iterator[tuple[str, bool]]:
    """Each remedy that a sentence speaks of, and whether it is granted."""
    for name, (grants, denies) in ACTS.items():
        if denies.search(text):
            yield name, False
        elif grants.search(text):
            yield name, True


def parse_remedies(sentence: Sentence) -> Iterator[Remedy]:
    """What a sentence grants or denies, unless it leaves a choice."""
    given = frozenset(iter_remedy_acts(sentence.text))
    if not given or OPEN_CHOICE.search(sentence.text):
        return
    refused = any(not granted for _, granted in given)  # "not after 30 days" is a condition
    conditions = Circumstances(
        frozenset(str(each) for each in sentence.lengths if refused or not each.upper)
    )
    yield Remedy(
        add_unwanted_reason(sentence.about, given) | conditions,
        given,
        RETURN_WORDS.search(sentence.text) is not None,
    )


def add_unwanted_reason(about: Circumstances, given: Iterable[tuple[str, bool]]) -> Circumstances:
    """The circumstances, with the reason "unwanted" where goods go back for no stated reason.

    Who returns, exchanges or cancels without a reason has changed their mind.
    """
    if about.reasons or not GOODS_ACTS & {name for name, _ in given}:
        return about
    return about | Circumstances(reasons=frozenset({"unwanted"}))


def is_contradiction(one: Remedy, other: Remedy) -> bool:
    """Whether one denies what the other grants, or a return is paid in two ways."""
    if not one.about.is_same_as(other.about):
        return False
    if any((name, not granted) in other.given for name, granted in one.given):
        return True
    return (one.returned and other.returned) and any(
        one.grants & kinds and other.grants & kinds and not one.grants & other.grants & kinds
        for kinds in EXCLUSIVE_REMEDIES
    )
