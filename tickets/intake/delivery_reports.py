"""A mail server's report of a reply of ours joins that reply: it did not arrive, or is late."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parseaddr

from django.utils import timezone

from tickets.delivery.outbox import Delivery, change_delivery_state, find_recipient
from tickets.intake.threads import find_answered_message
from tickets.mail.bounces import Fate, Report
from tickets.mail.reading import Mail, find_ids
from tickets.mail.senders import clean_address
from tickets.mail.thread_tokens import find_marked_ticket
from tickets.models import FailedAddress, Message, Ticket

MAX_REPORT_AGE = timedelta(days=7)  # servers try for five days
LEFT_US = (Delivery.SENT, Delivery.DOUBT, Delivery.SENDING, Delivery.DELAYED)


def find_reported_message(mail: Mail, report: Report) -> Message | None:
    """The reply of ours that the report is about, None where it is about no mail of ours."""
    returned = find_ids(report.headers.get("message-id", ""))
    known = find_answered_message([*returned, *mail.answered_ids])
    if known and known.direction == Message.Direction.OUT:
        return known
    thread = find_ids(report.headers.get("references", ""))
    addresses = [parseaddr(report.headers.get(name, ""))[1] for name in ("reply-to", "to")]
    ticket = find_marked_ticket([*thread, *mail.answered_ids], [*addresses, *mail.recipients])
    ticket = ticket or (known.ticket_id if known else None)
    return _find_newest_sent(ticket) if ticket else _find_only_sent(report)


def _find_newest_sent(ticket: int) -> Message | None:
    sent = Message.objects.filter(ticket=ticket, direction=Message.Direction.OUT)
    return sent.filter(delivery__in=LEFT_US).order_by("-id").first()


def _find_only_sent(report: Report) -> Message | None:
    """The one reply that went to this address of late, where the report does not name it."""
    if not report.address or report.headers.get("message-id"):
        return None
    since = timezone.now() - MAX_REPORT_AGE
    sent = Message.objects.filter(delivery__in=LEFT_US, at__gt=since, direction="out")
    tickets = Ticket.objects.filter(email__iexact=report.address).values("pk")
    found = list(sent.filter(ticket__in=tickets).select_related("ticket").order_by("-id")[:2])
    return found[0] if len({message.ticket_id for message in found}) == 1 else None


def record_report(sent: Message, report: Report) -> list[str]:
    """Say on the reply and its ticket what became of it; return what a person should know.

    The ticket is locked. A ticket whose machine is at work stays as it is: it is open already.
    """
    ticket = sent.ticket
    address = _find_own_recipient(ticket, report)
    because = report.because or "the report does not say why"
    if report.fate == Fate.DELIVERED:
        return [f"A mail server reports that the reply arrived at {address}."]
    if report.fate == Fate.DELAYED:
        _change_state(sent, Delivery.DELAYED, f"A mail server still tries: {because}")
        return [f"The reply to {address} is late, a mail server still tries: {because}."]
    _change_state(sent, Delivery.BOUNCED, because)
    FailedAddress.objects.update_or_create(
        address=address.lower(), defaults={"because": because[:300], "at": timezone.now()}
    )
    said = f"The reply to {address} did not arrive: {because}"
    run = ticket.get_current_run()
    if not (run and run.is_open):
        ticket.mark_attention(said)
    return [f"{said}."]


def _find_own_recipient(ticket: Ticket, report: Report) -> str:
    """The address as we wrote it: what the last server had may be where it was passed on to."""
    return (
        clean_address(parseaddr(report.headers.get("to", ""))[1])
        or find_recipient(ticket)
        or report.address
    )


def _change_state(sent: Message, state: Delivery, because: str) -> None:
    """A reply that did not arrive is not late any more; nothing else is taken back."""
    for old in LEFT_US:
        if change_delivery_state(sent.pk, old, state, because):
            return


def clear_failures(address: str) -> None:
    """Whoever writes from an address again has one that works."""
    FailedAddress.objects.filter(address=address.lower()).delete()
