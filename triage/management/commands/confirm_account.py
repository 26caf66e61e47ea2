"""manage.py confirm_account"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from approvals import account_hands
from approvals.errors import Refused


class Command(BaseCommand):
    help = (
        "Confirm that an account is in the hands of its owner, after an admin made or changed "
        "it: as a supervisor or another admin can under Approvals, Accounts."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="+", metavar="name")
        parser.add_argument("--why", required=True, help="how you know; kept with it")

    def handle(self, *, names: list[str], why: str, **options: Any) -> None:
        for name in names:
            account = User.objects.filter(username=name).first()
            if account is None:
                raise CommandError(f"There is no account {name}.")
            newest = account_hands.get_newest_change_id(account)
            try:
                account_hands.confirm_account(account.pk, by=None, why=why, covers=newest)
            except Refused as refused:
                raise CommandError(str(refused)) from refused
            self.stdout.write(f"{name} is confirmed.\n")
