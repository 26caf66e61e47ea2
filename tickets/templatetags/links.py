"""Addresses in what people wrote, as links."""

from __future__ import annotations

import re

from django import template
from django.template.defaultfilters import urlizetrunc
from django.utils.html import conditional_escape

register = template.Library()

MAX_LINK_CHARS = 60
# All that Django's urlize makes links of holds one of these; most letters hold none.
LINKABLE = re.compile(r"http|www\.|@|\.(?:com|edu|gov|int|mil|net|org)", re.IGNORECASE)


@register.filter(is_safe=True, needs_autoescape=True)
def link_addresses(text: str, autoescape: bool = True) -> str:
    """The text, escaped, with addresses of pages and mailboxes as links."""
    if LINKABLE.search(text):
        return urlizetrunc(text, MAX_LINK_CHARS, autoescape=autoescape)
    return conditional_escape(text) if autoescape else text
