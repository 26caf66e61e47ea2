"""Short lengths of time as people read them."""

from __future__ import annotations

from django import template

register = template.Library()

SPACE = "\N{NO-BREAK SPACE}"


@register.filter
def seconds(length: float) -> str:
    """7.4 is 7 s, 134 is 2 min 14 s, 4000 is 1 h 7 min."""
    whole = round(length)
    if whole < 60:
        return f"{whole}{SPACE}s"
    if whole < 3_600:
        return f"{whole // 60}{SPACE}min {whole % 60}{SPACE}s"
    return f"{whole // 3_600}{SPACE}h {whole % 3_600 // 60}{SPACE}min"
