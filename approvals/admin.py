"""Refund rules and limits in the admin panel; refunds and decisions only to be looked at."""

from __future__ import annotations

from django.contrib import admin

from approvals.models import ApprovalLimit, RefundRule
from tickets.reasons import KnobAdmin


@admin.register(RefundRule)
class RefundRuleAdmin(KnobAdmin):
    list_display = (
        "name", "position", "clause", "remedy", "window_days", "counts_from",
        "effective_from", "effective_to", "active",
    )  # fmt: skip
    list_filter = ("active", "remedy")


@admin.register(ApprovalLimit)
class ApprovalLimitAdmin(KnobAdmin):
    list_display = ("group", "currency", "up_to", "two_above")
