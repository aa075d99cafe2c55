"""The truth: what no lender can see, written beside the landing files."""

from pathlib import Path

import numpy as np
import polars as pl

from demo.borrowing import theft_day
from demo.calendar import Month
from demo.files import write_parquet
from demo.hidden import true_pd_ppm
from demo.kinds import INDUSTRIES, KINDS, REGIONS, column
from demo.landing import USER
from demo.scene import Scene
from demo.state import CAUSES, CHARGED_OFF, CONDITIONS, LINE_STATES, Debts

_BAD_DAYS = 90


def write_truth(truth: Path, scene: Scene, debts: Debts) -> None:
    """Write one row per person: hidden state, true default probability, own response to limits."""
    people, standing, month = scene.people, scene.standing, scene.month
    pd_ppm, dpd = _default(scene, debts)
    victims = scene.victims()
    day = theft_day(scene.chance, month, people)
    frame = pl.DataFrame(
        {
            "person": people.number,
            "kind": _named([kind.name for kind in KINDS], people.kind),
            "region": _named(column(REGIONS, 0), people.region),
            "industry": _named(column(INDUSTRIES, 0), people.industry),
            "protected": people.protected,
            "condition": _named(CONDITIONS, standing.condition),
            "cause": _named(CAUSES, standing.cause),
            "stress_since": _months(standing.stress_since),
            "failing_since": _months(standing.failing_since),
            "dormant": standing.asleep,
            "takeover_from": _days(np.where(victims, day - 6, -1)),
            "takeover_to": _days(np.where(victims, day, -1)),
            "line_status": _named(LINE_STATES, standing.status),
            "limit_cents": standing.limit_cents,
            "balance_end_cents": debts.balance_cents(month.last, len(people.number)),
            "dpd_end_days": dpd,
            "bad": (dpd >= _BAD_DAYS) | (standing.status == CHARGED_OFF),
            "true_pd_12m_ppm": pl.Series(pd_ppm).replace(-1, None),
            "own_mpb_ppm": np.round(people.more_debt * 1_000_000).astype(np.int64),
            "own_beta_ppm": np.round(people.risk_by_limit * 1_000_000).astype(np.int64),
        }
    ).select(USER.alias("user_id"), pl.exclude("person"))
    write_parquet(truth / "months" / f"{month.text}.parquet", frame)


def write_flaws(truth: Path, month: Month, groups: dict[str, pl.DataFrame]) -> None:
    """Write which lines of the month's files are bad: group, day, flaw."""
    frame = pl.concat(
        lines.filter(pl.col("flaw").is_not_null()).select(
            pl.lit(group).alias("group"), pl.col("day").cast(pl.Int32).cast(pl.Date), "flaw"
        )
        for group, lines in groups.items()
    )
    write_parquet(truth / "flaws" / f"{month.text}.parquet", frame)


def _default(scene: Scene, debts: Debts) -> tuple[np.ndarray, np.ndarray]:
    """Return the true probability of default, ppm, and days past due at the month's end."""
    month, count = scene.month, len(scene.people.number)
    oldest = debts.oldest_due(month.last, count)
    overdue = oldest <= month.last
    safe = np.where(overdue, oldest, month.last)
    due_month = safe.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + 1970 * 12
    unpaid = np.where(overdue, month.index - due_month + 1, 0)
    next_month = month.after(1)
    soon = (debts.due_on >= next_month.first) & (debts.due_on <= next_month.last)
    owes = debts.per_person(soon.astype(np.int64), count) > 0
    dpd = np.where(overdue, month.last - safe, 0)
    return true_pd_ppm(scene.people, scene.standing, owes, unpaid), dpd


def _named(names, position: np.ndarray) -> np.ndarray:
    return np.array(names)[position]


def _months(index: np.ndarray) -> pl.Series:
    """Return month indexes as the first day of the month; null for NEVER."""
    days = (index - 1970 * 12).astype("datetime64[M]").astype("datetime64[D]").astype(np.int32)
    return pl.select(pl.when(pl.Series(index >= 0)).then(pl.Series(days).cast(pl.Date))).to_series()


def _days(days: np.ndarray) -> pl.Series:
    return pl.select(
        pl.when(pl.Series(days >= 0)).then(pl.Series(days.astype(np.int32)).cast(pl.Date))
    ).to_series()
