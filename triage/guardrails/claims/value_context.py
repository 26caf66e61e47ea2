"""Does a value stand where the words around it announce one of its kind?

Pure. "Delivered on" announces the day of delivery: any other value there is a swapped
fact, however true each of the two may be by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from triage.contract.fact_types import CLAUSE, FACT_KINDS
from triage.contract.slots import SLOT, Slot
from triage.guardrails.claims.non_claims import strip_frame
from triage.guardrails.statement import VALUE, Statement
from triage.nlu.content_words import extract_content

LIST_HEAD_KINDS: Final = frozenset(
    {"item", "other_order", *(k for k in FACT_KINDS if k.startswith("said_"))}
)
LIST_SEPARATOR: Final = re.compile(r"•(?:,? and |, )$")
SINGLE_LIST_SEPARATOR: Final = re.compile(r"•(?: and |, )$")

KIND_SETS: Final = {
    "DATES": "placed delivered promised said_date",
    "ORDERS": "order other_order said_order",
    "SAID": " ".join(kind for kind in FACT_KINDS if kind.startswith("said_")),
    "SUMS": "total spent refunded",
}
GAP: Final = r"[^•.;:,]{0,24}"
"""A few words that keep clear of the value before and of a new clause; `~` in the tables."""

# The words just before a value -> the kinds that fit; the first line that matches counts. A line
# that ends in a backslash goes on in the next.
PRECEDING_LINES: Final = r"""
^(?:hello|hi|dear|greetings|good|welcome|a? ?warm)\b[^•.;:]{0,24} -> customer
^(?:many )?(?:thanks|thank you|i am sorry|we are sorry|of course)\b[^•.;:]*, -> customer
\b(?:writing|turning|write|wrote|reaching out|message) to|\bcontacting -> shop
\b(?:touch|shopping) with|\b(?:we|here|us|team|care|everyone) at -> shop
\bletting|\b(?:colleague|team) (?:from|of|at)|message has reached -> shop
\b(?:comes|is|written|message) from|\bthe customer is -> customer
\b(?:case|message) concerns -> customer ORDERS item
\border •?,? ?from|\border dated -> placed
\bdelivery date\b~\b(?:was|is) -> promised
\b(?:promised|expected|due|scheduled|estimated)\b~\b(?:for|by|on|was|is) -> promised
\b(?:promised|expected|due|scheduled|estimated) -> promised
\b(?:join(?:ed|ing)|register(?:ed|ing)|sign(?:ed|ing) up|opened)\b~\b(?:on|in) -> since
\b(?:deliver(?:ed|y)|arriv\w+|reached|came|received|got)\b~\bon -> delivered
\b(?:placed|order(?:ed)?|bought|purchased?|paid)\b~\bon -> placed
\b(?:since|dates from|dates back to|goes back to) -> since
\b(?:based|quote|news|question|information|look) on -> item CLAUSE ORDERS
\bon -> DATES
\b(?:sum|money) refunded\b~\bis|\brefunds?\b[^•.;:]{0,24}\btotal of -> refunded
\brefunds\b[^•.;]*: -> refunds
\brefunds\b[^•.;:]*\(|\bnumber of refunds(?: is)? -> refunds
(?:^|[;.,] )\border(?:s| count): -> orders ORDERS
(?:^|[;.,] )(?:total |lifetime )?(?:spend|spending|spent): -> spent
\b(?:number of|this many) orders[^.;:]*:|\borders (?:so far|on record)[^.;]*[:(] -> orders
\b(?:refund|credit) (?:of|for) (?:the|your) -> item amount
\brefund for -> item amount ORDERS
\b(?:refund|credit) of -> amount refunded
\bwhether -> amount item order
\b(?:and|had|has|have|you|customer|•) paid -> paid placed
\b(?:payment|amount paid|paid)\b~\b(?:of|is|was) -> paid total
\bin the message\b[^•.;]{0,24} -> SAID ORDERS item
\b(?:comes|came) to -> SUMS paid
\border (?:total|value)\b[^•.;:]{0,14} -> total
\bsum spent\b~\bis|\bspent|\bspending|\bpurchases (?:of|for|worth) -> spent
\border of(?: the| your| an?)? -> item placed
\b(?:total|lifetime|overall) spend(?:ing)?\b~ -> spent
\bof a total of -> total
\btotal of -> SUMS
\b(?:trusting|choosing|supporting|visiting) -> shop item
\bstatus\b[^•.;,]{0,24}(?:\bis|:|\bas) -> status
\b(?:the|your) order is(?: now| still| currently)? -> status order
\border • of -> placed item total paid
\btracking (?:number|code)\b[^•.;:]{0,30}\bis -> tracking
\brefunds\b[^.;]*•, (?:together|in total|altogether) -> refunded
\band (?:later|now|then) -> status delivered
\bworth -> SUMS paid amount
\b(?:amount|sum) of -> SUMS paid amount said_amount
\btracking (?:number|code|reference|id)(?: is)?:? -> tracking
\bticket(?: number)? -> ticket
\b(?:you|customer|message)\b[^•.;:,]{0,16}\b(?:mention|name|writ|speak|refer|bring\
|read)\w*~ -> SAID ORDERS item
\borders?(?: number)?(?: is)?:? -> ORDERS
\b(?:marked|shown|recorded|listed) as|\bstatus(?: of| is|:)? -> status
\b(?:currently|at present|at the moment|is now) -> status
, as -> status
\b(?:order|it|parcel)(?: •)? is -> status
\baccount\b[^•.;:]*\b(?:holds|lists|shows|are|see) -> other_order order refunds orders
\b(?:contain(?:s|ed|ing)?|holds?|consists? of|order (?:• )?with|includ(?:es?|ed|ing)|bought\
|purchased|consisting of|made up of)(?: the| your| an?)? -> item
\b(?:records?|system|rows?)(?: also)? (?:shows?|lists?|has|have\
|says?) -> ORDERS item paid tracking amount refunds orders status total spent
\b(?:see|find|found|have|shows?|list) -> ORDERS item paid tracking amount SAID refunds orders
\b(?:your|unused|new|old) -> item status ORDERS SAID amount
\babout -> item ORDERS SAID SUMS amount paid tracking clause
\b(?:polic(?:y|ies)|terms|clause|rules?)\b[^.:]*: -> CLAUSE
\bitems?\b[^.;:•]{0,12}: -> item
\border date: -> placed
\b(?:delivery|arrival)(?: date)?: -> promised delivered
\b(?:placed|ordered|bought)(?: on)?: -> placed
\bdelivered(?: on)?: -> delivered
\bpaid: -> paid
\borders?(?: \w+){0,4}: -> ORDERS orders
\b(?:orders?|items?|products?|numbers?|customer|track\w*|contain\w*|holds?\
|since •)\b[^.:]*: -> ORDERS orders refunds item customer tracking
\b(?:paid|pays?|sum|total|amount|price|rows|records?)\b[^.:]*: -> SUMS paid amount said_amount
: -> CLAUSE
\b(?:in|under|with)(?: your| the)? order -> ORDERS
\borders (?:so far )?for -> customer
\b(?:the|this) -> item ORDERS SAID SUMS amount paid
\bfor -> item ORDERS SUMS SAID paid amount customer promised
\) is -> status amount paid total customer
\bby -> promised said_date customer shop
"""
# The words just after one.
FOLLOWING_LINES: Final = r"""
(?:(?:was|has been|had been|is|were) )?paid\b(?! back| out) -> paid
(?:has been|was|were) (?:refunded|paid back)|(?:back )?in all\b -> refunded
(?:has been |was )?spent -> spent
orders\b -> orders
(?:earlier |previous |prior |past )?refunds\b -> refunds
(?:team|support|customer care|family|community|crew|website|shop|store)\b -> shop
(?:has|is|,|, a) ?(?:been )?(?:a )?(?:customer since|spent|shopped) -> customer
(?:has been proposed|can be (?:refunded|given)|as store credit) -> amount
as (?:the|a) date -> said_date
(?:is|was|were|has been) (?:delivered|placed|promised|shipped|due)\b -> ORDERS item placed
(?:arrived|contains|holds)\b -> ORDERS item placed
is the (?:sum|amount|total|price) -> SUMS paid amount said_amount
(?:buys|shops|joined|registered)\b -> customer
(?:is|was|are|were)(?: also)? (?:listed|included|contained|part of) -> ORDERS item
(?:is|was) (?:waiting|asking|writing|contacting|requesting|unhappy|reporting|chasing) -> customer
(?:has |had )?(?:writes|wrote|written|asks|asked|wants|reports|states|says|complains|contacted\
|requests) -> customer
"""
QUOTE_INTRODUCTION: Final = re.compile(
    r"(?:^\W*|[:“«(]|\b(?:says?|states?|reads?|that|policy|terms|rule|this|is|and|as|see))\W*$",
    re.IGNORECASE,
)
"""What stands before a clause: it is quoted whole, so it has to be introduced."""

POLICY_WORDS: Final = re.compile(
    r"\b(?:polic\w+|terms|conditions|rules?|clause|section)\b", re.IGNORECASE
)
MIN_INTRODUCTION_SHARE: Final = 0.3
"""The share of its content in a clause from which on what stands before introduces it."""
MIN_SHARED_WORDS: Final = 2
TICKET_TITLE: Final = re.compile(r"\bticket •\s*:\s*$", re.IGNORECASE)
"""A title before a sentence."""
REPORTING_VERB: Final = re.compile(
    r"^\s*(?:is|was|has|had|wants?|writes?|wrote|asks?|asked|says|said|reports?)\b"
)

Announcement = tuple[str, frozenset[str]]
Table = tuple[tuple[re.Pattern[str], frozenset[str]], ...]


def _compile_table(lines: str, pattern: str) -> Table:
    whole = lines.strip().replace("\\\n", "")
    rows = (line.split(" -> ") for line in whole.splitlines())
    return tuple(
        (re.compile(pattern.format(words.replace("~", GAP)), re.IGNORECASE), _expand_kinds(kinds))
        for words, kinds in rows
    )


def _expand_kinds(names: str) -> frozenset[str]:
    sets = {**KIND_SETS, "CLAUSE": CLAUSE}
    return frozenset(" ".join(sets.get(name, name) for name in names.split()).split())


LIST_MEMBER_KINDS: Final = _expand_kinds("item ORDERS SAID")
PRECEDING_CUES: Final = _compile_table(PRECEDING_LINES, r"(?:{})\s*$")
FOLLOWING_CUES: Final = _compile_table(FOLLOWING_LINES, r"^\s*(?:{})")
DIRECT_ADDRESS: Final = re.compile(r"^[^•]*,\s*$")
APPOSITION: Final = re.compile(
    r"\b(?:orders?|items?|purchase|product|parcel|number|amount|account|date|day|name|status"
    r"|sum|payment|delivery|ticket|case|message|ones?|things?)"
    r"(?: (?:on|in|at|for|with|from|of|under)(?: \w+){1,3})?\s*,\s*$",
    re.IGNORECASE,
)
CUSTOMER_SPEECH: Final = re.compile(
    r"(?:\b(?:you|they|customer|message)\b|•)[^•.;:]{0,16}"
    r"\b(?:say|said|mention|name|write|wrote|speak|refer|bring|read|ask|request|claim|demand"
    r"|want|stat)",
    re.IGNORECASE,
)
"""What a customer says of a value may be anything."""
DECISIVE_KINDS: Final = frozenset({"shop", "orders", "refunds"})
"""Kinds for which the words after a value are enough."""
STANDALONE_KINDS: Final = frozenset({"shop", CLAUSE})
GREETING_KINDS: Final = frozenset({"customer"})


def find_misplaced_value(said: Statement) -> str:
    """Why a value is not of the kind that the words around it announce, or an empty string."""
    previous: Slot | None = None
    for match in SLOT.finditer(said.text):
        slot = said.task.find_slot(match.group(1))
        before = SLOT.sub(VALUE, said.text[: match.start()])
        after = SLOT.sub(VALUE, said.text[match.end() :])
        if TICKET_TITLE.search(before) and REPORTING_VERB.search(after):
            before = ""
        if slot and not (slot.kind.startswith("said_") and CUSTOMER_SPEECH.search(before)):
            for words, kinds in _iter_announcements(before, after, slot, previous):
                if slot.kind not in kinds:
                    return f"{words} goes with another value than the {slot.about}"
        previous = slot
    return ""


def _iter_announcements(
    said: str, after: str, slot: Slot, previous: Slot | None
) -> Iterator[Announcement]:
    """What the words around a value announce, each with the kinds that fit."""
    yield from () if said.strip() else _iter_opening_announcements(after)
    if slot.kind == CLAUSE and _is_clause_introduced(said, slot):
        return
    if slot.kind == CLAUSE and not QUOTE_INTRODUCTION.search(said):
        yield f"“{said[-24:].strip()}”", frozenset()
    follows = next(_iter_matching_cues(FOLLOWING_CUES, after), None)
    if (
        previous
        and previous.kind in LIST_HEAD_KINDS
        and SINGLE_LIST_SEPARATOR.search(said)
        and not follows
    ):
        yield f"a list that begins with the {previous.about}", LIST_MEMBER_KINDS
    if (
        DIRECT_ADDRESS.search(said)
        and re.match(r"\s*[,.!?]", after)
        and not APPOSITION.search(said)
    ):
        yield "an address", GREETING_KINDS
    if follows:
        yield follows
    if not follows or slot.kind not in DECISIVE_KINDS:
        yield from islice(_iter_matching_cues(PRECEDING_CUES, _strip_list(said, slot, previous)), 1)


def _iter_opening_announcements(after: str) -> Iterator[Announcement]:
    """The announcements of a value that a sentence begins with."""
    if not after.strip(" ."):
        yield "a line of its own", STANDALONE_KINDS
    if after.strip() == ",":
        yield "a greeting", GREETING_KINDS


def _is_clause_introduced(said: str, clause: Slot) -> bool:
    """Whether the words before a quoted clause introduce it.

    They end in a colon or parenthesis, and speak of our rules or share content with the clause.
    """
    if not said.rstrip().endswith((":", ": “", "(")):
        return False
    spoken = extract_content(strip_frame(said))
    shared = len(spoken & extract_content(clause.value))
    return bool(POLICY_WORDS.search(said)) or shared >= max(
        MIN_SHARED_WORDS, MIN_INTRODUCTION_SHARE * len(spoken)
    )


def _iter_matching_cues(table: Table, text: str) -> Iterator[Announcement]:
    for pattern, kinds in table:
        if found := pattern.search(text):
            yield f"“{found.group().strip()}”", kinds


def _strip_list(said: str, slot: Slot, previous: Slot | None) -> str:
    """The words before the list that a value stands in, without the earlier values of the list."""
    if previous is None or previous.kind != slot.kind:
        return said
    while LIST_SEPARATOR.search(said):
        said = LIST_SEPARATOR.sub("", said)
    return said
