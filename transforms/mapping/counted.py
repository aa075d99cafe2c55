"""Dates and times written as a number of months, days or seconds from an anchor."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import polars as pl

from transforms.mapping.reading import in_zone, whole_number
from transforms.months import month_of

UNITS = ("months_from", "days_from", "seconds_from", "milliseconds_from")
_MOST = {"months_from": 12_000, "days_from": 400_000}  # a thousand years either way
_DECIMALS = {"seconds_from": 6, "milliseconds_from": 3}  # microseconds are kept
NOON = time(12)
SAYS = {
    "months_from": 'the month of number 0, such as "2020-01"',
    "days_from": "the day of number 0, such as 2020-01-31",
    "seconds_from": "the time of number 0, such as 1970-01-01T00:00:00Z",
    "milliseconds_from": "the time of number 0, such as 1970-01-01T00:00:00Z",
}


@dataclass(frozen=True, slots=True)
class Counted:
    """A date or a time, counted from an anchor.

    Attributes:
        unit: One of UNITS. A month stands for its last day.
        anchor: Date, or time in UTC, of the number 0.
        at: Time of the day that a counted month or day stands for.
    """

    unit: str
    anchor: date | datetime
    at: time = NOON

    def day(self, text: pl.Expr) -> pl.Expr:
        """Read a number of months or days as Date; null where it cannot be read."""
        number = whole_number(text, 0)
        most = _MOST[self.unit]
        number = pl.when(number.is_between(-most, most)).then(number)
        if self.unit == "days_from":
            return pl.lit(self.anchor) + pl.duration(days=number)
        months = self.anchor.year * 12 + self.anchor.month - 1 + number
        return pl.date(months // 12, months % 12 + 1, 1).dt.month_end()

    def moment(self, text: pl.Expr, zone: str | None) -> pl.Expr:
        """Read a number as Datetime in UTC; null where it cannot be read.

        Args:
            text: Of the field.
            zone: IANA name that `at` is in; None if seconds are counted.
        """
        if self.unit in _DECIMALS:
            micros = whole_number(text, _DECIMALS[self.unit])
            micros = pl.when(micros.abs() < 10**17).then(micros)
            return pl.lit(self.anchor, pl.Datetime("us", "UTC")) + pl.duration(microseconds=micros)
        on = self.day(text).cast(pl.Datetime("us"))
        seconds = self.at.hour * 3600 + self.at.minute * 60 + self.at.second
        return in_zone(on + pl.duration(seconds=seconds), zone)

    def moment_fault(self, text: pl.Expr) -> pl.Expr:
        """Name the reason why `moment` could not read a text."""
        there = self.moment(text, "UTC").is_not_null()
        return pl.when(there).then(pl.lit("no_such_time")).otherwise(pl.lit("not_a_time"))


def counted_from(unit: str, anchor: Any, at: Any = None) -> Counted | None:
    """Return what a mapping declares; None if anchor or time of the day is not of its kind."""
    if at is not None and (type(at) is not time or at.microsecond):
        return None
    at = NOON if at is None else at
    if unit == "months_from":
        try:
            return Counted(unit, month_of(anchor), at)
        except (ValueError, TypeError):
            return None
    if unit == "days_from":
        return Counted(unit, anchor, at) if type(anchor) is date else None
    if type(anchor) is not datetime or anchor.tzinfo is None:
        return None
    return Counted(unit, anchor.astimezone(UTC))
