"""Quotations in a reply: our own clauses and the customer's words commit us to nothing anew."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

GAP: Final = "(quoted)"
QUOTE: Final = re.compile(r"“([^“”]{3,})”|\"([^\"]{3,})\"|«([^«»]{3,})»|„([^„“”]{3,})[“”]")
LED: Final = re.compile(r"(?<=:)[ \t]*\n?(?P<text>[^\n]{12,})$", re.MULTILINE)
LINE: Final = re.compile(r"^[ \t]*>[ \t]?(.*)$", re.MULTILINE)
ENDS: Final = re.compile(r"(?<=[.!?])\s+|\n+")


def without_quotes(text: str, clauses: Iterable[str], words: Iterable[str]) -> str:
    """The text with a gap for each quotation of a clause, or of the customer's own words.

    What stands in quotation marks, behind a colon or a ">" is one where every sentence of it
    is, word for word, in a clause or a message.
    """
    ours = frozenset(_all(clauses))
    theirs = " ".join(_plain(one) for one in words)

    def is_quoted(said: str) -> bool:
        parts = [_plain(part) for part in ENDS.split(said) if part.strip()]
        in_clause = all(part in ours for part in parts)
        return bool(parts) and (in_clause or all(f" {part} " in f" {theirs} " for part in parts))

    def gap(match: re.Match[str]) -> str:
        said = next(filter(None, match.groups()), "")
        return GAP + ("." if said.rstrip()[-1:] in ".!?" else "") if is_quoted(said) else match[0]

    def led(match: re.Match[str]) -> str:
        parts = [_plain(part) for part in ENDS.split(match["text"]) if part.strip()]
        return f" {GAP}." if parts and all(part in ours for part in parts) else match[0]

    return LED.sub(led, LINE.sub(gap, QUOTE.sub(gap, text)))


def _all(clauses: Iterable[str]) -> Iterator[str]:
    """Each clause whole, and each of its sentences."""
    for clause in clauses:
        yield _plain(clause)
        yield from (_plain(part) for part in ENDS.split(clause) if part.strip())


def _plain(text: str) -> str:
    """Its words and figures alone: "£20.00" is not "£2000"."""
    return " ".join(re.findall(r"[^\W_]+(?:[.,'’][^\W_]+)*|[£€$%]", text.lower().replace("’", "'")))
