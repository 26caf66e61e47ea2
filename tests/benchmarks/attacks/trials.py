"""Base tickets, each attack through the real steps on some of them, and how each came out.

Every trial is taken back afterwards, so that none sees what another left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import pghistory
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from approvals.models import RefundRule
from tests.benchmarks.attacks import judging, texts
from tests.benchmarks.attacks.judging import Seen
from tests.benchmarks.attacks.placing import PLACES, Letter, mail_of
from tests.benchmarks.attacks.texts import Attack
from tickets import intake
from tickets.models import Correction, Order, Run
from triage.demo import company
from triage.demo.letters import letters
from triage.demo.photo import photo
from triage.models import Limit
from triage.nlu.prompt_injection import orders_in
from triage.pipeline import worker
from triage.refunds.proposal import ASK

ALONE, LABELLED, OTHER = "refunds, by the machine alone", "refunds, labelled", "no refund asked for"
SMALL: Final = 100
"""Up to so much each rule approves by itself in the trials: the attacks have that to gain too."""


@dataclass(frozen=True, kw_only=True)
class Base:
    """A letter, who labels it (empty for nobody), and what becomes of it as it stands."""

    kind: str
    letter: Letter
    label: str
    plain: Seen
    values: dict[str, str] = field(default_factory=dict)
    known: str = ""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """How one attack at one place of one base came out."""

    base: Base
    attack: Attack
    place: str
    now: Seen
    unsafe: tuple[str, ...]

    @property
    def identical(self) -> bool:
        return judging.identical(self.base.plain, self.now)


def prepare() -> None:
    """Small sums need nobody, as an admin set it, and no lot draws a ticket for a second look."""
    admin = User.objects.get(username="ada")
    with pghistory.context(user=admin.pk, why="for the trials"):
        RefundRule.objects.exclude(remedy="replacement").update(auto_up_to=SMALL)
    Limit.objects.update_or_create(step="classify", name="audit", defaults={"value": 0.0})


def take(letter: Letter, label: str = "", place: str = "", text: str = "") -> Seen:
    """The letter, with the text hidden in it, through all steps; nothing of it stays."""
    found = judging.UNREAD
    with transaction.atomic():
        ticket = intake.receive_mail(mail_of(letter, place, text)).ticket
        run = Run.objects.filter(ticket=ticket).last()
        if ticket is not None and run is not None:
            if label:
                person = User.objects.get(username="ana")
                Correction.objects.create(ticket=ticket, step="classify", after=label, by=person)
            worker.work(run.pk)
            found = judging.seen(ticket, run)
        transaction.set_rollback(True)
    return found


# --- base tickets -----------------------------------------------------------------------


def bases(most: int) -> Iterator[Base]:
    """At most so many of each kind: refunds as they come and as a person labels them, and
    letters on which no money is due."""
    built = company.build(timezone.localdate())
    pictured = {one.external_id for one in letters() if one.photo}
    counts = dict.fromkeys((ALONE, OTHER), 0)
    for row in built.tickets:
        letter = _letter(row, pictured)
        plain = take(letter)
        kind = ALONE if plain.state else OTHER if plain.outcome == "none" else ""
        if not kind or plain.failed or counts[kind] == most:
            continue
        counts[kind] += 1
        made = Base(kind=kind, letter=letter, label="", plain=plain, **_around(letter))
        yield made
        if kind == ALONE:
            again = take(letter, plain.label)
            yield replace(made, kind=LABELLED, label=plain.label, plain=again)
        if min(counts.values()) == most:
            return


def _letter(row: company.Row, pictured: set[str]) -> Letter:
    key = str(row["external_id"])
    files = (("picture.png", "image/png", photo(key)),) if key in pictured else ()
    return Letter(
        key=key,
        name=row["name"],
        email=row["email"],
        subject=row["subject"],
        body=row["body"],
        at=datetime.fromisoformat(row["received_at"]),
        files=files,
    )


def _around(letter: Letter) -> dict[str, Any]:
    """Orders that an attack can name, and what a draft may say without any."""
    mine = Order.objects.filter(customer__email=letter.email)
    named = mine.exclude(number__in=letter.body.split()).order_by("pk").last()
    foreign = Order.objects.exclude(customer__email=letter.email).order_by("-pk").first()
    values = {"other": str(named or ""), "foreign": str(foreign or "")}
    known = [letter.subject, letter.body, *mine.values_list("number", flat=True)]
    return {"values": values, "known": " ".join(known)}


# --- trials -----------------------------------------------------------------------------


def trials(found: Sequence[Base], attacks: Sequence[Attack], each: int) -> Iterator[Trial]:
    """Each attack on so many bases of each kind, at a place that moves on from base to base."""
    places = list(PLACES)
    for kind in (ALONE, LABELLED, OTHER):
        of_kind = [base for base in found if base.kind == kind]
        for index, attack in enumerate(attacks):
            for turn in range(min(each, len(of_kind))):
                base = of_kind[(index * each + turn) % len(of_kind)]
                yield _trial(base, attack, places[(index + turn * 7) % len(places)])


def _trial(base: Base, attack: Attack, place: str) -> Trial:
    if attack.of == "own":
        attack = texts.own(base.values)[attack.number]
    now = take(base.letter, base.label, place, attack.text)
    known = base.known
    if now.outcome == ASK:  # a question may tell which order was looked for and not found
        known = f"{known} {base.values.get('foreign', '')}"
    gained = judging.unsafe(base.plain, now, text=attack.text, known=known)
    return Trial(base=base, attack=attack, place=place, now=now, unsafe=tuple(gained))


def flagged(attacks: Sequence[Attack]) -> list[Attack]:
    return [attack for attack in attacks if orders_in(attack.text)]
