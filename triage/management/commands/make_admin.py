"""manage.py make_admin"""

from __future__ import annotations

from argparse import ArgumentParser
from getpass import getpass
from typing import Any

import pghistory
from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from tickets.access import ADMINS, grant_admin_rights


class Command(BaseCommand):
    help = "Make somebody an admin, or take that back: only the console can."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="of an account; made where there is none")
        parser.add_argument("--why", default="", help="kept with the change")
        parser.add_argument("--take-back", action="store_true", help="no longer an admin")

    @transaction.atomic
    def handle(self, *, name: str, why: str, take_back: bool, **options: Any) -> None:
        with pghistory.context(why=why or "at the console"):
            if take_back:
                _end_admin(name)
            else:
                _make_admin(name)
        self.stdout.write(f"{name} is {'no longer' if take_back else 'now'} an admin.\n")


def _make_admin(name: str) -> None:
    admins = grant_admin_rights()
    account = User.objects.filter(username=name).first() or User(username=name)
    if account.pk is None:
        account.set_password(_ask_password(account))
    account.is_staff = True
    account.save()
    account.groups.add(admins)


def _end_admin(name: str) -> None:
    account = User.objects.filter(username=name).first()
    if account is None:
        raise CommandError(f"There is no account {name}.")
    account.is_staff = account.is_superuser = False
    account.save()
    account.groups.remove(*Group.objects.filter(name=ADMINS))


def _ask_password(account: User) -> str:
    password = getpass(f"A password for {account}: ")
    if password != getpass("The same once more: "):
        raise CommandError("These are two passwords. Nothing was changed; please try again.")
    try:
        validate_password(password, account)
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
    return password
