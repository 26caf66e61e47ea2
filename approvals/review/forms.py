"""The forms of the review: what a browser measured, first opinions and seeded checks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.validators import RegexValidator

from approvals.models import Care, Decision
from tickets.models.amounts import MONEY_FIELD_OPTIONS, find_amount_problem

DAY_MS = 86_400_000
ID_LIST_VALIDATOR = RegexValidator(r"^\d{1,15}(,\d{1,15})*$")


class LookForm(forms.Form):
    """Milliseconds in sight, and the ids of opened receipts with commas between them."""

    visible_ms = forms.IntegerField(min_value=0, max_value=DAY_MS)
    opened = forms.CharField(required=False, max_length=2_000, validators=[ID_LIST_VALIDATOR])

    def clean_opened(self) -> list[int]:
        return [int(number) for number in self.cleaned_data["opened"].split(",") if number]


class FirstOpinionForm(forms.Form):
    """What the person would do, and how much they would give where it is money."""

    first_verdict = forms.ChoiceField(
        choices=[
            (Decision.Verdict.APPROVE, "Give money back"),
            (Decision.Verdict.REJECT, "Give nothing back"),
            (Decision.Verdict.RETURN, "Ask for more information first"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Please choose one."},
    )
    first_amount = forms.DecimalField(
        required=False,
        min_value=0,
        **MONEY_FIELD_OPTIONS,
        error_messages={"invalid": "Please write an amount, such as 12.50."},
    )
    first_reason = forms.CharField(
        required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    look = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency

    def clean_first_amount(self) -> Decimal | None:
        amount: Decimal | None = self.cleaned_data["first_amount"]
        if amount and (problem := find_amount_problem(amount, self.currency)):
            raise forms.ValidationError(f"That cannot be paid: {problem}.")
        return amount

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or {}
        gives = cleaned.get("first_verdict") == Decision.Verdict.APPROVE
        if gives and not cleaned.get("first_amount") and "first_amount" not in self.errors:
            self.add_error("first_amount", "Please say how much you would give back.")
        return cleaned


class PlantForm(forms.Form):
    """For which currency a made-up request is put among the others."""

    currency = forms.ModelChoiceField(Care.objects.all(), to_field_name="currency")
