"""Mails to colleagues about refunds, written down before they are sent, and who wants them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from approvals.models.refunds import Refund


class Notice(models.Model):
    """One mail to one person about one refund; the row is its place in the queue.

    A worker moves it from queued to sending by a conditional UPDATE. What a dead worker left
    at sending is in doubt and never sent again: the queue page says the same thing.
    """

    class Kind(models.TextChoices):
        ARRIVED = "arrived", "waits for a decision"
        ASSIGNED = "assigned", "was handed to you"
        ESCALATED = "escalated", "has waited too long"
        DECIDED = "decided", "was decided"

    class State(models.TextChoices):
        QUEUED = "queued", "waiting to be sent"
        SENDING = "sending", "being sent"
        SENT = "sent", "sent"
        OFF = "off", "not wanted, or no longer needed"
        FAILED = "failed", "could not be sent"
        DOUBT = "doubt", "may or may not have been sent"

    refund = models.ForeignKey(Refund, models.PROTECT, related_name="notices")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    at = models.DateTimeField(default=timezone.now)
    since = models.DateTimeField(default=timezone.now)
    tries = models.PositiveSmallIntegerField(default=0)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["at", "id"]
        indexes = [
            models.Index(
                fields=["since"],
                condition=Q(state__in=["queued", "sending"]),
                name="notice_is_open",
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["refund", "to", "kind"], name="one_notice_a_person")
        ]

    def __str__(self) -> str:
        return f"{self.refund} {self.get_kind_display()}, to {self.to}"


class Reader(models.Model):
    """How one person hears of refunds: by mail or not, and when they last saw the queue."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+"
    )
    by_mail = models.BooleanField(default=True)
    looked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.person}, {'by mail' if self.by_mail else 'on the page only'}"
