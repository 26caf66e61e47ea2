"""The settings of the steps, and what they work with, in the admin panel."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pghistory
from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from tickets.audit.change_reasons import KnobAdmin, ReasonedForm
from tickets.audit.read_only_admin import ReadOnlyAdmin
from triage.admin.account_admin import AccountAdmin
from triage.admin.mail_admin import RefusedMailAdmin
from triage.admin.refund_rules import RefundRuleAdmin
from triage.admin.saved_reply_admin import SavedReplyAdmin
from triage.guardrails.attribution import has_unsourced_value
from triage.guardrails.tone import SENTENCE_ENDS
from triage.models import (
    Classifier,
    Clause,
    Intent,
    IntentExample,
    Limit,
    Phrase,
    PolicyVersion,
    Rung,
)
from triage.pipeline import registry
from triage.policies import loading

__all__ = ["AccountAdmin", "RefundRuleAdmin", "RefusedMailAdmin", "SavedReplyAdmin"]


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


SHARE_LIMITS = ("confidence", "relevance", "audit", "first_audit", "retold", "reply", "clause")


class LimitForm(ReasonedForm):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        step = next((s for s in registry.load_steps() if s.name == cleaned.get("step")), None)
        if step and cleaned.get("name") not in {**step.limits, **step.free_limits}:
            known = ", ".join({**step.limits, **step.free_limits}) or "none"
            raise ValidationError({"name": f"The step {step.name} knows these limits: {known}."})
        if cleaned.get("name") in SHARE_LIMITS and not 0 <= cleaned.get("value", 0) <= 1:
            raise ValidationError({"value": "This is a share: between 0 and 1."})
        if (
            cleaned.get("name") in ("target", "ready")
            and not 0.5 <= cleaned.get("value", 0) <= 0.999
        ):
            raise ValidationError({"value": "A target is a share between 0.5 and 0.999."})
        if cleaned.get("name") == "strangers" and not 0 <= cleaned.get("value", 0) <= 0.9:
            raise ValidationError({"value": "This is a share between 0 and 0.9, such as 0.3."})
        return cleaned


LIMIT_HELP_TEXT = (
    "target: the share of automatic labels that has to be right. strangers: the share of "
    "messages taken to be none of ours, until tickets drawn by lot say otherwise. audit: the "
    "share of tickets whose label a person is asked about; first_audit: the same until 60 labels "
    "of a version were checked. confidence: the least of an automatic label, beside "
    "the promise. relevance: how likely one clause has to be to answer, from 0 to 1. retold: the "
    "most of a general model's words that may have no row and no clause behind them. reply: how "
    "near a question has to be to those of a saved reply, clause: how likely a clause has to be to "
    "answer it, both from 0 to 1. ready: the share of ready drafts that shall leave with at most a "
    "tenth of their words changed."
)


@admin.register(Limit)
class LimitAdmin(KnobAdmin):
    """A limit without a row is the step's own default."""

    form = LimitForm
    list_display = ("step", "name", "value")

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "step":
            return _build_step_field("In force without a row here: " + _describe_limits())
        if db_field.name == "name":
            kwargs["help_text"] = LIMIT_HELP_TEXT
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class RungForm(ReasonedForm):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        fitting = registry.list_step_engines(cleaned.get("step", ""))
        if cleaned.get("engine") and cleaned["engine"] not in fitting:
            names = ", ".join(fitting)
            raise ValidationError({"engine": f"This step can be served by: {names}."})
        return cleaned


@admin.register(Rung)
class RungAdmin(KnobAdmin):
    """A step without rows climbs its own default ladder; its first row replaces all of that."""

    form = RungForm
    list_display = ("step", "position", "engine", "active")
    list_filter = ("step",)

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "step":
            return _build_step_field(
                "The rungs set here replace the step's own ladder: " + _describe_ladders()
            )
        if db_field.name == "engine":
            return forms.ChoiceField(
                choices=[(name, name) for name in registry.list_engine_names()]
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class PhraseForm(ReasonedForm):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        text = cleaned.get("text", "")
        added = text.endswith(SENTENCE_ENDS)  # by us, where a draft lacks it
        if cleaned.get("rule") == Phrase.Rule.HAS_TO and has_unsourced_value(text) and not added:
            raise ValidationError(
                {
                    "text": "No writer may type a number, amount, address or link: make it a "
                    "whole sentence with its full stop, which is added, or take it out."
                }
            )
        return cleaned


@admin.register(Phrase)
class PhraseAdmin(KnobAdmin):
    """A whole sentence that has to be said is added to a draft that lacks it. A draft that
    breaks any other of these climbs its ladder; at the end a person writes."""

    form = PhraseForm
    list_display = ("text", "rule", "intent", "active")
    list_filter = ("rule", "active")


def _build_step_field(help_text: str) -> forms.ChoiceField:
    choices = [(step.name, step.name) for step in registry.load_steps()]
    return forms.ChoiceField(choices=choices, help_text=help_text)


def _describe_ladders() -> str:
    return "; ".join(f"{step.name}: {' → '.join(step.ladder)}" for step in registry.load_steps())


def _describe_limits() -> str:
    known = (
        (step.name, name, value)
        for step in registry.load_steps()
        for name, value in {**step.limits, **step.free_limits}.items()
    )
    return "; ".join(f"{step}, {name}: {value:g}" for step, name, value in known)


class ClauseInline(admin.TabularInline[Clause, PolicyVersion]):
    model = Clause
    fields = ("ref", "heading", "text")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Classifier)
class ClassifierAdmin(ReadOnlyAdmin):
    """Versions are compared and put to work under Learning; here are their rows."""

    list_display = ("__str__", "active", "created_at", "created_by", "page")
    exclude = ("weights", "encoder")

    @admin.display(description="Compare and put to work")
    def page(self, row: Classifier) -> str:
        return format_html(
            '<a href="{}">Version {}</a>', reverse("triage:version", args=[row.pk]), row.pk
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Classifier]:
        return super().get_queryset(request).defer("weights")


class MarkdownForm(forms.Form):
    """A new version is written as Markdown, just as `load_policies` reads it."""

    markdown = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 30, "cols": 100}),
        help_text="Lines with id, title, effective_from and source between two lines of ---; "
        "then a heading (##) for each clause. The terms before it stay as they were.",
    )
    why = forms.CharField(label="Why this change", max_length=300)

    def load(self) -> bool:
        """Load what was written; the faults, with their lines, become errors of the form."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "policy.md"
            path.write_text(self.cleaned_data["markdown"].replace("\r\n", "\n"))
            try:
                with pghistory.context(why=self.cleaned_data["why"]):
                    loading.load_policies(path)
            except loading.BadPolicies as error:
                for problem in error.problems:
                    self.add_error("markdown", f"Line {problem.line}: {problem.because}")
        return self.is_valid()


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ReadOnlyAdmin):
    """Versions are added, never edited: what a receipt cites has to stay as it was."""

    list_display = ("title", "number", "effective_from", "effective_to", "source")
    inlines = (ClauseInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("triage.add_policyversion")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = MarkdownForm(request.POST or None)
        if form.is_valid() and form.load():
            self.message_user(request, "The new version is in force from its date on.")
            return redirect("admin:triage_policyversion_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": "Add a policy or a new version",
            "opts": self.opts,
            "form": form,
        }
        return TemplateResponse(request, "admin/policy_add.html", context)
