"""How fast one user's 24 months are found among a million users, in each table that answers for it.

`python -m benchmarks.lookups` writes the tables as a lake does and asks for twenty users, each by a
query of its own; the process has started before. Tables by bucket are asked in the user's bucket,
the published limits as any reader finds them.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median

import duckdb
import numpy as np
import polars as pl

from benchmarks.made import BUCKETS, MONTH, chance_of, in_shape, users_named
from benchmarks.made_history import MONTHS, write_history
from benchmarks.measure import DUCKDB, OURS, report, table_text
from transforms.months import last_day, months_after
from transforms.tables.decided import LIMITS
from transforms.tables.facts import ACTIVITY, CREDIT_MONTHS
from warehouse.store.lake import bucket_of
from warehouse.store.table_files import write_rows

KEPT_MONTHS = 24
ASKED = 20
_HEAD = ("table", "engine", "months", "rows a month", "median ms", "slowest ms")
_REASONS = ("raised_recently", "no_need", "late_in_3_months", "PORTFOLIO_BUDGET", "pd_above_cut")


def measured(folder: Path, users: int) -> list[dict]:
    """Make 24 months of a lender and return one row per table and engine."""
    made = Path(tempfile.mkdtemp(prefix="lookups-", dir=folder))
    try:
        write_history(made, users)
        _add_months(made)
        _write_limits(made, users)
        asked = users_named(users).sample(min(ASKED, users), seed=1).sort().to_list()
        return [
            _row(
                table,
                engine,
                users,
                [_timed(find, _files(made, table, user), user) for user in asked],
            )
            for table in (ACTIVITY.name, CREDIT_MONTHS.name, LIMITS.name)
            for engine, find in ((f"{OURS}: Polars", _by_polars), (DUCKDB, _by_duckdb))
        ]
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _add_months(made: Path) -> None:
    """Copy the months made into the years before them."""
    for ago in range(MONTHS, KEPT_MONTHS):
        before, month = (months_after(MONTH, -months) for months in (ago - MONTHS + 1, ago))
        for table in (ACTIVITY, CREDIT_MONTHS):
            for path in sorted((made / table.name).glob(f"{before:%Y-%m}-*.parquet")):
                shutil.copy(
                    path, path.with_name(path.name.replace(f"{before:%Y-%m}", f"{month:%Y-%m}"))
                )


def _write_limits(made: Path, users: int) -> None:
    names = users_named(users)
    for ago in range(KEPT_MONTHS):
        month = months_after(MONTH, -ago)
        path = made / LIMITS.name / f"month={month:%Y-%m}" / "limits.parquet"
        path.parent.mkdir(parents=True)
        write_rows(in_shape(LIMITS, _limits(chance_of(8, ago), names, month)), path)


def _limits(chance: np.random.Generator, names: pl.Series, month: date) -> pl.DataFrame:
    rows = len(names)
    reasons = pl.Series(_REASONS)[chance.integers(len(_REASONS), size=rows)]
    limit = chance.integers(5, 2_000, rows) * 10_000
    return pl.DataFrame(
        {
            "user_id": names,
            "mode": "live",
            "line_status": "open",
            **dict.fromkeys(("limit_in_force_cents", "limit_before_cents", "limit_cents"), limit),
            "available_cents": (limit * chance.random(rows)).astype(np.int64),
            "action": "hold",
            "decidable": True,
            "apr_bps": chance.integers(140, 480, rows) * 5,
            "pd_ppm": chance.integers(400, 400_000, rows),
            "expected_profit_cents": chance.integers(-90_000, 90_000, rows),
            "reasons": reasons.reshape((rows, 1)).arr.to_list(),
            "policy_version": "1990-01-01",
            "scorecard_version": "expert-1990-01-01",
            "inputs_id": "0" * 16,
        }
    ).with_columns(as_of=pl.lit(last_day(month)))


def _files(made: Path, table: str, user: str) -> list[Path]:
    if table == LIMITS.name:
        return sorted((made / table).glob("*/*.parquet"))
    bucket = pl.DataFrame({"user_id": [user]}).select(bucket_of(BUCKETS)).item()
    return sorted((made / table).glob(f"*-{bucket:02d}.parquet"))


def _by_polars(files: list[Path], user: str) -> int:
    rows = pl.scan_parquet(files, hive_partitioning=False)
    return rows.filter(pl.col("user_id") == user).collect().height


def _by_duckdb(files: list[Path], user: str) -> int:
    rows = duckdb.read_parquet([str(path) for path in files], hive_partitioning=False)
    return len(rows.filter(f"user_id = '{user}'").fetchall())


def _timed(
    find: Callable[[list[Path], str], int], files: list[Path], user: str
) -> tuple[float, int]:
    begun = time.perf_counter()
    found = find(files, user)
    return time.perf_counter() - begun, found


def _row(table: str, engine: str, users: int, found: list[tuple[float, int]]) -> dict:
    seconds = [taken for taken, _ in found]
    row = {"step": f"one user: {table}", "engine": engine, "rows": sum(rows for _, rows in found)}
    row |= {"users": users, "wall_s": median(seconds), "slowest_s": max(seconds)}
    return row


def table(rows: list[dict]) -> str:
    """Return the rows as text."""
    cells = (
        (
            row["step"].removeprefix("one user: "),
            row["engine"],
            str(KEPT_MONTHS),
            f"{row['users']:,}",
            f"{1_000 * row['wall_s']:.0f}",
            f"{1_000 * row['slowest_s']:.0f}",
        )
        for row in rows
    )
    return table_text(_HEAD, cells)


def main() -> None:
    """Measure the look-ups and print their table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--save", metavar="NAME", help="keep the table in benchmarks/results")
    parser.add_argument("--folder", type=Path, help="where tables are made")
    asked = parser.parse_args()
    report(lambda: measured(asked.folder, asked.users), asked.save, table)


if __name__ == "__main__":
    main()
