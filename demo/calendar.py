"""The calendar of the demo world: months, days, holidays, nights, and an outage."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from demo.chance import Chance
from demo.errors import DemoError

EPOCH = date(1970, 1, 1)
DAY_SECONDS = 86_400
# First day of the Spring Festival, which follows the moon: no formula of the solar year gives it.
SPRING_FESTIVAL = {
    2018: date(2018, 2, 16),
    2019: date(2019, 2, 5),
    2020: date(2020, 1, 25),
    2021: date(2021, 2, 12),
    2022: date(2022, 2, 1),
    2023: date(2023, 1, 22),
    2024: date(2024, 2, 10),
    2025: date(2025, 1, 29),
    2026: date(2026, 2, 17),
    2027: date(2027, 2, 6),
    2028: date(2028, 1, 26),
    2029: date(2029, 2, 13),
    2030: date(2030, 2, 3),
    2031: date(2031, 1, 23),
    2032: date(2032, 2, 11),
    2033: date(2033, 1, 31),
    2034: date(2034, 2, 19),
    2035: date(2035, 2, 8),
    2036: date(2036, 1, 28),
    2037: date(2037, 2, 15),
    2038: date(2038, 2, 4),
    2039: date(2039, 1, 24),
    2040: date(2040, 2, 12),
}
# Weight of each hour of the day, midnight first, without the five hours of the night.
_HOURS = np.array([0] * 5 + [1, 2, 4, 6, 6, 6, 7, 8, 7, 6, 6, 6, 7, 8, 9, 9, 8, 6, 3], dtype=float)


@dataclass(frozen=True, slots=True)
class Month:
    """One calendar month, counted from the year 0: `index` = year * 12 + month - 1."""

    index: int

    @classmethod
    def of(cls, text: str) -> "Month":
        """Read a month written `YYYY-MM`.

        Raises:
            DemoError: It is not a month, or not within the years of SPRING_FESTIVAL.
        """
        found = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", text)
        if not found:
            raise DemoError(f"{text[:40]!r} is not a month. Write it as YYYY-MM, e.g. 2026-10.")
        if int(found[1]) not in SPRING_FESTIVAL:
            raise DemoError(
                f"Month {text}: the demo knows holidays of {min(SPRING_FESTIVAL)} to "
                f"{max(SPRING_FESTIVAL)} only. Choose a month of these years."
            )
        return cls(int(found[1]) * 12 + int(found[2]) - 1)

    @property
    def text(self) -> str:
        """Return the month as `YYYY-MM`."""
        return f"{self.first_date:%Y-%m}"

    @property
    def first_date(self) -> date:
        """Return the first day of the month."""
        return date(self.index // 12, self.index % 12 + 1, 1)

    @property
    def first(self) -> int:
        """Return the first day of the month, in days since 1970."""
        return (self.first_date - EPOCH).days

    @property
    def last(self) -> int:
        """Return the last day of the month, in days since 1970."""
        return self.after(1).first - 1

    @property
    def days(self) -> int:
        """Return the number of days."""
        return self.last - self.first + 1

    def after(self, months: int) -> "Month":
        """Return the month that lies `months` later."""
        return Month(self.index + months)

    def dates(self) -> list[date]:
        """Return every day of the month."""
        return [self.first_date + timedelta(days=day) for day in range(self.days)]


def day_in_month(month_index: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Return days since 1970 of the given day (1 to 28) of each month."""
    months = (np.asarray(month_index) - 1970 * 12).astype("datetime64[M]")
    return months.astype("datetime64[D]").astype(np.int64) + np.asarray(day) - 1


def shopping_weights(month: Month) -> np.ndarray:
    """Return how much is bought on each day of the month, 1 being an ordinary weekday."""
    weights = np.array([1.25 if day.weekday() >= 5 else 1.0 for day in month.dates()])
    for position, day in enumerate(month.dates()):
        to_festival = (SPRING_FESTIVAL[day.year] - day).days
        if 1 <= to_festival <= 14:
            weights[position] *= 1.7  # shopping before the festival
        elif -6 <= to_festival <= 0:
            weights[position] *= 0.4  # shops are shut
        if (day.month, day.day) == (11, 11):
            weights[position] *= 6
        elif (day.month, day.day) in ((6, 18), (12, 12)):
            weights[position] *= 2.5
        elif day.month == 10 and day.day <= 7:
            weights[position] *= 1.4
    return weights


def festival_days(month: Month) -> int:
    """Return how many days of the month lie in the week of the Spring Festival."""
    return sum(0 <= (day - SPRING_FESTIVAL[day.year]).days <= 6 for day in month.dates())


def gift_weights(month: Month) -> np.ndarray:
    """Return how many gifts of money change hands on each day, 1 being an ordinary day."""
    weights = np.ones(month.days)
    for position, day in enumerate(month.dates()):
        if -1 <= (day - SPRING_FESTIVAL[day.year]).days <= 6:
            weights[position] = 12
    return weights


def outage_days(month: Month, seed: int) -> tuple[int, int]:
    """Return first and last day (since 1970) of the app's one bad week a year, or an empty span."""
    year = np.array([month.index // 12])
    chance = Chance(seed, 0)
    if month.index % 12 != int(chance.whole("outage month", year, 12)[0]):
        return 0, -1
    first = month.first + int(chance.whole("outage day", year, 20)[0])
    return first, first + 6


def second_of_day(chance: Chance, purpose: str, person, draw, night=0.0) -> np.ndarray:
    """Return a time of day in seconds; a share `night` lies between midnight and five."""
    edges = np.concatenate([[0.0], np.cumsum(_HOURS) / _HOURS.sum()])
    drawn = chance.uniform(purpose + " hour", person, draw)
    hour = np.clip(np.searchsorted(edges, drawn, side="right") - 1, 0, 23)
    at_night = chance.uniform(purpose + " night", person, draw) < night
    hour = np.where(at_night, np.floor(drawn * 5).astype(np.int64), hour)
    return hour * 3600 + chance.whole(purpose + " second", person, 3600, draw)
