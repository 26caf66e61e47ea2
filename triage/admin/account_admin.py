"""Accounts and groups in the admin panel: changed with a reason, and never into an admin.

Who is an admin, and what admins may do, is decided at the console (``manage.py make_admin``).
The database refuses the rest whatever a form sends (``approvals.constraints.account_triggers``).
"""

from __future__ import annotations

from typing import Any

import pghistory
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import (
    AdminPasswordChangeForm,
    AdminUserCreationForm,
    UserChangeForm,
)
from django.contrib.auth.models import Group, User
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from approvals import account_hands
from approvals.models import AccountChange
from tickets.access import ADMINS, STAFF
from tickets.audit.change_reasons import build_why_field

AT_THE_CONSOLE = (
    "Admins are made and changed at the console: manage.py make_admin, manage.py changepassword."
)


class AccountForm(UserChangeForm[User]):
    why = build_why_field()


class NewAccountForm(AdminUserCreationForm[User]):
    why = build_why_field()


class NewPasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]
    """Whoever sets somebody's password could sign in as them; the page says what follows."""

    why = build_why_field()

    def save(self, commit: bool = True) -> Any:
        pghistory.context(why=self.cleaned_data["why"])
        return super().save(commit)


class GroupForm(forms.ModelForm[Group]):
    why = build_why_field()


def is_account_of_power(account: User) -> bool:
    """Whether only the console changes this account."""
    return account.is_superuser or account.is_staff or account.groups.filter(name=ADMINS).exists()


class ChangesOnRecord:
    """Pages that keep why something was changed, and show all changes in its history."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        pghistory.context(why=form.cleaned_data["why"])
        super().save_model(request, obj, form, change)  # type: ignore[misc]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The changes of one account or group, newest first; 403 for whom may not see it."""
        page: Any = self
        obj = page.get_object(request, object_id)
        if obj is None:
            missing: HttpResponse = page._get_obj_does_not_exist_redirect(
                request, page.opts, object_id
            )
            return missing
        if not page.has_view_permission(request, obj):
            return HttpResponse(status=403)
        context = {
            **page.admin_site.each_context(request),
            "title": f"History of {obj}",
            "opts": page.opts,
            "object": obj,
            "changes": [_describe_change(change) for change in _list_changes_of(obj)],
        }
        return TemplateResponse(request, "admin/knob_history.html", context)


def _list_changes_of(obj: User | Group) -> QuerySet[AccountChange]:
    changes = AccountChange.objects.select_related("by")
    if isinstance(obj, User):
        return changes.filter(account=obj)
    named = Q(detail__group=obj.name) | Q(what__in=["joined", "left"], detail__name=obj.name)
    return changes.filter(named | Q(what="group", detail__name__contains=[obj.name]))


def _describe_change(change: AccountChange) -> dict[str, Any]:
    return {
        "at": change.at,
        "what": change.get_what_display(),
        "of": "",
        "by": change.by or "the console",
        "why": change.why,
        "values": change.detail,
    }


class AccountAdmin(ChangesOnRecord, UserAdmin[User]):
    """Agents and supervisors: made, changed and switched off, each time with a reason."""

    form = AccountForm
    add_form = NewAccountForm
    change_password_form = NewPasswordForm
    actions = None
    list_display = ("username", "email", "first_name", "last_name", "is_active", "list_roles")
    list_filter = ("is_active", "groups")
    filter_horizontal = ("groups",)
    readonly_fields = ("is_staff", "is_superuser", "last_login", "date_joined", "in_whose_hands")
    fieldsets = (
        (None, {"fields": ("username", "password", "in_whose_hands")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        (
            "What they may do",
            {
                "fields": ("is_active", "groups", "is_staff", "is_superuser"),
                "description": AT_THE_CONSOLE,
            },
        ),
        ("Dates", {"fields": ("last_login", "date_joined")}),
        ("Record", {"fields": ("why",)}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("username", "usable_password", "password1", "password2", "why"),
            },
        ),
    )

    @admin.display(description="Groups")
    def list_roles(self, account: User) -> str:
        return ", ".join(sorted(group.name for group in account.groups.all()))

    @admin.display(description="Decides on refunds")
    def in_whose_hands(self, account: User) -> str:
        return account_hands.explain_open_changes(account) or "Nothing stands against it."

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A name is on every receipt of the person, so it stays."""
        fixed = super().get_readonly_fields(request, obj)
        return (*fixed, "username") if obj else fixed

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        may = super().has_change_permission(request, obj)
        return may and (obj is None or not is_account_of_power(obj))

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs["queryset"] = Group.objects.exclude(name=ADMINS)
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class NamedGroupAdmin(ChangesOnRecord, GroupAdmin):
    """Groups that rules and limits name. Those of the roles stay as they are."""

    form = GroupForm
    fields = ("name", "why")
    actions = None

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        may = super().has_change_permission(request, obj)
        return may and (obj is None or obj.name not in STAFF)


admin.site.unregister([User, Group])
admin.site.register(User, AccountAdmin)
admin.site.register(Group, NamedGroupAdmin)
