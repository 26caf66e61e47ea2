"""What is wrong with the settings of the payment side, as a sentence; no Django model is needed."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import urlsplit

EXECUTORS = ("manual", "webhook", "stripe")
LOCAL = ("localhost", "127.0.0.1", "::1")
LEAST_SECRET = 24  # bytes, as the standard of signed webhooks asks
LONGEST_WAIT = 60  # seconds; a worker's whole task has five minutes


def unusable(
    executor: str, *, url: str, secret: str, timeout: int, stripe_key: str, stripe_base: str
) -> str:
    """What to correct before refunds can be paid; empty where nothing is."""
    if executor not in EXECUTORS:
        return f"PAYMENT_EXECUTOR is {executor!r}. Write one of: {', '.join(EXECUTORS)}."
    if not 1 <= timeout <= LONGEST_WAIT:
        return f"PAYMENT_TIMEOUT is {timeout}. Write seconds from 1 to {LONGEST_WAIT}."
    if executor == "webhook":
        return _unusable_webhook(url, secret)
    if executor == "stripe":
        return _unusable_stripe(stripe_key, stripe_base)
    return ""


def secure(url: str) -> bool:
    """Whether money may be ordered there: https, or http to this machine; no sign-in in it."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # raises where it is no number
    except ValueError:
        return False
    if parts.username or parts.password or parts.query or parts.fragment or not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL)


def _unusable_webhook(url: str, secret: str) -> str:
    if not secure(url):
        return (
            "PAYMENT_URL has to be an https address without a sign-in or a question mark, or http "
            "on localhost: PAYMENT_URL=https://pay.example.com/refunds."
        )
    if len(_decoded(secret)) < LEAST_SECRET:
        return (
            f"PAYMENT_SECRET has to be {LEAST_SECRET} random bytes or more in base64. Make one with "
            "`openssl rand -base64 32` and give it to the payment service too."
        )
    return ""


def _unusable_stripe(key: str, base: str) -> str:
    if not key:
        return "STRIPE_API_KEY is empty. Write a restricted key that may create and read refunds."
    if not secure(base):
        return "STRIPE_API_BASE has to be an https address, or http on localhost."
    return ""


def _decoded(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix("whsec_") + "==")
    except (binascii.Error, ValueError):
        return b""
