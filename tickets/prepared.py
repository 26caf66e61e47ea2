"""Queries of pages, written once and asked often.

To write a query of several EXISTS takes Django up to 4 ms, to answer it takes PostgreSQL one. Here
the text of a query is kept, with a gap for each value that may differ, and never an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Expression, Field, QuerySet
from django.db.models.query import ModelIterable, get_related_populators
from django.db.models.sql.compiler import SQLCompiler


class Given(Expression):
    """A gap in a query, filled each time with the value of its name."""

    def __init__(self, name: str, output_field: Field[Any, Any] | None = None) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> Any:
        return "%s", [self]


class GivenList(Given):
    """A gap for a list of a PostgreSQL type, as in ``filter(pk__in=GivenList("ids"))``."""

    def __init__(self, name: str, kind: str = "bigint") -> None:
        super().__init__(name)
        self.kind = kind

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> Any:
        return f"(SELECT unnest(%s::{self.kind}[]))", [self]


class PreparedQuery:
    """A query that ``build`` writes when it is first asked.

    All that may differ from one time to the next has to be ``Given``: the person, the ticket, the
    time of day.
    """

    def __init__(self, build: Callable[[], QuerySet[Any, Any]]) -> None:
        self._build = build

    def fetch(self, **values: Any) -> list[Any]:
        """The rows as the query yields them, models or tuples of ``values_list``.

        ``values`` are those of the gaps, as psycopg takes them.
        """
        compiler, sql, gaps, makes_models = self._written
        with connection.cursor() as cursor:
            cursor.execute(
                sql, [values[gap.name] if isinstance(gap, Given) else gap for gap in gaps]
            )
            rows = compiler.results_iter([cursor.fetchall()])
        return list(_iter_models(compiler, rows) if makes_models else rows)

    def fetch_first(self, **values: Any) -> Any:
        """The first row, None where there is none."""
        return next(iter(self.fetch(**values)), None)

    @cached_property
    def _written(self) -> tuple[SQLCompiler, str, tuple[Any, ...], bool]:
        queryset: Any = self._build()
        # The proxy, which is each thread's own: no connection of a thread that ended is kept open.
        compiler = queryset.query.get_compiler(connection=connection)
        sql, gaps = compiler.as_sql()
        return compiler, sql, gaps, issubclass(queryset._iterable_class, ModelIterable)


def _iter_models(compiler: SQLCompiler, rows: Any) -> Iterator[Any]:
    """Models with what ``select_related`` and ``annotate`` put beside them, as Django builds them
    in ``ModelIterable``.
    """
    info: Any = compiler.klass_info
    first, end = info["select_fields"][0], info["select_fields"][-1] + 1
    names = [column.target.attname for column, *_ in compiler.select[first:end]]
    # The stubs are of a later Django, which wants one argument more.
    related = get_related_populators(  # type: ignore[call-arg]
        info, compiler.select, DEFAULT_DB_ALIAS
    )
    for row in rows:
        made = info["model"].from_db(DEFAULT_DB_ALIAS, names, row[first:end])
        for populator in related:
            populator.populate(row, made)
        for name, place in (compiler.annotation_col_map or {}).items():
            setattr(made, name, row[place])
        yield made
