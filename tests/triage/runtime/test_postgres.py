"""The database: a private server where none is named, and one clear sentence where it cannot be."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from triage import checks
from triage.runtime.postgres import base
from triage.runtime.postgres.refusals import UnusableDatabase


def manage(command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", command],
        cwd=settings.BASE,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "triage.settings", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_wrong_address_is_one_sentence_that_says_what_to_do() -> None:
    done = manage("migrate", DATABASE_URL="postgres://x:y@127.0.0.1:1/nothing")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("The database cannot be used. PostgreSQL at 127.0.0.1:1 refused")
    assert "Correct DATABASE_URL" in done.stderr


def test_another_kind_of_database_is_refused() -> None:
    done = manage("check", DATABASE_URL="mysql://x:y@127.0.0.1/nothing")
    assert done.returncode == 1
    assert "PostgreSQL" in done.stderr
    assert "Traceback" not in done.stderr


class Old:
    class info:  # noqa: N801  as psycopg names it
        server_version = 140_011

    closed = False

    def close(self) -> None:
        self.closed = True


def test_a_server_that_is_too_old_is_refused_and_left() -> None:
    old = Old()
    with pytest.raises(UnusableDatabase, match="PostgreSQL 14 is too old"):
        base._refuse_old_server(old)  # type: ignore[arg-type]
    assert old.closed


@pytest.mark.django_db
def test_a_server_without_pgvector_is_named(monkeypatch: Any) -> None:
    assert checks.check_pgvector(databases=["default"]) == []
    with connection.cursor() as cursor:
        monkeypatch.setattr(type(cursor), "fetchone", lambda self: None, raising=False)
        found = checks.check_pgvector(databases=["default"])
    assert [message.id for message in found] == ["triage.E003"]


def test_the_private_server_is_kept_from_others(tmp_path: Path) -> None:
    if os.environ.get("DATABASE_URL"):
        pytest.skip("DATABASE_URL names another server")
    host = connection.settings_dict["HOST"] or base.start_private_server()
    assert Path(host).is_absolute()  # a unix socket: nothing listens on the network


def test_two_processes_that_use_it_first_at_the_same_moment_both_go_on(
    settings: Any,
) -> None:
    """Each finds no database and makes one; the second finds it made and takes it."""
    settings.PRIVATE_DATABASE = f"first_use_{os.getpid()}"
    host = base.start_private_server()
    options = {**connection.settings_dict, "HOST": host, "OPTIONS": {"private": True}}
    wanted = {"host": host, "dbname": settings.PRIVATE_DATABASE}
    try:
        with ThreadPoolExecutor(4) as pool:
            wrappers = [base.DatabaseWrapper(options) for _ in range(4)]
            made = list(pool.map(lambda one: one._create_private_database(wanted), wrappers))
        assert made == [True] * 4
    finally:
        with psycopg.connect(
            host=host, user="postgres", dbname="postgres", autocommit=True
        ) as admin:
            admin.execute(f'DROP DATABASE IF EXISTS "{settings.PRIVATE_DATABASE}"')
