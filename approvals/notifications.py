"""Mails to colleagues about refunds: a row in the same transaction first, then the mail, once.

A mail names the amount, the order and a link, and nothing that a customer or a model wrote.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.db.models import Count, F
from django.utils import timezone

from approvals import separation_of_duties
from approvals.models import Notice, Reader, Refund
from approvals.review import first_opinion
from tickets.delivery.mail_server import MAX_TRIES, Answer, compute_pause, submit_mail
from tickets.mail.senders import clean_address
from tickets.models import Payment
from tickets.prepared import Given, PreparedQuery
from tickets.queue import leases, run_queue
from tickets.templatetags.show import money

Kind, State = Notice.Kind, Notice.State
STATES = {
    Answer.TAKEN: State.SENT,
    Answer.LATER: State.QUEUED,
    Answer.REFUSED: State.FAILED,
    Answer.UNKNOWN: State.DOUBT,
}
SETTLED_STATES = (State.SENT, State.OFF, State.FAILED, State.DOUBT)
NOTIFY_TASK = "triage.tasks.notify"
DOUBTED_AFTER = timedelta(seconds=60)
CALLED_AGAIN_AFTER = timedelta(seconds=10)
SWEEP_BATCH_SIZE = 20
SUBJECTS = {
    Kind.ARRIVED: "A refund waits for a decision",
    Kind.ASSIGNED: "A refund was handed to you",
    Kind.ESCALATED: "A refund has waited too long",
    Kind.DECIDED: "Your refund request",
}
READER = PreparedQuery(lambda: Reader.objects.filter(person=Given("person")))
NEWS = PreparedQuery(
    lambda: (
        Notice.objects.filter(to=Given("person"), at__gt=Given("since"))
        .exclude(kind=Kind.DECIDED)
        .order_by()
        .values("kind")
        .annotate(count=Count("pk"))
        .values_list("kind", "count")
    )
)


def notify_arrived(refund: Refund) -> None:
    """Write a notice of a new request to everybody who may decide."""
    _write_notices(refund, Kind.ARRIVED, separation_of_duties.list_eligible_approvers(refund))


def notify_assigned(refund: Refund, to: User) -> None:
    """Write a notice to the colleague a request was handed to, each time it is.

    There is one row a person and kind. One that was settled starts anew; one still open, whose
    mail is on its way or waits for the server, says the same already.
    """
    _write_notices(refund, Kind.ASSIGNED, [to])
    told = Notice.objects.filter(refund=refund, to=to, kind=Kind.ASSIGNED)
    now = timezone.now()
    told.filter(state__in=SETTLED_STATES).update(
        state=State.QUEUED, at=now, since=now, tries=0, note=""
    )


def notify_escalated(refund: Refund) -> list[User]:
    """Write a notice of an overdue request to everybody who may decide; return them."""
    people = separation_of_duties.list_eligible_approvers(refund)
    _write_notices(refund, Kind.ESCALATED, people)
    return people


def notify_decided(refund: Refund) -> None:
    """Write a notice to whoever asked for the refund, once it is no longer open."""
    if refund.requested_by and refund.state != Refund.State.PENDING:
        _write_notices(refund, Kind.DECIDED, [refund.requested_by])


def _write_notices(refund: Refund, kind: str, people: Iterable[User]) -> None:
    rows = [Notice(refund=refund, to=person, kind=kind) for person in people]
    Notice.objects.bulk_create(rows, ignore_conflicts=True)


def get_reader(person: User) -> Reader:
    """How this person hears of refunds; by mail where they chose nothing."""
    return READER.fetch_first(person=person.pk) or Reader(person=person)


def count_news(person: User, since: datetime) -> dict[str, int]:
    """How many notices the person got since then of what they may have to do, by kind."""
    return dict(NEWS.fetch(person=person.pk, since=since))


def send_notice(pk: int) -> str:
    """Hand one notice to the mail server if it waits for that; return its state then.

    One that no server took is tried again later. After the server was reached nobody knows
    what arrived, so such a one is in doubt and not repeated.
    """
    if not _change_state(pk, State.QUEUED, State.SENDING):
        return str(Notice.objects.values_list("state", flat=True).get(pk=pk))
    notice = Notice.objects.select_related("to", "refund__order", "refund__ticket").get(pk=pk)
    state, note = _find_off_reason(notice) or _submit_mail(notice)
    given_up = state == State.QUEUED and notice.tries + 1 >= MAX_TRIES
    state = State.FAILED if given_up else state
    # By ``since`` it is still this sending: a slow one may have been doubted and begun anew.
    Notice.objects.filter(pk=pk, state=State.SENDING, since=notice.since).update(
        state=state,
        note=note[:300],
        since=_compute_next_try(state, notice.tries + 1),
        tries=F("tries") + 1,
    )
    return str(state)


def _change_state(pk: int, old: str, new: str) -> bool:
    """Change the state if it is still the old one: two workers cannot both do it."""
    still = Notice.objects.filter(pk=pk, state=old)
    return leases.change_row(still, state=new, since=timezone.now())


def _compute_next_try(state: str, tries: int) -> datetime:
    return timezone.now() + (compute_pause(tries) if state == State.QUEUED else timedelta())


def _find_off_reason(notice: Notice) -> tuple[str, str] | None:
    """The state and the reason where no mail is to be sent any more, else None."""
    if not notice.to.is_active:
        return State.OFF, "The account is closed."
    if not clean_address(notice.to.email):
        return State.OFF, "The account has no e-mail address."
    if not get_reader(notice.to).by_mail:
        return State.OFF, "They read it on the page."
    pending = notice.refund.state == Refund.State.PENDING
    if not pending and notice.kind != Kind.DECIDED:
        return State.OFF, "Somebody decided meanwhile."
    return None


def _submit_mail(notice: Notice) -> tuple[str, str]:
    submission = submit_mail(compose_mail(notice))
    return STATES[submission.answer], submission.note


def compose_mail(notice: Notice) -> EmailMessage:
    """The mail of a notice: amount, order and link. The link needs settings.SITE_URL.

    The amount is left out for a person who has to give their first opinion.
    """
    what = _format_subject_matter(notice)
    lines = [
        f"{SUBJECTS[Kind(notice.kind)]}.",
        "",
        what,
        _format_status_line(notice),
        "",
        f"{settings.SITE_URL}{_get_link_path(notice)}",
        "",
        "You can switch these mails off in the menu under your name.",
    ]
    return EmailMessage(
        subject=f"{SUBJECTS[Kind(notice.kind)]}: {what}",
        body="\n".join(lines),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[notice.to.email],
    )


def _format_subject_matter(notice: Notice) -> str:
    refund = notice.refund
    number = " ".join(refund.order.number.split())
    if notice.kind != Kind.DECIDED and first_opinion.is_opinion_due(refund, notice.to):
        return f"order {number}"
    thing = "a replacement worth " if refund.remedy == Payment.REPLACEMENT else ""
    return f"{thing}{money(refund.amount, refund.currency)} on order {number}"


def _format_status_line(notice: Notice) -> str:
    if notice.kind == Kind.DECIDED:
        return f"Decided: {notice.refund.get_state_display().lower()}."
    ends = timezone.localtime(notice.refund.expires_at)
    return f"It runs out on {ends:%d %B %Y at %H:%M}."


def _get_link_path(notice: Notice) -> str:
    """The path a mail links to: the ticket for whoever asked, else the refund's page."""
    refund = notice.refund
    asked = notice.kind == Kind.DECIDED
    return refund.ticket.get_absolute_url() if asked else refund.get_absolute_url()


def sweep_notices() -> None:
    """Mark what a dead worker left half sent as in doubt, and call a worker to each notice
    that waits.
    """
    now = timezone.now()
    Notice.objects.filter(state=State.SENDING, since__lt=now - DOUBTED_AFTER).update(
        state=State.DOUBT, since=now, note="The process that sent it stopped before the answer."
    )
    waiting = Notice.objects.filter(state=State.QUEUED)
    until = now + CALLED_AGAIN_AFTER
    for pk in leases.call_out_overdue(
        waiting, "since", before=now, until=until, limit=SWEEP_BATCH_SIZE
    ):
        run_queue.dispatch_task(NOTIFY_TASK, pk, expires=CALLED_AGAIN_AFTER.total_seconds())
