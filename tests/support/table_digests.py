"""Everything that is stored, as one digest a table: whether anything at all was changed."""

from __future__ import annotations

from functools import cache

from django.db import connection

from approvals.access_denials import DENIED

NO_RECORD = ("django_session", "cache", "approvals_look")
"""Sessions, the cache, and what a person was shown: a refusal shows the page again."""
WHEN = "last_login"  # signing in is no change
BUT = {"tickets_receipt": f"WHERE status <> '{DENIED}'"}


@cache
def _query() -> str:
    tables = [name for name in connection.introspection.table_names() if name not in NO_RECORD]
    row = f"(to_jsonb(t) - '{WHEN}')::text"
    rows = f"md5(coalesce(string_agg({row}, ',' ORDER BY {row}), ''))"
    return " UNION ALL ".join(
        f"SELECT '{name}', {rows} FROM \"{name}\" t {BUT.get(name, '')}" for name in tables
    )


def everything() -> dict[str, str]:
    """Table -> digest of its rows, but for receipts of refusals."""
    with connection.cursor() as cursor:
        cursor.execute(_query())
        return dict(cursor.fetchall())
