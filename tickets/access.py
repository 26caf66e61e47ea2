"""Who may do what. Fetching an object and checking access are one act."""

from __future__ import annotations

import logging

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group, Permission, User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from tickets.inbox_filters import list_tickets
from tickets.models import Attachment, Message, Receipt, Ticket
from tickets.prepared import Given, PreparedQuery

AGENTS, SUPERVISORS, ADMINS = "agents", "supervisors", "admins"
SEEDED_CHECK_STEP = "seal"  # the step of the receipt that seals a check of approvals
STAFF = (AGENTS, SUPERVISORS, ADMINS)
ADMIN_APPS = ("triage", "approvals", "auth")  # what the panel of admins opens
GROUP_NAMES = PreparedQuery(lambda: Group.objects.filter(user=Given("person")).values_list("name"))
TICKET = PreparedQuery(
    lambda: list_tickets(stuck_before=Given("stuck_before")).filter(pk=Given("ticket")).order_by()
)
ANY_TICKET = PreparedQuery(
    lambda: (
        list_tickets(Ticket.everything, Given("stuck_before")).filter(pk=Given("ticket")).order_by()
    )
)
log = logging.getLogger(__name__)

Person = User | AnonymousUser | AbstractBaseUser


def require_role(user: Person, *roles: str) -> User:
    """The user, if a member of one of the groups. A superuser is no exception.

    Raises PermissionDenied, and the log has who it was; Django's next line has the address.
    """
    if isinstance(user, User) and user.is_active and not load_roles(user).isdisjoint(roles):
        return user
    log.warning("refused: %s is none of %s", user.get_username(), ", ".join(roles))
    raise PermissionDenied("You are signed in, but your account may not do this. Ask an admin.")


def load_roles(user: User) -> frozenset[str]:
    """The names of the user's groups now; the page around asks ``get_roles`` for the same."""
    user._role_names = frozenset(  # type: ignore[attr-defined]
        name for (name,) in GROUP_NAMES.fetch(person=user.pk)
    )
    return get_roles(user)


def get_roles(user: User) -> frozenset[str]:
    """The names of the user's groups as last loaded for this object, which is a request's."""
    if not hasattr(user, "_role_names"):
        return load_roles(user)
    names: frozenset[str] = user._role_names
    return names


def get_ticket_for(user: Person, pk: int, *roles: str) -> Ticket:
    """The ticket, if the user may see it. Raises PermissionDenied or Http404."""
    require_role(user, *(roles or STAFF))
    return _get_or_404(TICKET, pk)


def get_locked_ticket_for(user: Person, pk: int) -> tuple[Ticket, User]:
    """The ticket, locked until the transaction ends, and the person, if they may work on it.

    Raises PermissionDenied or Http404.
    """
    person = require_role(user, *STAFF)
    try:
        found = Ticket.get_locked(pk)
    except Ticket.DoesNotExist:
        raise Http404("There is no such ticket.") from None
    if found.seeded:
        raise Http404("There is no such ticket.")
    return found, person


def get_shown_ticket_for(user: Person, pk: int) -> Ticket:
    """The ticket to read, for whom may see it; for supervisors also one of a seeded check.

    Raises PermissionDenied or Http404.
    """
    person = require_role(user, *STAFF)
    return _get_or_404(ANY_TICKET if SUPERVISORS in get_roles(person) else TICKET, pk)


def _get_or_404(tickets: PreparedQuery, pk: int) -> Ticket:
    found: Ticket | None = tickets.fetch_first(ticket=pk, stuck_before=Message.get_stuck_time())
    if found is None:
        raise Http404("There is no such ticket.")
    return found


def _list_shown_tickets(person: User) -> QuerySet[Ticket]:
    if SUPERVISORS in get_roles(person):
        return list_tickets(Ticket.everything)
    return list_tickets()


def get_message_for(user: Person, pk: int, **wanted: str) -> Message:
    """The message to read, of a ticket that the user may see; ``wanted`` are more conditions.

    Raises PermissionDenied or Http404.
    """
    shown = _list_shown_tickets(require_role(user, *STAFF))
    return get_object_or_404(Message, pk=pk, ticket__in=shown.values("pk"), **wanted)


def get_attachment_for(user: Person, pk: int) -> Attachment:
    """The file, if the user may see the ticket it came to. Raises PermissionDenied or Http404."""
    shown = _list_shown_tickets(require_role(user, *STAFF))
    return get_object_or_404(Attachment, pk=pk, message__ticket__in=shown.values("pk"))


def get_receipt_for(user: Person, pk: int) -> Receipt:
    """The receipt, if the user may see it. Raises PermissionDenied or Http404."""
    person = require_role(user, *STAFF)
    shown = Receipt.objects.select_related("ticket", "run")
    if ADMINS not in get_roles(person):
        shown = shown.filter(ticket__in=_list_shown_tickets(person).values("pk"))
    found = get_object_or_404(shown, pk=pk)
    if found.step == SEEDED_CHECK_STEP:
        require_role(person, ADMINS)  # it would tell which request is a check
    return found


def ensure_groups() -> None:
    """Create the groups of the three roles, where they are missing."""
    for name in STAFF:
        Group.objects.get_or_create(name=name)


def grant_admin_rights() -> Group:
    """The group of admins, with the permissions that the admin panel asks for."""
    ensure_groups()
    admins = Group.objects.get(name=ADMINS)
    admins.permissions.set(Permission.objects.filter(content_type__app_label__in=ADMIN_APPS))
    return admins
