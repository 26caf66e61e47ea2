"""Admin pages of knobs: no change without a reason, and every change on a page of its own."""

from __future__ import annotations

from typing import Any

import pghistory
from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from pghistory.models import Events


def build_why_field() -> forms.CharField:
    """The field that asks why."""
    return forms.CharField(
        label="Why this change",
        max_length=300,
        help_text="Kept with your name and the time; colleagues will read it.",
    )


class ReasonedForm(forms.ModelForm[Any]):
    """A model form that also asks why."""

    why = build_why_field()


class KnobAdmin(admin.ModelAdmin[Any]):
    """A knob: changed with a reason, never deleted, its history kept by the database."""

    form = ReasonedForm
    actions = None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        pghistory.context(why=form.cleaned_data["why"])
        super().save_model(request, obj, form, change)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with pghistory.context(user=request.user.pk):
            return super().changeform_view(request, *args, **kwargs)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The changes of one object, newest first; 403 for whom may not see it."""
        obj = self.get_object(request, object_id)
        if obj is None:
            admin: Any = self
            missing: HttpResponse = admin._get_obj_does_not_exist_redirect(
                request, self.opts, object_id
            )
            return missing
        if not self.has_view_permission(request, obj):
            return HttpResponse(status=403)
        context = {
            **self.admin_site.each_context(request),
            "title": f"History of {obj}",
            "opts": self.opts,
            "object": obj,
            "changes": list(_list_changes(obj)),
        }
        return TemplateResponse(request, "admin/knob_history.html", context)


def _list_changes(obj: Any) -> list[dict[str, Any]]:
    """What changed, newest first: when, who, why, and each value before and after."""
    query: Any = Events.objects
    events: list[Any] = list(query.references(obj).order_by("-pgh_created_at"))
    contexts = [event.pgh_context or {} for event in events]
    names = dict(
        User.objects.filter(pk__in=[c.get("user") for c in contexts if c.get("user")]).values_list(
            "pk", "username"
        )
    )
    return [
        {
            "at": event.pgh_created_at,
            "what": event.pgh_label,
            "of": event.pgh_model.partition(".")[2].removesuffix("Event"),
            "by": names.get(context.get("user") or 0, "the system"),
            "why": context.get("why", ""),
            "values": event.pgh_diff or event.pgh_data,
        }
        for event, context in zip(events, contexts, strict=True)
    ]


def list_of_words(value: object) -> None:
    """Refuse what is no list of texts: a knob that cannot be read would stop every ticket."""
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise ValidationError('Write a list of texts, such as ["one", "two"].')
