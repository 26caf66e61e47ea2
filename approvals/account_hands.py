"""Whose hands an account is in: what others changed on it, and which colleague vouched since.

Who makes an account, sets its password or puts it into a group could act in its name. Until
somebody else has confirmed it, nobody decides on money by that account.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet

from approvals.errors import Incomplete, OwnWork
from approvals.models import AccountChange, AccountConfirmation
from tickets.access import ADMINS, SUPERVISORS
from tickets.prepared import Given, PreparedQuery

What = AccountChange.What
OPENING = (What.MADE, What.PASSWORD, What.JOINED)
HANDLED = (What.MADE, What.PASSWORD)
"""After these somebody else knows or knew the password."""

OWN_PASSWORD = Q(what=What.PASSWORD, by=F("account"))
"""The one change that people make on themselves; nobody gives themselves a group."""

MAX_CHANGES_SHOWN = 100
LAST_OPEN_CHANGE = PreparedQuery(
    lambda: query_open_changes(Given("account")).select_related("by").order_by("-pk")[:1]
)
UNCONFIRMED_PEOPLE = PreparedQuery(
    lambda: (
        User.objects.filter(is_active=True, groups__name__in=[SUPERVISORS, ADMINS])
        .filter(Exists(query_open_changes(OuterRef("pk"))))
        .distinct()
        .order_by("username")
    )
)


def query_open_changes(account: Any) -> QuerySet[AccountChange]:
    """Changes by people that nobody else confirmed, oldest first; ``account`` is the id of a
    person, or a gap or an OuterRef for it.

    Twin: ``constraints.account_triggers.OPEN_CHANGE_SQL``, by which the database refuses.
    """
    covering = AccountConfirmation.objects.filter(
        account=OuterRef("account"), covers__gte=OuterRef("pk")
    ).filter(Q(by=None) | ~Q(by=OuterRef("by")))
    changed = AccountChange.objects.filter(account=account, what__in=OPENING, by__isnull=False)
    return changed.exclude(OWN_PASSWORD).exclude(Exists(covering)).order_by("pk")


def explain_open_changes(person: User) -> str:
    """Why the person's account may decide on nothing now, as a sentence; empty where it may."""
    change = LAST_OPEN_CHANGE.fetch_first(account=person.pk)
    if change is None:
        return ""
    return (
        f"{change.by} {describe_change(change)} on this account, so somebody else could act in its"
        f" name. Another supervisor or admin, not {change.by}, has to confirm under Accounts that"
        " it is in its owner's hands."
    )


def describe_change(change: AccountChange) -> str:
    """What was done, as the verb of a sentence whose subject did it."""
    match change.what:
        case What.MADE:
            return "set it up"
        case What.PASSWORD:
            return "set the password"
        case What.JOINED:
            return f"added the group “{change.detail.get('name')}”"
    return change.get_what_display()


def list_unconfirmed_people() -> list[User]:
    """Supervisors and admins whose account waits for a colleague's word, by name."""
    return UNCONFIRMED_PEOPLE.fetch()


def list_changes() -> list[AccountChange]:
    """The newest changes of accounts and groups, and of permissions where a page made them.

    The console gives admins some hundred permissions at once; those are in the group's history.
    """
    changes = AccountChange.objects.exclude(by=None, what__in=[What.GRANTED, What.WITHDRAWN])
    return list(changes.select_related("account", "by")[:MAX_CHANGES_SHOWN])


def get_newest_change_id(account: User) -> int:
    """The id of the newest change of the account, 0 where there is none."""
    newest = AccountChange.objects.filter(account=account).aggregate(newest=Max("pk"))
    return newest["newest"] or 0


def explain_no_confirming(account: User, by: User) -> str:
    """Why ``by`` may not confirm the account now, as a sentence; empty where they may."""
    if by == account:
        return "Somebody else has to confirm your account."
    opened = list(query_open_changes(account.pk).select_related("by"))
    if not opened:
        return "Nothing waits to be confirmed on this account."
    if query_open_changes(by.pk).exists():
        return "Your own account has to be confirmed first."
    if any(change.by_id == by.pk for change in opened):
        return "You changed this account yourself, so somebody else has to confirm it."
    return explain_foreign_password(account, opened)


def explain_foreign_password(account: User, opened: list[AccountChange]) -> str:
    """A sentence where somebody else still knows the password; empty where the owner chose a
    new one since.
    """
    handled = [change for change in opened if change.what in HANDLED]
    if not handled:
        return ""
    last = handled[-1]
    own = AccountChange.objects.filter(
        account=account, by=account, what=What.PASSWORD, pk__gt=last.pk
    )
    if own.exists():
        return ""
    return (
        f"{last.by} knows the password. First {account} signs in and chooses a new one "
        "(menu at the top right, Change password)."
    )


def confirm_account(account_id: int, *, by: User | None, why: str, covers: int) -> None:
    """Put on record that the account is in its owner's hands; None for ``by`` is the console.

    ``covers`` is the newest change that was shown. Raises Incomplete or OwnWork; then nothing
    was changed.
    """
    if not why.strip():
        raise Incomplete("Please say how you know: it stays in the record.")
    with transaction.atomic():
        account = User.objects.select_for_update().get(pk=account_id)
        if covers != get_newest_change_id(account):
            raise Incomplete("The account was changed again meanwhile. Please look again.")
        if by is not None and (no := explain_no_confirming(account, by)):
            raise OwnWork(no)
        try:
            with transaction.atomic():
                AccountConfirmation.objects.create(
                    account=account, by=by, why=why.strip(), covers=covers
                )
        except IntegrityError as error:
            raise OwnWork("Somebody else has to confirm this account.") from error


def list_account_notes(person: User) -> list[dict[str, Any]]:
    """For the receipt of a decision: what others changed on the account, and who vouched."""
    changed = AccountChange.objects.filter(account=person, what__in=OPENING, by__isnull=False)
    changes = list(changed.exclude(OWN_PASSWORD).select_related("by").order_by("pk"))
    if not changes:
        return []
    vouched = list(AccountConfirmation.objects.filter(account=person).select_related("by"))
    return [
        {
            "change": describe_change(change),
            "by": str(change.by),
            "at": change.at.isoformat(),
            "confirmed_by": _name_voucher(change, vouched),
        }
        for change in changes
    ]


def _name_voucher(change: AccountChange, vouched: list[AccountConfirmation]) -> str:
    fitting = [one for one in vouched if one.covers >= change.pk and one.by_id != change.by_id]
    return str(fitting[-1].by or "the console") if fitting else ""
