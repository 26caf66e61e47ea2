"""Sending a reply: a row and its receipt first, then a mail, and exactly once.

What happens between the row and the mail server is in ``outbox``.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parseaddr

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from tickets.audit import receipts
from tickets.delivery.outbox import Delivery, deliver, move, recipient, sweep_outbox
from tickets.mail.reading import ID, MOST_REFERENCES
from tickets.models import Correction, Draft, Message, Ticket
from tickets.queue import run_queue

__all__ = [
    "AlreadySent",
    "NoAddress",
    "NotBorneOut",
    "NotInDoubt",
    "NotSent",
    "NothingToSend",
    "Objection",
    "deliver",
    "recipient",
    "resolve_doubt",
    "send",
    "send_again",
    "sweep_outbox",
]


class NotSent(Exception):
    """Nothing was sent and nothing changed."""


class AlreadySent(NotSent):
    """This reply was sent before, or a later one took its place."""


class NoAddress(NotSent):
    """There is no address that this reply could go to."""


class NothingToSend(NotSent):
    """The reply has no text."""


@dataclass(frozen=True, kw_only=True)
class Objection:
    """A sentence that must not be sent as it stands, and why."""

    sentence: str
    because: str

    def __str__(self) -> str:
        return f"“{self.sentence}”: {self.because}."


class NotBorneOut(NotSent):
    """The reply says what nothing on record bears out. ``objections`` name each sentence."""

    def __init__(self, objections: Sequence[Objection]) -> None:
        super().__init__(
            "Not sent: this promises money that nobody approved. "
            + " ".join(map(str, objections))
            + " Reword it, or ask for the refund first."
        )
        self.objections = tuple(objections)


class NotInDoubt(Exception):
    """Somebody settled this message before; nothing changed."""


def send(draft: Draft, *, by: User) -> Message:
    """Put the draft's text on its way to the customer, in the name of ``by``; return the message.

    A run that is still open ends: its question is answered. Raises AlreadySent, NoAddress,
    NothingToSend, or NotBorneOut, of which a receipt stays. Delivery begins when the
    transaction ends.
    """
    try:
        return _send(draft, by)
    except NotBorneOut as refusal:
        _prove_refusal(draft, refusal, by)
        raise


@transaction.atomic
def _send(draft: Draft, by: User) -> Message:
    ticket = Ticket.locked(draft.ticket_id)
    draft = Draft.objects.select_for_update().get(pk=draft.pk)
    _refuse(draft, ticket)
    message = _message(draft, ticket, by)
    draft.message = message
    draft.save(update_fields=["message"])
    run_queue.cancel(ticket)
    ticket.mark_waiting()
    _prove(draft, message, by)
    transaction.on_commit(lambda: deliver(message.pk))
    return message


def _refuse(draft: Draft, ticket: Ticket) -> None:
    if draft.message_id is not None:
        raise AlreadySent("This reply was sent already. Nothing was sent twice.")
    if ticket.drafts.filter(pk__gt=draft.pk).exists():
        raise AlreadySent("A newer draft took the place of this one. Nothing was sent.")
    if not draft.text.strip():
        raise NothingToSend("The reply is empty. Write something first.")
    if not recipient(ticket):
        raise NoAddress("No e-mail address is known for this ticket, so nothing can be sent to it.")
    for guard in settings.SEND_GUARDS:
        import_string(guard)(draft, ticket)


def _message(draft: Draft, ticket: Ticket, by: User) -> Message:
    last = _last_words(ticket)
    return Message.objects.create(
        ticket=ticket,
        direction=Message.Direction.OUT,
        author=by,
        sender=parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        message_id=_new_id(ticket),
        in_reply_to=last.message_id or "" if last else "",
        references=_references(last),
        text=draft.text,
        delivery=Delivery.QUEUED,
        delivery_since=timezone.now(),
    )


def _last_words(ticket: Ticket) -> Message | None:
    """The customer's newest message that mail programs know by an id."""
    written = ticket.messages.filter(direction=Message.Direction.IN, message_id__isnull=False)
    return written.order_by("-id").first()


def _new_id(ticket: Ticket) -> str:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2] or "localhost"
    return f"<t{ticket.pk}.{secrets.token_hex(10)}@{domain}>"


def _references(last: Message | None) -> str:
    """The thread so far, as RFC 5322 3.6.4 has it: its References, then its own id."""
    if last is None:
        return ""
    ids = ID.findall(last.references) or ID.findall(last.in_reply_to)
    ids = [*ids, str(last.message_id)]
    return " ".join(ids if len(ids) <= MOST_REFERENCES else ids[:1] + ids[1 - MOST_REFERENCES :])


def _prove(draft: Draft, message: Message, by: User) -> None:
    """The receipt, by digests: the words stay in their rows and can be erased there."""
    edited = bool(draft.body) and draft.text != draft.body
    receipts.append(
        step="send",
        ticket=message.ticket,
        run=draft.run,
        actor_kind="human",
        actor=by.get_username(),
        status="ok",
        inputs=_inputs(draft, message),
        output={
            "message": message.pk,
            "message_id": message.message_id,
            "in_reply_to": message.in_reply_to,
            "draft": draft.pk,
            "composed_by": draft.composed_by,
            "edited": edited,
            "edited_by": draft.edited_by.get_username() if draft.edited_by else "",
            "text_sha256": _digest(message.text),
            "chars": len(message.text),
        },
    )
    if edited:
        Correction.objects.create(
            ticket=message.ticket,
            run=draft.run,
            step="draft",
            before=draft.body,
            after=message.text,
            by=draft.edited_by or by,
        )


def _prove_refusal(draft: Draft, refusal: NotBorneOut, by: User) -> None:
    """That it was tried, and why it was not sent: the words by digest, as elsewhere."""
    receipts.append(
        step="send",
        ticket=draft.ticket,
        run=draft.run,
        actor_kind="human",
        actor=by.get_username(),
        status="abstained",
        output={
            "draft": draft.pk,
            "promises": len(refusal.objections),
            "because": "; ".join(one.because for one in refusal.objections),
            "text_sha256": _digest(draft.text),
        },
    )


def _inputs(draft: Draft, message: Message) -> list[dict[str, object]]:
    seen = [("draft", f"draft:{draft.pk}", "system" if draft.body else "staff", draft.body)]
    last = message.ticket.messages.filter(direction=Message.Direction.IN).order_by("-id").first()
    if last:
        seen.append(("message", f"message:{last.pk}", "customer", last.text))
    return [
        {"kind": kind, "ref": ref, "trust": trust, "chars": len(text), "sha256": _digest(text)}
        for kind, ref, trust, text in seen
    ]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# --- a person decides ------------------------------------------------------------


def resolve_doubt(message: Message, *, arrived: bool, by: User) -> None:
    """Settle by hand whether a message arrived. Raises NotInDoubt.

    One that did not arrive counts as failed and can be sent again.
    """
    state = Delivery.SENT if arrived else Delivery.FAILED
    said = "arrived" if arrived else "did not arrive"
    with transaction.atomic():
        note = f"{by.get_username()} found that it {said}."
        if not move(message.pk, Delivery.DOUBT, state, note):
            raise NotInDoubt("This message is not in doubt, or somebody settled it before.")
        _prove_decision(message, "settle_delivery", by, {"arrived": arrived})


def send_again(message: Message, *, by: User) -> None:
    """Queue a message that surely failed once more, under the same Message-ID. Raises NotSent."""
    with transaction.atomic():
        if not move(message.pk, Delivery.FAILED, Delivery.QUEUED):
            raise NotSent("Only a message that failed can be sent again.")
        _prove_decision(message, "send_again", by, {})
        transaction.on_commit(lambda: deliver(message.pk))


def _prove_decision(message: Message, step: str, by: User, output: dict[str, object]) -> None:
    receipts.append(
        step=step,
        ticket=message.ticket,
        actor_kind="human",
        actor=by.get_username(),
        status="ok",
        output={"message": message.pk, "message_id": message.message_id, **output},
    )
