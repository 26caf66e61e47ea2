"""Whether the precision guarantee still holds, and whether incoming tickets have changed.

An alarm rests on labels that were checked because their ticket is in the random audit
sample, and on nothing else: labels that somebody happened to correct are mostly the
wrong ones.
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
from tickets.statistics import compute_wilson_interval
from triage.models import OTHER_LANGUAGES, Activation, Alarm, Classifier, Intent
from triage.pipeline import registry

WATCH_TASK = "triage.tasks.watch"
MULTI_INTENT_OUTCOME = "several matters"
FALSE_ALARM_RISK = 0.05  # how often an alarm is raised, ever, while the guarantee holds
FIRST_CHECKS = 60  # checked labels of a version until which more of them are asked about
MAX_SHOWN_LABELS = 60  # the last labels an alarm speaks of
MAX_RECENT_TICKETS, MIN_RECENT_TICKETS = 200, 50  # tickets that tell whether fewer get a label
Z_99 = 2.576  # 99 %


@dataclass(frozen=True, kw_only=True)
class CheckedLabel:
    """One automatic label of the active version that a person checked.

    ``part`` is OTHER_LANGUAGES where the part for these gave it, else "".
    """

    label: str
    part: str = ""
    right: bool
    at: datetime


@dataclass(frozen=True, kw_only=True)
class CoverageNotice:
    """Fewer tickets get an automatic label than the calibration let expect."""

    tickets: int
    labelled: int
    expected: int

    @property
    def sentence(self) -> str:
        return (
            f"{self.labelled} of the last {self.tickets} tickets got an automatic label; "
            f"about {self.expected} were to be expected. Customers may write of something new."
        )


def schedule_watch(ticket: int) -> None:
    """Have a worker look for alarms after the commit, once a ticket's label was checked; a
    lost call is made up for at night.
    """
    transaction.on_commit(lambda: run_queue.dispatch_task(WATCH_TASK, ticket, expires=60))


def get_current_activation() -> Activation | None:
    """The latest activation of the active version, or None where no version is active."""
    last = Activation.objects.filter(classifier__active=True)
    return last.select_related("classifier").defer("classifier__weights").first()


def find_open_alarms(classifier: Classifier | None = None) -> QuerySet[Alarm]:
    """The alarms that have not ended, of one version or of the active one."""
    of = {"classifier": classifier} if classifier else {"classifier__active": True}
    return Alarm.objects.filter(ended_at=None, **of).select_related("classifier").order_by("label")


def end_alarm(alarm: Alarm, *, by: User) -> None:
    """End an alarm in a person's name; what was checked until now raises none again."""
    Alarm.objects.filter(pk=alarm.pk, ended_at=None).update(ended_at=timezone.now(), ended_by=by)


def raise_drift_alarms() -> list[Alarm]:
    """Raise the alarms that checked labels call for; returns the new ones. For workers."""
    work, target = get_current_activation(), registry.get_target_precision()
    if work is None:
        return []
    everything, ended = list_checked_labels(work, target), _load_alarm_ends(work.classifier)
    _note_first_checks(work.classifier, len(everything))
    raised = set(find_open_alarms(work.classifier).values_list("label", flat=True))
    alarms: list[Alarm] = []
    for label in {"", OTHER_LANGUAGES, *(one.label for one in everything)} - raised:
        since = ended.get(label, work.at)
        checked = [one for one in everything if one.at > since and _concerns(label, one)]
        risk = FALSE_ALARM_RISK / len(work.classifier.labels) if label else FALSE_ALARM_RISK
        broken = _find_violation(checked, target, risk)
        if broken is not None:
            because = format_alarm(label, target, checked[: broken + 1])
            alarms.append(Alarm(classifier=work.classifier, label=label, because=because))
    return Alarm.objects.bulk_create(alarms, ignore_conflicts=True)


def _concerns(alarm: str, one: CheckedLabel) -> bool:
    """Whether a checked label counts for an alarm: each part of a version is watched by itself."""
    if alarm == OTHER_LANGUAGES:
        return one.part == OTHER_LANGUAGES
    return not one.part and alarm in ("", one.label)


def _note_first_checks(classifier: Classifier, checked: int) -> None:
    """From now on the smaller share of its labels is checked, once enough were."""
    if checked >= FIRST_CHECKS and not classifier.first_checks_done:
        Classifier.objects.filter(pk=classifier.pk).update(first_checks_done=True)


def _find_violation(checked: Sequence[CheckedLabel], target: float, risk: float) -> int | None:
    """The place of the label at which the guarantee was found violated, from 0, or None."""
    from triage.classifier.selective import monitor_guarantee

    return monitor_guarantee([one.right for one in checked], target, risk=risk).since


def format_alarm(label: str, target: float, checked: Sequence[CheckedLabel]) -> str:
    """The alarm as a sentence for people, with the errors among the last checked labels."""
    last = checked[-MAX_SHOWN_LABELS:]
    wrong = sum(not one.right for one in last)
    name = Intent.objects.filter(slug=label).values_list("name", flat=True).first() or label
    of = f" for “{name}”" if label else ""
    if label == OTHER_LANGUAGES:
        of = " in other languages than English"
    return (
        f"The promise of {100 * target:.3g} in 100 no longer holds{of}: "
        f"{wrong} of the last {len(last)} checked labels {'was' if wrong == 1 else 'were'} wrong."
    )


def list_checked_labels(work: Activation, target: float) -> list[CheckedLabel]:
    """Corrections and confirmations of the version's automatic labels, on tickets of the audit
    sample, in that order.

    Labels given since its activation count, under a guarantee of ``target`` or a stricter
    one; the truth is the last thing a person said.
    """
    told = _load_told_labels(work)
    given = Receipt.objects.filter(
        seq__in=told,
        status="ok",
        actor_kind="model",
        weights_sha256=work.classifier.sha256,
        output__audited=True,
        promise__target__gte=target,
        at__gte=work.at,
    ).exclude(output__contains={"outcome": MULTI_INTENT_OUTCOME})
    labels = {seq: said for seq, *said in given.values_list("seq", "label", "promise__language")}
    return [
        CheckedLabel(
            label=labels[seq][0],
            part=OTHER_LANGUAGES if labels[seq][1] else "",
            right=labels[seq][0] == truth,
            at=at,
        )
        for seq, (truth, at) in told.items()
        if seq in labels
    ]


def _load_told_labels(work: Activation) -> dict[int, tuple[str, datetime]]:
    """What people said of each ticket that they checked since the activation: by the seq of the
    receipt that a machine labelled it with last, the last label and when they said the first;
    in the order of these.

    Asked by the ticket, which indexes answer: a join of all corrections with all receipts
    compared each with each.
    """
    read = Receipt.objects.filter(step="classify", ticket=OuterRef("ticket"))
    last = read.exclude(actor_kind="human").order_by("-seq").values("seq")[:1]
    said = Correction.objects.filter(step="classify", ticket=OuterRef("ticket")).order_by("pk")
    checked = Correction.objects.filter(step="classify", at__gte=work.at).order_by()
    rows = (
        checked.values("ticket")
        .distinct()
        .annotate(
            seq=Subquery(last),
            truth=Subquery(said.reverse().values("after")[:1]),
            told_at=Subquery(said.values("at")[:1]),
        )
    )
    found = rows.filter(seq__isnull=False).order_by("told_at", "seq")
    return {seq: (truth, at) for seq, truth, at in found.values_list("seq", "truth", "told_at")}


def _load_alarm_ends(classifier: Classifier) -> dict[str, datetime]:
    """When the last alarm of each label was ended."""
    alarms = Alarm.objects.filter(classifier=classifier).order_by("ended_at")
    return {label: at for label, at in alarms.values_list("label", "ended_at") if at}


def check_coverage() -> CoverageNotice | None:
    """A notice where fewer of the last 200 tickets got a label than chance explains, else
    None; it is a hint, no alarm.
    """
    work, assumed = get_current_activation(), registry.get_stranger_share()
    coverage = float(work.classifier.promise.get("coverage") or 0) if work else 0.0
    same = (
        work is not None
        and work.classifier.promise.get("target") == registry.get_target_precision()
        and work.classifier.promise.get("assumed", assumed) == assumed
    )
    if work is None or not (same and coverage) or find_open_alarms().filter(label="").exists():
        return None  # under an alarm nothing is labelled, which is no news of the customers
    recent = _list_recent_statuses(work)
    labelled = recent.count("ok")
    if (
        len(recent) < MIN_RECENT_TICKETS
        or compute_wilson_interval(labelled, len(recent), Z_99)[1] >= coverage
    ):
        return None
    return CoverageNotice(
        tickets=len(recent), labelled=labelled, expected=round(coverage * len(recent))
    )


def _list_recent_statuses(work: Activation) -> list[str]:
    """How the label of each of the last tickets stands since the activation, newest first.

    A ticket that was run again counts once, with its latest receipt.
    """
    of_ticket = Receipt.objects.filter(step="classify", ticket=OuterRef("ticket"))
    last = of_ticket.exclude(actor_kind="human").order_by("-seq").values("seq")[:1]
    given = Receipt.objects.filter(step="classify", at__gte=work.at, seq=Subquery(last))
    return list(given.order_by("-seq").values_list("status", flat=True)[:MAX_RECENT_TICKETS])
