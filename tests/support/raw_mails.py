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


def build_mail(body: bytes, content_type: str = "text/plain", *headers: str) -> bytes:
    """A mail of Ana's with these bytes as they are below a header of that content type."""
    top = ("From: Ana Moreno <ana@example.org>", "Subject: Lamp", "MIME-Version: 1.0")
    lines = [*top, f"Content-Type: {content_type}", *headers]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body


def build_parts(*parts: bytes) -> bytes:
    """A mail of Ana's with these parts, each a header and a body as they are."""
    body = b"".join(b"--cut\r\n" + part + b"\r\n" for part in parts) + b"--cut--\r\n"
    return build_mail(body, "multipart/mixed; boundary=cut")
