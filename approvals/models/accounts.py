"""Changes of accounts, and the word of a colleague that an account is in its owner's hands.

Both are append-only. Changes are written by triggers on the tables of accounts, groups and
permissions, whoever writes there; the proxies below exist to carry those triggers.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import models
from django.utils import timezone

from approvals.constraints import account_triggers as triggers


class AccountChange(models.Model):
    """One change of an account, a group or a permission: who, when, why.

    ``by`` is None where no page did it: the console, or a worker. ``account`` is None where it
    is about a group. ``detail`` has the name of the group or permission, or each value before
    and after; a password is never in it.
    """

    class What(models.TextChoices):
        MADE = "made", "account made"
        REMOVED = "removed", "account removed"
        PASSWORD = "password", "password changed"  # noqa: S105  a word, no secret
        DETAILS = "details", "details changed"
        JOINED = "joined", "put into a group"
        LEFT = "left", "taken out of a group"
        GRANTED = "granted", "permission given"
        WITHDRAWN = "withdrawn", "permission taken back"
        GROUP = "group", "group changed"

    account = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        related_name="account_changes",
    )
    what = models.CharField(max_length=10, choices=What)
    detail = models.JSONField(default=dict)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        related_name="+",
    )
    why = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        triggers = triggers.CHANGE_TRIGGERS

    def __str__(self) -> str:
        return f"{self.get_what_display()}: {self.account or self.detail}"


class AccountConfirmation(models.Model):
    """A colleague's word that an account is in the hands of its owner, up to one change.

    ``covers`` is the id of the newest change that the colleague was shown; a later one has to
    be confirmed anew. ``by`` is None at the console.
    """

    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="account_confirmations"
    )
    covers = models.BigIntegerField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    why = models.TextField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(why=""), name="confirmation_has_a_reason")
        ]
        triggers = triggers.CONFIRMATION_TRIGGERS

    def __str__(self) -> str:
        return f"{self.account} confirmed by {self.by or 'the console'}"


class WatchedAccount(User):
    class Meta:
        proxy = True
        default_permissions = ()
        triggers = triggers.ACCOUNT_TRIGGERS


class WatchedMembership(User.groups.through):  # type: ignore[name-defined,misc]
    class Meta:
        proxy = True
        default_permissions = ()
        triggers = triggers.MEMBERSHIP_TRIGGERS


class WatchedPermission(User.user_permissions.through):  # type: ignore[name-defined,misc]
    class Meta:
        proxy = True
        default_permissions = ()
        triggers = triggers.OWN_PERMISSION_TRIGGERS


class WatchedGroup(Group):
    class Meta:
        proxy = True
        default_permissions = ()
        triggers = triggers.GROUP_TRIGGERS


class WatchedGroupPermission(Group.permissions.through):  # type: ignore[name-defined,misc]
    class Meta:
        proxy = True
        default_permissions = ()
        triggers = triggers.GROUP_PERMISSION_TRIGGERS
