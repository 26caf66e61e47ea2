"""Loads the demo shop into an empty database, through the same functions as real data."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.utils import timezone
from tqdm import tqdm

from approvals.models import ApprovalLimit, Care, RefundRule
from tickets import access, intake
from tickets.intake.customers import receive_customers
from tickets.intake.fields import BadRow, Row
from tickets.intake.files.loop import MAX_BATCH_ITEMS
from tickets.intake.mails import save_files
from tickets.intake.orders import receive_orders
from tickets.intake.outcome import Received
from tickets.mail.mime import File
from tickets.models import Customer
from triage.demo import company, trained_head
from triage.demo.letters import load_letters
from triage.demo.photo import draw_photo
from triage.learning import versions
from triage.models import Activation, Intent, IntentExample, Limit, Policy
from triage.pipeline.saved_reply_rows import import_saved_replies
from triage.policies import loading
from triage.runtime.data_folder import load_or_create_secret

HERE = Path(__file__).resolve().parent
DEMO_USERS = {
    "ana": (access.AGENTS, "Ana"),
    "ben": (access.AGENTS, "Ben"),
    "sol": (access.SUPERVISORS, "Sol"),
    "sam": (access.SUPERVISORS, "Sam"),
    "ada": (access.ADMINS, "Ada"),
}
DEMO_MAIL = "harbourandpine.example"


def has_data() -> bool:
    """Whether the database holds anything that would mix with the demo shop."""
    return Customer.objects.exists() or Policy.objects.exists() or Intent.objects.exists()


def is_half_loaded() -> bool:
    """Whether a load of the demo shop was interrupted: its people are there, and no version of
    the classifier was ever activated, which comes last. ``load_demo`` goes on with it.
    """
    return _find_demo_admin() is not None and not Activation.objects.exists()


def _find_demo_admin() -> User | None:
    return User.objects.filter(username="ada", email=f"ada@{DEMO_MAIL}").first()


def load_demo(*, progress: bool = False, train: bool = False) -> None:
    """Load people, policies, intents, rules, customers, orders and tickets; then activate the
    classifier version that comes with the examples, or with ``train`` make that anew.

    Goes on where it was interrupted: the rules are one transaction, each row of the shop is
    received once, and dates count from the day it began.
    """
    begun = _find_demo_admin()
    if begun is None:
        _create_rules()
    day = timezone.localdate(begun.date_joined) if begun else timezone.localdate()
    _receive_company(company.build_company(day), progress)
    ada = User.objects.get(username="ada")
    make_version = trained_head.train_and_keep if train else trained_head.create_version
    versions.activate_version(make_version(by=ada), by=ada, why="The first version, for the demo.")


@transaction.atomic
def _create_rules() -> None:
    """Create people, policies, intents, saved replies, refund rules and limits."""
    _create_users()
    loading.load_policies(HERE / "policies")
    create_taxonomy()
    import_saved_replies(HERE / "saved_replies.toml")
    content = tomllib.loads((HERE / "rules.toml").read_text())
    create_refund_rules(content)
    _create_limits(content["limit"])
    Limit.objects.bulk_create(Limit(**row) for row in content["step_limit"])


def _receive_company(built: company.Company, progress: bool) -> None:
    _receive_batches(receive_customers, built.customers)
    _receive_batches(receive_orders, built.orders)
    for row in tqdm(built.tickets, desc="demo shop", unit=" tickets", disable=not progress):
        _receive_ticket(row)


def _receive_batches(
    receive: Callable[[Sequence[Row]], Sequence[Received]], rows: Sequence[Row]
) -> None:
    """Receive rows that are all good. Raises BadRow where one is not."""
    for start in range(0, len(rows), MAX_BATCH_ITEMS):
        bad = [
            each
            for each in receive(rows[start : start + MAX_BATCH_ITEMS])
            if isinstance(each, BadRow)
        ]
        if bad:
            raise bad[0]


@transaction.atomic
def _receive_ticket(row: Mapping[str, Any]) -> None:
    """Receive a ticket, and in the same transaction the picture that came with it."""
    ticket = intake.receive_ticket(row).ticket
    if ticket and row["external_id"] in {one.external_id for one in load_letters() if one.photo}:
        picture = File("picture.png", "image/png", draw_photo(row["external_id"]))
        save_files(ticket.messages.get(), [picture])


def describe_sign_ins() -> str:
    """The demo's people and their password, which is random and kept beside the data."""
    names = ", ".join(f"{name} ({role[:-1]})" for name, (role, _) in DEMO_USERS.items())
    return f"{names} with the password {_load_password()}"


def _load_password() -> str:
    return load_or_create_secret(settings.DATA / "demo_password", length=9)


def _create_users() -> None:
    access.ensure_groups()
    password = _load_password()
    for name, (role, first_name) in DEMO_USERS.items():
        user = User.objects.create_user(
            name, f"{name}@{DEMO_MAIL}", password, first_name=first_name
        )
        user.is_staff = role == access.ADMINS
        user.save()
        user.groups.add(Group.objects.get(name=role))
    access.grant_admin_rights()


def create_taxonomy() -> None:
    """Create the intents with their examples, and background texts without an intent."""
    content = tomllib.loads((HERE / "intents.toml").read_text())
    more = tomllib.loads((HERE / "examples.toml").read_text())
    for table in content["intent"]:
        examples = [*table.pop("examples"), *more[table["slug"]]["examples"]]
        _create_examples(Intent.objects.create(**table), examples)
    _create_examples(None, [*content["background"], *more["background"]["examples"]])


def _create_examples(intent: Intent | None, texts: list[str]) -> None:
    IntentExample.objects.bulk_create(
        IntentExample(intent=intent, text=text, source="demo") for text in dict.fromkeys(texts)
    )


def create_refund_rules(content: Mapping[str, Any]) -> None:
    """Create the refund rules in their order: the first that fits applies."""
    for position, table in enumerate(content["rule"], 1):
        fields = {name: value for name, value in table.items() if name != "tiers"}
        rule = RefundRule.objects.create(position=position, **fields)
        for tier in table.get("tiers", ()):
            rule.tiers.create(above=Decimal(tier["above"]), people=tier["people"])


def _create_limits(tiers: list[dict[str, Any]]) -> None:
    tiers = sorted(tiers, key=lambda tier: int(tier["approvers"]))
    ApprovalLimit.objects.create(
        group=Group.objects.get(name=access.SUPERVISORS),
        two_above=Decimal(tiers[0]["up_to"]),
        up_to=Decimal(tiers[-1]["up_to"]),
    )
    Care.objects.create(blind_above=Decimal(tiers[0]["up_to"]))
