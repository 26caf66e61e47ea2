"""The conditions of a sentence: which things, for which reason, under which circumstances.

Pure. Whatever is neither a word of every shop nor known under another name makes a case of
its own; so a rule for shoes is never set against one for everything, and a circumstance that
is not understood keeps two clauses apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from triage.nlu.content_words import FUNCTION_WORDS, split_words, stem_word
from triage.policies.contradictions.rule_words import WORDS, list_names, match_words

FOLLOWED_BY_NO_SUM: Final = r"(?!\s*(?:[£$€\d]|$))"
"""A charge that is named with its sum is no circumstance."""
AFTER_SENDING: Final = re.compile(
    rf"\b{match_words('sending.once')}\b(?:(?!before|until)[^,;]){{0,40}}"
    rf"\b{match_words('sending.been')}\b[^,;]{{0,12}}\b{match_words('sending.gone')}\b"
    rf"|\bafter {match_words('sending.act')}\b",
    re.IGNORECASE,
)
BEFORE_SENDING: Final = re.compile(
    rf"\b{match_words('sending.so_far')}\b[^,;]{{0,40}}\b{match_words('sending.packed')}\b"
    rf"|\bbefore {match_words('sending.act')}\b",
    re.IGNORECASE,
)
EXCEPTION: Final = re.compile(
    rf"\b{match_words('exceptions.openings')}\b[^,;.]*|\b{match_words('exceptions.whole')}\b",
    re.IGNORECASE,
)
"""What is only said not to be the case."""
CONTRACTION_ENDING: Final = re.compile(r"['’](?:s|re|ve|ll|d|m|t)\b")
GENERIC_WORDS: Final = frozenset(WORDS["generic_words"])
DISTINGUISHING_WORDS: Final = frozenset(WORDS["distinguishing_words"])


def _compile_cue(table: str, name: str) -> re.Pattern[str]:
    """The words of a reason or circumstance, unless other words stand right beside them."""
    before = "".join(f"(?<!{word} )" for word in WORDS.get(f"not_after.{name}", ()))
    after = "".join(f"(?! {word})" for word in WORDS.get(f"not_before.{name}", ()))
    after += FOLLOWED_BY_NO_SUM if name == "deliverycharge" else ""
    return re.compile(rf"{before}\b{match_words(f'{table}.{name}')}\b{after}", re.IGNORECASE)


REASONS: Final = tuple((name, _compile_cue("reasons", name)) for name in list_names("reasons"))
CIRCUMSTANCES: Final = (
    ("aftersent", AFTER_SENDING),
    ("beforesent", BEFORE_SENDING),
    *((name, _compile_cue("circumstances", name)) for name in list_names("circumstances")),
)


@dataclass(frozen=True)
class Circumstances:
    """What sets a case apart, by stems and names, and the reasons it is for."""

    things: frozenset[str] = frozenset()
    reasons: frozenset[str] = frozenset()

    def __or__(self, other: Circumstances) -> Circumstances:
        return Circumstances(self.things | other.things, self.reasons | other.reasons)

    def is_same_as(self, other: Circumstances) -> bool:
        """Whether things are the same and there is a reason that both are for."""
        reasons = bool(self.reasons & other.reasons) or self.reasons == other.reasons
        return self.things == other.things and reasons

    def __bool__(self) -> bool:
        return bool(self.things or self.reasons)


def parse_circumstances(text: str, *, unnamed: bool = True) -> Circumstances:
    """What a sentence or a heading is about, beyond what every clause is about.

    Without ``unnamed`` only what is known by name counts, and no other word.
    """
    text = EXCEPTION.sub(" ", text)
    reasons, things = set(), set()
    for reason, pattern in REASONS:
        text, times = pattern.subn(" ", text)
        reasons.update([reason] if times else [])
    for name, pattern in CIRCUMSTANCES:
        text, times = pattern.subn(" ", text)
        things.update([name] if times else [])
    unknown = frozenset(_iter_unknown_stems(text)) if unnamed else frozenset()
    return Circumstances(frozenset(things) | unknown, frozenset(reasons))


def _iter_unknown_stems(text: str) -> Iterator[str]:
    for word in split_words(CONTRACTION_ENDING.sub("", text)):
        if word in DISTINGUISHING_WORDS or (
            word not in FUNCTION_WORDS and stem_word(word) not in _get_generic_stems()
        ):
            yield stem_word(word)


@lru_cache(maxsize=1)
def _get_generic_stems() -> frozenset[str]:
    return frozenset(map(stem_word, GENERIC_WORDS - DISTINGUISHING_WORDS))
