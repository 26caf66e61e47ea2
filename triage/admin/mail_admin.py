"""Mails that could not be taken in: an admin sees why, and tries again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from tickets.access import ADMINS
from tickets.audit.read_only_admin import ReadOnlyAdmin
from tickets.intake.mail_retries import retry_refused_mail
from tickets.mail.charsets import decode_bytes
from tickets.models import RefusedMail

MAX_SHOWN_BYTES = 4_000


@admin.register(RefusedMail)
class RefusedMailAdmin(ReadOnlyAdmin):
    list_display = ("refused_at", "place", "reason", "attempts", "show_ticket")
    list_filter = (("taken_in_at", admin.EmptyFieldListFilter),)
    search_fields = ("place", "reason")
    actions = ("retry_mails",)
    fields = ("place", "reason", "refused_at", "attempts", "show_ticket", "show_start")
    readonly_fields = fields
    list_select_related = ("ticket",)
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[RefusedMail]:
        return super().get_queryset(request).defer("raw")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.groups.filter(name=ADMINS).exists()

    @admin.display(description="Taken in")
    def show_ticket(self, refused: RefusedMail) -> str:
        """A link to the ticket that the mail became."""
        if refused.ticket is None:
            return "not yet"
        return format_html('<a href="{}">{}</a>', refused.ticket.get_absolute_url(), refused.ticket)

    @admin.display(description="Its first lines")
    def show_start(self, refused: RefusedMail) -> str:
        if refused.raw is None:
            return "It is too large to keep here, or could not be read: look for it at its place."
        return decode_bytes(bytes(refused.raw)[:MAX_SHOWN_BYTES])

    @admin.action(description="Try again to take these mails in", permissions=["view"])
    def retry_mails(self, request: HttpRequest, queryset: QuerySet[RefusedMail]) -> None:
        done = [retry_refused_mail(refused) for refused in queryset.filter(taken_in_at=None)]
        taken = sum(outcome is not None for outcome in done)
        left = len(done) - taken
        self.message_user(
            request, f"{taken} taken in, {left} still refused: their reason says why."
        )
        if left:
            self.message_user(
                request, "A mail too large to keep is imported from its place.", messages.WARNING
            )
