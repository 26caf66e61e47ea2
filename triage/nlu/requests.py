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


THING: Final = r"(?:\W{1,3}[\w'’-]{1,30}){0,9}?\W{1,3}"
NON_ITEM_NOUNS: Final = r"address(?:es)?|names?|e-?mails?|payments?|password|card|phone|dates?|mind|deliver(?:y|ed)|shipping|account|slots?|times?|postcode"
VERBS: Final = {
    RequestKind.CANCEL: r"cancel(?:l?ed|l?ing|lation)?|cancle|call(?:ing|ed)?\s(?:\w{1,12}\s){0,3}off"
    r"|withdraw\sfrom|stop\s(?:my|the|this|that)\sorder",
    RequestKind.RETURN: rf"return(?:ing|ed)?|(?:send|sending|sent|bring|take|ship)\b{THING}back"
    r"|get\srid\sof\s(?:it|them|this|the)",
    RequestKind.REFUND: r"refund(?:ed|ing|s)?|reimburse(?:d|ment)?|(?:money|cash|payment|cost|price|£\d{1,6}|\$\d{1,6})\s(?:it\s)?back"
    r"|(?:get|want|have|need|give)\s(?:me\s)?(?:back\s)?(?:my|the|all\smy)\smoney|back\swhat\s(?:i|we)\spaid|store\scredit|credit\snote|chargeback",
    RequestKind.EXCHANGE: r"exchang(?:e|ed|ing)|swap(?:ped|ping)?|replac(?:e|ed|ing|ement)|switch(?:ing)?\b(?=[^.;!?]{1,160}\b(?:to|for|with)\b)"
    r"|(?:chang(?:e|ing)|modify(?:ing)?|adjust|upgrad(?:e|ing)|downgrad(?:e|ing))\b"
    rf"(?!(?:\W{{1,3}}[\w'’-]{{1,20}}){{0,6}}?\W{{1,3}}(?:{NON_ITEM_NOUNS})\b)"
    r"|new\spair",
}  # fmt: skip
REQUEST_VERB: Final = re.compile(
    "|".join(rf"(?P<{kind.value}>\b(?:{pattern})\b)" for kind, pattern in VERBS.items()),
    re.IGNORECASE,
)
REQUEST_CUE: Final = re.compile(
    r"\b(?:want(?:s|ed|ing)?|wish(?:es|ing)?|like|love|need(?:s|ed)?|hop(?:e|es|ing)|prefer|intend(?:s|ing)?"
    r"|ask(?:s|ing)?|request(?:ing|s)?|try(?:ing)?|decided|please|pls|plz|kindly|can|could|may|let|able"
    r"|possible|help|how (?:do|can|would) (?:i|we)|going|consider(?:ing)?|demand|insist|expect|due|owed"
    r"|entitled|require|happy|willing|agree|get|give|just|issue|arrange|process|receive|for|an?|my"
    r"|should(?! not)|must|(?:will|would) you|i(?:['’]d| would| will|['’]ll)|we(?:['’]d|['’]ll))\b",
    re.IGNORECASE,
)
DENIAL: Final = re.compile(
    r"\b(?:(?:not|never|without|rather than|instead of|avoid|undo|reverse|no need (?:to|for)|neither|nor)"
    r"|\w{2,6}n['’]t|dont|cannot|cant|wont|didnt|doesnt)\b(?!\s(?:only|just|sure)\b)(?:\s{1,3}(?!but\b|please\b|can\b|could\b|i\b|we\b|and\swant)[\w'’-]{1,20}){0,6}\s{0,4}$",
    re.IGNORECASE,
)
NEGATED_NOUN: Final = re.compile(
    r"\b(?:no|any|(?:payments?|pay|charges?) (?:or|and))(?:\s(?:full|partial|further))?\s$",
    re.IGNORECASE,
)
PAST_ACTION: Final = re.compile(
    r"\b(?:have|has|had|having|was|were|been|being|already|got|is|are|i|we|you|they|he|she|who|it|when|after|since|just)"
    r"(?:['’](?:ve|d|s|re))?(?:\W{1,3}(?:not|never|now|just|since|already|recently|then|order|automatically|it|them)){0,3}\W{1,3}$",
    re.IGNORECASE,
)
REQUESTED_PARTICIPLE: Final = re.compile(
    r"\b(?:want|like|need|please|prefer|get|have|to be|can|could|should|must|expect)\b[^.;!?]{0,60}$", re.IGNORECASE
)  # fmt: skip
NOUN_COMPOUND: Final = re.compile(
    r"^\W{0,2}(?:polic(?:y|ies)|address|labels?|windows?|period|slips?|forms?|rules?|terms|process|procedure|costs?"
    r"|postage|methods?|reason|button|email|emails|page|option|to (?:work|school|normal|sender)|status"
    r"|requests?|(?:has|have|had|is|was|still|never)\b|and exchange polic|customers?|times?|code|parts?|batter|my mind|missing|amount|issued|update|not (?:received|arrived|showing)|received|arrived|confirmation)",
    re.IGNORECASE,
)  # fmt: skip
HYPOTHETICAL: Final = re.compile(
    r"\b(?:(?:what|how) (?:is|are|does|do you|long|much time|about)\b|(?:if|in case|should|before|when|unless|whether) "
    r"(?:i|we|you|they|someone|somebody|it|he|she)(?:['’]d)?(?!\s(?:can|could|may|might)\b)\s(?:\w{1,12}\s){0,2}(?:need|have|want|decide|were|wanted|wish|ever|change|do|am|would|can|could)?\s?"
    r"(?:to\s)?(?:be able to\s)?|do you (?:accept|allow|offer|take)|is it possible to ever|in the (?:case|event) of|free|the right to)"
    r"(?:\s{1,3}[\w'’-]{1,20}){0,3}\s{0,3}$",
    re.IGNORECASE,
)
CONDITIONAL: Final = re.compile(
    r"\b(?:if|whether|unless|otherwise|in case|else|not possible)\b", re.IGNORECASE
)
RETRACTION: Final = re.compile(
    r"\bbut\b(?![^.;!?]{0,90}\b(?:others?|rest|fine|ok(?:ay)?|good)\b)[^.;!?]{0,90}"
    r"\b(?:want|going|prefer|like|decided|rather)\b(?: to)? keep (?:it|them)\b",
    re.IGNORECASE,
)
"""A cancellation that the rest of its sentence takes back."""
LATER_TIME: Final = re.compile(
    r"^(?![^.;!?]{0,40}\b(?:no later|later (?:today|this|tonight)))[^.;!?]{0,40}\blater\b",
    re.IGNORECASE,
)
FUTURE: Final = re.compile(r"\b(?:i|we|you)(?: will|['’]ll)\s(?:\w{1,12}\s)?$", re.IGNORECASE)
WANT_VERB: Final = re.compile(r"(?:want|need)\b", re.IGNORECASE)
IMPERATIVE_START: Final = re.compile(
    r"^(?:\W{0,3}|.{0,60}?[,:–-]\s{0,3}|.{0,60}?\b(?:and|or|then|also|just|please|to|plus|but)\s{1,3})$",
    re.IGNORECASE | re.DOTALL,
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
    return bool(PAST_ACTION.search(before)) and not re.search(
        r"\b(?:want|like|need|to be|please)\b", before[-40:], re.IGNORECASE
    )


def _is_coordinated(before: str) -> bool:
    return bool(
        re.fullmatch(r"\W{0,3}(?:and|or|then|/)\W{1,3}(?:\w{1,10}\W){0,1}", before, re.IGNORECASE)
    )
