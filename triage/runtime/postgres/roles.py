"""Two roles on a real server: one owns the tables and migrates, one serves and owns nothing.

Whoever owns a table can switch its triggers off, and with them everything that the database
refuses. So the role in ``DATABASE_URL`` may write rows and no more; ``DATABASE_OWNER_URL`` is
given to ``manage.py migrate`` alone, which also hands the rights on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection
from psycopg import sql

PRIVATE_SERVER = (
    "The private database has one user for everything: whoever may run programs as you can "
    "change anything in it. For a role that cannot switch checks off, see README, Two roles."
)
TWO_ROLES = (
    "Give DATABASE_URL a role that owns nothing, and the owner to the migrations alone: "
    "DATABASE_OWNER_URL=postgres://owner:password@host:port/name manage.py migrate."
)

# What would let a role change rows without being checked, each with its sentence.
QUESTIONS = {
    "is a superuser": "SELECT rolsuper FROM pg_roles WHERE rolname = current_user",
    "owns tables whose triggers it could switch off": """SELECT EXISTS (
        SELECT 1 FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE NOT t.tgisinternal AND pg_has_role(current_user, c.relowner, 'MEMBER'))""",
    "may tell triggers to look away": """SELECT EXISTS (
        SELECT 1 FROM pg_proc WHERE proname = '_pgtrigger_should_ignore'
        AND (pg_has_role(current_user, proowner, 'MEMBER')
            OR prosrc NOT LIKE '%pg_has_role%'))
        OR has_parameter_privilege(current_user, 'session_replication_role', 'SET')""",
    "may empty tables at once": """SELECT EXISTS (
        SELECT 1 FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        AND has_table_privilege(current_user, oid, 'TRUNCATE'))""",
}

# The library's switch for tests holds for the owner of the tables only.
ONLY_THE_OWNER_IGNORES = """
    CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name NAME)
    RETURNS BOOLEAN AS $$
    BEGIN
        RETURN pg_has_role(current_user,
            (SELECT proowner FROM pg_proc WHERE proname = '_pgtrigger_should_ignore'
                AND pronamespace = 'public'::regnamespace), 'MEMBER')
            AND trigger_name = ANY(COALESCE(
                NULLIF(current_setting('pgtrigger.ignore', true), ''), '{}')::TEXT[]);
    END;
    $$ LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
"""
# A table of the same name in the session's own schema must not be read instead.
TRIGGER_FUNCTIONS = """
    SELECT DISTINCT p.oid::regprocedure::text FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE NOT t.tgisinternal AND p.pronamespace = 'public'::regnamespace
"""
RIGHTS = (
    "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
    "REVOKE CREATE ON SCHEMA public FROM {role}",
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
)


def find_role_problem() -> str:
    """Why the role we serve with could switch checks off, as a sentence; empty where not."""
    with connection.cursor() as cursor:
        for words, question in QUESTIONS.items():
            cursor.execute(question)
            row = cursor.fetchone()
            if row and row[0]:
                return f"The database user {connection.settings_dict['USER']} {words}."
    return ""


@contextmanager
def connect_as_owner() -> Iterator[str]:
    """Be the owner of the tables inside; yields the name of the role that serves."""
    ours = dict(connection.settings_dict)
    owner = {name: settings.DATABASE_OWNER[name] for name in ("USER", "PASSWORD", "HOST", "PORT")}
    connection.close()
    connection.settings_dict.update(owner)
    try:
        yield str(ours["USER"])
    finally:
        connection.close()
        connection.settings_dict.update(ours)


def restrict_role(role: str) -> None:
    """Let the role read and write rows and nothing more, as the owner who is connected."""
    with connection.cursor() as cursor:
        cursor.execute(ONLY_THE_OWNER_IGNORES)
        cursor.execute(TRIGGER_FUNCTIONS)
        for (function,) in cursor.fetchall():
            _execute(cursor, f"ALTER FUNCTION {function} SET search_path = public, pg_temp")
        for statement in RIGHTS:
            _execute(cursor, statement, role)


def _execute(cursor: Any, statement: str, role: str = "") -> None:
    cursor.execute(sql.SQL(statement).format(role=sql.Identifier(role)))
