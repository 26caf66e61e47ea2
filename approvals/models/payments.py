"""What is asked of the payment side, written down before it is asked."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from approvals.constraints import payment_triggers
from approvals.models.refunds import Refund
from tickets.models.amounts import MONEY_FIELD_OPTIONS, MoneyField


class Execution(models.Model):
    """The outbox: one payment order for one approved refund, and how it went.

    ``key`` is the idempotency key, derived from the decisions and stored before the first
    call; no other is ever used. A worker claims the row by a conditional UPDATE that sets
    ``holder`` and ``lease_until``. ``charge`` names the captured payment at the payment side.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting to be paid"
        CALLING = "calling", "Being paid"
        DONE = "done", "Paid"
        FAILED = "failed", "Refused by the payment side"
        DOUBT = "doubt", "May or may not have been paid"

    class By(models.TextChoices):
        MANUAL = "manual", "by hand"
        WEBHOOK = "webhook", "by the payment service"
        STRIPE = "stripe", "by Stripe"

    refund = models.OneToOneField(Refund, models.PROTECT, related_name="execution")
    by = models.CharField(max_length=10, choices=By)
    key = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    amount = MoneyField(**MONEY_FIELD_OPTIONS)
    currency = models.CharField(max_length=3)
    charge = models.CharField(max_length=120, blank=True)
    reference = models.CharField(max_length=120, blank=True)
    note = models.CharField(max_length=500, blank=True)
    calls = models.PositiveIntegerField(default=0)
    questions = models.PositiveIntegerField(default=0)
    holder = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    called_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["next_at"],
                condition=Q(state__in=["queued", "calling", "doubt"]),
                name="execution_is_open",
            )
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(key=""), name="execution_has_a_key"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="execution_is_positive"),
            models.CheckConstraint(
                condition=~Q(state="calling") | (Q(lease_until__isnull=False) & ~Q(holder="")),
                name="calling_has_a_lease",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | ~Q(reference=""), name="done_has_a_reference"
            ),
        ]
        triggers = payment_triggers.EXECUTION_TRIGGERS

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} {self.get_by_display()}"
