"""Which sentences of a reply commit us to, or tell of, money that the records do not bear out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from triage.contract.fact_types import count_decimals
from triage.guardrails.commitments.commitment_book import COMMITMENT_BOOK
from triage.guardrails.commitments.quotations import remove_quotations
from triage.guardrails.commitments.sentence_reading import (
    CommitmentLevel,
    detect_commitment,
    is_about_money_back,
    iter_readable_sentences,
    normalize_text,
)
from triage.nlu.document import Document
from triage.nlu.money import Amount, find_amounts
from triage.nlu.order_mentions import find_order_mentions

APPROVED, DOUBT, PAID = "approved", "doubt", "paid"
_build, _compile = COMMITMENT_BOOK.build_pattern, COMMITMENT_BOOK.compile_list
CREDIT: Final = _compile("credit_given")
IN_MONEY: Final = _compile("money_given")
NOT_CREDIT: Final = _compile("not_credit")
ALL_OF_IT: Final = _compile("all_of_it")
SHARE: Final = re.compile(rf"\d ?%|{_build('share_words')}", re.IGNORECASE)
ADDITIONAL: Final = _compile("additional")
PAST_TIME: Final = _compile("past_time")
SET_AGAINST: Final = re.compile(
    rf"{_build('set_against')}\W+(?:{_build('before_amount')}|\W)*$", re.IGNORECASE
)
PAID_BEFORE: Final = _compile("paid_before")
ABOUT_PAYING: Final = _compile("about_paying")


@dataclass(frozen=True, kw_only=True)
class ApprovedMoney:
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
    of our clauses, ``words`` what the customer wrote: quoted, neither is a commitment of ours.
    """

    granted: tuple[ApprovedMoney, ...] = ()
    orders: tuple[str, ...] = ()
    standing: str = ""
    asked: bool = False
    quotable: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class UnapprovedCommitment:
    """A sentence of a reply that nothing approved bears out, and why."""

    sentence: str
    because: str


def iter_own_sentences(text: str, records: Records) -> Iterator[str]:
    """The sentences of a reply without what it quotes of our clauses and of the customer."""
    return iter_readable_sentences(
        remove_quotations(normalize_text(text), records.quotable, records.words)
    )


def find_unapproved_commitments(text: str, records: Records) -> Iterator[UnapprovedCommitment]:
    """The sentences that commit us to more money than the records bear out, or tell of more, and
    why.
    """
    follows, promised = False, Decimal(0)
    for sentence in iter_own_sentences(text, records):
        said = detect_commitment(sentence, follows=follows, asked=records.asked)
        follows = follows or is_about_money_back(sentence)
        if said == CommitmentLevel.NOTHING:
            continue
        because, amount = _check_commitment(sentence, said, records, promised)
        promised = max(promised, amount)
        if because:
            yield UnapprovedCommitment(sentence=sentence, because=because)


def _check_commitment(
    sentence: str, said: CommitmentLevel, records: Records, before: Decimal
) -> tuple[str, Decimal]:
    """What is wrong with a commitment, empty for nothing, and how much is promised once it is
    made.
    """
    stated = _find_stated_amounts(sentence)
    if said == CommitmentLevel.PAID and _is_on_file(sentence, stated, records.granted):
        return "", Decimal(0)
    able = [one for one in records.granted if one.here]
    fitting = [one for one in able if _is_supported(one.state, said, sentence)]
    if not fitting:
        return _explain_no_support(able, records), Decimal(0)
    about = _select_by_order(sentence, fitting, records.orders)
    if not about:
        return f"what was approved is for order {fitting[0].order}", Decimal(0)
    paying = [one for one in about if _is_same_remedy(sentence, one.remedy)]
    if not paying:
        return f"what was approved is a {about[0].remedy}", Decimal(0)
    return _check_amount(
        sentence, stated, paying, before if ADDITIONAL.search(sentence) else Decimal(0)
    )


def _is_supported(state: str, said: CommitmentLevel, sentence: str) -> bool:
    """Whether a state supports so much: nothing may be said of being paid before it is known."""
    if state == DOUBT:
        return said == CommitmentLevel.GRANTED and not ABOUT_PAYING.search(sentence)
    return state == PAID or said == CommitmentLevel.GRANTED


def _explain_no_support(able: list[ApprovedMoney], records: Records) -> str:
    """Why nothing supports it, where no approval is far enough."""
    states = {one.state for one in able}
    if DOUBT in states:
        return "whether it was paid is not known yet, so nothing can be said of being paid"
    if able:
        return "it is approved and not paid yet: say that it has been approved and will be paid"
    return records.standing or "no refund has been approved on this ticket"


def _is_on_file(sentence: str, stated: list[Amount], granted: Iterable[ApprovedMoney]) -> bool:
    """Whether the very payment it tells of is on file; without an amount, one told of as past."""
    named = _find_order_numbers(sentence, [one.order for one in granted])
    paid = [one for one in granted if one.state == PAID and (not named or one.order in named)]
    if not stated:
        return bool(paid and PAST_TIME.search(sentence) and not SHARE.search(sentence))
    return all(
        any(one.value == row.amount and one.currency in ("", row.currency) for row in paid)
        for one in stated
    )


def _select_by_order(
    sentence: str, fitting: list[ApprovedMoney], orders: Sequence[str]
) -> list[ApprovedMoney]:
    """The approvals on the orders that the sentence names, all where it names none; nothing where
    it names one besides.
    """
    approved = {one.order for one in fitting}
    named = _find_order_numbers(sentence, [*approved, *orders])
    if named - approved:
        return []
    return [one for one in fitting if not named or one.order in named]


def _find_order_numbers(sentence: str, known: Iterable[str]) -> set[str]:
    """The known orders named in it, or perhaps named, and whatever else it calls an order."""
    found = find_order_mentions(Document.read(sentence), tuple(known))
    return {number for each in found for number in each.numbers or (each.written,)}


def _is_same_remedy(sentence: str, remedy: str) -> bool:
    credit = CREDIT.search(sentence)
    if credit and not NOT_CREDIT.search(sentence[: credit.start()]):
        return remedy == "store credit"
    return remedy != "store credit" or not IN_MONEY.search(sentence)


def _check_amount(
    sentence: str, stated: list[Amount], paying: list[ApprovedMoney], before: Decimal
) -> tuple[str, Decimal]:
    """Why it is more than was approved, empty where it is not, and what is promised by now."""
    approved = sum((one.amount for one in paying), Decimal(0))
    currency = paying[0].currency
    limit = f"approved is {approved:.{count_decimals(approved)}f} {currency}"
    if any(one.value is None for one in stated):
        return f"write the amount in figures; {limit}", Decimal(0)
    if other := next((one for one in stated if one.currency not in ("", currency)), None):
        return f"“{other.text}” is not in {currency}; {limit}", Decimal(0)
    total = before + sum((one.value or Decimal(0) for one in stated), Decimal(0))
    if stated and total > approved:
        return f"that is {total:.{count_decimals(total)}f} {currency}, and {limit}", total
    if not stated and SHARE.search(sentence):
        return f"write the amount in figures; {limit}", Decimal(0)
    captured = sum({one.order: one.captured for one in paying}.values(), Decimal(0))
    if not stated and ALL_OF_IT.search(sentence) and approved < captured:
        whole = f"{captured:.{count_decimals(captured)}f} {currency}"
        return f"“all of it” is {whole}; {limit}: write the amount", Decimal(0)
    if not stated and ADDITIONAL.search(sentence) and before:
        return f"write how much is meant; {limit}", before
    return "", total


def _find_stated_amounts(sentence: str) -> list[Amount]:
    """The sums that are given back, without those they are only set against; all where none is
    left.
    """
    found = list(find_amounts(sentence))
    given = [one for one in found if not _is_set_against(sentence, one)]
    return given or found


def _is_set_against(sentence: str, one: Amount) -> bool:
    after = sentence[one.start + len(one.text) :]
    return bool(SET_AGAINST.search(sentence[: one.start]) or PAID_BEFORE.match(after))
