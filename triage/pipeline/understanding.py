"""What a ticket's message says about the rows of its customer: the order that it is about, the
facts that may be used, and what is a large amount then.

Pure. Called once, before the steps; the same rows and words give the same case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from triage.contract.case import Case, Fact, Order
from triage.guardrails.commitments.sentence_reading import is_about_money_back
from triage.nlu import Document, link_order
from triage.nlu.prompt_injection import find_injection_signs

PERSON_NAME = re.compile(r"[^\W\d_]+(?:[ .'’-]{1,2}[^\W\d_]+){0,4}\.?")
MAX_NAME_CHARS = 60


@dataclass(frozen=True, kw_only=True)
class TicketRows:
    """The rows of a ticket as values, before anything was read out of its message.

    ``case`` has every field but those that depend on the message's order. ``facts`` hold
    whatever it says; ``sender`` is the name that somebody without an account gave. Of an order,
    by its number, ``order_facts`` are used where the message is about it, ``other_orders`` where
    it is about none. ``large`` is a large amount by currency, "" where no order is meant.
    ``quoted`` are the mails that the message quotes: they tell of an order, and ask nothing.
    """

    case: Case
    facts: tuple[Fact, ...]
    sender: tuple[Fact, ...]
    order_facts: Mapping[str, tuple[Fact, ...]]
    other_orders: tuple[Fact, ...]
    large: Mapping[str, Decimal]
    quoted: str = ""


def understand_ticket(rows: TicketRows) -> Case:
    """The case of a ticket: its rows, and the order that its message is about."""
    known = rows.case
    message = Document.read(f"{known.subject}\n{known.text}")
    tickets = {str(known.ticket)}
    meant = link_order(message, known.orders, known.received, tickets, rows.quoted)
    currency = meant.order.currency if meant.order else ""
    return replace(
        known,
        order=meant.order,
        order_because=meant.because,
        order_confidence=meant.confidence if known.orders else None,
        order_alternatives=meant.alternatives,
        order_question=meant.question,
        facts=tuple(_iter_facts(rows, meant.order)),
        standing=replace(known.standing, large=rows.large.get(currency)),
    )


def _iter_facts(rows: TicketRows, order: Order | None) -> Iterator[Fact]:
    yield from rows.facts
    yield from (fact for fact in rows.sender if is_person_name(fact.value))
    yield from rows.order_facts[order.number] if order else rows.other_orders


def is_person_name(written: str) -> bool:
    """Whether a sender without account wrote a name, by which a reply greets, and no sentence."""
    fits = len(written) <= MAX_NAME_CHARS and PERSON_NAME.fullmatch(written)
    return bool(fits) and not (is_about_money_back(written) or find_injection_signs(written))
