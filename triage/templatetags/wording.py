"""How found words are shown in a text that may hold anything."""

from __future__ import annotations

import re
from typing import Final

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from triage.policies.search import HIGHLIGHT_END, HIGHLIGHT_START

register = template.Library()
FOUND_WORDS: Final = re.compile(
    f"{HIGHLIGHT_START}([^{HIGHLIGHT_START}{HIGHLIGHT_END}]*){HIGHLIGHT_END}"
)


@register.filter
def marked(text: str) -> SafeString:
    """The text escaped, and each found word in it marked."""
    shown = FOUND_WORDS.sub(r"<mark>\1</mark>", str(escape(text)))
    shown = shown.replace(HIGHLIGHT_START, "").replace(HIGHLIGHT_END, "")
    return mark_safe(shown)  # noqa: S308  # escaped above
