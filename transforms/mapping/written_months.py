"""Months written as texts, such as 2026-10, that stand for a declared day of the month."""

from dataclasses import dataclass
from datetime import time

import polars as pl

DAYS = ("first", "last")


@dataclass(frozen=True, slots=True)
class WrittenMonth:
    """A format that tells a month and no day, and what a month stands for.

    Attributes:
        form: In the notation of `strftime`.
        day: One of DAYS.
        at: Time of that day.
    """

    form: str
    day: str
    at: time

    @property
    def with_day(self) -> str:
        """Return the format of the text with ` 01` after it."""
        return f"{self.form} %d"

    def date(self, text: pl.Expr) -> pl.Expr:
        """Read a month as the Date that it stands for; null where it cannot be read."""
        first = (text + " 01").str.to_date(self.with_day, strict=False)
        return first if self.day == "first" else first.dt.month_end()

    def on_the_clock(self, text: pl.Expr) -> pl.Expr:
        """Read a month as the time that it stands for, without a zone."""
        seconds = self.at.hour * 3600 + self.at.minute * 60 + self.at.second
        return self.date(text).cast(pl.Datetime("us")) + pl.duration(seconds=seconds)
