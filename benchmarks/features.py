"""How fast months of activity and credit become features, beside engines giving the same values.

`python -m benchmarks.features` prints one table. Floor is reading the columns that formulas name,
of the months that they name, and summing them. DuckDB computes the features that one query says
plainly, from the same files; the faster of its two queries counts. Ours is measured on all features
and, at `limitwise, as DuckDB`, on those that DuckDB computes.
"""

import argparse
import shutil
import tempfile
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

import polars as pl

from benchmarks import feature_queries as queries
from benchmarks.compared import digests, require_same, sum_of
from benchmarks.made import BUCKETS, MONTH
from benchmarks.made_history import MONTHS, write_history
from benchmarks.measure import (
    DUCKDB,
    FLOOR,
    OURS,
    Frames,
    add_usual,
    fresh,
    in_turns,
    report,
    rows_of,
    run_engine,
)
from transforms.features import catalogue
from transforms.features.history import DEVICE_MONTHS, Coverage, Months, side_by_side
from transforms.features.windows import names_at
from transforms.months import months_after
from transforms.tables.facts import ACTIVITY, CREDIT_MONTHS
from warehouse.monthly.parts import side_by_side as buckets_side_by_side
from warehouse.store.lake import bucket_of

_COVERAGE = Coverage(first_month=date(2025, 1, 1))
_CATALOGUE = {feature.name: feature for feature in catalogue.CATALOGUE}
_ALIKE = f"{OURS}, the {len(queries.FEATURES)} of DuckDB"
PANDAS = "pandas, 1 of 16 buckets"


def ours(folder: Path) -> Callable[[], Frames]:
    """Compute all features bucket by bucket, a few side by side, as the step `features` does."""

    def of_bucket(bucket: int) -> pl.DataFrame:
        return catalogue.features(
            *(_months(folder, table.name, bucket) for table in (ACTIVITY, CREDIT_MONTHS)),
            *_others(folder, bucket),
            month=MONTH,
            coverage=_COVERAGE,
        )

    return lambda: buckets_side_by_side(of_bucket, range(BUCKETS))


def alike(folder: Path) -> Callable[[], Frames]:
    """Compute only what DuckDB computes, in the same way: no feature of peers or consents."""
    formulas = [
        _CATALOGUE[name].formula.cast(_CATALOGUE[name].dtype).alias(name)
        for name in queries.FEATURES
    ]
    known = pl.lit(_COVERAGE.months_known(MONTH), pl.Int32).alias("months_known")

    def of_bucket(bucket: int) -> pl.DataFrame:
        accounts, *_ = _others(folder, bucket)
        users = accounts.select("user_id", known).sort("user_id").collect()
        months = {
            table.name: _months(folder, table.name, bucket) for table in (ACTIVITY, CREDIT_MONTHS)
        }
        history = side_by_side(users, months, MONTH, formulas)
        return history.lazy().select("user_id", *formulas).collect()

    return lambda: buckets_side_by_side(of_bucket, range(BUCKETS))


def floor(folder: Path) -> Callable[[], Frames]:
    """Read the columns that formulas name, of the months that they name, and sum them."""
    read = {*names_at(feature.formula for feature in catalogue.CATALOGUE)}
    read |= {("device_hashes", ago) for ago in range(DEVICE_MONTHS)}
    sums = []
    for table in (CREDIT_MONTHS, ACTIVITY):
        own = {name for name in table.schema if table is CREDIT_MONTHS or name not in _OF_CREDIT}
        for ago in range(MONTHS):
            names = [name for name, month in read if month == ago and name in own]
            if names:
                rows = pl.scan_parquet(folder / table.name / f"{_month(ago)}-*.parquet")
                sums.append(rows.select(sum_of(n, table.schema[n]) for n in ["user_id", *names]))
    return lambda: pl.collect_all(sums)


def duckdb(folder: Path, query: Callable[[Path], str]) -> Callable[[], Frames]:
    """Ask DuckDB one query over all buckets."""
    import duckdb

    database = duckdb.connect()
    database.execute("SET preserve_insertion_order = false")
    return lambda: [database.sql(query(folder)).to_arrow_table()]


def pandas(folder: Path) -> Callable[[], Frames]:
    """Compute a few features of one bucket with pandas."""
    from benchmarks.feature_pandas import features

    return lambda: [features(folder)]


_OF_CREDIT = frozenset(CREDIT_MONTHS.schema) - {"user_id"}
ENGINES = {
    OURS: ours,
    _ALIKE: alike,
    FLOOR: floor,
    f"{DUCKDB}, FILTER": lambda folder: duckdb(folder, queries.filtered),
    f"{DUCKDB}, a group per window": lambda folder: duckdb(folder, queries.by_window),
    PANDAS: pandas,
}


def measured(users: int, times: int, folder: Path | None = None) -> list[dict]:
    """Make 13 months, let every engine compute features, and return the rows of the table."""
    made = Path(tempfile.mkdtemp(prefix="features-", dir=folder))
    try:
        write_history(made, users)
        sample = pl.scan_parquet(made / "accounts/00.parquet").select(pl.len()).collect().item()
        found = in_turns(ENGINES, times, lambda engine: fresh(__spec__.name, engine, str(made)))
    finally:
        shutil.rmtree(made, ignore_errors=True)
    for part in ("whole", "sample"):
        require_same("features", found, part)
    rows = dict.fromkeys(ENGINES, users) | {PANDAS: sample}
    counts = {
        engine: len(measured[0]["given"].get("sample", ())) for engine, measured in found.items()
    }
    made_rows = rows_of("features", rows, found)
    for row in made_rows:
        if row["engine"] != FLOOR:
            row["step"] += f", {counts[row['engine']] - 2}"  # neither user_id nor the rows
    return made_rows


def given(frames: Iterable) -> dict:
    """Return digests of what an engine gave: of all users, and of those of the first bucket."""
    made = [rows if isinstance(rows, pl.DataFrame) else pl.from_arrow(rows) for rows in frames]
    if made[0]["user_id"].dtype != pl.String:
        return {}
    rows = pl.concat(made)
    rows = rows.select(
        "user_id",
        *(
            pl.col(name).cast(feature.dtype)
            for name, feature in _CATALOGUE.items()
            if name in rows.columns
        ),
    )
    sample = rows.filter(bucket_of(BUCKETS) == 0)
    return {"whole": digests(rows) if len(sample) < len(rows) else {}, "sample": digests(sample)}


def _months(folder: Path, table: str, bucket: int) -> Months:
    return {
        months_after(MONTH, -ago): pl.scan_parquet(
            folder / table / f"{_month(ago)}-{bucket:02d}.parquet"
        )
        for ago in range(MONTHS)
    }


def _others(folder: Path, bucket: int) -> list[pl.LazyFrame]:
    instructions = pl.scan_parquet(folder / "instructions.parquet")
    return [
        pl.scan_parquet(folder / "accounts" / f"{bucket:02d}.parquet"),
        pl.scan_parquet(folder / "segment_norms.parquet"),
        pl.scan_parquet(folder / "shared_devices.parquet"),
        instructions.filter(bucket_of(BUCKETS) == bucket),
    ]


def _month(ago: int) -> str:
    return f"{months_after(MONTH, -ago):%Y-%m}"


def main() -> None:
    """Measure one engine if told so, else all, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("engine", nargs="?", help="measure this one only, in this process")
    parser.add_argument("made", nargs="?", type=Path, help="where the made tables are")
    add_usual(parser, users=100_000)
    asked = parser.parse_args()
    if asked.engine:
        run_engine(ENGINES, asked.engine, asked.made, given)
        return
    report(lambda: measured(asked.users, asked.times, asked.folder), asked.save)


if __name__ == "__main__":
    main()
