"""Django's PostgreSQL backend, with a lazily started private server and clear refusals.

The private server lives in ``settings.DATA / "postgres"``, listens on a unix socket
only, is shared by web, worker and tests, and stops with the last process using it; where
one of them was killed it stays, and the next start goes on with it.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db.backends.postgresql import base
from psycopg import errors

from triage.runtime.postgres import private_server
from triage.runtime.postgres.refusals import UnusableDatabase

MIN_POSTGRES_VERSION = 15
MAX_WAIT_SECONDS = 30  # seconds that a private server has to come back
PASSING = (
    "starting up",
    "shutting down",
    "in recovery mode",
    "not yet accepting connections",
    "terminating connection",
    "closed the connection unexpectedly",
    "too many clients",
)


class DatabaseWrapper(base.DatabaseWrapper):
    """One connection; an empty HOST means the private server."""

    def get_connection_params(self) -> dict[str, Any]:
        if self.settings_dict.get("OPTIONS", {}).get("private"):
            self._point_at_private_server()
        params = super().get_connection_params()
        params.pop("private", None)
        return params

    def _point_at_private_server(self) -> None:
        self.settings_dict["HOST"] = start_private_server()
        self.settings_dict["USER"] = "postgres"

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        try:
            connection = self._connect_patiently(conn_params)
        except psycopg.OperationalError as error:
            if "does not exist" in str(error) and self._create_private_database(conn_params):
                return super().get_new_connection(conn_params)
            private = self.settings_dict.get("OPTIONS", {}).get("private")
            explain = _explain_refused if private else _explain_unreachable
            raise UnusableDatabase(explain(conn_params, error)) from error
        _refuse_old_server(connection)
        return connection

    def _connect_patiently(self, conn_params: dict[str, Any]) -> Any:
        """Connect; where the private server died between our look and the connection, or is
        just starting, wait for it.
        """
        deadline = time.monotonic() + MAX_WAIT_SECONDS
        while True:
            try:
                return super().get_new_connection(conn_params)
            except psycopg.OperationalError as error:
                private = self.settings_dict.get("OPTIONS", {}).get("private")
                if not private or not _will_pass(error, conn_params["host"]):
                    raise
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.2)
            conn_params["host"] = start_private_server()

    def _create_private_database(self, conn_params: dict[str, Any]) -> bool:
        """The private server starts empty: make its database on first use.

        True also where another process made it meanwhile.
        """
        private = self.settings_dict.get("OPTIONS", {}).get("private")
        if not private or conn_params["dbname"] != settings.PRIVATE_DATABASE:
            return False
        with (
            psycopg.connect(
                host=conn_params["host"], user="postgres", dbname="postgres", autocommit=True
            ) as connection,
            suppress(errors.DuplicateDatabase, errors.UniqueViolation),
        ):
            connection.execute(f'CREATE DATABASE "{settings.PRIVATE_DATABASE}"')
        return True


def start_private_server() -> str:
    """Start the private server unless it runs; return its socket directory."""
    return private_server.start_private_server(settings.DATA / "postgres")


def is_private() -> bool:
    """Whether the database is the private server's."""
    return bool(settings.DATABASES["default"].get("OPTIONS", {}).get("private"))


def _will_pass(error: psycopg.OperationalError, host: str) -> bool:
    """Whether nobody listens, or the server is starting or stopping. libpq has no code for it."""
    said = str(error)
    return any(words in said for words in PASSING) or not private_server.is_answering(Path(host))


def _explain_unreachable(params: dict[str, Any], error: Exception) -> str:
    where = f"{params.get('host') or 'localhost'}:{params.get('port') or 5432}"
    reason = str(error).strip().splitlines()[-1]
    return (
        f"PostgreSQL at {where} refused a connection to {params.get('dbname')!r}: {reason} "
        "Correct DATABASE_URL (postgres://user:password@host:port/name), or unset it to "
        "use the private server."
    )


def _explain_refused(params: dict[str, Any], error: Exception) -> str:
    reason = str(error).strip().splitlines()[-1]
    return (
        f"The private PostgreSQL in {settings.DATA} refused a connection to "
        f"{params.get('dbname')!r}: {reason}"
    )


def _refuse_old_server(connection: psycopg.Connection[Any]) -> None:
    version = connection.info.server_version // 10_000
    if version >= MIN_POSTGRES_VERSION:
        return
    connection.close()
    raise UnusableDatabase(
        f"PostgreSQL {version} is too old: point DATABASE_URL at version {MIN_POSTGRES_VERSION} "
        f"or later, "
        "or unset it to use the private server."
    )
