"""People who follow a plan that was shown to them: what they repay, draw and ask for in a month."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from demo.calendar import Month, day_in_month
from demo.errors import DemoError
from demo.people import People
from demo.state import NEVER, OPEN, STEADY, Debts, Standing

_COLUMNS = ("as_of", "user_id", "place", "plan", "months", "repay_cents", "draw_cents")


@dataclass(frozen=True, slots=True)
class Followed:
    """What the plans of a month ask for, one entry per person.

    Attributes:
        by: Whether the person follows a plan in this month.
        repay_cents, draw_cents: In the month.
        asks: The person asks for a higher limit.
    """

    by: np.ndarray
    repay_cents: np.ndarray
    draw_cents: np.ndarray
    asks: np.ndarray

    def keep_well(self, before: Standing, now: Standing) -> None:
        """Keep trouble, thieves and new devices away from those who follow; changes `now`."""
        for name, value in (("condition", STEADY), ("cause", 0), ("asleep", False)):
            getattr(now, name)[self.by] = value
        for name in ("stress_since", "failing_since"):
            getattr(now, name)[self.by] = NEVER
        now.device[self.by] = before.device[self.by]

    def drawn(self, amount: np.ndarray, standing: Standing) -> np.ndarray:
        """Return what is drawn: of those who follow what the plan says, of others `amount`."""
        return np.where(
            self.by, np.where(standing.status == OPEN, self.draw_cents, 0), amount
        ).astype(np.int64)

    def pay_on(self, month: Month, people: People, debts: Debts) -> np.ndarray:
        """Return when instalments are paid.

        What is due is paid on its day and what is overdue on the first. Of what comes later, the
        earliest instalments are paid on the day that the person usually pays, whole, until the
        plan's amount is reached.
        """
        mine = self.by[debts.person]
        due = debts.due_on <= month.last
        order = np.lexsort((debts.loan, debts.due_on, debts.person))
        cents = (debts.principal_cents + debts.interest_cents)[order]
        whose = debts.person[order]
        before = np.cumsum(cents) - cents
        first = np.searchsorted(whose, whose, side="left")
        early = np.zeros(len(order), dtype=bool)
        early[order] = before - before[first] < self.repay_cents[whose]
        day = day_in_month(np.full(len(due), month.index), people.due_day[debts.person])
        pays = np.where(
            due, np.maximum(debts.due_on, month.first), np.where(early, day, debts.pay_on)
        )
        return np.where(mine, pays, debts.pay_on)


def nobody(people: People) -> Followed:
    """Return the plans of a month in which nobody follows one."""
    nothing = np.zeros(len(people.number), dtype=np.int64)
    return Followed(nothing > 0, nothing, nothing, nothing > 0)


def read_followed(path: Path, month: Month, people: People, user_id) -> Followed:
    """Return who follows the plan in the first place of a table of plans, and what it asks for.

    Args:
        path: Parquet table: `as_of`, `user_id`, `place`, `plan`, `months`, `repay_cents` and
            `draw_cents` by month.
        month: Month to live; a plan is followed in the `months` after its `as_of`.
        people: Everybody.
        user_id: Spells a person's number as a user id.

    Raises:
        DemoError: The file cannot be read, or is no table of plans.
    """
    try:
        rows = pl.read_parquet(path, columns=list(_COLUMNS))
    except (pl.exceptions.PolarsError, OSError) as failure:
        raise DemoError(
            f"{path}: is no table of plans. Write one with `limitwise plan MONTH --to {path}`."
        ) from failure
    as_of = pl.col("as_of")
    ahead = month.index - (as_of.dt.year().cast(pl.Int64) * 12 + as_of.dt.month() - 1)
    now = (
        rows.filter(pl.col("place") == 1, pl.col("months").is_not_null())
        .with_columns(turn=ahead - 1)
        .filter(pl.col("turn").is_between(0, pl.col("months") - 1))
        .select(
            "user_id",
            *(pl.col(name).list.get(pl.col("turn")) for name in ("repay_cents", "draw_cents")),
            asks=(pl.col("plan") == "ask") & (pl.col("turn") == 0),
        )
    )
    everybody = pl.DataFrame({"user_id": [user_id(number) for number in people.number]})
    found = everybody.join(now, on="user_id", how="left", maintain_order="left")
    return Followed(
        by=found["repay_cents"].is_not_null().to_numpy(),
        repay_cents=found["repay_cents"].fill_null(0).to_numpy(),
        draw_cents=found["draw_cents"].fill_null(0).to_numpy(),
        asks=found["asks"].fill_null(False).to_numpy(),
    )
