"""Quotations in a reply: our own clauses and the customer's words commit us to nothing anew."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from typing import Final

from triage.nlu.sentences import split_sentences

MAX_CLAUSES_KEPT: Final = 1_024
QUOTE_PLACEHOLDER: Final = "(quoted)"
QUOTED_TEXT: Final = re.compile(r"“([^“”]{3,})”|\"([^\"]{3,})\"|«([^«»]{3,})»|„([^„“”]{3,})[“”]")
COLON_QUOTE: Final = re.compile(r"(?<=:)[ \t]*\n?(?P<text>[^\n]{12,})$", re.MULTILINE)
QUOTED_LINE: Final = re.compile(r"^[ \t]*>[ \t]?(.*)$", re.MULTILINE)


def remove_quotations(text: str, clauses: Iterable[str], words: Iterable[str]) -> str:
    """The text with a gap for each quotation of a clause, or of the customer's own words.

    What stands in quotation marks, behind a colon or a ">" is one where every sentence of it
    is, word for word, in a clause or a message.
    """
    ours = frozenset(chain.from_iterable(map(_list_clause_sentences, clauses)))
    theirs = " ".join(_normalize_words(one) for one in words)

    def is_quoted(said: str) -> bool:
        parts = [_normalize_words(part) for part in split_sentences(said)]
        in_clause = all(part in ours for part in parts)
        return bool(parts) and (in_clause or all(f" {part} " in f" {theirs} " for part in parts))

    def replace_quote(match: re.Match[str]) -> str:
        said = next(filter(None, match.groups()), "")
        return (
            QUOTE_PLACEHOLDER + ("." if said.rstrip()[-1:] in ".!?" else "")
            if is_quoted(said)
            else match[0]
        )

    def replace_colon_quote(match: re.Match[str]) -> str:
        parts = [_normalize_words(part) for part in split_sentences(match["text"])]
        return (
            f" {QUOTE_PLACEHOLDER}." if parts and all(part in ours for part in parts) else match[0]
        )

    return COLON_QUOTE.sub(
        replace_colon_quote, QUOTED_LINE.sub(replace_quote, QUOTED_TEXT.sub(replace_quote, text))
    )


@lru_cache(maxsize=MAX_CLAUSES_KEPT)
def _list_clause_sentences(clause: str) -> tuple[str, ...]:
    """The clause whole, and each of its sentences, normalized; kept, for every reply is held
    against every clause.
    """
    return (_normalize_words(clause), *map(_normalize_words, split_sentences(clause)))


def _normalize_words(text: str) -> str:
    """The words and figures of a text alone: "£20.00" is not "£2000"."""
    return " ".join(re.findall(r"[^\W_]+(?:[.,'’][^\W_]+)*|[£€$%]", text.lower().replace("’", "'")))
