"""What a person answered once, made fit to be read again: courtesies off, values back in names.

Pure. What stays a doubt is said: a reply that names a day, tells what was done, or answers yes to
one customer may be wrong for the next.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from triage.contract.case import Fact
from triage.nlu.lexicon import LEXICONS, load_groups, load_lexicon
from triage.nlu.sentences import split_sentences
from triage.nlu.value_patterns import AMOUNT, DATE, LINK, MAIL, PHONE

WORDS: Final = load_groups(LEXICONS / "sent_replies.toml")
PHRASES: Final = load_lexicon(LEXICONS / "sent_replies.toml")
PUT_BACK: Final = ("order", "tracking", "promised", "delivered", "placed", "item")
"""The kinds of values that are named in place of what they were: those of one order."""
MAX_GREETING_CHARS: Final = 60
CUTS: Final = ".!,:\n"
"""What ends a greeting."""
MAX_CLOSING_NAMES: Final = 3
NAMES_CUSTOMER: Final = "names the customer"
NAMES_ADDRESS: Final = "names an address"
NAMES_NUMBER: Final = "names a number of one order"
PERSONAL_DOUBTS: Final = (NAMES_CUSTOMER, NAMES_ADDRESS, NAMES_NUMBER)


def _match_whole(phrases: str) -> re.Pattern[str]:
    """A pattern of these phrases as whole words."""
    return re.compile(rf"\b{phrases}\b", re.IGNORECASE)


SAID: Final = {kind: _match_whole(WORDS[kind]) for kind in ("day", "done")}
CONTACT: Final = re.compile(f"{MAIL}|{LINK}|{PHONE}", re.IGNORECASE)
WRITTEN_DATE, WRITTEN_AMOUNT = (re.compile(each, re.IGNORECASE) for each in (DATE, AMOUNT))
MIN_NUMBER_DIGITS: Final = 3
"""So many digits in one word with letters are the number of an order: HP-104, QK1234."""


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
    rest = _cut_name(_cut_phrase(text), _list_names(customer))
    return text if rest == text or not rest else rest[:1].upper() + rest[1:]


def _cut_phrase(text: str) -> str:
    """The text behind a greeting that ends within its first words."""
    ends = [text.find(cut) for cut in CUTS if 0 <= text.find(cut) < MAX_GREETING_CHARS]
    if not ends or not _begins_with(text, "greeting"):
        return text
    return text[min(ends) :].lstrip(f" {CUTS}")


def _cut_name(text: str, names: Collection[str]) -> str:
    """The text behind the names of who is written to."""
    word, _, rest = text.partition(" ")
    head, _, below = word.partition("\n")
    if head.strip(CUTS).casefold() not in names:
        return text
    return _cut_name(f"{below} {rest}".lstrip(f" {CUTS}") if below else rest.lstrip(), names)


def _begins_with(text: str, kind: str) -> bool:
    """Whether the text begins with a phrase of the lexicon, at the edge of a word."""
    said = text.lower()
    return any(said.startswith(p) and not said[len(p) :][:1].isalpha() for p in PHRASES[kind])


def _list_names(name: str) -> set[str]:
    return {part.casefold() for part in name.split() if len(part) > 1}


def _cut_closing(text: str, author: str) -> str:
    """The text without the lines at its end that close it or name who wrote it."""
    lines = text.rstrip().split("\n")
    while len(lines) > 1 and _is_closing(lines[-1].strip(), _list_names(author)):
        lines.pop()
    return "\n".join(lines).rstrip()


def _is_closing(line: str, names: Collection[str]) -> bool:
    said = {word.strip(".,!-–").casefold() for word in line.split()} - {""}
    longest = max(
        (len(p.split()) for p in PHRASES["closing"] if line.lower().startswith(p)), default=0
    )
    closes = _begins_with(line, "closing") and len(line.split()) <= longest + MAX_CLOSING_NAMES
    return said <= set(names) or closes


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
        for spelled in _list_spellings(value):
            text = _match_whole(re.escape(spelled)).sub(f"{{{kind}}}", text)
    return text


def _list_spellings(value: str) -> list[str]:
    """A value as it is written, and a date without its year too."""
    day, _, year = value.rpartition(" ")
    return [value, day] if len(year) == 4 and year.isdigit() else [value]


def _iter_doubts(text: str, customer: str) -> Iterator[str]:
    sentences = split_sentences(text)
    if SAID["day"].search(text) or WRITTEN_DATE.search(text):
        yield "names a day"
    if SAID["done"].search(text) or any(_begins_with(said, "done_opening") for said in sentences):
        yield "says what was done or will be"
    if any(map(_is_yes_or_no, sentences)):
        yield "answers yes or no to one customer"
    if any(said.endswith("?") for said in sentences):
        yield "asks something back"
    if WRITTEN_AMOUNT.search(text):
        yield "names an amount"
    yield from _iter_personal_doubts(text, customer)


def _iter_personal_doubts(text: str, customer: str) -> Iterator[str]:
    words = text.split()
    if CONTACT.search(text):
        yield NAMES_ADDRESS
    if any(map(is_number_like, words)):
        yield NAMES_NUMBER
    if _list_names(customer) & {word.strip(".,!?:;()'’").casefold() for word in words}:
        yield NAMES_CUSTOMER


def _is_yes_or_no(sentence: str) -> bool:
    """Whether a sentence begins with an answer to what one customer asked: "Yes, …", "Not yet."."""
    head = sentence.replace(".", ",").replace("!", ",").partition(",")[0]
    return head != sentence and head.strip().lower() in PHRASES["opinion"]


def is_number_like(word: str) -> bool:
    """Whether a word is written as the number of an order or a parcel is."""
    digits = sum(sign.isdigit() for sign in word)
    return digits >= MIN_NUMBER_DIGITS and any(sign.isupper() for sign in word)
