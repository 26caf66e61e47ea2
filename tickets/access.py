"""Who may do what. Fetching an object and checking access are one act."""

from __future__ import annotations

import logging

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group, User
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404

from tickets.inbox_filters import list_tickets
from tickets.models import Receipt, Ticket

AGENTS, SUPERVISORS, ADMINS = "agents", "supervisors", "admins"
SEEDED_CHECK_STEP = "seal"  # the step of the receipt that seals a check of approvals
STAFF = (AGENTS, SUPERVISORS, ADMINS)
log = logging.getLogger(__name__)

Person = User | AnonymousUser | AbstractBaseUser


def require_role(user: Person, *roles: str) -> User:
    """The user, if a member of one of the groups. A superuser is no exception.

    Raises PermissionDenied, and the log has who it was; Django's next line has the address.
    """
    if isinstance(user, User) and user.is_active and user.groups.filter(name__in=roles).exists():
        return user
    log.warning("refused: %s is none of %s", user.get_username(), ", ".join(roles))
    raise PermissionDenied("You are signed in, but your account may not do this. Ask an admin.")


def get_ticket_for(user: Person, pk: int, *roles: str) -> Ticket:
    """The ticket, if the user may see it. Raises PermissionDenied or Http404."""
    require_role(user, *(roles or STAFF))
    return get_object_or_404(list_tickets(), pk=pk)


def get_shown_ticket_for(user: Person, pk: int) -> Ticket:
    """The ticket to read, for whom may see it; for supervisors also one of a seeded check.

    Raises PermissionDenied or Http404.
    """
    person = require_role(user, *STAFF)
    if person.groups.filter(name=SUPERVISORS).exists():
        return get_object_or_404(list_tickets(Ticket.everything), pk=pk)
    return get_object_or_404(list_tickets(), pk=pk)


def get_receipt_for(user: Person, pk: int) -> Receipt:
    """The receipt, if the user may see it. Raises PermissionDenied or Http404."""
    person = require_role(user, *STAFF)
    found = get_object_or_404(Receipt.objects.select_related("ticket", "run"), pk=pk)
    if found.step == SEEDED_CHECK_STEP:
        require_role(person, ADMINS)  # it would tell which request is a check
    return found


def ensure_groups() -> None:
    """Create the groups of the three roles, where they are missing."""
    for name in STAFF:
        Group.objects.get_or_create(name=name)
