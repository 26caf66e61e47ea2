"""Who may do what. Fetching an object and checking access are one act."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group, User
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404

from tickets.filters import listed
from tickets.models import Receipt, Ticket

AGENTS, SUPERVISORS, ADMINS = "agents", "supervisors", "admins"
STAFF = (AGENTS, SUPERVISORS, ADMINS)

Person = User | AnonymousUser | AbstractBaseUser


def require_role(user: Person, *roles: str) -> User:
    """The user, if a member of one of the groups. A superuser is no exception.

    Raises PermissionDenied.
    """
    if isinstance(user, User) and user.is_active and user.groups.filter(name__in=roles).exists():
        return user
    raise PermissionDenied("You are signed in, but your account may not do this. Ask an admin.")


def get_ticket_for(user: Person, pk: int, *roles: str) -> Ticket:
    """The ticket, if the user may see it. Raises PermissionDenied or Http404."""
    require_role(user, *(roles or STAFF))
    return get_object_or_404(listed(), pk=pk)


def get_receipt_for(user: Person, pk: int) -> Receipt:
    """The receipt, if the user may see it. Raises PermissionDenied or Http404."""
    require_role(user, *STAFF)
    return get_object_or_404(Receipt.objects.select_related("ticket", "run"), pk=pk)


def ensure_groups() -> None:
    """The three roles, made where they are missing."""
    for name in STAFF:
        Group.objects.get_or_create(name=name)
