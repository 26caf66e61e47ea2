"""How values look on a page: money, days, shares, links to where a value came from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from typing import Any

from django import template
from django.conf.locale import LANG_INFO
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from tickets.models import Receipt
from tickets.models.amounts import drop_empty_decimals, get_decimal_places

register = template.Library()

MAX_BADGES_KEPT = 512
CURRENCY_SIGNS = {"GBP": "£", "EUR": "€", "USD": "US$"}
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
WEEKDAYS = "Mon Tue Wed Thu Fri Sat Sun".split()
MONTHS = "– Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
SHORTEST_MONTH = timedelta(days=28)
UNITS = {
    "week": timedelta(weeks=1),
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
}

VERDICTS = {
    "none": "No money is asked for",
    "review": "Money back, once approved",
    "refuse": "No money back under the policy",
    "ask": "The customer has to be asked",
    "approved": "Money back, as approved",
    "paid": "Money back, approved and paid",
    "human": "A person has to decide",
}

REASONS = {
    "DECIDED_APPROVED": "A colleague approved it",
    "DECIDED_EXECUTING": "A colleague approved it, and it is being paid",
    "DECIDED_EXECUTED": "A colleague approved it, and it was paid",
    "DECIDED_REJECTED": "A colleague refused it",
    "DECIDED_RETURNED": "A colleague asks for more information",
    "DECIDED_EXPIRED": "Nobody decided on it in time",
    "DECIDED_VOID": "The request no longer counts",
    "DECIDED_FAILED": "The payment failed",
    "DECIDED_DOUBT": "It is not known yet whether it was paid",
    "NO_LABEL": "It has no label yet",
    "NO_RULE": "No refund rule covers it",
    "NO_MONEY_AT_STAKE": "It does not ask for money",
    "NO_ITEM_NAMED_WHOLE_ORDER": "No item is named, so the whole order is taken",
    "ALL_PIECES_OF_A_LINE": "All pieces of a line are taken",
    "FINAL_SALE": "It was a final sale",
    "FINAL_SALE_LEFT_OUT": "Final sale items are left out",
    "OUTSIDE_WINDOW": "The time for it is over",
    "ALREADY_REFUNDED": "The money has gone back already",
    "REFUNDED_ELSEWHERE": "Money went back before, and no row says for what",
    "CHARGED_BACK": "The customer's bank took money back",
    "PAID_IN_SEVERAL_WAYS": "It was paid in several ways, such as a gift card and a card",
    "NOTHING_PAID": "Nothing was paid",
    "DATE_UNKNOWN": "The day it counts from is not known",
    "ORDER_UNKNOWN": "It is not clear which order is meant",
    "SEVERAL_ORDERS": "Several orders are named",
    "RULES_DISAGREE": "Two rules disagree",
    "ITEMS_UNKNOWN": "It is not clear which items are meant",
    "LATE_LINES_LEFT_OUT": "Items whose time is over are left out",
    "LINES_LEFT_OUT": "Items that the policy gives nothing for are left out",
    "RULE_GRANTS_NOTHING": "The policy gives nothing for it",
    "PRICE_UNKNOWN": "The new price is not known",
    "REMEDIES_DIFFER": "Two items are settled in two ways",
    "CURRENCIES_DIFFER": "A fee is in another currency than the order",
    "PHOTO_MISSING": "A photo is needed and none came",
    "SAID_USED": "The message speaks of something used",
    "SAID_OPENED": "The message speaks of something opened",
    "ASKS_FOR_MORE": "It asks for more than was paid",
    "FOREIGN_MESSAGE": "The message is not written in English",
    "MONEY_ASKED_BESIDE": "Money is asked for beside the main matter",
    "OTHER_ORDER_NAMED": "Something of another order is named too",
    "NOT_ASKED_FOR": "The policy would give money back, and nobody asks for it",
    "NOT_AS_ASKED": "What they ask for cannot be, and they say what to do then",
    "ONLY_WHOLE_ORDERS": "Only the whole order can go back",
    "PRICE_DIFFERENCE": "An exchange may give money back",
    "POSTAGE_INCLUDED": "Delivery is paid back too, as the whole order goes back",
    "PAID_LESS_THAN_THE_LINES": (
        "Less was paid than the items cost: the difference is spread over them"
    ),
    "PAID_BEYOND_THE_LINES": "More was paid than the items cost",
    "EARLIER_REFUND": "Money went back on this order before",
    "LARGE_AMOUNT": "It is over half of what one person may approve",
    "LABEL_NOT_SURE": "The label is not very sure",
    "NEW_CUSTOMER": "The customer has been here for less than a month",
    "SEVERAL_REFUNDS_LATELY": "The customer had several refunds in the last three months",
    "ASKED_ELSEWHERE": "Another ticket asks for money of this order too",
    "GIVES_ORDERS": "The message seems to give orders to the software or to whoever approves",
    "HIDDEN_WORDS": "The mail holds words that its reader could not see; they count for nothing",
    "NO_DECISION": "No decision could be computed",
}

# status: (word, icon, tone). A tone is one of Bootstrap's subtle colours.
STATUS_BADGES = {
    "ok": ("Done", "check", "success"),
    "abstained": ("Left to a person", "person", "warning"),
    "failed": ("Failed", "cross", "danger"),
    "timed_out": ("Ran out of time", "clock", "danger"),
    "skipped": ("Skipped", "none", "secondary"),
    "overridden": ("Changed by a person", "person", "info"),
    "approve": ("Approved", "check", "success"),
    "reject": ("Rejected", "cross", "danger"),
    "return": ("More information needed", "help", "warning"),
    "denied": ("Not done", "cross", "danger"),
}
STATE_BADGES = {
    "new": ("mail", "info"),
    "ready": ("check", "success"),
    "attention": ("person", "warning"),
    "waiting": ("clock", "secondary"),
    "closed": ("none", "secondary"),
    "pending": ("wait", "warning"),
    "approved": ("check", "success"),
    "executed": ("check", "success"),
    "rejected": ("cross", "danger"),
    "returned": ("help", "warning"),
    "failed": ("cross", "danger"),
    "doubt": ("warn", "danger"),
    "executing": ("work", "info"),
}
CHECK_MARKS = {
    None: ("check-open", "none", "not run"),
    True: ("check-good", "check", "passed"),
    False: ("check-bad", "cross", "failed"),
}
URGENCY_BADGES = {
    1: ("low", ""),
    2: ("normal", ""),
    3: ("high", "warning"),
    4: ("urgent", "danger"),
}


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """A small picture beside a word; never the only carrier of a meaning.

    Kept, as is ``badge``: a page has hundreds of them, of some thirty kinds.
    """
    href = static("vendor/icons.svg")
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', href, name
    )


@register.filter
def money(amount: object, currency: str = "") -> str:
    """``Decimal("42")`` or ``"42.00"`` as £42.00; what is no number stays as it is."""
    try:
        value = Decimal(str(amount))
    except InvalidOperation:
        return str(amount)
    sign = CURRENCY_SIGNS.get(currency, "")
    decimals = _count_decimals(value, currency)
    text = f"{abs(value):,.{decimals}f}"
    minus = "\N{MINUS SIGN}" if value < 0 else ""
    return f"{minus}{sign}{text}" if sign else f"{minus}{text}{NO_BREAK_SPACE}{currency}".strip()


def _count_decimals(value: Decimal, currency: str) -> int:
    """As many decimals as the currency has coins for, and more only where the amount has them."""
    if not value.is_finite():
        return 0
    own = -int(drop_empty_decimals(value).normalize().as_tuple().exponent)
    return max(get_decimal_places(currency), own)


@register.filter
def sure(confidence: float | None) -> str:
    """A calibrated share as a percentage, or that there is none. Never 100 % or 0 %."""
    if confidence is None:
        return "not calibrated"
    if confidence >= 0.995:
        return f"over 99{NO_BREAK_SPACE}%"
    if confidence < 0.005:
        return f"under 1{NO_BREAK_SPACE}%"
    return f"{confidence * 100:.0f}{NO_BREAK_SPACE}%"


@register.filter
def day(value: object) -> str:
    """A date, a time or their ISO text as 12 Mar 2025."""
    moment: object = value
    if isinstance(value, str):
        moment = parse_datetime(value) or parse_date(value) or value
    if isinstance(moment, datetime) and timezone.is_aware(moment):
        moment = timezone.localtime(moment)
    if not isinstance(moment, date):
        return str(value or "")
    return f"{moment.day} {MONTHS[moment.month]} {moment.year}"


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """A time a machine and a person can read: Sat 22 Nov 2025, 14:05."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    at = local.isoformat(timespec="seconds")
    return format_html('<time datetime="{}">{}</time>', at, write_moment(local))


def write_moment(local: datetime) -> str:
    """Sat 22 Nov 2025, 14:05; the words are ours, which is five times as fast as a locale's."""
    weekday = WEEKDAYS[local.weekday()]
    return f"{weekday} {local.day} {MONTHS[local.month]} {local.year}, {local:%H:%M}"


@register.filter
def since(value: datetime) -> str:
    """How long ago, in its largest unit, as Django's timesince says it: "2 hours"."""
    passed = timezone.now() - value
    if not timedelta(0) <= passed < SHORTEST_MONTH:
        return timesince(value, depth=1)
    for unit, length in UNITS.items():
        if count := passed // length:
            return f"{count}{NO_BREAK_SPACE}{unit}{'s' if count > 1 else ''}"
    return f"0{NO_BREAK_SPACE}minutes"


@register.filter
def took(milliseconds: int | None) -> str:
    """A duration in the unit it is read in."""
    if milliseconds is None:
        return "not measured"
    if milliseconds < 1000:
        return f"{milliseconds}{NO_BREAK_SPACE}ms"
    return f"{milliseconds / 1000:.1f}{NO_BREAK_SPACE}s"


@register.filter
def anchor(ref: object) -> str:
    """The id of the row a reference names on this page: ``order:HP-1`` is ``order-HP-1``."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", str(ref))


@register.filter
def ref_url(ref: str, base: str) -> str:
    """Where a reference leads: a clause's page, else its row on the ticket page ``base``.

    ``base`` is empty on the ticket page itself.
    """
    kind, _, rest = ref.partition(":")
    if kind == "shop":  # its own name or wording: there is no row to show
        return ""
    if kind == "reply":
        return reverse("triage:reply", args=[rest.partition("@")[0]])
    if kind != "clause":
        return f"{base}#{anchor(ref)}"
    name, _, version = rest.rpartition("@")
    try:
        return reverse("triage:clause", args=[name, int(version)])
    except (NoReverseMatch, ValueError):
        return ""


@register.filter
def standing(receipt: Receipt) -> dict[str, str]:
    """How a receipt stands, as word, icon and tone: a failed check is never shown as done."""
    if receipt.status == "ok" and failed(receipt.checks):
        return {"word": "A check failed", "icon": "cross", "tone": "danger"}
    if receipt.status == "ok" and receipt.has_free_wording:
        return {"word": "Wording not verified", "icon": "none", "tone": "warning"}
    return outcome(receipt.status)


@register.filter
def outcome(status: str) -> dict[str, str]:
    """A receipt's or a decision's status as word, icon and tone."""
    word, picture, tone = STATUS_BADGES.get(
        status, (status.replace("_", " ").capitalize(), "none", "secondary")
    )
    return {"word": word, "icon": picture, "tone": tone}


@register.simple_tag
def state_badge(state: str, word: str) -> SafeString:
    """The state of a ticket or a refund: picture and word."""
    picture, tone = STATE_BADGES.get(state, ("none", "secondary"))
    return badge(word, picture, tone)


@register.simple_tag
def urgency_badge(level: int, word: str) -> SafeString:
    """How urgent: picture and word, quiet for what is usual."""
    picture, tone = URGENCY_BADGES.get(level, ("normal", ""))
    return badge(word, picture, tone)


@register.simple_tag
@lru_cache(MAX_BADGES_KEPT)
def badge(word: str, picture: str, tone: str) -> SafeString:
    """A word with a picture on a subtle ground that keeps its contrast; without tone on none."""
    look = f"bg-{tone}-subtle text-{tone}-emphasis" if tone else "quiet"
    return format_html('<span class="badge {}">{} {}</span>', look, icon(picture), word)


@register.filter
def draw_check(check: Mapping[str, Any]) -> SafeString:
    """A check of a receipt as an item of a list: how it went, its value, and why."""
    ground, picture, word = CHECK_MARKS[_read_passed(check)]
    name, because = plain(check.get("name", "")), check.get("because")
    return format_html(
        '<li class="{}">{} <span><strong>{}</strong> <span class="verdict">{}</span>{}{}</span>'
        "</li>",
        *(ground, icon(picture), name, word, _draw_check_value(check)),
        format_html('<br><span class="small text-body-secondary">{}</span>', because)
        if because
        else "",
    )


def _draw_check_value(check: Mapping[str, Any]) -> str:
    value, threshold = check.get("value"), check.get("threshold")
    if not value:
        return ""
    needs = f", needs {localize(threshold)}" if threshold else ""
    return format_html(' <span class="mono small">{}{}</span>', localize(value), needs)


def _read_passed(check: Mapping[str, Any]) -> bool | None:
    passed = check.get("passed")
    return None if passed is None else bool(passed)


@register.filter
def by_concern(checks: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Checks in the order a reader needs them: failed, not run, passed."""
    rank = {False: 0, None: 1, True: 2}
    return sorted(checks, key=lambda check: rank.get(check.get("passed"), 1))


@register.filter
def failed(checks: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [check for check in checks if check.get("passed") is False]


@register.filter
def not_run(checks: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [check for check in checks if check.get("passed") is None]


@register.filter
def passed(checks: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [check for check in checks if check.get("passed") is True]


@register.filter
def left_out(claims: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The statements that were removed because nothing stood behind them."""
    return [claim for claim in claims if not claim.get("kept")]


@register.filter
def stands(claims: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The statements that were kept."""
    return [claim for claim in claims if claim.get("kept")]


@register.filter
def in_words(reason: str) -> str:
    """A reason as a sentence; a code such as ``NO_RULE`` becomes words."""
    if reason in REASONS:
        return REASONS[reason]
    return plain(reason) if re.fullmatch(r"[A-Z0-9_]+", str(reason)) else str(reason)


@register.filter
def verdict(outcome: str) -> str:
    """What was decided, as an agent would say it."""
    return VERDICTS.get(outcome, plain(outcome))


@register.filter
def plain(name: object) -> str:
    """A machine's name as words: ``no_typed_numbers`` is ``No typed numbers``."""
    return str(name).replace("_", " ").replace("-", " ").strip().capitalize()


@register.filter
def choices(text: str) -> list[list[str]]:
    """``"light:Light:sun dark:Dark:moon"`` as rows of value, word and icon."""
    return [choice.split(":") for choice in text.split()]


@register.filter
def language(code: str) -> str:
    """The name of a language: "German" for "de"."""
    if code == "zh":
        return "Chinese"
    return str(LANG_INFO[code]["name"]) if code in LANG_INFO else code
