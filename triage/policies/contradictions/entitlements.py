"""Entitlements: which remedies a clause grants for a case, and which it denies.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from triage.policies.contradictions.conditions import Circumstances
from triage.policies.contradictions.rule_sentence import Sentence

NOT: Final = r"(?:not|never|no longer|cannot|can['’]t|n['’]t)"


def _compile_act(grants: str, denies: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    return re.compile(grants, re.IGNORECASE), re.compile(denies, re.IGNORECASE)


ACTS: Final = {
    "return": _compile_act(
        r"\b(?:can|may) (?:also )?(?:be )?(?:return\w*|sen[dt]\b[^.]{0,30}\bback)|\btake\b[^.]{0,30}\bback\b|\breturn \w+[^.]{0,30} within\b|\baccept returns\b",
        rf"\b{NOT}(?: be)? (?:return(?:ed|able)?|taken back|take\b[^.]{{0,30}}\bback\b|accept(?:ed)? (?:a |any )?returns?\b)|\bno returns\b|\bnon-?returnable\b",
    ),
    "exchange": _compile_act(
        r"\b(?:can|may) (?:be )?(?:exchang|swap)\w*|\bexchanges are possible\b",
        rf"\b{NOT}(?: be)? (?:exchang\w+|swapp?\w*|(?:offer|accept) exchanges)\b|\bno exchanges\b",
    ),
    "cancelling": _compile_act(
        r"\b(?:can|may) (?:be )?cancel\w*",
        rf"\b{NOT}(?: be)? cancel\w*|\bno cancellations?\b|\bnon-?cancell?able\b",
    ),
    "refund": _compile_act(
        r"\bwe (?:will |also )?refund\b|\b(?:is|are|be) (?:\w+ )?refunded\b|\b(?:an?|full|your) (?:\w+ )?refund\b(?! of more)"
        r"|\bmoney back\b|\bcan refund\b",
        rf"\b{NOT}(?: be| we)?(?: give| offer| pay)?(?: a| any)? ?refund\w*|\bno refunds?\b|\bnon-?refundable\b|\b{NOT} refundable\b|\binstead of (?:the )?money\b"
        r"|\bstore credit only\b|\bonly (?:as )?store credit\b",
    ),
    "store credit": _compile_act(r"\bstore credit\b", r"\bno store credit\b"),
    "replacement": _compile_act(
        r"\breplac(?:e|es|ed|ement)\b|\bsend (?:you )?(?:a new|the right|another)\b",
        rf"\b{NOT}(?: be)? (?:replac\w+|sen[dt] (?:it|them|one) again)|\bno replacements?\b",
    ),
    "repair": _compile_act(r"\brepair(?:s|ed)?\b", rf"\b{NOT}(?: be)? repair\w*|\bno repairs?\b"),
    "paying out": _compile_act(r"\bpaid out\b", rf"\b{NOT} be paid out\b"),
}  # fmt: skip
"""What grants a remedy and what denies it."""
OPEN_CHOICE: Final = re.compile(
    r"\b(?:rather|prefer\w*|choos\w+|choice|instead(?! of (?:the )?money)|alternatively|if (?:that|this|it|a repair) is not possible"
    r"|if we (?:can|cannot)|sold out|out of stock|may offer|(?:a|any|either|full) \w+ or (?:a |an )?\w+|while|dispute)\b",
    re.IGNORECASE,
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
