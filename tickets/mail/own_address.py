"""The address that we write from."""

from __future__ import annotations

from email.utils import parseaddr

from django.conf import settings


def get_own_address() -> str:
    """The shop's address alone, without its name."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
