"""The data of the ticket page, fetched in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import (
    Case,
    Count,
    F,
    QuerySet,
    Value,
    When,
    Window,
    prefetch_related_objects,
)
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan

from tickets.delivery.outbox import find_recipient
from tickets.delivery.replies import COMPOSED_BY_PERSON, build_form_token, get_open_draft
from tickets.models import (
    Attachment,
    Draft,
    FailedAddress,
    Message,
    Order,
    OrderLine,
    Payment,
    Receipt,
    Run,
    Ticket,
)
from tickets.prepared import Given, GivenList, PreparedQuery

STEP_TITLES = {
    "classify": "What is it about?",
    "retrieve": "Which policy applies?",
    "summarize": "What do we know?",
    "decide": "What is owed?",
    "answer": "What was asked?",
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
NO_FREE_WRITERS = (COMPOSED_BY_PERSON, "sentences", "focal")  # nothing has to be asked of these
MAX_REPLACED_SHOWN = 3
MAX_MESSAGES_SHOWN = 30
MAX_THREAD_CHARS = 10_000
MAX_ORDERS_READ = 25
MAX_ORDERS_SHOWN = 10
MAX_TICKETS_SHOWN = 10
FILES = PreparedQuery(
    lambda: (
        Attachment.objects.filter(message__in=GivenList("messages")).defer("content").order_by("pk")
    )
)
CURRENT_RUN = PreparedQuery(lambda: Run.objects.filter(ticket=Given("ticket")).order_by("-id")[:1])
ORDERS = PreparedQuery(
    lambda: Order.objects.filter(customer=Given("customer")).order_by(
        Case(When(number__in=GivenList("named", "text"), then=Value(0)), default=Value(1)),
        "-placed_at",
        "-id",
    )[:MAX_ORDERS_READ]
)
LINES = PreparedQuery(
    lambda: OrderLine.objects.filter(order__in=GivenList("orders")).order_by("pk")
)
PAYMENTS = PreparedQuery(
    lambda: Payment.objects.filter(order__in=GivenList("orders")).order_by("pk")
)
REFUNDS = PreparedQuery(
    lambda: (
        Ticket.refunds.rel.related_model._default_manager.filter(ticket=Given("ticket"))
        .select_related("order", "requested_by", "assigned_to")
        .order_by("-id")
    )
)
NOT_ON_CARDS = ("inputs", "runtime", "limits", "ladder")  # a receipt's own page has them
THREAD = PreparedQuery(
    lambda: query_thread(Given("ticket")).select_related("author")[:MAX_MESSAGES_SHOWN]
)
RECEIPTS = PreparedQuery(
    lambda: Receipt.objects.filter(run=Given("run")).defer(*NOT_ON_CARDS).order_by("attempt", "seq")
)
UNCHECKED = PreparedQuery(
    lambda: (
        Receipt.objects.filter(ticket=Given("ticket"), step="send", status="ok")
        .exclude(checks=[])
        .only("output")
    )
)
FAILED_ADDRESS = PreparedQuery(lambda: FailedAddress.objects.filter(address=Given("address"))[:1])
REPLACED_DRAFTS = PreparedQuery(
    lambda: (
        Draft.objects.filter(ticket=Given("ticket"), message=None)
        .exclude(edited_body="")
        .exclude(pk=Given("draft"))
        .exclude(edited_body=Given("text"))
        .select_related("edited_by")
        .order_by("-id")[:MAX_REPLACED_SHOWN]
    )
)
OTHER_TICKETS = PreparedQuery(
    lambda: (
        Ticket.objects.filter(customer=Given("customer"))
        .exclude(pk=Given("ticket"))
        .only("subject", "status", "received_at")[:MAX_TICKETS_SHOWN]
    )
)


@dataclass(frozen=True, kw_only=True)
class ReceiptCard:
    """One place in the column of receipts: a receipt, or why there is none yet."""

    step: str
    receipt: Receipt | None
    waiting: str = ""

    @property
    def title(self) -> str:
        return STEP_TITLES.get(self.step, self.step.replace("_", " ").capitalize())

    @property
    def templates(self) -> list[str]:
        """The templates of the output: the step's own, else the general one."""
        return [f"tickets/says/_{self.step}.html", "tickets/says/_other.html"]


@dataclass(frozen=True)
class Piece:
    """A piece of a reply; with ``ref`` it is a value and links to its row."""

    text: str
    ref: str = ""
    kind: str = ""


def list_steps() -> list[str]:
    """The names of the steps in their order, from ``settings.TRIAGE_STEPS``."""
    return [path.split(".")[-2] for path in settings.TRIAGE_STEPS]


def list_messages(ticket: Ticket, *, before: int | None = None) -> tuple[list[Message], int]:
    """The newest messages of the ticket, oldest first, without the raw bytes; and how many
    older ones there are. With ``before``, those older than the message with that id.
    """
    place = ticket.messages.filter(pk=before).values_list("at", "pk").first() if before else None
    if place:
        older = query_thread(ticket.pk).filter(TupleLessThan(Tuple(F("at"), F("id")), place))
        return cut_thread(older.select_related("author")[:MAX_MESSAGES_SHOWN])
    return cut_thread(THREAD.fetch(ticket=ticket.pk))


def query_thread(ticket: Any) -> QuerySet[Any]:
    """The messages of the ticket with an id, or of a gap for it, newest first, each with
    ``in_all``: how many there are.
    """
    rows = Message.objects.filter(ticket=ticket).annotate(in_all=Window(Count("pk")))
    return rows.defer("raw", "html").order_by("-at", "-id")


def cut_thread(rows: Iterable[Any]) -> tuple[list[Message], int]:
    """The newest messages that fit on a page, oldest first and with their files, and how many
    come before them. ``rows`` are the first of ``query_thread``.

    At least one is shown, however long.
    """
    newest: list[Message] = []
    in_all = chars = 0
    for message in rows:
        in_all, chars = message.in_all, chars + count_shown_chars(message)
        if newest and chars > MAX_THREAD_CHARS:
            break
        newest.append(message)
    _attach_files(newest)
    return newest[::-1], in_all - len(newest)


def _attach_files(messages: Iterable[Any]) -> None:
    """Give each message its ``files``, without what is in them."""
    by_id = {message.pk: message for message in messages}
    for message in messages:
        message.files = []
    for file in FILES.fetch(messages=list(by_id)):
        by_id[file.message_id].files.append(file)


def count_shown_chars(message: Message) -> int:
    """How much of a page the message takes, folded parts included."""
    return sum(map(len, (message.text, message.quoted, message.signature, message.hidden)))


def find_unchecked_messages(ticket: Ticket, messages: Iterable[Message]) -> dict[int, Receipt]:
    """By message, the receipts of replies that left although a check was not run."""
    if not any(message.direction == Message.Direction.OUT for message in messages):
        return {}
    sent = UNCHECKED.fetch(ticket=ticket.pk)
    return {receipt.output["message"]: receipt for receipt in sent}


def build_run_context(ticket: Ticket) -> dict[str, Any]:
    """The current run, its receipts as cards, and a token that changes when they do."""
    run = CURRENT_RUN.fetch_first(ticket=ticket.pk)
    receipts = RECEIPTS.fetch(run=run.pk) if run else []
    return {
        "base": "",
        "run": run,
        "cards": list(iter_cards(run, receipts)),
        "asked": count_answers(receipts),
        "rev": build_revision_token(run, len(receipts)),
        "polling": bool(run and run.is_open),
    }


def count_answers(receipts: Iterable[Receipt]) -> dict[str, Any]:
    """What the newest receipt of answers says: its ``items``, and how many have an answer."""
    newest = next((one for one in reversed(list(receipts)) if one.step == "answer"), None)
    items = newest.output.get("items", []) if newest else []
    given = sum(not item["blocker"] for item in items)
    shown = _credit_sent(items)
    return {"items": shown, "given": given, "receipt": newest.pk if newest else 0}


def _credit_sent(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The items; what people wrote to questions like them with who did, when, to which ticket."""
    refs = [sent["ref"] for item in items for sent in item.get("sent", [])]
    if not refs:
        return list(items)
    ids = [int(ref.removeprefix("message:")) for ref in refs]
    known = Message.objects.select_related("author").defer("raw", "html").in_bulk(ids)
    found = {ref: known[pk] for ref, pk in zip(refs, ids, strict=True) if pk in known}
    return [
        {
            **item,
            "sent": [{**one, "message": found.get(one["ref"])} for one in item.get("sent", [])],
        }
        for item in items
    ]


def build_revision_token(run: Run | None, receipts: int) -> str:
    """A text that changes with the run, its state, its attempt and its number of receipts."""
    return f"{run.pk}.{run.state}.{run.attempt}.{receipts}" if run else "0"


def iter_cards(run: Run | None, receipts: Iterable[Receipt]) -> Iterable[ReceiptCard]:
    """A card a step, with the newest receipt of that step only."""
    latest = {receipt.step: receipt for receipt in receipts}
    first_missing = True
    for step in list_steps():
        receipt = latest.get(step)
        yield ReceiptCard(
            step=step,
            receipt=receipt,
            waiting="" if receipt else _describe_waiting(run, first_missing),
        )
        first_missing = first_missing and receipt is not None


def _describe_waiting(run: Run | None, is_next: bool) -> str:
    if run is None:
        return "Not asked yet"
    if not run.is_open:
        return "Not reached"
    return "Working on it" if is_next and run.state == Run.State.RUNNING else "Waiting"


def build_reply_context(ticket: Ticket) -> dict[str, Any]:
    """The open draft, its pieces with links, and the token of the form that edits it."""
    draft, recipient = get_open_draft(ticket), find_recipient(ticket)
    return {
        "draft": draft,
        "written": bool(draft and draft.text.strip()),
        "seen": build_form_token(ticket, draft),
        "pieces": list(iter_pieces(draft)) if draft else [],
        "own_words": bool(draft and draft.composed_by == COMPOSED_BY_PERSON),
        "recipient": recipient,
        "failed_address": FAILED_ADDRESS.fetch_first(address=recipient.lower()),
        "free_wording": has_free_wording(draft),
        "overtaken": is_reply_outdated(ticket, draft),
        "set_aside": list_replaced_drafts(ticket, draft),
    }


def has_free_wording(draft: Draft | None) -> bool:
    """Whether a general model chose the words that stand in the draft, in whole or in part."""
    if draft is None or draft.run_id is None or draft.composed_by in NO_FREE_WRITERS:
        return False
    receipts = Receipt.objects.filter(run=draft.run_id, step="draft", status="ok")
    return receipts.filter(
        model_class__in=Receipt.FREE_CLASSES, model_served=draft.composed_by
    ).exists()


def is_reply_outdated(ticket: Ticket, draft: Draft | None) -> bool:
    """Whether people decided on a refund of the ticket after the draft was edited."""
    if draft is None or draft.edited_at is None:
        return False
    return bool(ticket.refunds.filter(decisions__at__gt=draft.edited_at).exists())


def list_replaced_drafts(ticket: Ticket, draft: Draft | None) -> list[Draft]:
    """The three newest edited drafts that another replaced before they were sent.

    Drafts with the same text as ``draft`` are left out.
    """
    now = (draft.pk, draft.edited_body) if draft else (0, "")
    return REPLACED_DRAFTS.fetch(ticket=ticket.pk, draft=now[0], text=now[1])


def iter_pieces(draft: Draft) -> Iterable[Piece]:
    """The text as it would be sent, in pieces.

    Each value that the machine put in, and that is still there, is linked to its row.
    """
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


def build_customer_context(ticket: Ticket, named: Collection[str] = ()) -> dict[str, Any]:
    """The customer's orders with lines and payments, refunds so far, and other tickets.

    ``orders_before`` are older ones, of which the page shows the refunds alone.
    Orders whose reference is in ``named`` come first.
    """
    if ticket.customer is None:
        return {"orders": [], "orders_before": [], "refunds_before": [], "other_tickets": []}
    numbers = [ref.removeprefix("order:") for ref in named if ref.startswith("order:")]
    orders = ORDERS.fetch(customer=ticket.customer_id, named=numbers)
    _attach_lines_and_payments(orders)
    return {
        "orders": orders[:MAX_ORDERS_SHOWN],
        "orders_before": orders[MAX_ORDERS_SHOWN:],
        "refunds_before": list(iter_refund_payments(orders)),
        "other_tickets": OTHER_TICKETS.fetch(customer=ticket.customer_id, ticket=ticket.pk),
    }


def _attach_lines_and_payments(orders: Iterable[Any]) -> None:
    """Give each order its ``line_rows`` and ``payment_rows``."""
    by_id = {order.pk: order for order in orders}
    for order in orders:
        order.line_rows, order.payment_rows = [], []
    for line in LINES.fetch(orders=list(by_id)):
        by_id[line.order_id].line_rows.append(line)
    for payment in PAYMENTS.fetch(orders=list(by_id)):
        payment.order = by_id[payment.order_id]
        payment.order.payment_rows.append(payment)


def collect_cited_refs(cards: Iterable[ReceiptCard]) -> set[str]:
    """The references ("order:HP-1") of the rows that the receipts' outputs cite."""
    said = [card.receipt.output for card in cards if card.receipt]
    refs = {part.get("ref", "") for output in said for part in output.get("parts", [])}
    return refs | {f"order:{output['order']}" for output in said if output.get("order")}


def iter_refund_payments(orders: Iterable[Any]) -> Iterable[Payment]:
    for order in orders:
        yield from (pay for pay in order.payment_rows if pay.kind == Payment.Kind.REFUND)


def build_page_context(ticket: Ticket, *, before: int | None = None) -> dict[str, Any]:
    """The context of the whole page: ticket, thread, refunds, run, reply and customer.

    With ``before`` the thread is what came before the message with that id.
    """
    answer, done = build_reply_context(ticket), build_run_context(ticket)
    refunds = REFUNDS.fetch(ticket=ticket.pk)
    prefetch_related_objects(refunds, "decisions__by")
    thread, older = list_messages(ticket, before=before)
    return {
        "ticket": ticket,
        "messages_in_thread": thread,
        "messages_before": older,
        "thread_is_cut": before is not None,
        "sent_unchecked": find_unchecked_messages(ticket, thread),
        "refunds": refunds,
        "newest_refunds": list({row.order_id: row.pk for row in reversed(refunds)}.values()),
        **done,
        **answer,
        **build_customer_context(ticket, collect_cited_refs(done["cards"])),
    }
