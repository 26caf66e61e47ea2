"""One mail handed to the mail server, and what its answer says about where the mail is now."""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from typing import Any

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from tickets.delivery import unicode_addresses

log = logging.getLogger(__name__)

FIRST_PAUSE = timedelta(seconds=5)
MAX_PAUSE = timedelta(hours=1)
MIN_REFUSAL_CODE = 400
MAX_TRIES = 57  # with these pauses two days, after which customers wait for somebody to call


class Answer(Enum):
    """Where the mail is: with the server, surely not there and wanted later or never, or who
    knows where.
    """

    TAKEN = auto()
    LATER = auto()
    REFUSED = auto()
    UNKNOWN = auto()


@dataclass(frozen=True)
class Submission:
    """How it went, with a sentence for people where it did not go well."""

    answer: Answer
    note: str = ""


class HandingOverStopped(Exception):
    """The caller found, at the last moment, that the mail must not be handed over."""


def compute_pause(tries: int) -> timedelta:
    """How long to wait after so many tries in vain: twice as long each time, at most an hour."""
    return min(FIRST_PAUSE * (1 << min(max(tries - 1, 0), 20)), MAX_PAUSE)


def submit_mail(mail: EmailMessage, before: Callable[[], None] = lambda: None) -> Submission:
    """Ask the server to take the mail. ``before`` is called just before the first byte of it
    leaves, and may raise HandingOverStopped, which comes through; the mail is nowhere then.
    """
    try:
        mail.message().as_bytes()
        connection = get_connection()
    except (ValueError, UnicodeError, LookupError, ImportError) as error:
        return Submission(Answer.REFUSED, f"It could not be written as a mail: {error}")
    try:
        connection.open()
    except smtplib.SMTPResponseException as error:
        return _read_answer(error, "The mail server refused us")
    except smtplib.SMTPNotSupportedError as error:
        return Submission(Answer.REFUSED, f"The mail server cannot do what is asked: {error}")
    except (OSError, smtplib.SMTPException) as error:
        return Submission(Answer.LATER, f"The mail server could not be reached: {error}")
    try:
        return _send_over(connection, mail, before)
    finally:
        _close_connection(connection)


def _send_over(
    connection: BaseEmailBackend, mail: EmailMessage, before: Callable[[], None]
) -> Submission:
    """Send over an open connection, and tell what broke before the mail's first byte from after."""
    handing_over = _watch_data(connection, before)
    try:
        return _send_mail(connection, mail)
    except HandingOverStopped:
        raise
    except Exception as error:
        # Backends raise what they like, and after the first byte nobody knows what arrived.
        said = f"The connection broke while sending: {error or type(error)}"
        if not handing_over:
            return Submission(Answer.LATER, said)
        log.warning("%s is in doubt", mail.extra_headers.get("Message-ID", "a mail"), exc_info=True)
        return Submission(Answer.UNKNOWN, said)


def _watch_data(connection: BaseEmailBackend, before: Callable[[], None]) -> list[bool]:
    """A list that is empty until the mail itself begins to leave, after sender and recipient.

    A backend that speaks no SMTP may send it at any moment: there it is full at once.
    """
    begun: list[bool] = []
    smtp = getattr(connection, "connection", None)
    if not isinstance(smtp, smtplib.SMTP):
        before()
        return [True]
    send_data = smtp.data

    def send_data_watched(message: Any) -> Any:
        before()
        begun.append(True)
        return send_data(message)

    smtp.data = send_data_watched  # type: ignore[method-assign, assignment]
    return begun


def _send_mail(connection: BaseEmailBackend, mail: EmailMessage) -> Submission:
    """Send, and read the server's answer; what is no answer is raised."""
    try:
        taken = unicode_addresses.send_mail(connection, mail)
    except smtplib.SMTPRecipientsRefused as error:
        answers = list(error.recipients.values())
        said = "; ".join(_format_server_answer(*answer) for answer in answers)
        later = all(_is_later(code) for code, _ in answers)
        answer = Answer.LATER if later else Answer.REFUSED
        return Submission(answer, f"The mail server refused the address: {said}")
    except smtplib.SMTPResponseException as error:
        if error.smtp_code < MIN_REFUSAL_CODE:  # no answer that SMTP knows
            raise
        return _read_answer(error, "The mail server refused it")
    except smtplib.SMTPNotSupportedError as error:
        return Submission(Answer.REFUSED, f"The mail server cannot take such a mail: {error}")
    if taken == 0:
        return Submission(Answer.REFUSED, "The e-mail backend took no message.")
    return Submission(Answer.TAKEN)


def _read_answer(error: smtplib.SMTPResponseException, what: str) -> Submission:
    answer = Answer.LATER if _is_later(error.smtp_code) else Answer.REFUSED
    return Submission(answer, f"{what}: {_format_server_answer(error.smtp_code, error.smtp_error)}")


def _is_later(code: int) -> bool:
    """Whether the server says that it may take it another time, RFC 5321 4.2.1."""
    return 400 <= code < 500


def _format_server_answer(code: int, text: bytes | str) -> str:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return " ".join(f"{code} {said}".split())


def _close_connection(connection: BaseEmailBackend) -> None:
    """Say goodbye; the answer is in already, so a failure here changes nothing."""
    try:
        connection.close()
    except (OSError, smtplib.SMTPException):
        log.info("the mail server hung up early")
