"""Which sentences of a reply promise, or tell of, money that the records do not bear out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from triage.guardrails.commitments.quotations import without_quotes
from triage.guardrails.commitments.sentence_reading import (
    Said,
    plain,
    read,
    sentences,
    speaks_of_money_back,
)
from triage.nlu.money import Amount, amounts

APPROVED, DOUBT, PAID = "approved", "doubt", "paid"
CREDIT: Final = re.compile(r"\b(?:store|shop) credit\b|\bvoucher|\bgift card|\bcredit note", re.I)
IN_MONEY: Final = re.compile(r"\bre-?fund|\bmoney\b|\bcard\b|\bbank\b|\breimburs|\bpaypal\b|\bcash\b", re.I)  # fmt: skip
NOT_CREDIT: Final = re.compile(r"\b(?:not|rather than|instead of)\b[^,;]*$", re.I)
ALL_OF_IT: Final = re.compile(
    r"\bin full\b|\b(?:full|complete|entire|whole) (?:\w+ )?(?:refund|amount|price|sum|order|payment)\b|\beverything\b|\ball of it\b"
    r"|\bfull\b[^.]{0,20}\brefund|\bthe whole lot\b|\bevery penny\b",
    re.I,
)
SHARE: Final = re.compile(r"\d ?%|\bper ?cent\b|\b(?:half|a third|a quarter|twice|double|triple)\b", re.I)  # fmt: skip
MORE: Final = re.compile(r"\b(?:also|another|additional\w*|in addition|on top|further|plus|extra|as well|too|second)\b", re.I)  # fmt: skip
LATER: Final = re.compile(r"\b(?:before|earlier|already|previous\w*|last (?:week|month|year)|in (?:january|february|march|april|may|june|july|august|september|october|november|december))\b", re.I)  # fmt: skip
AMONG: Final = re.compile(r"\b(?:paid|cost|costs|less|minus|after|fee|fees|of the|out of|instead of|rather than|not|from|kept?)\W+(?:an?|the|your|our|of|fee|\W)*$", re.I)  # fmt: skip
PAID_BEFORE: Final = re.compile(r"^\W*(?:that |which )?(?:you )?(?:have )?paid\b", re.I)
OF_PAYING: Final = re.compile(r"\bpa(?:y|id)|\b(?:receive|get|account|card|bank|way)\b", re.I)
ORDER: Final = re.compile(r"\border(?: number| no\.?)?:? (#?[A-Z]*-?\d{3}[\w-]*)", re.I)


@dataclass(frozen=True, kw_only=True)
class Granted:
    """Money that people approved, or that went back, on one order.

    ``state`` is approved, doubt or paid; ``captured`` what was ever paid for the order.
    ``here``: on this ticket; anything else bears out only what names its very amount.
    """

    order: str
    amount: Decimal
    currency: str
    captured: Decimal
    state: str = APPROVED
    remedy: str = "refund"
    here: bool = True


@dataclass(frozen=True, kw_only=True)
class Records:
    """What a reply is weighed against.

    ``standing`` says how the newest request stands, in a sentence, empty where there is none.
    ``asked``: the customer asks for money, or somebody did for them. ``quotable`` are the texts
    of our clauses, ``words`` what the customer wrote: quoted, neither is a promise of ours.
    """

    granted: tuple[Granted, ...] = ()
    orders: tuple[str, ...] = ()
    standing: str = ""
    asked: bool = False
    quotable: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Unborne:
    """A sentence of a reply that nothing approved bears out, and why."""

    sentence: str
    because: str


def own_words(text: str, records: Records) -> Iterator[str]:
    """The sentences of a reply without what it quotes of our clauses and of the customer."""
    return sentences(without_quotes(plain(text), records.quotable, records.words))


def unborne(text: str, records: Records) -> Iterator[Unborne]:
    """The sentences that promise or tell of more money than the records do."""
    follows, promised = False, Decimal(0)
    for sentence in own_words(text, records):
        said = read(sentence, follows=follows, asked=records.asked)
        follows = follows or speaks_of_money_back(sentence)
        if said == Said.NOTHING:
            continue
        because, amount = _weighed(sentence, said, records, promised)
        promised = max(promised, amount)
        if because:
            yield Unborne(sentence=sentence, because=because)


def _weighed(sentence: str, said: Said, records: Records, before: Decimal) -> tuple[str, Decimal]:
    """What is wrong with a promise, and how much is promised once it is made."""
    stated = _stated(sentence)
    if said == Said.PAID and _on_file(sentence, stated, records.granted):
        return "", Decimal(0)
    able = [one for one in records.granted if one.here]
    fitting = [one for one in able if _bears(one.state, said, sentence)]
    if not fitting:
        return _nothing(able, records), Decimal(0)
    about = _of_order(sentence, fitting, records.orders)
    if not about:
        return f"what was approved is for order {fitting[0].order}", Decimal(0)
    paying = [one for one in about if _in_kind(sentence, one.remedy)]
    if not paying:
        return f"what was approved is a {about[0].remedy}", Decimal(0)
    return _too_much(sentence, stated, paying, before if MORE.search(sentence) else Decimal(0))


def _bears(state: str, said: Said, sentence: str) -> bool:
    """Whether so much may be said at all: nothing of being paid before it is known."""
    if state == DOUBT:
        return said == Said.GRANTED and not OF_PAYING.search(sentence)
    return state == PAID or said == Said.GRANTED


def _nothing(able: list[Granted], records: Records) -> str:
    """Why nothing bears it out, where nothing is far enough."""
    states = {one.state for one in able}
    if DOUBT in states:
        return "whether it was paid is not known yet, so nothing can be said of being paid"
    if able:
        return "it is approved and not paid yet: say that it has been approved and will be paid"
    return records.standing or "no refund has been approved on this ticket"


def _on_file(sentence: str, stated: list[Amount], granted: Iterable[Granted]) -> bool:
    """Whether the very payment it tells of is on file; without an amount one told of as past."""
    named = _orders_in(sentence, [one.order for one in granted])
    paid = [one for one in granted if one.state == PAID and (not named or one.order in named)]
    if not stated:
        return bool(paid and LATER.search(sentence) and not SHARE.search(sentence))
    return all(
        any(one.value == row.amount and one.currency in ("", row.currency) for row in paid)
        for one in stated
    )


def _of_order(sentence: str, fitting: list[Granted], orders: Sequence[str]) -> list[Granted]:
    """What is on the orders that the sentence names, all where it names none; nothing where it
    names one besides."""
    approved = {one.order for one in fitting}
    named = _orders_in(sentence, [*approved, *orders])
    if named - approved:
        return []
    return [one for one in fitting if not named or one.order in named]


def _orders_in(sentence: str, known: Iterable[str]) -> set[str]:
    """The known orders named in it, and whatever else it calls an order."""
    bare = {_bare(order): order for order in known}
    digits = {re.sub(r"\D", "", order): order for order in known}
    said = {_bare(word) for word in re.findall(r"[\w#-]*\d[\w-]*", sentence)}
    called = {_bare(number) for number in ORDER.findall(sentence)}
    return {bare[word] for word in said & bare.keys()} | {
        bare.get(word) or digits.get(word) or word for word in called
    }


def _bare(number: str) -> str:
    return re.sub(r"[\W_]", "", number).upper()


def _in_kind(sentence: str, remedy: str) -> bool:
    credit = CREDIT.search(sentence)
    if credit and not NOT_CREDIT.search(sentence[: credit.start()]):
        return remedy == "store credit"
    return remedy != "store credit" or not IN_MONEY.search(sentence)


def _too_much(
    sentence: str, stated: list[Amount], paying: list[Granted], before: Decimal
) -> tuple[str, Decimal]:
    """Why it is more than was approved, and what is promised by now."""
    approved = sum((one.amount for one in paying), Decimal(0))
    currency = paying[0].currency
    limit = f"approved is {approved:.2f} {currency}"
    if any(one.value is None for one in stated):
        return f"write the amount in figures; {limit}", Decimal(0)
    if other := next((one for one in stated if one.currency not in ("", currency)), None):
        return f"“{other.text}” is not in {currency}; {limit}", Decimal(0)
    total = before + sum((one.value or Decimal(0) for one in stated), Decimal(0))
    if stated and total > approved:
        return f"that is {total:.2f} {currency}, and {limit}", total
    if not stated and SHARE.search(sentence):
        return f"write the amount in figures; {limit}", Decimal(0)
    captured = sum({one.order: one.captured for one in paying}.values(), Decimal(0))
    if not stated and ALL_OF_IT.search(sentence) and approved < captured:
        return f"“all of it” is {captured:.2f} {currency}; {limit}: write the amount", Decimal(0)
    if not stated and MORE.search(sentence) and before:
        return f"write how much is meant; {limit}", before
    return "", total


def _stated(sentence: str) -> list[Amount]:
    """The sums that are given back, without those they are only set against."""
    found = list(amounts(sentence))
    given = [one for one in found if not _set_against(sentence, one)]
    return given or found


def _set_against(sentence: str, one: Amount) -> bool:
    after = sentence[one.start + len(one.text) :]
    return bool(AMONG.search(sentence[: one.start]) or PAID_BEFORE.match(after))
