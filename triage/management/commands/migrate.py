"""manage.py migrate: as the owner of the tables, where the environment names one."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.commands import migrate

from triage.runtime.postgres import roles


class Command(migrate.Command):
    help = (
        f"{migrate.Command.help} With DATABASE_OWNER_URL it migrates as that role, and the role "
        "in DATABASE_URL gets the right to read and write rows and no other."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DATABASE_OWNER:
            super().handle(*args, **options)
            return
        if not options["skip_checks"]:
            self.check(databases=[options["database"]])  # of the role that will serve
        with roles.connect_as_owner() as role:
            super().handle(*args, **{**options, "skip_checks": True})
            call_command("createcachetable", verbosity=0)
            roles.restrict_role(role)
