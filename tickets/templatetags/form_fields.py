"""Fields of forms, drawn in one go: Django takes a template for each option of a list."""

from __future__ import annotations

from django import template
from django.forms import BoundField
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

SELECTED = mark_safe(" selected")  # noqa: S308  it is ours
OPTION = '<option value="{}"{}>{}</option>'


@register.filter
def draw_select(field: BoundField) -> SafeString:
    """A list to choose one of, as Django's ``Select`` draws it; its choices are in no groups."""
    widget = field.field.widget
    own = {**field.build_widget_attrs({}, widget), "id": field.auto_id}
    chosen = widget.format_value(field.value())
    options = (
        (value, SELECTED if str(value) in chosen else "", words) for value, words in widget.choices
    )
    attributes = flatatt(widget.build_attrs(widget.attrs, own))
    drawn = format_html_join("", OPTION, options)
    return format_html('<select name="{}"{}>{}</select>', field.html_name, attributes, drawn)
