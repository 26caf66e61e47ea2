"""Refund requests, the decisions of people on them, and who may decide how much."""

from __future__ import annotations

from typing import Any

import pghistory
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from approvals import triggers
from tickets.models import Order, Run, Ticket

MONEY: dict[str, Any] = {"max_digits": 12, "decimal_places": 2}


class Refund(models.Model):
    """A request to give money back, shown to people as stored here and in no other words.

    ``requested_by`` is None where the machine proposed it. ``fingerprint`` is the
    sha256 of everything a decision rests on; a decision names the one it saw.
    ``approvers_needed`` is the number in force when it was last looked at.
    """

    class State(models.TextChoices):
        PENDING = "pending", "Waiting for a decision"
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"
        RETURNED = "returned", "More information needed"
        EXPIRED = "expired", "Expired"
        VOID = "void", "Void"
        EXECUTING = "executing", "Being paid"
        EXECUTED = "executed", "Paid"
        FAILED = "failed", "Payment failed"
        DOUBT = "doubt", "In doubt"

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="refunds")
    run = models.ForeignKey(Run, models.PROTECT, null=True, blank=True, related_name="refunds")
    order = models.ForeignKey(Order, models.PROTECT, related_name="refunds")
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    remedy = models.CharField(max_length=20, default="refund")
    amount = models.DecimalField(**MONEY)
    currency = models.CharField(max_length=3)
    arithmetic = models.JSONField(default=list)
    reasons = models.JSONField(default=list)
    rule = models.CharField(max_length=200, blank=True)
    citations = models.JSONField(default=list)
    note = models.TextField(blank=True)
    fingerprint = models.CharField(max_length=64)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    approvers_needed = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    reference = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["state", "created_at", "id"])]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_is_positive"),
            models.CheckConstraint(
                condition=Q(approvers_needed__range=(1, 3)), name="refund_needs_a_person"
            ),
            models.CheckConstraint(
                condition=~Q(state="executed") | ~Q(reference=""), name="paid_has_a_reference"
            ),
            models.UniqueConstraint(
                fields=["ticket", "order"],
                condition=Q(state="pending"),
                name="one_pending_refund_an_order",
            ),
            models.UniqueConstraint(
                fields=["order", "reference"],
                condition=~Q(reference=""),
                name="one_refund_a_reference",
            ),
        ]
        triggers = triggers.REFUND

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} on {self.order}"

    def get_absolute_url(self) -> str:
        return reverse("approvals:refund", args=[self.pk])


class Decision(models.Model):
    """What one person decided on one refund, and exactly what they saw. Append-only.

    ``requested_by`` and ``amount`` repeat the refund, so that the database itself
    can refuse a person who decides on their own request or above their limit.
    """

    class Verdict(models.TextChoices):
        APPROVE = "approve", "Approve"
        REJECT = "reject", "Reject"
        RETURN = "return", "Ask for more information"

    refund = models.ForeignKey(Refund, models.PROTECT, related_name="decisions")
    verdict = models.CharField(max_length=10, choices=Verdict)
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="decisions")
    at = models.DateTimeField(default=timezone.now)
    fingerprint = models.CharField(max_length=64)
    amount = models.DecimalField(**MONEY)
    limit_then = models.DecimalField(**MONEY)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["refund", "by"], name="one_decision_a_person"),
            models.CheckConstraint(condition=~Q(reason=""), name="decision_has_a_reason"),
            models.CheckConstraint(
                condition=Q(requested_by__isnull=True) | ~Q(by=F("requested_by")),
                name="approver_is_not_requester",
            ),
            models.CheckConstraint(
                condition=~Q(verdict="approve") | Q(amount__lte=F("limit_then")),
                name="approval_is_within_the_limit",
            ),
        ]
        triggers = triggers.DECISION

    def __str__(self) -> str:
        return f"{self.verdict} by {self.by}"


@pghistory.track()
class RefundRule(models.Model):
    """What a clause grants, in numbers: the only thing that can propose an amount."""

    class Remedy(models.TextChoices):
        REFUND = "refund"
        CREDIT = "store credit"
        REPLACEMENT = "replacement"

    class From(models.TextChoices):
        PURCHASE = "purchase"
        DELIVERY = "delivery"

    name = models.CharField(max_length=200, unique=True)
    active = models.BooleanField(default=True)
    position = models.PositiveIntegerField(
        default=100,
        help_text="Lower goes first; rules in one place that disagree are a question for a person",
    )
    intents = models.JSONField(default=list, help_text='Labels it covers: ["return-request"]')
    clause = models.CharField(max_length=120, help_text="The clause that grants it: returns.window")
    remedy = models.CharField(max_length=20, choices=Remedy, default=Remedy.REFUND)
    window_days = models.PositiveIntegerField(null=True, blank=True)
    counts_from = models.CharField(max_length=10, choices=From, default=From.DELIVERY)
    effective_from = models.DateField()
    effective_to = models.DateField(null=True, blank=True, help_text="First day it no longer holds")
    fee_percent = models.DecimalField(max_digits=5, decimal_places=2, default=0)
    statuses = models.JSONField(
        default=list, blank=True, help_text="Order states it covers; empty for all"
    )
    covers_final_sale = models.BooleanField(default=False)
    only_late = models.BooleanField(
        default=False, help_text="Only when the promised day has passed"
    )

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(fee_percent__range=(0, 100)), name="fee_is_a_percentage"
            ),
            models.CheckConstraint(
                condition=Q(effective_to__isnull=True) | Q(effective_to__gt=F("effective_from")),
                name="rule_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class ApprovalLimit(models.Model):
    """Members of a group may approve up to an amount of a currency.

    Above the smallest ``two_above`` of any group it takes two people.
    """

    group = models.ForeignKey(Group, models.CASCADE, related_name="approval_limits")
    currency = models.CharField(max_length=3, default="GBP", help_text="Three letters, as in GBP")
    up_to = models.DecimalField(**MONEY)
    two_above = models.DecimalField(**MONEY)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(up_to__gte=0), name="limit_not_negative"),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$"), name="limit_has_a_currency"
            ),
            models.UniqueConstraint(
                fields=["group", "currency"], name="one_limit_a_group_and_currency"
            ),
        ]

    def __str__(self) -> str:
        return (
            f"{self.group}: up to {self.up_to} {self.currency}, two people above {self.two_above}"
        )
