"""Reports of mail servers about a reply of ours, in the forms that servers write them."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.utils import timezone

from tickets.mail.thread_tokens import build_thread_id
from tickets.models import Message, Ticket

SENT_ID = "<t1.0123456789@harbourandpine.example>"
OWN_ADDRESS = "help@harbourandpine.example"
HEADER = f"""From: Shop <{OWN_ADDRESS}>
To: ana@example.org
Subject: Re: Lamp broken
Message-ID: {SENT_ID}
Content-Type: text/plain
"""


def sent_reply(author: User, message_id: str = SENT_ID) -> Message:
    """A ticket of Ana Moreno's that waits for her, with the reply that she was sent."""
    ticket = Ticket.objects.create(
        channel="email", subject="Lamp broken", email="ana@example.org", status="waiting"
    )
    now = timezone.now()
    return Message.objects.create(
        ticket=ticket,
        direction="out",
        author=author,
        text="We refund 20.00.",
        message_id=message_id,
        references=build_thread_id(ticket.pk, OWN_ADDRESS),
        delivery="sent",
        delivery_since=now,
    )


def delivery_fields(action: str = "failed", status: str = "5.1.1") -> str:
    return (
        "Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; ana@example.org\n"
        f"Action: {action}\nStatus: {status}\n"
        f"Diagnostic-Code: smtp; 550 {status} <ana@example.org>: said no\n"
    )


def formal_report(
    text: str = "The mail could not be delivered.",
    *,
    fields: str | None = None,
    returned: tuple[str, str] | None = ("message/rfc822", f"{HEADER}\nWe refund 20.00.\n"),
    kind: str = "multipart/report; report-type=delivery-status",
    **headers: str,
) -> bytes:
    """A report with fields for machines (RFC 3464), and what came back of the mail."""
    parts = [("text/plain", text), ("message/delivery-status", fields or delivery_fields())]
    parts += [returned] if returned else []
    body = "".join(f"--B\nContent-Type: {name}\n\n{content}\n" for name, content in parts)
    top = {"Content-Type": f"{kind}; boundary=B", "MIME-Version": "1.0"}
    return _build_mail(f"{body}--B--\n", {**top, **headers})


def plain_report(text: str, **headers: str) -> bytes:
    """A report in words alone, with the header of the mail below."""
    return _build_mail(text, headers)


def _build_mail(body: str, headers: dict[str, str]) -> bytes:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    top = {
        "From": "MAILER-DAEMON@mx.example.net (Mail Delivery System)",
        "To": OWN_ADDRESS,
        "Subject": "Undelivered Mail Returned to Sender",
        "Date": "Mon, 02 Nov 2026 10:00:00 +0000",
        "Message-ID": "<bounce22@mx.example.net>",
    }
    lines = [f"{name}: {value}\n" for name, value in {**top, **given}.items()]
    return f"{''.join(lines)}\n{body}".encode()
