"""How found words are shown in a text that may hold anything."""

from __future__ import annotations

import re
from typing import Final

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from triage.policies.search import BEGIN, END

register = template.Library()
FOUND: Final = re.compile(f"{BEGIN}([^{BEGIN}{END}]*){END}")


@register.filter
def marked(text: str) -> SafeString:
    """The text escaped, and each found word in it marked."""
    shown = FOUND.sub(r"<mark>\1</mark>", str(escape(text)))
    return mark_safe(shown.replace(BEGIN, "").replace(END, ""))  # noqa: S308  # escaped above
