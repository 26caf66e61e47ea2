"""Refund rules in the admin panel: checked before saving, with a reason each time."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from approvals.models import ApprovalLimit, RefundRule, RuleTier
from tickets.audit.change_reasons import KnobAdmin, ReasonedForm
from tickets.models import Order, OrderLine
from triage.models import Clause, Intent


class CheckboxListField(forms.MultipleChoiceField):
    """Tick boxes for words. A stored word that is no longer offered can be unticked."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, choices: Iterable[tuple[str, str]], stored: Iterable[str], **kwargs: Any):
        offered = list(choices)
        gone = set(stored) - {value for value, _ in offered}
        super().__init__(
            choices=[*offered, *((value, f"{value} (not known)") for value in sorted(gone))],
            **kwargs,
        )


class WordLinesField(forms.CharField):
    """A list of words, one on each line."""

    widget = forms.Textarea(attrs={"rows": 4, "cols": 40})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        words = (word.strip() for word in str(value or "").splitlines())
        return list(dict.fromkeys(word for word in words if word))


class RuleForm(ReasonedForm):
    """Says which labels, states and clauses there are, and refuses those that are not."""

    categories = WordLinesField(
        required=False,
        label="Product categories",
        help_text="One on each line, as they come with the orders: camp kitchen. "
        "Empty for every product.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = Intent.objects.filter(active=True, money=True).order_by("name")
        self.fields["intents"] = CheckboxListField(
            [(intent.slug, intent.name) for intent in labels],
            self.instance.intents,
            label="Labels",
            help_text="The requests it answers. Only labels that have money in them are here.",
        )
        self.fields["statuses"] = CheckboxListField(
            Order.Status.choices,
            self.instance.statuses,
            required=False,
            label="Order states",
            help_text="None ticked: every state.",
        )

    def clean_intents(self) -> list[str]:
        return _check_known("label", self.cleaned_data["intents"], _list_active_slugs())

    def clean_statuses(self) -> list[str]:
        return _check_known("order state", self.cleaned_data["statuses"], Order.Status.values)

    def clean_clause(self) -> str:
        return check_clause(self.cleaned_data["clause"])

    def clean_exclusion_clause(self) -> str:
        ref = self.cleaned_data["exclusion_clause"]
        return check_clause(ref) if ref else ""

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for field, sentence in _iter_contradictions(cleaned):
            self.add_error(field, sentence)
        return cleaned


def _list_active_slugs() -> list[str]:
    return list(Intent.objects.filter(active=True).values_list("slug", flat=True))


def _check_known(what: str, chosen: list[str], known: Iterable[str]) -> list[str]:
    strange = sorted(set(chosen) - set(known))
    if strange:
        names = ", ".join(strange)
        raise ValidationError(f"There is no {what} {names} any more: please untick it.")
    return chosen


def check_clause(ref: str) -> str:
    """The reference of a clause of some policy. Raises ValidationError, with what it may be."""
    refs = sorted(set(Clause.objects.values_list("ref", flat=True)))
    if ref in refs:
        return ref
    near = get_close_matches(ref, refs, n=3)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    raise ValidationError(f"No policy has the clause {ref}.{hint}")


def _iter_contradictions(rule: dict[str, Any]) -> Iterable[tuple[str, str]]:
    """What cannot be meant, as pairs of a field and a sentence."""
    since, until = rule.get("effective_from"), rule.get("effective_to")
    if since and until and until <= since:
        yield "effective_to", "The first day it no longer holds has to come after its first day."
    money = rule.get("remedy") in (RefundRule.Remedy.REFUND, RefundRule.Remedy.CREDIT)
    fees = (rule.get("fee_percent") or 0, rule.get("fee_amount") or 0)
    if rule.get("remedy") == RefundRule.Remedy.NONE and any(fees):
        yield "remedy", "Where nothing is given there is no fee to keep back: make the fees 0."
    if rule.get("auto_up_to") and not money:
        yield (
            "auto_up_to",
            "Only money or store credit can be approved without a person: make it 0.",
        )
    if rule.get("auto_up_to") and (rule.get("evidence") or not _covers_any_condition(rule)):
        yield (
            "auto_up_to",
            "It asks for something that no row can tell (a photo, unused, unopened), so a person "
            "always decides: make it 0.",
        )


def _covers_any_condition(rule: dict[str, Any]) -> bool:
    """Whether the rule covers items in any condition, opened and used ones as well."""
    return bool(rule.get("covers_opened") and rule.get("covers_used"))


class TierFormSet(forms.BaseInlineFormSet[RuleTier, RefundRule, forms.ModelForm[RuleTier]]):
    """Higher amounts never take fewer people."""

    def clean(self) -> None:
        super().clean()
        kept = [form.cleaned_data for form in self.forms if form.is_valid() and form.has_changed()]
        kept += [
            {"above": form.instance.above, "people": form.instance.people}
            for form in self.initial_forms
            if not form.has_changed()
        ]
        tiers = sorted((row["above"], row["people"]) for row in kept if not row.get("DELETE"))
        for (low, more), (high, fewer) in zip(tiers, tiers[1:], strict=False):
            if fewer < more:
                raise ValidationError(
                    f"Above {low} it takes {more} people, so above {high} it cannot take {fewer}."
                )


class TierInline(admin.TabularInline[RuleTier, RefundRule]):
    model = RuleTier
    formset = TierFormSet
    extra = 1
    verbose_name_plural = "Who approves larger amounts"


@admin.register(RefundRule)
class RefundRuleAdmin(KnobAdmin):
    """What a clause grants, in numbers. The rule of the day of purchase is applied."""

    form = RuleForm
    inlines = (TierInline,)
    list_display = (
        "name",
        "position",
        "clause",
        "remedy",
        "window_days",
        "counts_from",
        "effective_from",
        "effective_to",
        "auto_up_to",
        "active",
    )
    list_filter = ("active", "remedy")
    fieldsets = (
        (None, {"fields": ("name", "active", "position")}),
        ("When it holds", {"fields": ("effective_from", "effective_to")}),
        (
            "What it is for",
            {
                "fields": (
                    "intents",
                    "statuses",
                    "categories",
                    "only_late",
                    "only_asked",
                    "whole_order",
                    "only_whole",
                )
            },
        ),
        ("What it gives", {"fields": ("remedy", "clause", "window_days", "counts_from")}),
        (
            "Money",
            {"fields": ("currency", "fee_percent", "fee_amount", "gives_back_postage")},
        ),
        (
            "What it does not cover",
            {
                "fields": (
                    "covers_final_sale",
                    "exclusion_clause",
                    "covers_opened",
                    "covers_used",
                )
            },
        ),
        ("Evidence", {"fields": ("evidence",)}),
        (
            "Without a person",
            {
                "fields": ("auto_up_to",),
                "description": "Off at 0. Above it, and wherever anything at all is unclear, "
                "people decide. Your name and the day are told with each such approval.",
            },
        ),
        (None, {"fields": ("why",)}),
    )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        for sentence in _iter_warnings(obj):
            messages.warning(request, sentence)


def _iter_warnings(rule: RefundRule) -> Iterable[str]:
    """Sentences about what is allowed and may still be a mistake."""
    seen = {
        category.strip().casefold()
        for category in OrderLine.objects.order_by().values_list("category", flat=True).distinct()
    }
    strange = [each for each in rule.categories if each.strip().casefold() not in seen]
    if strange:
        yield f"No order has had the category {', '.join(strange)} yet. Is it spelled as there?"
    if not rule.covers_final_sale and not rule.exclusion_clause:
        yield "Final sale is not covered and no clause says so: a person will be asked each time."
    if not ApprovalLimit.objects.filter(currency=rule.currency).exists():
        yield f"Nobody may approve amounts in {rule.currency} yet."
