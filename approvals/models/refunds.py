"""Refund requests and the decisions of people on them."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from approvals.constraints import refund_triggers as triggers
from tickets.models import Order, Run, Ticket
from tickets.models.amounts import MONEY_FIELD_OPTIONS, MoneyField


class Refund(models.Model):
    """A request to give money back, shown to people as stored here and in no other words.

    ``requested_by`` is None where the machine proposed it. ``fingerprint`` is the
    sha256 of everything a decision rests on; a decision names the one it saw.
    ``approvers_needed`` is the number in force when it was last looked at. ``lines`` are the
    pieces it is for: ``[{"sku": …, "name": …, "quantity": 1, "amount": "49.00"}, …]``.
    ``terms`` is the rule as it was applied, ``conditions`` what no row can tell and a person
    has to be sure of. ``reviewers`` alone may decide where a tier of the rule names them.
    A ``seeded`` one is a check of attention: no money can ever move by it.
    """

    class Risk(models.IntegerChoices):
        ORDINARY = 0, "ordinary"
        RAISED = 1, "look twice"
        HIGH = 2, "high"

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
    amount = MoneyField(**MONEY_FIELD_OPTIONS)
    currency = models.CharField(max_length=3)
    arithmetic = models.JSONField(default=list)
    reasons = models.JSONField(default=list)
    rule = models.CharField(max_length=200, blank=True)
    citations = models.JSONField(default=list)
    note = models.TextField(blank=True)
    lines = models.JSONField(default=list)
    terms = models.JSONField(default=dict)
    conditions = models.JSONField(default=list)
    risk = models.PositiveSmallIntegerField(choices=Risk, default=Risk.ORDINARY)
    fingerprint = models.CharField(max_length=64)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    approvers_needed = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    reference = models.CharField(max_length=120, blank=True)
    reviewers = models.ForeignKey(Group, models.PROTECT, null=True, blank=True, related_name="+")
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    escalated_at = models.DateTimeField(null=True, blank=True)
    seeded = models.BooleanField(default=False, editable=False)

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
            models.CheckConstraint(
                condition=Q(seeded=False) | Q(state__in=["pending", "expired", "void"]),
                name="seeded_moves_no_money",
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
        triggers = triggers.REFUND_TRIGGERS

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} on {self.order}"

    def get_absolute_url(self) -> str:
        return reverse("approvals:refund", args=[self.pk])


class Decision(models.Model):
    """What one person decided on one refund, and exactly what they saw. Append-only.

    ``by`` is None where a rule's own limit approved it (``rule`` names it, ``limit_then`` is
    that limit). ``look`` is the page it was decided on. ``reason_code`` is why it was refused,
    from a short list that the reply to the customer follows. ``requested_by`` and ``amount``
    repeat the refund, so that the database itself can refuse a person who decides on their own
    request or above their limit.
    """

    class Verdict(models.TextChoices):
        APPROVE = "approve", "Approve"
        REJECT = "reject", "Reject"
        RETURN = "return", "Ask for more information"

    class ReasonCode(models.TextChoices):
        OUTSIDE_WINDOW = "outside_window", "The time for it is over"
        NOT_COVERED = "not_covered", "The policy does not cover it"
        NO_EVIDENCE = "no_evidence", "The evidence needed is missing"
        WRONG_AMOUNT = "wrong_amount", "The amount is not right"
        OTHER = "other", "Something else"

    refund = models.ForeignKey(Refund, models.PROTECT, related_name="decisions")
    verdict = models.CharField(max_length=10, choices=Verdict)
    reason = models.TextField()
    reason_code = models.CharField(max_length=20, choices=ReasonCode, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="decisions"
    )
    rule = models.ForeignKey(
        "RefundRule", models.PROTECT, null=True, blank=True, related_name="decisions"
    )
    look = models.OneToOneField(
        "Look", models.PROTECT, null=True, blank=True, related_name="decision"
    )
    at = models.DateTimeField(default=timezone.now)
    fingerprint = models.CharField(max_length=64)
    amount = MoneyField(**MONEY_FIELD_OPTIONS)
    limit_then = MoneyField(**MONEY_FIELD_OPTIONS)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["refund", "by"], name="one_decision_a_person"),
            models.CheckConstraint(condition=~Q(reason=""), name="decision_has_a_reason"),
            models.CheckConstraint(
                condition=Q(verdict="reject") ^ Q(reason_code=""), name="only_a_refusal_has_a_code"
            ),
            models.CheckConstraint(
                condition=Q(by__isnull=False) | Q(rule__isnull=False, verdict="approve"),
                name="decision_has_a_person_or_a_rule",
            ),
            models.CheckConstraint(
                condition=Q(requested_by__isnull=True) | ~Q(by=F("requested_by")),
                name="approver_is_not_requester",
            ),
            models.CheckConstraint(
                condition=~Q(verdict="approve") | Q(amount__lte=F("limit_then")),
                name="approval_is_within_the_limit",
            ),
        ]
        triggers = triggers.DECISION_TRIGGERS

    def __str__(self) -> str:
        return f"{self.verdict} by {self.by}"
