"""Whether the promise still holds on tickets, and whether customers still write as they did.

An alarm rests on labels that were checked because their ticket was drawn by lot, and on
nothing else: labels that somebody happened to correct are mostly the wrong ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from tickets.models import Correction, Receipt
from tickets.queue import run_queue
from tickets.statistics import wilson
from triage.models import Activation, Alarm, Classifier, Intent
from triage.pipeline import registry

WATCH = "triage.tasks.watch"
SEVERAL = "several matters"
RISK = 0.05  # how often an alarm is raised, ever, while the promise holds
SHOWN = 60  # the last labels an alarm speaks of
RECENT, FEWEST = 200, 50  # tickets that tell whether fewer get a label
Z = 2.576  # 99 %


@dataclass(frozen=True, kw_only=True)
class Checked:
    """One automatic label of the version at work that a person checked."""

    label: str
    right: bool
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Notice:
    """Fewer tickets get a label by themselves than the calibration let expect."""

    tickets: int
    labelled: int
    expected: int

    @property
    def sentence(self) -> str:
        return (
            f"{self.labelled} of the last {self.tickets} tickets got an automatic label; "
            f"about {self.expected} were to be expected. Customers may write of something new."
        )


def wake(ticket: int) -> None:
    """Have a worker watch, after a ticket's label was checked; a lost call is made up for at night."""
    transaction.on_commit(lambda: run_queue.call(WATCH, ticket, expires=60))


def at_work() -> Activation | None:
    """When the version at work was put to work last."""
    last = Activation.objects.filter(classifier__active=True)
    return last.select_related("classifier").defer("classifier__weights").first()


def open_alarms(classifier: Classifier | None = None) -> QuerySet[Alarm]:
    """The alarms that are not ended, of one version or of the one at work."""
    of = {"classifier": classifier} if classifier else {"classifier__active": True}
    return Alarm.objects.filter(ended_at=None, **of).select_related("classifier").order_by("label")


def end(alarm: Alarm, *, by: User) -> None:
    """End an alarm by name; what was checked until now raises none again."""
    Alarm.objects.filter(pk=alarm.pk, ended_at=None).update(ended_at=timezone.now(), ended_by=by)


# --- the promise ---------------------------------------------------------------------


def watch() -> list[Alarm]:
    """Raise the alarms that what was checked calls for; those that are new. For workers."""
    work, target = at_work(), registry.target()
    if work is None:
        return []
    raised = set(open_alarms(work.classifier).values_list("label", flat=True))
    everything, ended = seen(work, target), _ended(work.classifier)
    alarms: list[Alarm] = []
    for label in {"", *(one.label for one in everything)} - raised:
        since = ended.get(label, work.at)
        checked = [one for one in everything if one.at > since and label in ("", one.label)]
        risk = RISK / len(work.classifier.labels) if label else RISK
        broken = _broken(checked, target, risk)
        if broken is not None:
            because = sentence(label, target, checked[: broken + 1])
            alarms.append(Alarm(classifier=work.classifier, label=label, because=because))
    return Alarm.objects.bulk_create(alarms, ignore_conflicts=True)


def _broken(checked: Sequence[Checked], target: float, risk: float) -> int | None:
    """The label at which the promise was found broken, counted from 0."""
    from triage.classifier.selective import still_valid

    return still_valid([one.right for one in checked], target, risk=risk).since


def sentence(label: str, target: float, checked: Sequence[Checked]) -> str:
    last = checked[-SHOWN:]
    wrong = sum(not one.right for one in last)
    name = Intent.objects.filter(slug=label).values_list("name", flat=True).first() or label
    of = f" for “{name}”" if label else ""
    return (
        f"The promise of {100 * target:.3g} in 100 no longer holds{of}: "
        f"{wrong} of the last {len(last)} checked labels {'was' if wrong == 1 else 'were'} wrong."
    )


def seen(work: Activation, target: float) -> list[Checked]:
    """What people said of the version's automatic labels on tickets drawn by lot, in that order.

    Labels given since its activation count, under a promise of ``target`` or a stricter one;
    the truth is the last thing a person said.
    """
    read = Receipt.objects.filter(step="classify", ticket=OuterRef("ticket"))
    last = read.exclude(actor_kind="human").order_by("-seq").values("seq")[:1]
    told = Correction.objects.filter(step="classify", ticket=OuterRef("ticket")).order_by("pk")
    given = Receipt.objects.filter(
        ticket__in=Correction.objects.filter(step="classify", at__gte=work.at).values("ticket"),
        step="classify",
        status="ok",
        actor_kind="model",
        weights_sha256=work.classifier.sha256,
        output__audited=True,
        promise__target__gte=target,
        at__gte=work.at,
        seq=Subquery(last),
    ).exclude(output__contains={"outcome": SEVERAL})
    known = given.annotate(
        truth=Subquery(told.reverse().values("after")[:1]), told_at=Subquery(told.values("at")[:1])
    )
    rows = known.order_by("told_at", "seq").values_list("label", "truth", "told_at")
    return [Checked(label=label, right=label == truth, at=at) for label, truth, at in rows]


def _ended(classifier: Classifier) -> dict[str, datetime]:
    """When the last alarm of each label was ended."""
    alarms = Alarm.objects.filter(classifier=classifier).order_by("ended_at")
    return {label: at for label, at in alarms.values_list("label", "ended_at") if at}


# --- what comes in -------------------------------------------------------------------


def notice() -> Notice | None:
    """Whether fewer of the last 200 tickets got a label than chance explains; a hint, no alarm."""
    work = at_work()
    coverage = float(work.classifier.promise.get("coverage") or 0) if work else 0.0
    same = work is not None and work.classifier.promise.get("target") == registry.target()
    if work is None or not (same and coverage) or open_alarms().filter(label="").exists():
        return None  # under an alarm nothing is labelled, which is no news of the customers
    said = Receipt.objects.filter(step="classify", at__gte=work.at).exclude(actor_kind="human")
    recent = list(said.order_by("-seq").values_list("status", flat=True)[:RECENT])
    labelled = recent.count("ok")
    if len(recent) < FEWEST or wilson(labelled, len(recent), Z)[1] >= coverage:
        return None
    return Notice(tickets=len(recent), labelled=labelled, expected=round(coverage * len(recent)))
