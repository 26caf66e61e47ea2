"""Raw mails, as they would arrive."""

from __future__ import annotations

from email.message import EmailMessage


def letter(text: str = "My lamp is broken.", **headers: str) -> bytes:
    """A mail of Marta's; an underscore in a header's name stands for a hyphen."""
    mail = EmailMessage()
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    defaults = {
        "From": "Marta Lindqvist <marta@example.com>",
        "To": "help@harbourandpine.example",
        "Subject": "Broken lamp",
        "Date": "Sat, 14 Mar 2026 09:30:00 +0000",
        "Message-ID": "<first@example.com>",
    }
    for name, value in {**defaults, **given}.items():
        if value:
            mail[name] = value
    mail.set_content(text)
    return bytes(mail)


def reply(text: str = "Any news?", **headers: str) -> bytes:
    """Her second mail, in answer to the first."""
    again = {"Message_ID": "<second@example.com>", "In_Reply_To": "<first@example.com>"}
    return letter(text, **{**again, "Subject": "Re: Broken lamp", **headers})
