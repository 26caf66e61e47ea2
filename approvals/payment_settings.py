"""What is wrong with the settings of the payment side, as a sentence; no Django model is needed."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import urlsplit

EXECUTORS = ("manual", "webhook", "stripe")
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
MIN_SECRET_BYTES = 24  # bytes, as the standard of signed webhooks asks
MAX_TIMEOUT_SECONDS = 60  # seconds; a worker's whole task has five minutes


def find_settings_problem(
    executor: str, *, url: str, secret: str, timeout: int, stripe_key: str, stripe_base: str
) -> str:
    """What to correct before refunds can be paid, as a sentence; empty where nothing is."""
    if executor not in EXECUTORS:
        return f"PAYMENT_EXECUTOR is {executor!r}. Write one of: {', '.join(EXECUTORS)}."
    if not 1 <= timeout <= MAX_TIMEOUT_SECONDS:
        return f"PAYMENT_TIMEOUT is {timeout}. Write seconds from 1 to {MAX_TIMEOUT_SECONDS}."
    if executor == "webhook":
        return _find_webhook_problem(url, secret)
    if executor == "stripe":
        return _find_stripe_problem(stripe_key, stripe_base)
    return ""


def is_secure_url(url: str) -> bool:
    """Whether money may be ordered at the address.

    That takes https, or http to this machine, and no sign-in in it.
    """
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # raises where it is no number
    except ValueError:
        return False
    if parts.username or parts.password or parts.query or parts.fragment or not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL_HOSTS)


def _find_webhook_problem(url: str, secret: str) -> str:
    if not is_secure_url(url):
        return (
            "PAYMENT_URL has to be an https address without a sign-in or a question mark, or http "
            "on localhost: PAYMENT_URL=https://pay.example.com/refunds."
        )
    if len(_decode_secret(secret)) < MIN_SECRET_BYTES:
        return (
            f"PAYMENT_SECRET has to be {MIN_SECRET_BYTES} random bytes or more in base64. "
            "Make one with `openssl rand -base64 32` and give it to the payment service too."
        )
    return ""


def _find_stripe_problem(key: str, base: str) -> str:
    if not key:
        return "STRIPE_API_KEY is empty. Write a restricted key that may create and read refunds."
    if not is_secure_url(base):
        return "STRIPE_API_BASE has to be an https address, or http on localhost."
    return ""


def _decode_secret(secret: str) -> bytes:
    """The key in the secret, padded or not; empty where it is anything but base64.

    Lenient decoding skips every foreign character, so that a sentence would pass for a key.
    """
    text = secret.removeprefix("whsec_").rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""
