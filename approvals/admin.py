"""Approval limits in the admin panel; refunds, decisions and payments only to be looked at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from approvals.models import ApprovalLimit, Care, Decision, Execution, Notice, Refund
from tickets.audit.change_reasons import KnobAdmin
from tickets.audit.read_only_admin import ReadOnlyAdmin


@admin.register(ApprovalLimit)
class ApprovalLimitAdmin(KnobAdmin):
    list_display = ("group", "currency", "up_to", "two_above")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The first limit of a currency brings its care, with what is usual."""
        super().save_model(request, obj, form, change)
        Care.objects.get_or_create(currency=obj.currency)


@admin.register(Care)
class CareAdmin(KnobAdmin):
    """One row a currency."""

    list_display = ("currency", "blind_above", "blind_share", "escalate_hours", "sealed_share")


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "order",
        "amount",
        "currency",
        "state",
        "rule",
        "risk",
        "requested_by",
        "assigned_to",
        "created_at",
        "escalated_at",
    )
    list_filter = ("state", "currency", "risk", "remedy", "created_at")
    list_select_related = ("order", "requested_by", "assigned_to")
    search_fields = ("order__number", "rule", "reference")
    date_hierarchy = "created_at"


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    list_display = ("at", "refund", "verdict", "reason_code", "by", "rule", "amount", "limit_then")
    list_filter = ("verdict", "reason_code", "at", "by")
    list_select_related = ("refund__order", "by", "rule")
    search_fields = ("refund__order__number", "reason")
    date_hierarchy = "at"


@admin.register(Execution)
class ExecutionAdmin(ReadOnlyAdmin):
    list_display = (
        "created_at",
        "refund",
        "by",
        "state",
        "amount",
        "currency",
        "reference",
        "calls",
        "questions",
        "settled_by",
        "settled_at",
    )
    list_filter = ("state", "by", "currency", "created_at")
    list_select_related = ("refund__order", "settled_by")
    search_fields = ("refund__order__number", "reference", "key", "charge")


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    list_display = ("at", "refund", "to", "kind", "state", "tries", "note")
    list_filter = ("state", "kind", "at")
    list_select_related = ("refund__order", "to")
