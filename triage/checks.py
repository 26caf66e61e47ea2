"""What has to hold before anything starts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections
from django.utils.module_loading import import_string

from triage.contract.step import EngineUnavailable, Step

if TYPE_CHECKING:
    from triage.inference.registry.pinned import Entry


@register()
def check_step_order(**kwargs: Any) -> list[CheckMessage]:
    """A step may read only what an earlier step writes."""
    from django.conf import settings

    steps: list[Step] = [import_string(path) for path in settings.TRIAGE_STEPS]
    return list(_iter_unwritten_reads(steps))


def _iter_unwritten_reads(steps: Sequence[Step]) -> Iterator[CheckMessage]:
    written: set[type] = set()
    for step in steps:
        for needed in step.reads:
            if needed not in written:
                yield Error(
                    f"The step {step.name} reads {needed.__name__}, which no earlier step writes.",
                    hint="Change the order in settings.TRIAGE_STEPS.",
                    id="triage.E001",
                )
        written.add(step.writes)


@register()
def check_engines_of_steps(**kwargs: Any) -> list[CheckMessage]:
    """Every step needs a protocol that an engine serves, and begins with engines that serve it."""
    from django.conf import settings

    from triage.inference.registry import pinned

    steps: list[Step] = [import_string(path) for path in settings.TRIAGE_STEPS]
    try:
        return [error for step in steps for error in _iter_unserved(step)]
    except pinned.RosterError:
        return []  # told by the check of the roster


def _iter_unserved(step: Step) -> Iterator[CheckMessage]:
    from triage.pipeline import registry

    serving = registry.list_serving(step.needs)
    if not serving:
        yield Error(
            f"The step {step.name} needs the protocol {step.needs.__name__}, "
            "which no engine serves.",
            hint="Add an engine that does to ENGINE_BUILDERS in triage/pipeline/registry.py.",
            id="triage.E004",
        )
        return
    for name in set(step.ladder) - set(serving):
        yield Error(
            f"The ladder of the step {step.name} names {name}, which does not serve "
            f"{step.needs.__name__}.",
            hint=f"It can be served by: {', '.join(serving)}.",
            id="triage.E005",
        )


@register()
def check_payment_settings(**kwargs: Any) -> list[CheckMessage]:
    """Refunds can be paid with the settings as they are."""
    problem = find_payment_problem()
    return [Error(problem, id="triage.E006")] if problem else []


def find_payment_problem() -> str:
    """What to correct in the settings before refunds can be paid, as a sentence, or ""."""
    from django.conf import settings

    from approvals.payment_settings import find_settings_problem

    return find_settings_problem(
        settings.PAYMENT_EXECUTOR,
        url=settings.PAYMENT_URL,
        secret=settings.PAYMENT_SECRET,
        timeout=settings.PAYMENT_TIMEOUT,
        stripe_key=settings.STRIPE_API_KEY,
        stripe_base=settings.STRIPE_API_BASE,
    )


@register()
def check_model_roster(**kwargs: Any) -> list[CheckMessage]:
    """The roster, and the file TRIAGE_ROSTER names, can be read and are valid."""
    from triage.inference.registry import pinned
    from triage.pipeline import registry

    try:
        registry.load_entries()
    except pinned.RosterError as error:
        return [Error(str(error), id="triage.E002")]
    return []


@register()
def check_bundled_models(**kwargs: Any) -> list[CheckMessage]:
    """The models that read messages and replies are there: without them work goes on, with checks
    on record as not run.
    """
    from triage.inference.registry import pinned
    from triage.pipeline import injection_reading, registry, send_guard

    try:
        entries = registry.load_entries()
    except pinned.RosterError:
        return []  # told by the check of the roster
    names = (registry.SIGNALS, send_guard.COMMITMENT_MODEL, injection_reading.INJECTION_MODEL)
    return [warning for name in names for warning in _iter_missing_model(entries[name])]


def _iter_missing_model(entry: Entry) -> Iterator[CheckMessage]:
    from triage.inference.registry import pinned

    try:
        pinned.verify_file(entry)
    except EngineUnavailable as error:
        yield Warning(
            f"A bundled model cannot be used. {error}.",
            hint="What it would have read is on record as not run. Put the file of this release "
            "back: `git checkout -- triage/inference/registry/weights`, or install again.",
            id="triage.W001",
        )


@register(Tags.database)
def check_pgvector(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """PostgreSQL has pgvector."""
    for alias in databases or ():
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'")
            if cursor.fetchone() is None:
                return [
                    Error(
                        "This PostgreSQL has no pgvector.",
                        hint="Install the package postgresql-XX-pgvector, or unset DATABASE_URL "
                        "to use the private server.",
                        id="triage.E003",
                    )
                ]
    return []


@register(Tags.database)
def check_database_role(
    databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """On a server of one's own the role that serves cannot switch the database's checks off."""
    from django.conf import settings

    from triage.runtime.postgres import roles

    private = settings.DATABASES["default"].get("OPTIONS", {}).get("private")
    if private or "default" not in (databases or ()):
        return []
    problem = roles.find_role_problem()
    return [Error(problem, hint=roles.TWO_ROLES, id="triage.E007")] if problem else []
