"""Calendar months: the only time that enters a computation."""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


def month_of(text: str) -> date:
    """Return the first day of a month written `YYYY-MM`.

    Raises:
        ValueError: The text is not a month; the message says what one looks like.
    """
    found = _MONTH.fullmatch(text)
    if not found or not 1990 <= int(found[1]) <= 2199:
        raise ValueError(f"{text[:40]!r} is not a month. Write it as YYYY-MM, e.g. 2026-10.")
    return date(int(found[1]), int(found[2]), 1)


def month_text(month: date) -> str:
    """Return a month as `YYYY-MM`."""
    return f"{month:%Y-%m}"


def months_after(month: date, count: int) -> date:
    """Return the first day of the month that lies `count` months after `month`."""
    index = month.year * 12 + month.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


def months_between(first: date, last: date) -> list[date]:
    """Return every month from `first` to `last`, both included."""
    span = (last.year - first.year) * 12 + last.month - first.month
    return [months_after(first, offset) for offset in range(span + 1)]


def last_day(month: date) -> date:
    """Return the last day of `month`, the value of `as_of`."""
    return months_after(month, 1) - timedelta(days=1)


def decision_date(month: date) -> date:
    """Return the first day after `month`, on which policy and scorecard must be in force."""
    return months_after(month, 1)


def bounds(month: date, time_zone: str) -> tuple[datetime, datetime]:
    """Return the first instant of `month` and the first one after it, in the lender's zone."""
    zone = ZoneInfo(time_zone)
    after = months_after(month, 1)
    return (
        datetime(month.year, month.month, 1, tzinfo=zone),
        datetime(after.year, after.month, 1, tzinfo=zone),
    )
