"""Saved replies in the admin panel: checked before saving, with a reason each time."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import F
from django.http import HttpRequest

from tickets.audit.change_reasons import KnobAdmin, ReasonedForm
from tickets.models import Ticket
from triage.admin.refund_rules import CheckboxListField, WordLinesField, check_clause
from triage.contract.order_status import STATE_WORDS
from triage.contract.saved_reply import compute_text_sha256
from triage.models import Intent, SavedReply, SavedWording
from triage.models.saved_replies import MAX_WORDING_CHARS
from triage.pipeline.saved_reply_rows import find_clause_texts, find_money_promise

MIN_QUESTIONS = 3


YES_NO_CHOICES = (("unknown", "does not matter"), ("true", "yes"), ("false", "no"))
WORDING_LABELS = {
    "min_days_since_delivery": "Least days since delivery",
    "max_days_since_delivery": "Most days since delivery",
    "min_days_since_purchase": "Least days since purchase",
    "max_days_since_purchase": "Most days since purchase",
    "late": "The delivery is late",
    "final_sale": "The item is final sale",
    "refunded": "Money went back already",
    "task": "To be done before it is sent",
}


class SavedReplyForm(ReasonedForm):
    """Says which labels there are, and asks for enough questions to be found by."""

    questions = WordLinesField(
        label="Questions it answers",
        help_text="One on each line, as customers write them. Five or more find it well.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = Intent.objects.filter(active=True).order_by("name")
        self.fields["intents"] = CheckboxListField(
            [(intent.slug, intent.name) for intent in labels],
            self.instance.intents,
            required=False,
            label="Labels",
            help_text="None ticked: whatever the label is.",
        )
        self.fields["slug"].label = "Short name"

    def clean_questions(self) -> list[str]:
        questions: list[str] = self.cleaned_data["questions"]
        if len(questions) < MIN_QUESTIONS:
            raise ValidationError(f"Write at least {MIN_QUESTIONS}, one on each line.")
        return questions


class WordingForm(forms.ModelForm[SavedWording]):
    """Refuses what rests on no clause, and what promises money: refunds have a way of their own."""

    categories = WordLinesField(
        required=False, help_text="One on each line, as they come with the orders; none for all."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["states"] = CheckboxListField(
            STATE_WORDS.items(),
            self.instance.states,
            required=False,
            label="The order is",
            help_text="None ticked: in whatever state.",
        )
        self.fields["channels"] = CheckboxListField(
            Ticket.Channel.choices,
            self.instance.channels,
            required=False,
            label="It came by",
            help_text="None ticked: by any way.",
        )
        for name, label in WORDING_LABELS.items():
            self.fields[name].label = label
        for name in ("late", "final_sale", "refunded"):
            self.fields[name].widget.choices = YES_NO_CHOICES

    def clean_clause(self) -> str:
        ref = self.cleaned_data["clause"]
        return check_clause(ref) if ref else ""

    def clean_text(self) -> str:
        text = str(self.cleaned_data["text"])
        if sentence := find_money_promise(text):
            raise ValidationError(
                f"“{sentence}” reads as if money were given. Refunds are decided by refund "
                "rules and people: say how it works, not that it is given."
            )
        return text


class WordingFormSet(forms.BaseInlineFormSet[SavedWording, SavedReply, Any]):
    """A reply says something: it keeps at least one wording."""

    def clean(self) -> None:
        super().clean()
        kept = [form for form in self.forms if form not in self.deleted_forms]
        if not any(form.cleaned_data.get("text") for form in kept if form.is_valid()):
            raise ValidationError("A saved reply needs at least one wording.")


class WordingInline(admin.StackedInline[SavedWording, SavedReply]):
    model = SavedWording
    form = WordingForm
    formset = WordingFormSet
    extra = 0
    min_num = 1
    verbose_name = "wording"
    verbose_name_plural = "What it says: the first wording that holds for the order is used"
    fields = (
        ("position", "language"),
        "text",
        "states",
        ("min_days_since_delivery", "max_days_since_delivery"),
        ("min_days_since_purchase", "max_days_since_purchase"),
        ("late", "final_sale", "refunded"),
        "categories",
        "channels",
        "clause",
        "task",
    )


@admin.register(SavedReply)
class SavedReplyAdmin(KnobAdmin):
    """What drafts answer with. Saving says that each wording was read beside its clause."""

    form = SavedReplyForm
    inlines = (WordingInline,)
    list_display = ("title", "slug", "revision", "active")
    list_filter = ("active",)
    search_fields = ("title", "slug")
    prepopulated_fields = {"slug": ("title",)}
    fieldsets = (
        (None, {"fields": ("title", "slug", "active", "questions", "intents")}),
        (None, {"fields": ("why",)}),
    )

    def get_formset_kwargs(
        self, request: HttpRequest, obj: Any, inline: Any, prefix: str
    ) -> dict[str, Any]:
        """A new reply begins with the text that came with the link to its form."""
        kwargs: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        if text := request.GET.get("wording", "")[:MAX_WORDING_CHARS]:
            kwargs["initial"] = [{"text": text}]
        return kwargs

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The wordings with the digests of the clauses that were read, and one more revision."""
        super().save_related(request, form, formsets, change)
        if change:
            SavedReply.objects.filter(pk=form.instance.pk).update(revision=F("revision") + 1)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        kept = [each for each in formset.forms if each not in formset.deleted_forms]
        texts = find_clause_texts(each.cleaned_data.get("clause", "") for each in kept)
        for each in kept:
            text = texts.get(each.cleaned_data.get("clause", ""), "")
            each.instance.clause_sha256 = compute_text_sha256(text) if text else ""
        super().save_formset(request, form, formset, change)
        for each in kept:
            if each.instance.pk:
                each.instance.save(update_fields=["clause_sha256"])
