"""Finds the admin in whose name a command runs."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.core.management.base import CommandError

from tickets.access import ADMINS


def get_admin(name: str) -> User:
    """The active admin with that user name. Raises CommandError."""
    found = User.objects.filter(username=name, is_active=True, groups__name=ADMINS).first()
    if found is None:
        names = User.objects.filter(is_active=True, groups__name=ADMINS).values_list("username")
        known = ", ".join(sorted(name for (name,) in names)) or "none yet: make one in the admin"
        raise CommandError(f"--by {name or '…'} is no admin. The admins: {known}.")
    return found
