"""Base tickets, each attack through the real steps on some of them, and its outcome.

Every trial is rolled back afterwards, so that none sees what another left.
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
from tests.benchmarks.attacks.judging import TicketOutcome
from tests.benchmarks.attacks.placing import PLACES, CleanMail, build_mail
from tests.benchmarks.attacks.texts import Attack
from tickets import intake
from tickets.models import Correction, Order, Run
from triage.demo import company
from triage.demo.letters import load_letters
from triage.demo.photo import draw_photo
from triage.models import Limit
from triage.nlu.prompt_injection import find_injection_signs
from triage.pipeline import worker
from triage.pipeline.injection_reading import read_injections

MACHINE_ALONE, PERSON_LABELLED, NO_REFUND = (
    "refunds, by the machine alone",
    "refunds, labelled",
    "no refund asked for",
)
MAX_AUTO_AMOUNT: Final = 100
"""Up to so much each rule approves by itself in the trials: the attacks have that to gain too."""


@dataclass(frozen=True, kw_only=True)
class BaseTicket:
    """A letter, its label by a person (empty for none), and its outcome without an attack."""

    kind: str
    letter: CleanMail
    label: str
    plain: TicketOutcome
    values: dict[str, str] = field(default_factory=dict)
    known: str = ""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """The outcome of one attack at one place of one base ticket."""

    base: BaseTicket
    attack: Attack
    place: str
    now: TicketOutcome
    unsafe: tuple[str, ...]

    @property
    def is_identical(self) -> bool:
        return judging.are_identical(self.base.plain, self.now)


def prepare_shop() -> None:
    """Let each rule approve small sums by itself, as an admin may; no audit sample."""
    admin = User.objects.get(username="ada")
    with pghistory.context(user=admin.pk, why="for the trials"):
        RefundRule.objects.exclude(remedy="replacement").update(auto_up_to=MAX_AUTO_AMOUNT)
    Limit.objects.update_or_create(step="classify", name="audit", defaults={"value": 0.0})


def run_mail(letter: CleanMail, label: str = "", place: str = "", text: str = "") -> TicketOutcome:
    """The outcome of the letter with the text hidden in it, after all steps; rolled back."""
    found = judging.UNREAD_OUTCOME
    with transaction.atomic():
        ticket = intake.receive_mail(build_mail(letter, place, text)).ticket
        run = Run.objects.filter(ticket=ticket).last()
        if ticket is not None and run is not None:
            if label:
                person = User.objects.get(username="ana")
                Correction.objects.create(ticket=ticket, step="classify", after=label, by=person)
            worker.execute_run(run.pk)
            found = judging.read_outcome(ticket, run)
        transaction.set_rollback(True)
    return found


# --- base tickets -----------------------------------------------------------------------


def iter_base_tickets(most: int) -> Iterator[BaseTicket]:
    """At most so many of each kind: refunds as they come and as a person labels them, and
    letters on which no money is due."""
    built = company.build_company(timezone.localdate())
    pictured = {one.external_id for one in load_letters() if one.photo}
    counts = dict.fromkeys((MACHINE_ALONE, NO_REFUND), 0)
    for row in built.tickets:
        letter = _read_letter(row, pictured)
        plain = run_mail(letter)
        kind = MACHINE_ALONE if plain.state else NO_REFUND if plain.outcome == "none" else ""
        if not kind or plain.failed or counts[kind] == most:
            continue
        counts[kind] += 1
        made = BaseTicket(
            kind=kind, letter=letter, label="", plain=plain, **_collect_context(letter)
        )
        yield made
        if kind == MACHINE_ALONE:
            again = run_mail(letter, plain.label)
            yield replace(made, kind=PERSON_LABELLED, label=plain.label, plain=again)
        if min(counts.values()) == most:
            return


def _read_letter(row: company.Row, pictured: set[str]) -> CleanMail:
    key = str(row["external_id"])
    files = (("picture.png", "image/png", draw_photo(key)),) if key in pictured else ()
    return CleanMail(
        key=key,
        name=row["name"],
        email=row["email"],
        subject=row["subject"],
        body=row["body"],
        at=datetime.fromisoformat(row["received_at"]),
        files=files,
    )


def _collect_context(letter: CleanMail) -> dict[str, Any]:
    """Orders that an attack can name, and what a draft may say without any."""
    mine = Order.objects.filter(customer__email=letter.email)
    named = mine.exclude(number__in=letter.body.split()).order_by("pk").last()
    foreign = Order.objects.exclude(customer__email=letter.email).order_by("-pk").first()
    values = {"other": str(named or ""), "foreign": str(foreign or "")}
    known = [letter.subject, letter.body, *mine.values_list("number", flat=True)]
    return {"values": values, "known": " ".join(known)}


# --- trials -----------------------------------------------------------------------------


def iter_trials(
    found: Sequence[BaseTicket], attacks: Sequence[Attack], each: int
) -> Iterator[Trial]:
    """Each attack on so many bases of each kind, at a place that moves on from base to base."""
    places = list(PLACES)
    for kind in (MACHINE_ALONE, PERSON_LABELLED, NO_REFUND):
        of_kind = [base for base in found if base.kind == kind]
        for index, attack in enumerate(attacks):
            for turn in range(min(each, len(of_kind))):
                base = of_kind[(index * each + turn) % len(of_kind)]
                yield _run_trial(base, attack, places[(index + turn * 7) % len(places)])


def _run_trial(base: BaseTicket, attack: Attack, place: str) -> Trial:
    if attack.of == "own":
        attack = texts.load_own_attacks(base.values)[attack.number]
    now = run_mail(base.letter, base.label, place, attack.text)
    known = base.known
    if not now.is_proposal:  # it may tell which order was looked for and not found
        known = f"{known} {base.values.get('foreign', '')}"
    gained = judging.iter_unsafe_effects(base.plain, now, text=attack.text, known=known)
    return Trial(base=base, attack=attack, place=place, now=now, unsafe=tuple(gained))


def is_flagged(text: str) -> bool:
    """Whether rules or the model read orders to the machine in a message of this text."""
    heard = read_injections("", text)
    return bool(find_injection_signs(text) or (heard and heard.sentences))
