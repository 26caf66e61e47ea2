"""Dates of mails: RFC 5322, and what programs write instead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

MAX_OFFSET_SECONDS = 24 * 3600


def parse_mail_date(stamp: str) -> datetime | None:
    """The moment in UTC, or None where it cannot be told; without a zone it is taken for UTC.

    Second 60 (RFC 5322, 3.3) is the first of the next minute. ISO 8601 is read too.
    """
    line = " ".join(stamp.split())
    return _parse_iso_date(line) or _parse_rfc_date(_join_zone(line))


def _join_zone(line: str) -> str:
    """The line with a zone of ISO's form (``+01:00``, ``GMT+1``) as RFC 5322 writes it, also one
    that stands at its time without a blank.
    """
    plain = _drop_dots(line.partition(" (")[0])
    start, _, last = plain.rpartition(" ")
    time, sign, zone = last.partition("+" if "+" in last else "-")
    digits = zone.replace(":", "")
    if not start or not sign or not digits.isdigit() or len(digits) > 4:
        return plain
    hours = digits if len(digits) > 2 else f"{digits:0>2}00"
    words = [word for word in (*start.split(), time) if word.upper() not in {"", "GMT", "UTC"}]
    words[-1] = words[-1].upper().removesuffix("GMT").removesuffix("UTC")
    return f"{' '.join(words)} {sign}{hours:0>4}"


def _drop_dots(line: str) -> str:
    """The line with its short names as RFC 5322 writes them: "Nov." and "Sept"."""
    words = [word.removesuffix(".") for word in line.split()]
    return " ".join("Sep" if word.lower() == "sept" else word for word in words)


def _parse_rfc_date(line: str) -> datetime | None:
    try:
        found = parsedate_tz(line)
        if not found:
            return None
        year, month, day, hour, minute, second, *_, offset = found
        if abs(offset or 0) >= MAX_OFFSET_SECONDS:
            offset = 0
        zone = timezone(timedelta(seconds=offset or 0))
        moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone)
        return (moment + timedelta(seconds=second == 60)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _parse_iso_date(line: str) -> datetime | None:
    """``2026-11-02T10:00:00+01:00`` and the forms with a blank, a slash or a zone's letters."""
    date, time = line[:10].rpartition(" ")[2], line[11:]
    year, *rest = date.replace("/", "-").replace(".", "-").split("-")
    if len(year) != 4 or len(rest) != 2 or not "".join([year, *rest]).isdigit():
        return None
    plain = time.replace(" ", "").upper().removesuffix("UTC").removesuffix("GMT").replace("Z", "")
    is_leap = plain[6:8] == "60"
    plain = plain[:6] + "59" + plain[8:] if is_leap else plain
    try:
        moment = datetime.fromisoformat("-".join([year, *(f"{each:0>2}" for each in rest)]))
        if plain:
            moment = datetime.fromisoformat(f"{moment:%Y-%m-%d}T{plain}")
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (moment + timedelta(seconds=is_leap)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
