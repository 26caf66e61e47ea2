"""Mails to addresses with letters beyond ASCII before the @ (RFC 6531, SMTPUTF8).

Django writes such an address as an encoded word, which is another address; a domain it writes
as it should be.
"""

from __future__ import annotations

from email import message_from_bytes
from email.policy import SMTPUTF8

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend


def send_mail(connection: BaseEmailBackend, mail: EmailMessage) -> int | None:
    """Send as the backend does, or to such an address as its server has to be asked for.

    Returns how many mails were taken. Raises what smtplib does; a server that takes no such
    address is an SMTPNotSupportedError, and nothing was sent.
    """
    if not isinstance(connection, EmailBackend) or not connection.connection:
        return connection.send_messages([mail])
    if all(address.rpartition("@")[0].isascii() for address in mail.recipients()):
        return connection.send_messages([mail])
    connection.connection.sendmail(
        mail.from_email,
        mail.recipients(),
        _write_mail(mail),
        mail_options=["SMTPUTF8", "BODY=8BITMIME"],
    )
    return 1


def _write_mail(mail: EmailMessage) -> bytes:
    """The mail with its recipients as they are, in UTF-8."""
    message = message_from_bytes(mail.message().as_bytes(), policy=SMTPUTF8)
    message.replace_header("To", ", ".join(mail.to))
    return message.as_bytes()
