"""A list to choose from is drawn as Django draws it."""

from __future__ import annotations

import pytest
from django import forms
from pytest_django.asserts import assertHTMLEqual

from tickets.templatetags.form_fields import draw_select


class Lamp(forms.Form):
    """Three lists: of one that has to be chosen, of numbers, and of a choice that may be left."""

    colour = forms.ChoiceField(choices=[("", "Choose one"), ("a&b", "Red & <green>")])
    size = forms.TypedChoiceField(choices=[(1, "small"), (2, "large")], coerce=int)
    shade = forms.ChoiceField(
        choices=[("x", "Yes"), ("y", "No")],
        required=False,
        widget=forms.Select(attrs={"class": "wide"}),
    )


@pytest.mark.parametrize(
    "form",
    [
        Lamp(),
        Lamp(initial={"size": 2}),
        Lamp({"colour": "a&b", "size": "2", "shade": "y"}),
        Lamp({"colour": "none of these", "size": ""}),
    ],
)
def test_it_is_what_django_draws(form: Lamp) -> None:
    form.is_valid()
    for field in form:
        assertHTMLEqual(draw_select(field), str(field))
