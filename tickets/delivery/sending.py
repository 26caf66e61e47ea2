"""Sending a reply: a row and its receipt first, then a mail, and exactly once.

What happens between the row and the mail server is in ``outbox``.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from tickets.audit import receipts
from tickets.delivery.outbox import (
    Delivery,
    change_delivery_state,
    deliver_message,
    find_recipient,
    sweep_outbox,
)
from tickets.mail.own_address import get_own_address
from tickets.mail.reading import MAX_REFERENCES, find_ids
from tickets.mail.thread_tokens import build_thread_id
from tickets.models import Correction, Draft, Message, Ticket
from tickets.prepared import Given, PreparedQuery
from tickets.queue import run_queue
from tickets.queue.leases import change_row

__all__ = [
    "AlreadySent",
    "CheckNotRun",
    "GapLeft",
    "MissingCheck",
    "NoAddress",
    "UnapprovedCommitment",
    "NotInDoubt",
    "NotSent",
    "NothingToSend",
    "Objection",
    "TasksOpen",
    "deliver_message",
    "find_recipient",
    "resolve_doubt",
    "send_reply",
    "send_again",
    "set_aside",
    "sweep_outbox",
]

# The customer's newest message that mail programs know by an id; at last a machine's.
NEWEST_WITH_ID = PreparedQuery(
    lambda: (
        _query_incoming()
        .filter(message_id__isnull=False)
        .only("message_id", "in_reply_to", "references")
        .order_by("automatic", "-id")[:1]
    )
)
NEWEST = PreparedQuery(lambda: _query_incoming().only("text").order_by("-id")[:1])


def _query_incoming() -> QuerySet[Message]:
    return Message.objects.filter(ticket=Given("ticket"), direction=Message.Direction.IN)


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


class UnapprovedCommitment(NotSent):
    """The reply promises money that nobody approved. ``objections`` name each sentence."""

    def __init__(self, objections: Sequence[Objection]) -> None:
        super().__init__(
            "Not sent: this promises money that nobody approved. "
            + " ".join(map(str, objections))
            + " Reword it, or ask for the refund first."
        )
        self.objections = tuple(objections)


@dataclass(frozen=True, kw_only=True)
class MissingCheck:
    """A check of a reply that could not be run, and why."""

    name: str
    because: str


class GapLeft(NotSent):
    """The reply has a place where a person has yet to answer."""

    def __init__(self, gaps: Sequence[str]) -> None:
        super().__init__(
            f"Not sent: the reply has a gap, {gaps[0]} Write the answer in its place, or take the "
            "line out."
        )


class TasksOpen(NotSent):
    """What the reply says is done was not ticked as done."""

    def __init__(self, tasks: Sequence[str]) -> None:
        super().__init__(f"Not sent: this has to be done first. {'. '.join(tasks)}. Tick it then.")
        self.tasks = tuple(tasks)


class CheckNotRun(NotSent):
    """A check could not be run on the reply. Whoever sends it can read it in the check's place."""

    def __init__(self, missing: Sequence[MissingCheck]) -> None:
        super().__init__(
            "Not sent, because nothing leaves unchecked in silence. "
            + " ".join(f"“{one.name}” was not run: {one.because}." for one in missing)
            + " Read the reply yourself, say that you did, and send it again."
        )
        self.missing = tuple(missing)


class NotInDoubt(Exception):
    """The message is not in doubt, or somebody settled it before; nothing changed."""


def send_reply(
    draft: Draft, *, by: User, has_read: bool = False, done: Collection[str] = ()
) -> Message:
    """Put the draft's text on its way to the customer in the name of ``by``.

    ``has_read``: ``by`` says to have read it in place of any check that cannot be run; ``done``
    are the tasks of the draft that they ticked. Returns the message. A run that is still open
    ends: its question is answered. Raises AlreadySent, NoAddress, NothingToSend, GapLeft,
    TasksOpen, or UnapprovedCommitment and CheckNotRun, of which a receipt stays. Delivery begins
    when the transaction ends.
    """
    try:
        return _send_in_transaction(draft, by, has_read, done)
    except UnapprovedCommitment as refusal:
        objections = refusal.objections
        because = "; ".join(one.because for one in objections)
        _write_refusal_receipt(draft, by, {"promises": len(objections), "because": because})
        raise
    except CheckNotRun as refusal:
        checks = _build_checks(refusal.missing)
        _write_refusal_receipt(draft, by, {"because": "a check was not run"}, checks)
        raise


@transaction.atomic
def _send_in_transaction(draft: Draft, by: User, has_read: bool, done: Collection[str]) -> Message:
    ticket = Ticket.get_locked(draft.ticket_id)
    draft = Draft.objects.select_for_update().get(pk=draft.pk)
    draft.ticket = ticket
    missing = _raise_if_unsendable(draft, ticket)
    if left := [task for task in draft.tasks if task not in done]:
        raise TasksOpen(left)
    if missing and not has_read:
        raise CheckNotRun(missing)
    message = _create_message(draft, ticket, by)
    draft.message = message
    draft.save(update_fields=["message"])
    run_queue.replace_open_run(ticket)
    ticket.mark_waiting()
    _write_send_receipt(draft, message, by, missing)
    transaction.on_commit(lambda: deliver_message(message.pk))
    return message


def _raise_if_unsendable(draft: Draft, ticket: Ticket) -> list[MissingCheck]:
    """The checks that no guard could run on the draft. Raises NotSent where it must not go."""
    if draft.message_id is not None:
        raise AlreadySent("This reply was sent already. Nothing was sent twice.")
    if ticket.drafts.filter(pk__gt=draft.pk).exists():
        raise AlreadySent("A newer draft took the place of this one. Nothing was sent.")
    if not draft.text.strip():
        raise NothingToSend("The reply is empty. Write something first.")
    if not find_recipient(ticket):
        raise NoAddress("No e-mail address is known for this ticket, so nothing can be sent to it.")
    guards = [import_string(guard) for guard in settings.SEND_GUARDS]
    return [missing for guard in guards for missing in guard(draft, ticket)]


def _create_message(draft: Draft, ticket: Ticket, by: User) -> Message:
    last = NEWEST_WITH_ID.fetch_first(ticket=ticket.pk)
    return Message.objects.create(
        ticket=ticket,
        direction=Message.Direction.OUT,
        author=by,
        sender=get_own_address(),
        message_id=_create_message_id(ticket),
        in_reply_to=last.message_id or "" if last else "",
        references=_build_references(ticket, last),
        text=draft.text,
        delivery=Delivery.QUEUED,
        delivery_since=timezone.now(),
    )


def _create_message_id(ticket: Ticket) -> str:
    domain = get_own_address().partition("@")[2] or "localhost"
    return f"<t{ticket.pk}.{secrets.token_hex(10)}@{domain}>"


def _build_references(ticket: Ticket, last: Message | None) -> str:
    """The ticket's mark, then the thread so far, as RFC 5322 3.6.4 has it: the References of the
    last mail, then its own id.
    """
    mark = build_thread_id(ticket.pk, get_own_address())
    if last is None:
        return mark
    ids = find_ids(last.references) or find_ids(last.in_reply_to)
    ids = list(dict.fromkeys([mark, *ids, str(last.message_id)]))
    return " ".join(ids if len(ids) <= MAX_REFERENCES else ids[:1] + ids[1 - MAX_REFERENCES :])


def _build_checks(missing: Sequence[MissingCheck], read_by: str = "") -> list[dict[str, object]]:
    """Checks that were not run as a receipt keeps them, with who read the reply instead."""
    value = f"read by {read_by} instead" if read_by else ""
    return [
        {"name": one.name, "passed": None, "value": value, "threshold": "", "because": one.because}
        for one in missing
    ]


def _write_send_receipt(
    draft: Draft, message: Message, by: User, missing: Sequence[MissingCheck]
) -> None:
    """Write the receipt of the sending on the locked ticket, and a Correction where the draft
    was edited.

    The receipt has digests: the words stay in their rows and can be erased there.
    """
    edited = bool(draft.body) and draft.text != draft.body
    receipt = {
        "step": "send",
        "ticket": message.ticket,
        "run_id": draft.run_id,
        "actor_kind": "human",
        "actor": by.get_username(),
        "status": "ok",
        "inputs": _list_inputs(draft, message),
        "checks": _build_checks(missing, read_by=by.get_username()),
        "output": {
            "message": message.pk,
            "message_id": message.message_id,
            "in_reply_to": message.in_reply_to,
            "draft": draft.pk,
            "composed_by": draft.composed_by,
            "edited": edited,
            "edited_by": draft.edited_by.get_username() if draft.edited_by else "",
            "text_sha256": _compute_sha256(message.text),
            "chars": len(message.text),
            **({"tasks_done": list(draft.tasks)} if draft.tasks else {}),
        },
    }
    receipts.append_receipts([receipt])
    if edited:
        Correction.objects.create(
            ticket=message.ticket,
            run_id=draft.run_id,
            step="draft",
            before=draft.body,
            after=message.text,
            by=draft.edited_by or by,
        )


def _write_refusal_receipt(
    draft: Draft, by: User, why: dict[str, object], checks: Sequence[dict[str, object]] = ()
) -> None:
    """Write a receipt of the attempt and of why nothing was sent.

    The words stand in it by digest, as elsewhere.
    """
    receipts.append_receipt(
        step="send",
        ticket=draft.ticket,
        run=draft.run,
        actor_kind="human",
        actor=by.get_username(),
        status="abstained",
        checks=list(checks),
        output={"draft": draft.pk, **why, "text_sha256": _compute_sha256(draft.text)},
    )


def _list_inputs(draft: Draft, message: Message) -> list[dict[str, object]]:
    seen = [("draft", f"draft:{draft.pk}", "system" if draft.body else "staff", draft.body)]
    last = NEWEST.fetch_first(ticket=message.ticket_id)
    if last:
        seen.append(("message", f"message:{last.pk}", "customer", last.text))
    return [
        {
            "kind": kind,
            "ref": ref,
            "trust": trust,
            "chars": len(text),
            "sha256": _compute_sha256(text),
        }
        for kind, ref, trust, text in seen
    ]


def _compute_sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def resolve_doubt(message: Message, *, arrived: bool, by: User) -> None:
    """Settle by hand whether a message arrived. Raises NotInDoubt.

    One that did not arrive counts as failed and can be sent again.
    """
    state = Delivery.SENT if arrived else Delivery.FAILED
    said = "arrived" if arrived else "did not arrive"
    with transaction.atomic():
        note = f"{by.get_username()} found that it {said}."
        if not change_delivery_state(message.pk, Delivery.DOUBT, state, note):
            raise NotInDoubt("This message is not in doubt, or somebody settled it before.")
        _write_decision_receipt(message, "settle_delivery", by, {"arrived": arrived})


def send_again(message: Message, *, by: User) -> None:
    """Queue a message that surely failed or came back once more, under the same Message-ID.

    Raises NotSent.
    """
    with transaction.atomic():
        lost = (Delivery.FAILED, Delivery.BOUNCED)
        if not any(change_delivery_state(message.pk, old, Delivery.QUEUED) for old in lost):
            raise NotSent("Only a message that did not arrive can be sent again.")
        _write_decision_receipt(message, "send_again", by, {})
        transaction.on_commit(lambda: deliver_message(message.pk))


def set_aside(message: Message, *, by: User) -> None:
    """Note that a message that failed, or came back, is not to be sent any more. Raises NotSent."""
    failed = Message.objects.filter(
        pk=message.pk, delivery__in=[Delivery.FAILED, Delivery.BOUNCED], set_aside_at=None
    )
    now = timezone.now()
    note = f"{by.get_username()} decided not to send it any more."
    with transaction.atomic():
        if not change_row(failed, set_aside_at=now, retry_at=None, delivery_note=note):
            raise NotSent("Only a message that failed or did not arrive can be set aside.")
        _write_decision_receipt(message, "settle_delivery", by, {"set_aside": True})


def _write_decision_receipt(
    message: Message, step: str, by: User, output: dict[str, object]
) -> None:
    receipts.append_receipt(
        step=step,
        ticket=message.ticket,
        actor_kind="human",
        actor=by.get_username(),
        status="ok",
        output={"message": message.pk, "message_id": message.message_id, **output},
    )
