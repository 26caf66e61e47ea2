"""Refund requests, the decisions of people on them, and who may decide how much."""

from __future__ import annotations

from typing import Any

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from tickets.models import Order, Run, Ticket

MONEY: dict[str, Any] = {"max_digits": 12, "decimal_places": 2}

# Sums are taken under a lock on the order, so that two approvals at once cannot both fit.
CAPTURED_IS_THE_CEILING = """
    IF NEW.state IN ('approved', 'executing', 'executed', 'doubt') THEN
        PERFORM 1 FROM tickets_order WHERE id = NEW.order_id FOR UPDATE;
        IF NEW.amount
            + COALESCE((SELECT SUM(amount) FROM approvals_refund
                WHERE order_id = NEW.order_id AND id <> NEW.id
                AND state IN ('approved', 'executing', 'doubt')), 0)
            + COALESCE((SELECT SUM(amount) FROM tickets_payment
                WHERE order_id = NEW.order_id AND kind = 'refund'
                AND reference <> COALESCE(NULLIF(NEW.reference, ''), chr(0x1F)) ), 0)
            > COALESCE((SELECT SUM(amount) FROM tickets_payment
                WHERE order_id = NEW.order_id AND kind = 'capture'), 0)
        THEN
            RAISE EXCEPTION 'refunds would exceed what was paid'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'captured_is_the_ceiling';
        END IF;
    END IF;
    RETURN NEW;
"""

# The decision repeats who asked, drafted and edited; this makes sure it repeats the truth.
DECISION_REPEATS_THE_REFUND = """
    IF NOT EXISTS (
        SELECT 1 FROM approvals_refund r WHERE r.id = NEW.refund_id
        AND r.requested_by_id IS NOT DISTINCT FROM NEW.requested_by_id
        AND r.edited_by_id IS NOT DISTINCT FROM NEW.edited_by_id
        AND r.amount = NEW.amount
    ) THEN
        RAISE EXCEPTION 'the decision does not describe its refund'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decision_repeats_the_refund';
    END IF;
    IF EXISTS (
        SELECT 1 FROM approvals_refund r JOIN tickets_draft d ON d.ticket_id = r.ticket_id
        LEFT JOIN tickets_message m ON m.id = d.message_id
        WHERE r.id = NEW.refund_id AND NEW.by_id IN (d.edited_by_id, m.author_id)
    ) THEN
        RAISE EXCEPTION 'the approver wrote the reply on this ticket'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'approver_is_not_drafter';
    END IF;
    RETURN NEW;
"""


class Refund(models.Model):
    """A request to give money back, shown to people as stored here and in no other words.

    ``requested_by`` is None where the machine proposed it. ``fingerprint`` is the
    sha256 of everything a decision rests on; a decision names the one it saw.
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
    edited_by = models.ForeignKey(
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
        ]
        triggers = [
            pgtrigger.Trigger(
                name="captured_is_the_ceiling",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=CAPTURED_IS_THE_CEILING,
            )
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} on {self.order}"

    def get_absolute_url(self) -> str:
        return reverse("approvals:refund", args=[self.pk])


class Decision(models.Model):
    """What one person decided on one refund, and exactly what they saw. Append-only.

    ``requested_by``, ``edited_by`` and ``amount`` repeat the refund, so that the
    database itself can refuse a person who decides on their own work or above
    their limit.
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
    edited_by = models.ForeignKey(
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
                condition=Q(edited_by__isnull=True) | ~Q(by=F("edited_by")),
                name="approver_is_not_last_editor",
            ),
            models.CheckConstraint(
                condition=~Q(verdict="approve") | Q(amount__lte=F("limit_then")),
                name="approval_is_within_the_limit",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="decisions_are_append_only", operation=pgtrigger.Update | pgtrigger.Delete
            ),
            pgtrigger.Trigger(
                name="decision_repeats_the_refund",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=DECISION_REPEATS_THE_REFUND,
            ),
        ]

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
    """Members of a group may approve up to an amount; above ``two_above`` it takes two of them."""

    group = models.OneToOneField(Group, models.CASCADE, related_name="approval_limit")
    up_to = models.DecimalField(**MONEY)
    two_above = models.DecimalField(**MONEY)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(up_to__gte=0), name="limit_not_negative")]

    def __str__(self) -> str:
        return f"{self.group}: up to {self.up_to}, two people above {self.two_above}"
