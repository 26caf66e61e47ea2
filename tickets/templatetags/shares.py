"""Counted shares and waits as people read them."""

from __future__ import annotations

import math

from django import template

register = template.Library()

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


@register.filter
def percent(rate: float) -> str:
    """A share between 0 and 1; below ten with one digit: 0.034 is 3.4 %, 0.34 is 34 %."""
    value = 100 * rate
    digits = 1 if 0 < value < 9.95 else 0
    return f"{value:.{digits}f}{NO_BREAK_SPACE}%"


@register.filter
def tenths(rate: float | None) -> str:
    """A share with one digit, to tell versions apart: 93.5 %; nothing where there is none."""
    return "" if rate is None else f"{100 * rate:.1f}{NO_BREAK_SPACE}%"


@register.filter
def in_hundred(gap: float) -> str:
    """A part of one as so many of a hundred: 0.034 is 3.4, 0.34 is 34."""
    digits = 1 if abs(gap) < 0.0995 else 0
    return f"{100 * gap:.{digits}f}".replace("-", "\N{MINUS SIGN}")


@register.filter
def lasted(seconds: float) -> str:
    """A wait in the unit it is read in; infinite where it goes on."""
    if math.isinf(seconds):
        return "no reply yet"
    for size, word in UNITS:
        if seconds >= size:
            number = round(seconds / size, 1 if seconds < 9.95 * size else 0)
            return f"{number:g}{NO_BREAK_SPACE}{word}{'' if number == 1 else 's'}"
    return "under a minute"
