"""What the ticket page shows, fetched in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Prefetch

from tickets.delivery.outbox import recipient
from tickets.delivery.replies import BY_A_PERSON, open_draft, seen
from tickets.models import Attachment, Draft, Message, Order, Payment, Receipt, Run, Ticket

TITLES = {
    "classify": "What is it about?",
    "retrieve": "Which policy applies?",
    "summarize": "What do we know?",
    "decide": "What is owed?",
    "draft": "How was the reply written?",
    "send": "Who sent the reply?",
    "send_again": "Who sent it once more?",
    "settle_delivery": "Did the reply arrive?",
    "request": "Who asked for the refund?",
    "confirm": "Who says that the label is right?",
    "assign": "Who is to decide on the refund?",
    "escalate": "Did the refund wait too long?",
    "take back": "Was the approval taken back?",
    "approve": "Who decided on the refund?",
    "pay": "Who recorded the payment?",
}
ORDERS_SHOWN = 25
TICKETS_SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class Card:
    """One place in the column of receipts: a receipt, or why there is none yet."""

    step: str
    receipt: Receipt | None
    waiting: str = ""

    @property
    def title(self) -> str:
        return TITLES.get(self.step, self.step.replace("_", " ").capitalize())

    @property
    def templates(self) -> list[str]:
        """What the receipt says, in the step's own words where it has some."""
        return [f"tickets/says/_{self.step}.html", "tickets/says/_other.html"]


@dataclass(frozen=True)
class Piece:
    """A piece of a reply; with ``ref`` it is a value and links to its row."""

    text: str
    ref: str = ""
    kind: str = ""


def steps() -> list[str]:
    """The steps in their order, as settings name them."""
    return [path.split(".")[-2] for path in settings.TRIAGE_STEPS]


def conversation(ticket: Ticket) -> list[Message]:
    """The thread, oldest first, without the raw bytes."""
    files = Prefetch("attachments", Attachment.objects.defer("content"))
    messages = ticket.messages.defer("raw", "html").select_related("author")
    return list(messages.prefetch_related(files))


def work(ticket: Ticket) -> dict[str, Any]:
    """The current run, its receipts as cards, and a token that changes when they do."""
    run = ticket.current_run()
    receipts = list(run.receipts.order_by("attempt", "seq")) if run else []
    return {
        "base": "",
        "run": run,
        "cards": list(cards(run, receipts)),
        "rev": revision(run, len(receipts)),
        "polling": bool(run and run.is_open),
    }


def revision(run: Run | None, receipts: int) -> str:
    return f"{run.pk}.{run.state}.{run.attempt}.{receipts}" if run else "0"


def cards(run: Run | None, receipts: Iterable[Receipt]) -> Iterable[Card]:
    """A card a step; the newest receipt of a step stands, an earlier attempt's does not."""
    latest = {receipt.step: receipt for receipt in receipts}
    first_missing = True
    for step in steps():
        receipt = latest.get(step)
        yield Card(
            step=step, receipt=receipt, waiting="" if receipt else _waiting(run, first_missing)
        )
        first_missing = first_missing and receipt is not None


def _waiting(run: Run | None, is_next: bool) -> str:
    if run is None:
        return "Not asked yet"
    if not run.is_open:
        return "Not reached"
    return "Working on it" if is_next and run.state == Run.State.RUNNING else "Waiting"


def reply(ticket: Ticket) -> dict[str, Any]:
    """The open draft, its pieces with links, and the token that guards it."""
    draft = open_draft(ticket)
    return {
        "draft": draft,
        "written": bool(draft and draft.text.strip()),
        "seen": seen(ticket, draft),
        "pieces": list(pieces(draft)) if draft else [],
        "own_words": bool(draft and draft.composed_by == BY_A_PERSON),
        "recipient": recipient(ticket),
        "overtaken": overtaken(ticket, draft),
        "set_aside": list(set_aside(ticket, draft)),
    }


def overtaken(ticket: Ticket, draft: Draft | None) -> bool:
    """Whether people decided on a refund after the reply was edited: it may say what no longer is."""
    if draft is None or draft.edited_at is None:
        return False
    return bool(ticket.refunds.filter(decisions__at__gt=draft.edited_at).exists())


def set_aside(ticket: Ticket, draft: Draft | None) -> Iterable[Draft]:
    """Edited drafts that a newer one replaced before they were sent: a person's words stay."""
    edited = ticket.drafts.filter(message=None).exclude(edited_body="")
    if draft:
        edited = edited.exclude(pk=draft.pk).exclude(edited_body=draft.edited_body)
    return edited.select_related("edited_by").order_by("-id")[:3]


def pieces(draft: Draft) -> Iterable[Piece]:
    """The text as it would be sent, each value of the machine's that is still there linked."""
    if not draft.edited_body:
        yield from (
            Piece(part["text"], part.get("ref", ""), part.get("kind", "")) for part in draft.parts
        )
        return
    values = [part for part in draft.parts if part.get("ref")]
    text, position = draft.text, 0
    for value in values:
        found = text.find(value["text"], position)
        if found < 0:
            continue
        yield Piece(text[position:found])
        yield Piece(value["text"], value["ref"], value.get("kind", ""))
        position = found + len(value["text"])
    yield Piece(text[position:])


def account(ticket: Ticket, named: Collection[str] = ()) -> dict[str, Any]:
    """The customer's orders with lines and payments, refunds so far, and other tickets.

    Orders whose reference is in ``named`` come first.
    """
    if ticket.customer is None:
        return {"orders": [], "refunds_before": [], "other_tickets": []}
    orders = list(
        ticket.customer.orders.order_by("-placed_at", "-id").prefetch_related("lines", "payments")[
            :ORDERS_SHOWN
        ]
    )
    orders.sort(key=lambda order: f"order:{order.number}" not in named)
    others = ticket.customer.tickets.exclude(pk=ticket.pk)
    return {
        "orders": orders,
        "refunds_before": list(given_back(orders)),
        "other_tickets": list(others[:TICKETS_SHOWN]),
    }


def named(cards: Iterable[Card]) -> set[str]:
    """The rows that the receipts speak of."""
    said = [card.receipt.output for card in cards if card.receipt]
    refs = {part.get("ref", "") for output in said for part in output.get("parts", [])}
    return refs | {f"order:{output['order']}" for output in said if output.get("order")}


def given_back(orders: Iterable[Order]) -> Iterable[Payment]:
    for order in orders:
        yield from (pay for pay in order.payments.all() if pay.kind == Payment.Kind.REFUND)


def everything(ticket: Ticket) -> dict[str, Any]:
    """The whole page."""
    answer, done = reply(ticket), work(ticket)
    rows = ticket.refunds.select_related("order", "requested_by", "assigned_to").order_by("-id")
    refunds = list(rows.prefetch_related("decisions__by"))
    return {
        "ticket": ticket,
        "messages_in_thread": conversation(ticket),
        "refunds": refunds,
        "newest_refunds": list({row.order_id: row.pk for row in reversed(refunds)}.values()),
        **done,
        **answer,
        **account(ticket, named(done["cards"])),
    }
