"""What people may tell the machine on its pages."""

from __future__ import annotations

from typing import Any

from django import forms

from triage.models import Intent


class LabelForm(forms.Form):
    """The right label, and why the other was wrong."""

    intent = forms.ModelChoiceField(
        Intent.objects.filter(active=True), label="Right label", empty_label="Choose a label"
    )
    why = forms.CharField(
        max_length=1_000,
        required=False,
        label="Why (optional)",
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, data: Any = None, *, of_form: str = "") -> None:
        """``of_form`` is the id of the form on another page that the fields belong to."""
        super().__init__(data, use_required_attribute=not of_form)
        for field in self.fields.values():
            if of_form:
                field.widget.attrs["form"] = of_form
