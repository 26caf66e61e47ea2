"""What a person answered once, made fit to be read again: courtesies off, values back in names.

Pure. What stays a doubt is said: a reply that names a day, tells what was done, or answers yes to
one customer may be wrong for the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from triage.contract.case import Fact
from triage.nlu.lexicon import LEXICONS, load_groups

WORDS: Final = load_groups(LEXICONS / "sent_replies.toml")
PUT_BACK: Final = ("order", "tracking", "promised", "delivered", "placed", "item")
"""The kinds of values that are named in place of what they were: those of one order."""
MAX_GREETING_CHARS: Final = 60
YEAR: Final = re.compile(r"\s(?:19|20)\d\d$")
GREETING: Final = re.compile(rf"{WORDS['greeting']}\b[^.!,:\n]{{0,40}}[.!,:]?\s*", re.IGNORECASE)
CLOSING: Final = re.compile(rf"{WORDS['closing']}\b[\s,.!]*(?:[\w.'-]+\s?){{0,3}}", re.IGNORECASE)
NAMES_CUSTOMER: Final = "names the customer"
NAMES_ADDRESS: Final = "names an address"
NAMES_NUMBER: Final = "names a number of one order"
PERSONAL_DOUBTS: Final = (NAMES_CUSTOMER, NAMES_ADDRESS, NAMES_NUMBER)
DOUBTS: Final = (
    (re.compile(rf"\b{WORDS['day']}\b", re.IGNORECASE), "names a day"),
    (
        re.compile(rf"\b{WORDS['done']}\b|^{WORDS['done_opening']}\b", re.IGNORECASE),
        "says what was done or will be",
    ),
    (
        re.compile(rf"^{WORDS['opinion']}\s*[,.!;:]", re.IGNORECASE),
        "answers yes or no to one customer",
    ),
    (re.compile(r"\?\s*$"), "asks something back"),
    (re.compile(r"[\w.+-]+@[\w-]+\.\w+|https?://", re.IGNORECASE), NAMES_ADDRESS),
    (re.compile(r"\b[A-Z]{1,4}-?\d{3,}\b|\b\d{7,}\b"), NAMES_NUMBER),
    (re.compile(r"[£€$]\s?\d|\d\s?(?:GBP|EUR|USD|pounds?|euros?|dollars?)\b"), "names an amount"),
)


@dataclass(frozen=True, kw_only=True)
class SentText:
    """A reply as it may serve again: ``text`` with {names} of values, and the ``doubts``."""

    text: str
    doubts: tuple[str, ...]


def generalize_reply(
    text: str, *, customer: str, author: str, facts: Iterable[Fact] = ()
) -> SentText:
    """The reply without greeting, closing and the values of one order.

    ``customer`` and ``author`` are the names of who is written to and who writes.
    """
    said = _cut_closing(_cut_greeting(text.strip(), customer), author)
    general = _put_back_values(said, facts)
    return SentText(text=general, doubts=tuple(_iter_doubts(general, customer)))


def _cut_greeting(text: str, customer: str) -> str:
    """The text behind "Hi Marta," or "Marta,"; it begins with a capital letter again."""
    rest = _cut_match(GREETING.match(text), text)
    rest = _cut_match(_match_name(rest, customer), rest)
    return text if rest == text else rest[:1].upper() + rest[1:]


def _cut_match(found: re.Match[str] | None, text: str) -> str:
    """The text behind a short match, all of it where nothing would be left."""
    if found is None or found.end() > MAX_GREETING_CHARS:
        return text
    return text[found.end() :].lstrip(" ,.!:\n") or text


def _match_name(text: str, customer: str) -> re.Match[str] | None:
    names = [re.escape(name) for name in customer.split() if len(name) > 1]
    return re.match(rf"(?:{'|'.join(names)})\b[ ,.!:\n]+", text, re.IGNORECASE) if names else None


def _cut_closing(text: str, author: str) -> str:
    """The text without the lines at its end that close it or name who wrote it."""
    names = {name.casefold() for name in author.split()}
    lines = text.rstrip().split("\n")
    while len(lines) > 1 and _closes(lines[-1].strip(), names):
        lines.pop()
    return "\n".join(lines).rstrip()


def _closes(line: str, names: set[str]) -> bool:
    said = {word.strip(".,!-–").casefold() for word in line.split()} - {""}
    return not said or said <= names or CLOSING.fullmatch(line) is not None


def _put_back_values(text: str, facts: Iterable[Fact]) -> str:
    """The text with the values of one order as names; of a kind with several values none, since
    nobody knows which is meant next time.
    """
    found: dict[str, set[str]] = {}
    for fact in facts:
        if fact.kind in PUT_BACK:
            found.setdefault(fact.kind, set()).add(fact.value)
    single = {kind: values.pop() for kind, values in found.items() if len(values) == 1}
    for kind, value in sorted(single.items(), key=lambda item: -len(item[1])):
        spelled = "|".join(re.escape(each) for each in _list_spellings(value))
        text = re.sub(rf"(?<!\w)(?:{spelled})(?!\w)", f"{{{kind}}}", text)
    return text


def _list_spellings(value: str) -> list[str]:
    """A value as it is written, and a date without its year too."""
    return list(dict.fromkeys([value, YEAR.sub("", value)]))


def _iter_doubts(text: str, customer: str) -> Iterator[str]:
    sentences = re.split(r"(?<=[.!?])\s+|\n+", text)
    yield from (because for sign, because in DOUBTS if any(sign.search(each) for each in sentences))
    names = [re.escape(name) for name in customer.split() if len(name) > 1]
    if names and re.search(rf"\b(?:{'|'.join(names)})\b", text, re.IGNORECASE):
        yield NAMES_CUSTOMER
