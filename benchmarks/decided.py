"""How fast features become scores, limits and a published file, beside engines giving the same.

`python -m benchmarks.decided` prints one table of three steps:

- score: points, default probability and points lost by feature, of the shipped scorecard;
- decide: of every line the most profitable limit between its bounds. Ours is measured on that and,
  as `the whole decision`, on price, guards, bounds, choice and reasons, which no query says;
- publish: the rows of all users, sorted, in one compressed file. Ours is checked and hashed too.

Floor is reading the columns that a step reads and summing them.
"""

import argparse
import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import polars as pl

from benchmarks import decided_queries as queries
from benchmarks.compared import digests, require_same
from benchmarks.decided_engines import (
    choose,
    decide,
    duckdb,
    duckdb_publish,
    floor,
    pandas,
    publish,
    score,
    spark,
    spark_publish,
)
from benchmarks.made import BUCKETS
from benchmarks.made_decided import file_of, scan, terms, write_decided
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
from benchmarks.spark import SPARK
from transforms.tables.decided import LIMITS
from warehouse.store.lake import bucket_of

PANDAS = "pandas, 1 of 16 buckets"
WHOLE = f"{OURS}, the whole decision"
_CHOSEN = ("user_id", "limit_cents", "expected_profit_cents", "expected_loss_cents")
_CONTRIBUTION = ("feature", "points", "points_lost")


def _score_columns() -> tuple[str, ...]:
    return ("user_id", *(one.name for one in terms().scorecard.features))


def _scored(dialect: queries.Dialect) -> Callable[[str], str]:
    return lambda table: queries.scored(dialect, table, terms().scorecard)


def _chosen(dialect: queries.Dialect) -> Callable[[str], str]:
    return lambda table: queries.chosen(dialect, table, terms().policy)


STEPS: dict[str, dict[str, Callable]] = {
    "score": {
        OURS: score,
        FLOOR: lambda folder: floor(folder, "features", _score_columns()),
        DUCKDB: lambda folder: duckdb(folder, "features", _scored(queries.DUCKDB)),
        PANDAS: partial(pandas, step="score"),
        SPARK: lambda folder: spark(folder, "features", _scored(queries.SPARK)),
    },
    "decide": {
        OURS: choose,
        WHOLE: decide,
        FLOOR: lambda folder: floor(folder, "positions"),
        DUCKDB: lambda folder: duckdb(folder, "positions", _chosen(queries.DUCKDB)),
        PANDAS: partial(pandas, step="decide"),
        SPARK: lambda folder: spark(folder, "positions", _chosen(queries.SPARK)),
    },
    "publish": {
        OURS: publish,
        FLOOR: lambda folder: floor(folder, "decisions", _published_columns()),
        DUCKDB: duckdb_publish,
        PANDAS: partial(pandas, step="publish"),
        SPARK: spark_publish,
    },
}


def measured(users: int, times: int, folder: Path | None = None) -> list[dict]:
    """Make a month up to its decision, let every engine do each step, and return the rows."""
    made = Path(tempfile.mkdtemp(prefix="decided-", dir=folder))
    rows: list[dict] = []
    try:
        write_decided(made, users)
        sample = pl.scan_parquet(file_of(made, "features", 0)).select(pl.len()).collect().item()
        for step, engines in STEPS.items():
            found = in_turns(
                engines,
                times,
                lambda engine, step=step: fresh(__spec__.name, step, engine, str(made)),
            )
            for part in ("whole", "sample"):
                require_same(step, found, part)
            rows += rows_of(step, dict.fromkeys(engines, users) | {PANDAS: sample}, found)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return rows


def given(folder: Path, step: str, frames: Frames) -> dict:
    """Return digests of what an engine gave: of all users, and of those of the first bucket."""
    made = [rows if isinstance(rows, pl.DataFrame) else _frame(rows) for rows in frames]
    if "user_id" not in made[0].columns or made[0]["user_id"].dtype != pl.String:
        return {}
    rows = pl.concat(made)
    if step == "decide":
        asked = scan(folder, "positions").select("user_id").collect()
        rows = rows.join(asked, on="user_id", how="semi").select(_CHOSEN)
    rows = rows.drop("as_of", strict=False)  # known beforehand, and no engine but ours adds it
    rows = rows.select(_alike(name, dtype) for name, dtype in rows.schema.items())
    sample = rows.filter(bucket_of(BUCKETS) == 0)
    return {"whole": digests(rows) if len(sample) < len(rows) else {}, "sample": digests(sample)}


def _frame(rows: object) -> pl.DataFrame:
    return rows.collect() if isinstance(rows, pl.LazyFrame) else pl.from_arrow(rows)


def _alike(name: str, dtype: pl.DataType) -> pl.Expr:
    """Return a column in a form that does not depend on the widths of numbers."""
    column, one = pl.col(name), pl.element()
    if dtype == pl.List(pl.Struct):
        parts = [one.struct.field(field).cast(pl.String) for field in _CONTRIBUTION]
        return column.list.eval(pl.concat_str(parts, separator=" ")).list.join(",")
    if dtype == pl.List:
        return column.list.join(",")
    return column.cast(pl.Int64) if dtype.is_integer() else column


def _published_columns() -> tuple[str, ...]:
    return tuple(name for name in LIMITS.schema if name not in ("inputs_id", "mode"))


def main() -> None:
    """Measure one engine if told so, else all, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("step", nargs="?", choices=STEPS, help="measure one engine on it")
    parser.add_argument("engine", nargs="?", help="measure this one only, in this process")
    parser.add_argument("made", nargs="?", type=Path, help="where the made tables are")
    add_usual(parser, users=100_000)
    asked = parser.parse_args()
    if asked.engine:
        check = partial(given, asked.made, asked.step)
        run_engine(STEPS[asked.step], asked.engine, asked.made, check)
        return
    report(lambda: measured(asked.users, asked.times, asked.folder), asked.save)


if __name__ == "__main__":
    main()
