"""The demo's lender: opens lines, and follows the limits that were published for it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from demo.calendar import Month
from demo.chance import Chance
from demo.errors import DemoError
from demo.people import People, World
from demo.state import APPLIED, CLOSED, FROZEN, HELD, NEVER, NONE, OPEN, Standing

_LEAST_POINTS = 575  # what the lender's own rule asks of an applicant
_LIMIT_STEP_CENTS = 100_00
_LEAST_CENTS, _MOST_CENTS, _MOST_BUSINESS_CENTS = 1_000_00, 80_000_00, 200_000_00
_ACCEPTS, _ACCEPTS_LATE = 0.85, 0.10  # of those offered a raise; the rest refuse
_ASKS_AGAIN = 0.06  # of those without a line, each month
_STATUS = {"open": OPEN, "frozen": FROZEN, "closed": CLOSED}


@dataclass(frozen=True, slots=True)
class Published:
    """The limits published for the month before, one entry per person; NEVER where no row is."""

    limit_cents: np.ndarray
    status: np.ndarray
    action: np.ndarray


def open_founders(world: World, month: Month, people: People, standing: Standing) -> None:
    """Give those who were there before the world began their line; changes `standing`."""
    if month.index != world.first:
        return
    chance = Chance(world.seed, 0)
    number = people.number
    age_days = np.where(
        chance.happens("young line", number, 0.25),
        100 + chance.whole("age of line", number, 260),
        360 + chance.whole("age of line", number, 1400),
    )
    standing.status[:] = OPEN
    standing.opened_on[:] = month.first - age_days
    standing.applied_on[:] = standing.opened_on - 1 - chance.whole("waited", number, 9)
    standing.bureau_on[:] = standing.applied_on
    standing.bureau_points[:] = bureau_points(chance, people)
    standing.limit_cents[:] = own_limit_cents(people, standing)
    standing.first_limit_cents[:] = standing.limit_cents


def grant_by_own_rule(chance: Chance, month: Month, people: People, standing: Standing) -> None:
    """Answer last month's applications as the lender did before it followed us."""
    waits = standing.status == APPLIED
    granted = waits & (standing.bureau_points >= _LEAST_POINTS)
    _open(chance, month, people, standing, granted, own_limit_cents(people, standing))
    _turn_down(standing, waits & ~granted)


def follow(
    chance: Chance, month: Month, people: People, standing: Standing, published: Published
) -> None:
    """Apply what was published for the month before; changes `standing`.

    Grants open the line. Cuts, freezes and closures hold at once. Of the raises most are accepted
    at once, some a month late, some never.
    """
    on_books = np.isin(standing.status, HELD)
    late = on_books & (standing.offered_cents > standing.limit_cents)
    standing.limit_cents = np.where(late, standing.offered_cents, standing.limit_cents)
    standing.offered_cents[:] = NEVER
    known = on_books & (published.status != NEVER) & (published.limit_cents != NEVER)
    answer = chance.uniform("answers an offer", people.number)
    raised = known & (published.action == "raise")
    accepts = raised & (answer < _ACCEPTS)
    waits = raised & (answer >= _ACCEPTS) & (answer < _ACCEPTS + _ACCEPTS_LATE)
    at_once = accepts | (known & (published.action == "lower"))
    standing.offered_cents = np.where(waits, published.limit_cents, NEVER)
    standing.limit_cents = np.where(at_once, published.limit_cents, standing.limit_cents)
    standing.status = np.where(known, published.status, standing.status)
    applied = standing.status == APPLIED
    granted = applied & (published.action == "grant") & (published.limit_cents > 0)
    _open(chance, month, people, standing, granted, published.limit_cents)
    _turn_down(standing, applied & (published.action == "decline"))


def take_applications(chance: Chance, month: Month, people: People, standing: Standing) -> None:
    """Let newcomers, and some who were turned down, ask for a line; changes `standing`."""
    new = (people.joined == month.index) & ~people.founder
    again = (standing.status == NONE) & ~new & ~standing.asleep
    again &= chance.happens("asks again", people.number, _ASKS_AGAIN)
    asks = new | again
    day = month.first + chance.whole("asks on", people.number, month.days)
    standing.status = np.where(asks, APPLIED, standing.status)
    for dates in (standing.applied_on, standing.bureau_on):
        dates[asks] = day[asks]
    standing.bureau_points[asks] = bureau_points(chance, people)[asks]


def bureau_points(chance: Chance, people: People) -> np.ndarray:
    """Return scores as a bureau would give them: riskier people have fewer points, with noise."""
    noise = 38 * chance.normal("bureau", people.number)
    return np.round(640 - 42 * np.log2(np.maximum(people.risk, 0.02)) / 1.44 + noise).astype(
        np.int64
    )


def own_limit_cents(people: People, standing: Standing) -> np.ndarray:
    """Return the limit by the lender's own table: income, and more of it for better scores."""
    months = np.clip((standing.bureau_points - 480) / 100, 0.4, 2.4)
    months = np.where(people.micro, months * 0.7, months)
    stated = np.where(people.stated_income_cents < 0, 300_000, people.stated_income_cents)
    limit = np.floor(stated * months / _LIMIT_STEP_CENTS).astype(np.int64) * _LIMIT_STEP_CENTS
    return np.clip(limit, _LEAST_CENTS, np.where(people.micro, _MOST_BUSINESS_CENTS, _MOST_CENTS))


def read_published(folder: Path, month: Month, people: People) -> tuple[Published, bytes]:
    """Return the limits published for `month`, person by person, and the bytes of their file.

    Raises:
        DemoError: The file is missing or is no table of limits.
    """
    path = folder / f"month={month.text}" / "limits.parquet"
    if not path.is_file():
        raise DemoError(
            f"{path}: limits of {month.text} are not published, and {month.after(1).text} follows "
            f"from them. Run {month.text} first."
        )
    content = path.read_bytes()
    try:
        rows = pl.read_parquet(content, columns=["user_id", "limit_cents", "action", "line_status"])
    except (pl.exceptions.PolarsError, OSError) as failure:
        raise DemoError(
            f"{path}: is no table of published limits. Publish {month.text} again."
        ) from failure
    everybody = pl.DataFrame({"user_id": [user_id(number) for number in people.number]})
    found = everybody.join(rows, on="user_id", how="left", maintain_order="left")
    status = found["line_status"].replace_strict(_STATUS, default=NEVER, return_dtype=pl.Int64)
    return Published(
        limit_cents=found["limit_cents"].cast(pl.Int64).fill_null(NEVER).to_numpy(),
        status=status.to_numpy(),
        action=found["action"].fill_null("").to_numpy(),
    ), content


def user_id(number: int) -> str:
    """Return a person's user id as the lender spells it."""
    return f"u{number:07d}"


def _open(chance, month, people, standing, granted, limit_cents) -> None:
    day = month.first + chance.whole("opens on", people.number, 5)
    standing.status = np.where(granted, OPEN, standing.status)
    standing.opened_on = np.where(granted, day, standing.opened_on)
    standing.limit_cents = np.where(granted, limit_cents, standing.limit_cents)
    standing.first_limit_cents = np.where(granted, limit_cents, standing.first_limit_cents)


def _turn_down(standing: Standing, declined: np.ndarray) -> None:
    standing.status = np.where(declined, NONE, standing.status)
    standing.applied_on = np.where(declined, NEVER, standing.applied_on)
