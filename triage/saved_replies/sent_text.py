"""What a person answered once, made fit to be read again: courtesies off, values back in names.

Pure. What stays a doubt is said: a reply that names a day, tells what was done, or answers yes to
one customer may be wrong for the next.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from triage.contract.case import Fact
from triage.nlu.lexicon import LEXICONS, load_groups, load_lexicon
from triage.nlu.sentences import split_sentences
from triage.nlu.value_patterns import AMOUNT, DATE, LINK, MAIL, PHONE

WORDS: Final = load_groups(LEXICONS / "sent_replies.toml")
PHRASES: Final = load_lexicon(LEXICONS / "sent_replies.toml")
DAYS: Final = ("promised", "delivered", "placed")
PUT_BACK: Final = ("order", "tracking", *DAYS, "item")
"""The kinds of values that are named in place of what they were: those of one order."""
LONGEST_GREETINGS: Final = sorted(PHRASES["greeting"], key=len, reverse=True)
CUTS: Final = (".", "!", ",", ":", "\n", " - ", " – ")
"""What ends a greeting."""
EDGES: Final = " .!,:\n-–"
MAX_CLOSING_NAMES: Final = 3
NAMES_CUSTOMER: Final = "names the customer"
NAMES_ADDRESS: Final = "names an address"
NAMES_NUMBER: Final = "names a number of one order"
NOT_ENGLISH: Final = "is not written in English"
PERSONAL_DOUBTS: Final = (NAMES_CUSTOMER, NAMES_ADDRESS, NAMES_NUMBER)
UNFIT_DOUBTS: Final = (*PERSONAL_DOUBTS, NOT_ENGLISH)
"""Doubts with which a reply stands beside nobody else's question."""


def _match_whole(phrases: str) -> re.Pattern[str]:
    """A pattern of these phrases as whole words."""
    return re.compile(rf"\b{phrases}\b", re.IGNORECASE)


SAID: Final = {kind: _match_whole(WORDS[kind]) for kind in ("day", "done")}
POSTCODE_CHARS: Final = 3
WORD_EDGES: Final = ' .,!?:;()#"“”'
PHRASES_OF_STREETS: Final = frozenset(PHRASES["street"])
CONTACT: Final = re.compile(f"{MAIL}|{LINK}|{PHONE}", re.IGNORECASE)
WRITTEN_DATE, WRITTEN_AMOUNT = (re.compile(each, re.IGNORECASE) for each in (DATE, AMOUNT))
MIN_VALUE_CHARS: Final = 4
MIN_NUMBER_DIGITS, MIN_BARE_DIGITS = 3, 5
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
    names = _list_names(customer)
    rest = _cut_name(_cut_phrase(text, names), names)
    return text if rest == text or not rest else rest[:1].upper() + rest[1:]


def _cut_phrase(text: str, names: Collection[str]) -> str:
    """The text behind a greeting, where only whom it greets stands before its end."""
    phrase = next((p for p in LONGEST_GREETINGS if _has_opening(text, p)), None)
    if phrase is None:
        return text
    ends = [end for end in (text.find(cut, len(phrase)) for cut in CUTS) if end >= 0]
    end = min(ends, default=len(text))
    greeted = text[len(phrase) : end].split()
    known = all(word.casefold() in names or word.lower() in PHRASES["greeted"] for word in greeted)
    nickname = len(greeted) == 1 and greeted[0].istitle() and text[end : end + 1] != "."
    return text[end:].lstrip(EDGES) if known or nickname else text


def _cut_name(text: str, names: Collection[str]) -> str:
    """The text behind the names of who is written to."""
    word, _, rest = text.partition(" ")
    head, _, below = word.partition("\n")
    if head.strip(EDGES).casefold() not in names:
        return text
    return _cut_name(f"{below} {rest}".lstrip(EDGES) if below else rest.lstrip(), names)


def _has_opening(text: str, phrase: str) -> bool:
    """Whether the text begins with the phrase, at the edge of a word."""
    said = text.lower()
    return said.startswith(phrase) and not said[len(phrase) :][:1].isalpha()


def _has_opening_of(text: str, phrases: Iterable[str]) -> bool:
    return any(_has_opening(text, phrase) for phrase in phrases)


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
    closes = (
        _has_opening_of(line, PHRASES["closing"])
        and len(line.split()) <= longest + MAX_CLOSING_NAMES
    )
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
        for spelled in _list_spellings(kind, value):
            text = _match_whole(re.escape(spelled)).sub(f"{{{kind}}}", text)
    return text


def _list_spellings(kind: str, value: str) -> list[str]:
    """A value as it is written, and a day without its year too; none where it is so short that it
    may be anything: 30 may be the number of an order, and is a number of days.
    """
    if kind in DAYS:
        return [value, *filter(None, [value.rpartition(" ")[0]])]
    least = MIN_BARE_DIGITS if value.isdigit() else MIN_VALUE_CHARS
    return [value] if len(value) >= least else []


def _iter_doubts(text: str, customer: str) -> Iterator[str]:
    sentences = split_sentences(text)
    if SAID["day"].search(text) or WRITTEN_DATE.search(text):
        yield "names a day"
    opens = any(_has_opening_of(said, PHRASES["done_opening"]) for said in sentences)
    if opens or SAID["done"].search(text):
        yield "says what was done or will be"
    if any(map(_is_yes_or_no, sentences)):
        yield "answers yes or no to one customer"
    if any(said.endswith("?") for said in sentences):
        yield "asks something back"
    if WRITTEN_AMOUNT.search(text):
        yield "names an amount"
    yield from _iter_personal_doubts(text, customer)


def _iter_personal_doubts(text: str, customer: str) -> Iterator[str]:
    if CONTACT.search(text) or _has_place(text.split()):
        yield NAMES_ADDRESS
    if any(map(is_number_like, text.split())):
        yield NAMES_NUMBER
    if _has_person(text.split(), _list_names(customer)):
        yield NAMES_CUSTOMER


def is_personal(text: str, customer: str = "") -> bool:
    """Whether something in it is of one customer: an address, a number, a name."""
    return any(_iter_personal_doubts(text, customer))


def _has_place(words: Sequence[str]) -> bool:
    """Whether a house in a street or a British postcode is named."""
    said = [word.strip(WORD_EDGES) for word in words]
    street = any(
        before[:1].isdigit() and PHRASES_OF_STREETS & {word.lower() for word in said[at : at + 4]}
        for at, before in enumerate(said)
    )
    return street or any(
        len(word) == POSTCODE_CHARS and word[0].isdigit() and word[1:].isupper() for word in said
    )


def _has_person(words: Sequence[str], names: Collection[str]) -> bool:
    """Whether one of the names is among the words, or somebody's after a title."""
    said = [word.strip(WORD_EDGES).removesuffix("'s").removesuffix("’s") for word in words]
    titled = any(
        before.lower() in PHRASES["title"] and after[:1].isupper()
        for before, after in pairwise(said)
    )
    return titled or any(word.casefold() in names for word in said)


def _is_yes_or_no(sentence: str) -> bool:
    """Whether a sentence begins with an answer to what one customer asked: "Yes, …", "Not yet."."""
    head = sentence.replace(".", ",").replace("!", ",").partition(",")[0]
    return head != sentence and head.strip().lower() in PHRASES["opinion"]


def is_number_like(word: str) -> bool:
    """Whether a word is written as the number of an order or a parcel is: HP-104, #10423."""
    digits = sum(sign.isdigit() for sign in word)
    bare = digits >= MIN_BARE_DIGITS and word.strip(WORD_EDGES).isdigit()
    return bare or (digits >= MIN_NUMBER_DIGITS and any(sign.isupper() for sign in word))
