"""Puts the demo shop into an empty database, through the same doors as real data."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.db import transaction
from django.utils import timezone
from tqdm import tqdm

from approvals.models import ApprovalLimit, Care, RefundRule
from tickets import access, intake
from tickets.intake.mails import keep_files
from tickets.mail.mime import File
from tickets.models import Customer
from triage.demo import company
from triage.demo.letters import letters
from triage.demo.photo import photo
from triage.learning import versions
from triage.models import Intent, IntentExample, Policy
from triage.policies import loading
from triage.settings import kept_secret

HERE = Path(__file__).resolve().parent
CAST = {
    "ana": (access.AGENTS, "Ana"),
    "ben": (access.AGENTS, "Ben"),
    "sol": (access.SUPERVISORS, "Sol"),
    "sam": (access.SUPERVISORS, "Sam"),
    "ada": (access.ADMINS, "Ada"),
}
KNOBS = ("triage", "approvals", "auth")


def is_there() -> bool:
    """Whether the database holds anything that the demo would stand among."""
    return Customer.objects.exists() or Policy.objects.exists() or Intent.objects.exists()


def load(*, progress: bool = False) -> None:
    """People, policies, intents, rules, customers, orders and tickets; then train on the examples."""
    built = company.build(timezone.localdate())
    with transaction.atomic():
        _people()
        loading.load(HERE / "policies")
        taxonomy()
        content = tomllib.loads((HERE / "rules.toml").read_text())
        rules(content)
        _limits(content["limit"])
    rows = [
        *((intake.receive_customer, row) for row in built.customers),
        *((intake.receive_order, row) for row in built.orders),
        *((_ticket, row) for row in built.tickets),
    ]
    _receive(tqdm(rows, desc="demo shop", unit=" rows", disable=not progress))
    ada = User.objects.get(username="ada")
    versions.activate(versions.train(by=ada), by=ada, why="The first version, for the demo.")


def _receive(
    rows: Iterable[tuple[Callable[[Mapping[str, Any]], object], Mapping[str, Any]]],
) -> None:
    for receive, row in rows:
        receive(row)


@transaction.atomic
def _ticket(row: Mapping[str, Any]) -> None:
    """A ticket, and in the same breath the picture that came with it."""
    ticket = intake.receive_ticket(row).ticket
    if ticket and row["external_id"] in {one.external_id for one in letters() if one.photo}:
        picture = File("picture.png", "image/png", photo(row["external_id"]))
        keep_files(ticket.messages.get(), [picture])


def sign_ins() -> str:
    """The demo's people and their password, which is random and kept beside the data."""
    names = ", ".join(f"{name} ({role[:-1]})" for name, (role, _) in CAST.items())
    return f"{names} with the password {kept_secret('demo_password', length=9)}"


def _people() -> None:
    access.ensure_groups()
    password = kept_secret("demo_password", length=9)
    for name, (role, first_name) in CAST.items():
        user = User.objects.create_user(
            name, f"{name}@harbourandpine.example", password, first_name=first_name
        )
        user.is_staff = role == access.ADMINS
        user.save()
        user.groups.add(Group.objects.get(name=role))
    admins = Group.objects.get(name=access.ADMINS)
    admins.permissions.set(Permission.objects.filter(content_type__app_label__in=KNOBS))


def taxonomy() -> None:
    """The intents with their examples, and texts that are no request of the shop."""
    content = tomllib.loads((HERE / "intents.toml").read_text())
    more = tomllib.loads((HERE / "examples.toml").read_text())
    for table in content["intent"]:
        examples = [*table.pop("examples"), *more[table["slug"]]["examples"]]
        _examples(Intent.objects.create(**table), examples)
    _examples(None, [*content["background"], *more["background"]["examples"]])


def _examples(intent: Intent | None, texts: list[str]) -> None:
    IntentExample.objects.bulk_create(
        IntentExample(intent=intent, text=text, source="demo") for text in dict.fromkeys(texts)
    )


def rules(content: Mapping[str, Any]) -> None:
    """The refund rules in their order: the first that fits goes."""
    for position, table in enumerate(content["rule"], 1):
        fields = {name: value for name, value in table.items() if name != "tiers"}
        rule = RefundRule.objects.create(position=position, **fields)
        for tier in table.get("tiers", ()):
            rule.tiers.create(above=Decimal(tier["above"]), people=tier["people"])


def _limits(tiers: list[dict[str, Any]]) -> None:
    tiers = sorted(tiers, key=lambda tier: int(tier["approvers"]))
    ApprovalLimit.objects.create(
        group=Group.objects.get(name=access.SUPERVISORS),
        two_above=Decimal(tiers[0]["up_to"]),
        up_to=Decimal(tiers[-1]["up_to"]),
    )
    Care.objects.create(blind_above=Decimal(tiers[0]["up_to"]))
