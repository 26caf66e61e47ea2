"""What keeps an approval from becoming a reflex: looks, first opinions and seeded checks."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from approvals.constraints import page_view_triggers as triggers
from approvals.models.refunds import Refund
from tickets.models.amounts import MONEY_FIELD_OPTIONS, MoneyField, raise_if_unpayable


class Look(models.Model):
    """One page that was shown to one person, and what they did with it.

    ``shown`` is what stood there, by name, so that a later change can be told; ``fingerprint``
    is its digest. ``visible_ms`` is how long the page was in sight, as the browser tells it
    and never more than the clock allows; ``opened`` are the receipts they unfolded, by id.
    ``measured_at`` is None where no browser told anything. ``first_verdict`` and
    ``first_amount`` are what they said before the recommendation was shown, on a ``blind`` page.
    """

    refund = models.ForeignKey(Refund, models.PROTECT, related_name="looks")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    shown = models.JSONField(default=dict)
    fingerprint = models.CharField(max_length=64)
    visible_ms = models.PositiveIntegerField(default=0)
    opened = models.JSONField(default=list)
    measured_at = models.DateTimeField(null=True, blank=True)
    blind = models.BooleanField(default=False)
    first_verdict = models.CharField(max_length=10, blank=True)
    first_amount = MoneyField(**MONEY_FIELD_OPTIONS, null=True, blank=True)
    first_reason = models.TextField(blank=True)
    first_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["by", "at"]), models.Index(fields=["refund", "by"])]
        constraints = [
            models.UniqueConstraint(
                fields=["refund", "by"],
                condition=~Q(first_verdict=""),
                name="one_first_opinion_a_person",
            ),
            models.CheckConstraint(
                condition=Q(first_verdict="", first_at__isnull=True, first_amount__isnull=True)
                | Q(blind=True, first_at__isnull=False, first_verdict__in=["reject", "return"])
                & Q(first_amount__isnull=True)
                | Q(blind=True, first_at__isnull=False, first_verdict="approve")
                & Q(first_amount__gt=0),
                name="first_opinion_is_whole_and_blind",
            ),
        ]
        triggers = triggers.PAGE_VIEW_TRIGGERS

    def __str__(self) -> str:
        return f"{self.by} looked at {self.refund}"


class SealedCheck(models.Model):
    """A made-up request with a known fault, to see whether it is noticed.

    ``seal`` is the sha256 of the answer and a salt, written into a receipt when it was
    planted, so that nobody can choose the answer afterwards. ``after`` is the real request
    whose lot called for it. ``revealed_at`` is when the person who decided was told.
    """

    refund = models.OneToOneField(Refund, models.PROTECT, related_name="sealed_check")
    fault = models.CharField(max_length=60)
    right_verdict = models.CharField(max_length=10)
    salt = models.CharField(max_length=64)
    seal = models.CharField(max_length=64)
    planted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    planted_at = models.DateTimeField(default=timezone.now)
    after = models.OneToOneField(Refund, models.PROTECT, null=True, blank=True, related_name="+")
    revealed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        triggers = triggers.SEEDED_CHECK_TRIGGERS

    def __str__(self) -> str:
        return f"sealed check {self.pk}"


@pghistory.track()
class Care(models.Model):
    """How much care an approval takes; one row, set by admins with a reason."""

    currency = models.CharField(max_length=3, default="GBP", unique=True)
    blind_above = MoneyField(
        **MONEY_FIELD_OPTIONS,
        null=True,
        blank=True,
        help_text="Above it a supervisor says first what they would do, then sees the "
        "recommendation; empty for never",
    )
    blind_share = models.FloatField(
        default=0.1, help_text="The share of all other requests where the same is asked, by lot"
    )
    escalate_hours = models.PositiveIntegerField(
        default=24,
        help_text="A request that waits longer is brought before everybody who may decide",
    )
    sealed_share = models.FloatField(
        default=0.0, help_text="Sealed checks planted for each real request; 0 is none"
    )

    class Meta:
        verbose_name = verbose_name_plural = "care in approvals"
        constraints = [
            models.CheckConstraint(
                condition=Q(blind_share__range=(0, 1), sealed_share__range=(0, 0.2)),
                name="care_shares_are_shares",
            )
        ]

    def __str__(self) -> str:
        return f"care in approvals, {self.currency}"

    def clean(self) -> None:
        raise_if_unpayable(self, self.currency, "blind_above")
