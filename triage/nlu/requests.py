"""What a message asks to be done with an order, clause by clause, whatever its label is.

Pure, English, deterministic. A net below the label: one message often holds several requests,
and one that has money in it must not be lost behind one that has none. It reads verbs (cancel,
return, refund, exchange) and what stands before them: a request ("would like to", "please", an
imperative), a denial ("do not want to"), a thing done ("was cancelled"), or only a question
about how it works ("what is your return policy").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from triage.contract.memo import keep_on_argument
from triage.nlu.document import Document
from triage.nlu.lexicon import LEXICONS, load_groups

MAX_REQUESTS: Final = 24
LOOK_BACK_CHARS: Final = 140


class RequestKind(StrEnum):
    """What is requested. The first three ask for money back, the last may come to it."""

    CANCEL = "cancel"
    RETURN = "return"
    REFUND = "refund"
    EXCHANGE = "exchange"


MONEY_KINDS: Final = frozenset({RequestKind.CANCEL, RequestKind.RETURN, RequestKind.REFUND})


@dataclass(frozen=True)
class Request:
    """One request: ``words`` are the clause that has it, from ``start`` to ``end`` in the text.

    ``maybe``: only if something else is not possible, or is so.
    """

    kind: RequestKind
    words: str
    start: int
    end: int
    maybe: bool = False


SAID: Final = load_groups(LEXICONS / "requests.toml", plain_spaces=True)
DONE: Final = load_groups(LEXICONS / "requests.toml")
"""The same for the verbs themselves, over the end of a line too."""
THING: Final = r"(?:\W{1,3}[\w'’-]{1,30}){0,9}?\W{1,3}"
SAME_SENTENCE: Final = "[^.;!?]"
VERBS: Final = {
    RequestKind.CANCEL: rf"{DONE['cancel']}|{DONE['call']}\s(?:\w{{1,12}}\s){{0,3}}off",
    RequestKind.RETURN: rf"{DONE['return']}|{DONE['send']}\b{THING}back",
    RequestKind.REFUND: rf"{DONE['refund']}|[£$]\d{{1,6}}\s(?:it\s)?back"
    rf"|{DONE['get']}\s(?:me\s)?(?:back\s)?{DONE['mine']}\smoney",
    RequestKind.EXCHANGE: rf"{DONE['exchange']}|new\spair"
    rf"|{DONE['switch']}\b(?={SAME_SENTENCE}{{1,160}}\b(?:to|for|with)\b)"
    rf"|{DONE['change']}\b(?!(?:\W{{1,3}}[\w'’-]{{1,20}}){{0,6}}?\W{{1,3}}{DONE['non_item']}\b)",
}
REQUEST_VERB: Final = re.compile(
    "|".join(rf"(?P<{kind.value}>\b(?:{pattern})\b)" for kind, pattern in VERBS.items()),
    re.IGNORECASE,
)
REQUEST_CUE: Final = re.compile(rf"\b(?:{SAID['cue']}|should(?! not))\b", re.IGNORECASE)
DENIAL: Final = re.compile(
    rf"\b(?:{SAID['denial']}|\w{{2,6}}n['’]t|{SAID['denial_short']})\b(?!\s(?:only|just|sure)\b)"
    rf"(?:\s{{1,3}}(?!{SAID['denial_end']}\b|and\swant)[\w'’-]{{1,20}}){{0,6}}\s{{0,4}}$",
    re.IGNORECASE,
)
NEGATED_NOUN: Final = re.compile(
    rf"\b{SAID['negated_noun']}(?:\s(?:full|partial|further))?\s$", re.IGNORECASE
)
PAST_ACTION: Final = re.compile(
    rf"\b{SAID['past']}(?:['’](?:ve|d|s|re))?(?:\W{{1,3}}{SAID['past_filler']}){{0,3}}\W{{1,3}}$",
    re.IGNORECASE,
)
REQUESTED_PARTICIPLE: Final = re.compile(
    rf"\b{SAID['wanted']}\b{SAME_SENTENCE}{{0,60}}$", re.IGNORECASE
)
WANTED_NEARBY: Final = re.compile(rf"\b{SAID['wanted_nearby']}\b", re.IGNORECASE)
NOUN_COMPOUND: Final = re.compile(
    rf"^\W{{0,2}}(?:{SAID['compound']}|{SAID['compound_verb']}\b)", re.IGNORECASE
)
HYPOTHETICAL: Final = re.compile(
    rf"\b(?:{SAID['how_it_works']}\b|{SAID['supposed']} {SAID['supposed_who']}(?:['’]d)?"
    rf"(?!\s{SAID['supposed_end']}\b)\s(?:\w{{1,12}}\s){{0,2}}{SAID['supposed_verb']}?\s?"
    rf"(?:to\s)?(?:be able to\s)?|{SAID['in_general']})"
    r"(?:\s{1,3}[\w'’-]{1,20}){0,3}\s{0,3}$",
    re.IGNORECASE,
)
CONDITIONAL: Final = re.compile(rf"\b{SAID['conditional']}\b", re.IGNORECASE)
RETRACTION: Final = re.compile(
    rf"\bbut\b(?!{SAME_SENTENCE}{{0,90}}\b{SAID['kept_others']}\b){SAME_SENTENCE}{{0,90}}"
    rf"\b{SAID['retracting']}\b(?: to)? {SAID['keep_it']}\b",
    re.IGNORECASE,
)
"""A cancellation that the rest of its sentence takes back."""
LATER_TIME: Final = re.compile(
    rf"^(?!{SAME_SENTENCE}{{0,40}}\b{SAID['not_later']}){SAME_SENTENCE}{{0,40}}\blater\b",
    re.IGNORECASE,
)
FUTURE: Final = re.compile(rf"\b{SAID['will']}\s(?:\w{{1,12}}\s)?$", re.IGNORECASE)
WANT_VERB: Final = re.compile(r"(?:want|need)\b", re.IGNORECASE)
IMPERATIVE_START: Final = re.compile(
    rf"^(?:\W{{0,3}}|.{{0,60}}?[,:–-]\s{{0,3}}|.{{0,60}}?\b{SAID['starter']}\s{{1,3}})$",
    re.IGNORECASE | re.DOTALL,
)
COORDINATION: Final = re.compile(
    rf"\W{{0,3}}(?:{SAID['joined']}|/)\W{{1,3}}(?:\w{{1,10}}\W){{0,1}}", re.IGNORECASE
)


@keep_on_argument
def find_requests(document: Document) -> tuple[Request, ...]:
    """The requests of a text, in order; at most ``MAX_REQUESTS``."""
    found: list[Request] = []
    for start, end in document.clauses:
        found += _iter_clause_requests(document.text, start, end)
        if len(found) >= MAX_REQUESTS:
            break
    return tuple(found[:MAX_REQUESTS])


def collect_kinds(found: Iterable[Request]) -> frozenset[RequestKind]:
    """The kinds of the requests, each once."""
    return frozenset(wish.kind for wish in found)


def find_money_requests(document: Document) -> tuple[Request, ...]:
    """The requests of a text that ask for money back."""
    return tuple(wish for wish in find_requests(document) if wish.kind in MONEY_KINDS)


def _iter_clause_requests(text: str, start: int, end: int) -> Iterator[Request]:
    verbs = list(REQUEST_VERB.finditer(text, start, end))
    asked = False
    for place, verb in enumerate(verbs):
        begun = verbs[place - 1].end() if place else start
        ends = verbs[place + 1].start() if place + 1 < len(verbs) else end
        before = text[max(begun, verb.start() - LOOK_BACK_CHARS) : verb.start()]
        whole = text[max(start, verb.start() - LOOK_BACK_CHARS) : verb.start()]
        if _is_request(verb, before, whole, text[verb.end() : end], follows=asked):
            asked = True
            words = text[begun:ends].strip()
            yield Request(
                RequestKind(verb.lastgroup or ""),
                words,
                verb.start(),
                ends,
                bool(CONDITIONAL.search(whole)),
            )


def _is_request(verb: re.Match[str], before: str, whole: str, after: str, *, follows: bool) -> bool:
    """Whether a verb is a request, by what stands before it: ``before`` since the last verb,
    ``whole`` since the sentence began.
    """
    if NOUN_COMPOUND.match(after) or DENIAL.search(before[-60:]) or NEGATED_NOUN.search(before):
        return False
    if _is_withdrawn(RequestKind(verb.lastgroup or ""), before, after):
        return False
    if WANT_VERB.match(verb.group()) or (_is_coordinated(before) and follows):
        return True
    if HYPOTHETICAL.search(whole):
        return False
    if verb.group().casefold().endswith("ed") or verb.group().casefold().startswith("sent"):
        return bool(REQUESTED_PARTICIPLE.search(before)) and not _is_past_action(before)
    return bool(IMPERATIVE_START.match(before) or REQUEST_CUE.search(before))


def _is_withdrawn(kind: RequestKind, before: str, after: str) -> bool:
    """Whether it is taken back in the same sentence, or announced for another time."""
    if kind == RequestKind.CANCEL:
        return bool(RETRACTION.search(after))
    return kind == RequestKind.RETURN and bool(FUTURE.search(before) and LATER_TIME.match(after))


def _is_past_action(before: str) -> bool:
    """Whether it has been done ("I returned", "was cancelled"), and nobody would like to have it
    so.
    """
    return bool(PAST_ACTION.search(before) and not WANTED_NEARBY.search(before[-40:]))


def _is_coordinated(before: str) -> bool:
    return bool(COORDINATION.fullmatch(before))
