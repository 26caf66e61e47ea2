"""A ticket's own mark in what we send: an id for References, an address for Reply-To.

Some mail services give our mails another Message-ID, and some programs name none. The mark
comes back all the same. It is signed, so that nobody gets into a ticket by counting.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

SALT = "tickets.mail.thread_tokens"
MAX_SIGNATURE_CHARS = 20  # hexadecimal digits: 80 bits
MAX_NUMBER_CHARS = 18  # what a bigint holds


def build_thread_id(ticket: int, own_address: str) -> str:
    """The id that stands first in the References of every reply of the ticket."""
    domain = own_address.partition("@")[2] or "localhost"
    return f"<{_build_token(ticket)}@{domain}>"


def build_reply_address(ticket: int, own_address: str) -> str:
    """Our address with the ticket's mark behind a plus sign."""
    local, _, domain = own_address.rpartition("@")
    return f"{local}+{_build_token(ticket)}@{domain}"


def find_marked_ticket(ids: Iterable[str], addresses: Iterable[str]) -> int | None:
    """The number of the ticket whose mark is among these ids or addresses, the first of them."""
    marked = [each.strip("<>") for each in ids]
    marked += [each.rpartition("@")[0].partition("+")[2] + "@" for each in addresses]
    found = (_read_token(each.rpartition("@")[0].lower()) for each in marked)
    return next((ticket for ticket in found if ticket), None)


def _build_token(ticket: int) -> str:
    return f"ticket.{ticket}.{_compute_signature(str(ticket), str(settings.SECRET_KEY))}"


def _compute_signature(number: str, secret: str) -> str:
    return salted_hmac(SALT, number, secret=secret).hexdigest()[:MAX_SIGNATURE_CHARS]


def _read_token(token: str) -> int | None:
    """The ticket's number, None where the signature is not ours."""
    word, _, rest = token.partition(".")
    number, _, signature = rest.partition(".")
    if word != "ticket" or not (number.isascii() and number.isdecimal()):
        return None
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    signed = any(
        constant_time_compare(_compute_signature(number, str(s)), signature) for s in secrets
    )
    return int(number) if signed and len(number) <= MAX_NUMBER_CHARS else None
