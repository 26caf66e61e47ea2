"""Phrases with gaps, as a phrase book writes them, and the patterns made of them.

Pure. The lists come from ``nlu.lexicon.load_lexicon``; what may stand in a phrase:

    refund          the word itself, from edge to edge; an apostrophe is written either way
    refund~         any word that begins so          ~ed    any word that ends so
    _               any one word                     a/b    the one word or the other
    (also)          may be left out                  (a/b c)  one of these, or nothing
    <giver>         any phrase of the list giver     <maybe giver>  or nothing
    <any giver>     none, one or several             <up to 3 giver>  at most so many
    <not giver>     what does not go on with one     <then giver>  what goes on with one
    …  …30  …(;)  …30(.;)   words up to a comma, semicolon or colon; at most 30 characters;
                    up to one of these signs instead; …() is up to the end of the line
    <start> <end> <stop>   the edges of the sentence, with signs at them and without
    <blank> <percentage>   one blank; a share in figures
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

TOKEN: Final = re.compile(r"<[^>]+>|\([^)]*\)|…\d*(?:\(\S*?\))?|[^\s…<]+")
REFERENCE: Final = re.compile(r"<(?:(maybe|any|not after|not|then|up to (\d+)) )?(\w+)>")
GAP: Final = re.compile(r"…(\d*)(\(\S*\))?")
CLAUSE_SIGNS: Final = "(,;:)"
FIXED: Final = {
    "start": r"^\W*",
    "end": r"\W*$",
    "stop": "$",
    "blank": " ",
}
FIGURES: Final = {"percentage": r"(?<!\d)\d{1,3} ?%"}
OPENINGS: Final = (r"\b", " ")
LOOKS: Final = {"not": "(?!{})", "then": "(?={})", "not after": "(?<!{})"}


class PhraseBook:
    """Lists of phrases that refer to each other, and the patterns they make.

    ``any_apostrophe``: a straight apostrophe stands for a curled one too.
    """

    def __init__(self, lists: Mapping[str, Sequence[str]], *, any_apostrophe: bool = True) -> None:
        self.lists = lists
        self.apostrophe = "['’]" if any_apostrophe else "'"

    def compile_list(self, *names: str) -> re.Pattern[str]:
        """A pattern that finds any phrase of the lists, in letters of either case."""
        return re.compile(self.build_pattern(*names), re.IGNORECASE)

    def build_pattern(self, *names: str) -> str:
        """The same as text, one group that is not captured, to be put into a pattern."""
        phrases = [phrase for name in names for phrase in self.lists[name]]
        return self._build_any(phrases, joined=False, ends=True)

    def _build_any(self, phrases: Sequence[str], *, joined: bool, ends: bool) -> str:
        """``joined``: a word stands before; ``ends``: nothing follows that is joined to it."""
        return _join_branches(
            [self._build_phrase(phrase, joined=joined, ends=ends) for phrase in phrases]
        )

    def _build_phrase(self, phrase: str, *, joined: bool, ends: bool) -> str:
        tokens, built = TOKEN.findall(phrase), ""
        for place, token in enumerate(tokens):
            last = _is_open_after(tokens[place + 1 :], ends)
            built += self._build_token(token, joined=joined, ends=last)
            joined = _is_joined_after(token, joined)
        return built

    def _build_token(self, token: str, *, joined: bool, ends: bool) -> str:
        if gap := GAP.fullmatch(token):
            return _build_gap(gap)
        if token.startswith("(…"):
            return f"(?: {self._build_token(token[1:-1], joined=joined, ends=ends)})?"
        if token.startswith("("):
            return self._build_optional(token[1:-1].split("/"), "?", joined=joined, ends=ends)
        if found := REFERENCE.fullmatch(token):
            return self._build_reference(found, joined=joined, ends=ends)
        words = token.split("/")
        built = [self._build_word(word, joined=joined, ends=ends) for word in words]
        return built[0] if len(built) == 1 else _join_branches(built)

    def _build_reference(self, found: re.Match[str], *, joined: bool, ends: bool) -> str:
        how, most, name = found.groups()
        if name in FIXED:
            return FIXED[name]
        if name in FIGURES:
            return (" " if joined else "") + FIGURES[name]
        phrases = ["_"] if name == "_" else self.lists[name]
        if how in LOOKS:
            ahead = joined and how != "not after"
            return LOOKS[how].format(self._build_any(phrases, joined=ahead, ends=True))
        if how is None:
            return self._build_any(phrases, joined=joined, ends=ends)
        often = {"maybe": "?", "any": "*"}.get(how, f"{{0,{most}}}")
        return self._build_optional(phrases, often, joined=joined, ends=ends)

    def _build_optional(
        self, phrases: Sequence[str], often: str, *, joined: bool, ends: bool
    ) -> str:
        built = self._build_any(phrases, joined=joined, ends=joined and ends)
        return f"{built}{often}" if joined else f"(?:{built} ){often}"

    def _build_word(self, word: str, *, joined: bool, ends: bool) -> str:
        blank = " " if joined and word[0] != "'" else ""
        before = r"\b" if not joined and re.match(r"\w", word) else ""
        after = r"\b" if ends and re.search(r"\w$", word) else ""
        letters = re.escape(word).replace(r"\~", "~").replace("_", r"\w+")
        letters = letters if joined else letters.removeprefix("~")
        letters = letters.replace("~", r"\w*").replace("'", self.apostrophe)
        return f"{blank}{before}{letters}{after}"


def _join_branches(branches: Sequence[str]) -> str:
    """One of the branches; what neighbours begin with is looked for once, which is much faster."""
    runs = groupby(branches, key=_get_opening)
    joined = (f"{opening}{_join_run(opening, list(run))}" for opening, run in runs)
    return f"(?:{'|'.join(joined)})"


def _get_opening(branch: str) -> str:
    return next((opening for opening in OPENINGS if branch.startswith(opening)), "")


def _join_run(opening: str, run: Sequence[str]) -> str:
    rest = "|".join(branch.removeprefix(opening) for branch in run)
    return f"(?:{rest})" if opening else rest


def _build_gap(gap: re.Match[str]) -> str:
    stops = (gap[2] or CLAUSE_SIGNS)[1:-1]
    signs = f"[^{re.escape(stops)}]" if stops else "."
    return f"{signs}{{0,{gap[1]}}}" if gap[1] else f"{signs}*"


def _is_gap(token: str) -> bool:
    """Whether a token reaches up to the next word, so that no blank is set between them."""
    return token.startswith(("…", "(…")) or (token[0] == "<" and token[1:-1] in FIXED)


def _is_look(token: str) -> bool:
    return token.startswith(("<not ", "<then "))


def _is_optional(token: str) -> bool:
    return _is_look(token) or token.startswith(("(", "<maybe ", "<any ", "<up to "))


def _is_open_after(rest: Sequence[str], ends: bool) -> bool:
    """Whether a word before the rest has to end there, as no blank shows that it does."""
    following: Iterator[str] = (
        token for token in rest if _is_gap(token) or not _is_optional(token)
    )
    first = next(following, None)
    return ends if first is None else _is_gap(first)


def _is_joined_after(token: str, joined: bool) -> bool:
    if _is_gap(token):
        return False
    return joined if _is_optional(token) else True
