"""How fast a month's events become activity, beside engines that give the same values.

`python -m benchmarks.activity` prints one table. Floor is reading the columns that ours reads and
summing them. DuckDB is given the same sorted files by bucket and the two best queries known; the
faster one counts. pandas gets one of the 16 buckets. PySpark is measured warm, if it is installed.
"""

import argparse
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import polars as pl

from benchmarks import activity_queries as queries
from benchmarks.compared import digests, require_same
from benchmarks.made import BUCKETS, MONTH, TIME_ZONE, write_events
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
from benchmarks.spark import SPARK, session
from transforms.tables.facts import ACTIVITY
from warehouse.monthly.parts import side_by_side
from warehouse.store.lake import bucket_of

PANDAS = "pandas, 1 of 16 buckets"
_MEASURES = [name for name in ACTIVITY.schema if name not in ("as_of", "user_id")]
_READ = (
    *("user_id", "event_type", "occurred_at", "amount_cents", "value"),
    *("merchant_category", "counterparty_type", "device_hash"),
)


def ours(folder: Path) -> Callable[[], Frames]:
    """Count bucket by bucket, a few side by side, as the step `facts` does."""
    from transforms.facts.activity import activity

    def count(bucket: int) -> pl.DataFrame:
        return activity(pl.scan_parquet(_file(folder, bucket)), MONTH, TIME_ZONE)

    return lambda: side_by_side(count, range(BUCKETS))


def floor(folder: Path) -> Callable[[], Frames]:
    """Read the columns that ours reads, and sum them."""
    sums = {
        "user_id": pl.col("user_id").str.len_bytes().sum(),
        "event_type": pl.col("event_type").to_physical().cast(pl.Int64).sum(),
        "occurred_at": pl.col("occurred_at").to_physical().sum(),
        "merchant_category": pl.col("merchant_category").str.len_bytes().sum(),
        "counterparty_type": pl.col("counterparty_type").str.len_bytes().sum(),
    }
    rows = pl.scan_parquet(folder / "events/*.parquet")
    asked = rows.select(sums.get(name, pl.col(name).sum()).alias(name) for name in _READ)
    return lambda: [asked.collect()]


def duckdb(folder: Path, query: Callable, *, by_bucket: bool = False) -> Callable[[], Frames]:
    """Ask DuckDB for all buckets at once, or for one after the other."""
    import duckdb

    files = (
        [f"'{_file(folder, bucket)}'" for bucket in range(BUCKETS)]
        if by_bucket
        else [f"'{folder}/events/*.parquet'"]
    )
    database = duckdb.connect()
    database.execute("SET preserve_insertion_order = false")
    return lambda: [database.sql(query(queries.DUCKDB, file)).to_arrow_table() for file in files]


def pandas(folder: Path) -> Callable[[], Frames]:
    """Count one bucket with pandas."""
    from benchmarks.activity_pandas import count

    return lambda: [count(_file(folder, 0))]


def spark(folder: Path) -> Callable[[], Frames]:
    """Ask Spark, whose session has answered the same on one bucket before."""
    opened = session()

    def asked(path: str) -> Frames:
        opened.read.parquet(path).createOrReplaceTempView("made")
        return [opened.sql(queries.two_levels(queries.SPARK, "made")).toArrow()]

    asked(str(_file(folder, 0)))
    return lambda: asked(str(folder / "events"))


ENGINES = {
    OURS: ours,
    FLOOR: floor,
    f"{DUCKDB}, two levels": lambda folder: duckdb(folder, queries.two_levels),
    f"{DUCKDB}, two levels by bucket": lambda folder: duckdb(
        folder, queries.two_levels, by_bucket=True
    ),
    f"{DUCKDB}, FILTER": lambda folder: duckdb(folder, queries.one_level),
    PANDAS: pandas,
    SPARK: spark,
}


def measured(events: int, users: int, times: int, folder: Path | None = None) -> list[dict]:
    """Make a month of events, let every engine count it, and return the rows of the table."""
    made = Path(tempfile.mkdtemp(prefix="activity-", dir=folder))
    try:
        write_events(made, events, users)
        sample = pl.scan_parquet(_file(made, 0)).select(pl.len()).collect().item()
        found = in_turns(ENGINES, times, lambda engine: fresh(__spec__.name, engine, str(made)))
    finally:
        shutil.rmtree(made, ignore_errors=True)
    for part in ("whole", "sample"):
        require_same("activity", found, part)
    rows = dict.fromkeys(ENGINES, events) | {PANDAS: sample}
    return rows_of(f"activity, {len(_MEASURES)} measures", rows, found)


def given(frames: Frames) -> dict:
    """Return digests of what an engine gave: of all users, and of those of the first bucket."""
    made = [rows if isinstance(rows, pl.DataFrame) else pl.from_arrow(rows) for rows in frames]
    if "event_count" not in made[0].columns:
        return {}
    rows = pl.concat(map(_in_shape, made))
    sample = rows.filter(bucket_of(BUCKETS) == 0)
    return {"whole": digests(rows) if len(sample) < len(rows) else {}, "sample": digests(sample)}


def _in_shape(rows: pl.DataFrame) -> pl.DataFrame:
    """Return measures as ACTIVITY has them; a count or sum that an engine leaves out is 0."""
    nothing = {pl.List: [], pl.Boolean: False}
    return rows.select(
        pl.col(column.name).cast(column.dtype).fill_null(nothing.get(column.dtype.base_type(), 0))
        if column.name in _MEASURES and column.required and not column.dtype.is_temporal()
        else pl.col(column.name).cast(column.dtype)
        for column in ACTIVITY.columns
        if column.name != "as_of"
    )


def _file(folder: Path, bucket: int) -> Path:
    return folder / "events" / f"{bucket:02d}.parquet"


def main() -> None:
    """Measure one engine if told so, else all, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("engine", nargs="?", help="measure this one only, in this process")
    parser.add_argument("made", nargs="?", type=Path, help="where the made events are")
    parser.add_argument("--events", type=int, default=2_000_000)
    add_usual(parser, users=20_000)
    asked = parser.parse_args()
    if asked.engine:
        run_engine(ENGINES, asked.engine, asked.made, given)
        return
    report(lambda: measured(asked.events, asked.users, asked.times, asked.folder), asked.save)


if __name__ == "__main__":
    main()
