"""When something was, by the words of a message: "last Tuesday", "3 October", "two weeks ago".

Pure: nothing but the text and the day it came in decides. ``dateparser`` was looked at: its
search takes "may", "sat" and bare numbers for dates and asks the clock of the machine, so the
few patterns that people use of an order are read here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from triage.nlu.document import Document
from triage.nlu.item_names import NUMBER_WORDS
from triage.nlu.lexicon import LEXICONS, load_groups
from triage.nlu.value_patterns import DATE, MONTH, MONTHS

ROLE_PLACED, ROLE_DELIVERED, ROLE_UNKNOWN = "placed", "delivered", ""
MAX_PERIODS: Final = 12
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
COUNT: Final = rf"(?:\d{{1,3}}|an?|couple(?: of)?|few|{'|'.join(NUMBER_WORDS)})"
UNIT_SLACK_DAYS: Final = {"day": (1, 1), "week": (7, 3), "month": (30, 10), "year": (365, 60)}
"""A unit in days, and by how many days for each people misremember it."""
SAID: Final = load_groups(LEXICONS / "orders.toml", plain_spaces=True)
PURCHASE: Final = re.compile(rf"\b{SAID['purchase']}\b", re.IGNORECASE)
ARRIVAL: Final = re.compile(rf"\b{SAID['arrival']}\b", re.IGNORECASE)
DEADLINE_CUE: Final = re.compile(
    rf"\b{SAID['deadline']}\s{{1,3}}(?:\w{{1,10}}\s{{1,3}}){{0,2}}$", re.IGNORECASE
)
DATE_EXPRESSION: Final = re.compile(
    rf"(?P<date>{DATE})"
    r"|\b(?:on|of|from|dated)\s(?:the\s)?(?P<short>\d\d?/\d\d?)(?![\w/-]|\.\d)"
    rf"|\b(?P<count>{COUNT})\s{{1,3}}(?P<unit>day|week|month|year)s?\s{{1,3}}(?:ago|back)\b"
    rf"|\b(?P<near>{SAID['near_day']})\b"
    rf"|\b(?P<which>last|on|this|this past)\s{{1,3}}(?P<weekday>{'|'.join(WEEKDAYS)})\b"
    r"|\b(?P<span>last|this)\s{1,3}(?P<spanned>week|month|year)\b"
    r"|\b(?:in|around|since|during|last)\s{1,3}(?:(?P<part>early|mid|late)[\s-]{1,3})?"
    rf"(?P<month>{MONTH})\b"
    r"(?:\s{1,3}(?P<year>(?:19|20)\d\d)\b)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Period:
    """From ``first`` to ``last``, both included, of the day something was ``placed`` or
    ``delivered``; ``role`` is empty where the words do not say. ``words`` are the customer's."""

    first: date
    last: date
    role: str
    words: str

    def count_days_off(self, day: date | None) -> int | None:
        """How many days a day lies outside the period, 0 within; None without a day."""
        if day is None:
            return None
        return max((self.first - day).days, (day - self.last).days, 0)


def find_periods(document: Document, received: date) -> tuple[Period, ...]:
    """The days a text speaks of that are past on the day it came in; at most ``MAX_PERIODS``.

    A day that can be read in two ways (3/10) comes twice.
    """
    text = document.text
    found = [
        Period(first, last, _infer_role(text, match), match.group())
        for match in DATE_EXPRESSION.finditer(text)
        if not DEADLINE_CUE.search(text[max(0, match.start() - 40) : match.start()])
        for first, last in _iter_date_spans(match, received)
        if first <= received
    ]
    return tuple(found[:MAX_PERIODS])


def _infer_role(text: str, match: re.Match[str]) -> str:
    """What was done on the day: by the nearest verb before it, else right after it."""
    before = text[max(0, match.start() - 60) : match.start()]
    after = text[match.end() : match.end() + 30]
    roles = [(hit.start(), ROLE_PLACED) for hit in PURCHASE.finditer(before)]
    roles += [(hit.start(), ROLE_DELIVERED) for hit in ARRIVAL.finditer(before)]
    if roles:
        return max(roles)[1]
    if PURCHASE.search(after):
        return ROLE_PLACED
    return ROLE_DELIVERED if ARRIVAL.search(after) else ROLE_UNKNOWN


def _iter_date_spans(match: re.Match[str], received: date) -> Iterator[tuple[date, date]]:
    if written := match["date"] or match["short"]:
        for day in _iter_written_dates(written, received):
            yield day, day
    elif match["count"]:
        yield _compute_ago_span(match["count"].casefold(), match["unit"].casefold(), received)
    elif match["near"]:
        yield _compute_near_span(match["near"].casefold(), received)
    elif match["weekday"]:
        yield from _iter_weekday_spans(
            match["which"].casefold(), match["weekday"].casefold(), received
        )
    elif match["span"]:
        yield _compute_calendar_span(
            match["span"].casefold(), match["spanned"].casefold(), received
        )
    else:
        yield _compute_month_span(match, received)


def _iter_written_dates(value: str, received: date) -> Iterator[date]:
    """The days a written date can be; without a year the last such day, and 3/10 is tried both
    ways.
    """
    numbers = [int(digits) for digits in re.findall(r"\d{1,4}", value)]
    word = re.search(MONTH, value, re.IGNORECASE)
    if word:
        month = MONTHS.index(word.group()[:3].casefold()) + 1
        orders = [(numbers[0], month)]
        year = numbers[1] if len(numbers) > 1 else None
    elif numbers[0] > 31:
        orders, year = [(numbers[2], numbers[1])], numbers[0]
    else:
        orders = [(numbers[0], numbers[1]), (numbers[1], numbers[0])]
        year = numbers[2] if len(numbers) > 2 else None
    for day, month in dict.fromkeys(orders):
        yield from _iter_latest_date(day, month, year, received)


def _iter_latest_date(day: int, month: int, year: int | None, received: date) -> Iterator[date]:
    if year is not None:
        year += 2000 if year < 100 else 0
    for tried in [year] if year is not None else [received.year, received.year - 1]:
        try:
            found = date(tried, month, day)
        except ValueError:
            continue
        if found <= received:
            yield found
            return


def _subtract_days(received: date, days: int) -> date:
    """So many days earlier, or the first day there is."""
    return received - timedelta(days=min(days, (received - date.min).days))


def _compute_ago_span(count: str, unit: str, received: date) -> tuple[date, date]:
    spoken = {"a": 1, "an": 1, "few": 4}
    number = 2 if count.startswith("couple") else spoken.get(count) or NUMBER_WORDS.get(count)
    number = int(count) if number is None else number
    length, slack = UNIT_SLACK_DAYS[unit]
    wide = slack * (1 + number // 4 if unit == "day" else 2 if count == "few" else 1)
    return _subtract_days(received, number * length + wide), _subtract_days(
        received, max(0, number * length - wide)
    )


def _compute_near_span(word: str, received: date) -> tuple[date, date]:
    back = {"yesterday": 1, "last night": 1, "the day before yesterday": 2}.get(word, 0)
    return _subtract_days(received, back), _subtract_days(received, back)


def _iter_weekday_spans(which: str, name: str, received: date) -> Iterator[tuple[date, date]]:
    """The last such day; "last Tuesday" may also be the one of the week before."""
    back = (received.weekday() - WEEKDAYS.index(name)) % 7 or 7
    yield _subtract_days(received, back), _subtract_days(received, back)
    if which == "last":
        yield _subtract_days(received, back + 7), _subtract_days(received, back + 7)


def _compute_calendar_span(which: str, unit: str, received: date) -> tuple[date, date]:
    if unit == "week":
        monday = received - timedelta(days=received.weekday())
        return (
            (_subtract_days(monday, 7), _subtract_days(monday, 1))
            if which == "last"
            else (monday, received)
        )
    if unit == "month":
        first = received.replace(day=1)
        return (
            (_subtract_days(first, 1).replace(day=1), _subtract_days(first, 1))
            if which == "last"
            else (first, received)
        )
    first = received.replace(month=1, day=1)
    return (
        (_subtract_days(first, 1).replace(month=1, day=1), _subtract_days(first, 1))
        if which == "last"
        else (first, received)
    )


def _compute_month_span(match: re.Match[str], received: date) -> tuple[date, date]:
    number = MONTHS.index(match["month"][:3].casefold()) + 1
    year = int(match["year"]) if match["year"] else received.year - (number > received.month)
    first = date(max(year, 1), number, 1)
    last = _subtract_days(date(year + number // 12, number % 12 + 1, 1), 1)
    part = (match["part"] or "").casefold()
    if part == "early":
        return first, first + timedelta(days=11)
    if part == "mid":
        return first + timedelta(days=8), first + timedelta(days=21)
    return (first + timedelta(days=18), last) if part == "late" else (first, last)
