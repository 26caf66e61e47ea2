"""The machine's knobs in the admin panel."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from tickets.reasons import KnobAdmin, ReasonedForm
from triage import machine
from triage.models import Classifier, Clause, Intent, IntentExample, Limit, PolicyVersion, Rung


class ExampleInline(admin.TabularInline[IntentExample, Intent]):
    model = IntentExample
    extra = 2
    fields = ("text", "source")
    formfield_overrides = {}

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "text":
            kwargs["widget"] = forms.Textarea(attrs={"rows": 2, "cols": 90})
        return super().formfield_for_dbfield(db_field, request, **kwargs)


@admin.register(Intent)
class IntentAdmin(KnobAdmin):
    list_display = ("name", "slug", "money", "dated_by_purchase", "active")
    inlines = (ExampleInline,)


class LimitForm(ReasonedForm):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        step = next((s for s in machine.steps() if s.name == cleaned.get("step")), None)
        if step and cleaned.get("name") not in step.limits:
            known = ", ".join(step.limits) or "none"
            raise ValidationError({"name": f"The step {step.name} knows these limits: {known}."})
        return cleaned


@admin.register(Limit)
class LimitAdmin(KnobAdmin):
    """A limit without a row is the step's own default."""

    form = LimitForm
    list_display = ("step", "name", "value")

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "step":
            return _steps_field()
        return super().formfield_for_dbfield(db_field, request, **kwargs)


@admin.register(Rung)
class RungAdmin(KnobAdmin):
    """A step without rows climbs its own default ladder."""

    list_display = ("step", "position", "engine", "active")
    list_filter = ("step",)

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "step":
            return _steps_field()
        if db_field.name == "engine":
            return forms.ChoiceField(choices=[(name, name) for name in machine.engine_names()])
        return super().formfield_for_dbfield(db_field, request, **kwargs)


def _steps_field() -> forms.ChoiceField:
    return forms.ChoiceField(choices=[(step.name, step.name) for step in machine.steps()])


class ReadOnly(admin.ModelAdmin[Any]):
    """Made elsewhere; here to be looked at."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ClauseInline(admin.TabularInline[Clause, PolicyVersion]):
    model = Clause
    fields = ("ref", "heading", "text")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Classifier)
class ClassifierAdmin(ReadOnly):
    list_display = ("__str__", "active", "created_at", "created_by", "promise")
    exclude = ("weights",)
