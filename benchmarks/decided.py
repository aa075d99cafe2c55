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

import numpy as np
import polars as pl

from benchmarks import decided_queries as queries
from benchmarks.compared import digests, require_same
from benchmarks.made import BUCKETS, MONTH
from benchmarks.made_decided import decided, file_of, shared_by_all, terms, write_decided
from benchmarks.measure import (
    DUCKDB,
    FLOOR,
    OURS,
    Frames,
    fresh,
    in_turns,
    keep,
    machine,
    rows_of,
    run_engine,
    steps_table,
)
from benchmarks.spark import SPARK, session
from transforms.bounds import NO_UPPER
from transforms.candidates import NET, Candidates, ladder_of
from transforms.economics import Position, expected
from transforms.limits import limits
from transforms.scores import scores
from transforms.tables.decided import LIMITS
from warehouse.lake import bucket_of, create_lake
from warehouse.parts import side_by_side
from warehouse.staging import Staging

PANDAS = "pandas, 1 of 16 buckets"
WHOLE = f"{OURS}, the whole decision"
_INPUTS_ID = "0" * 16
_LISTS = ("contributions", "reasons", "guards_fired")


def score(folder: Path) -> Callable[[], Frames]:
    """Score bucket by bucket, a few side by side, as the step `decisions` does."""
    scorecard = terms().scorecard

    def of_bucket(bucket: int) -> pl.DataFrame:
        rows = pl.scan_parquet(file_of(folder, "features", bucket))
        return scores(rows, scorecard, MONTH).collect()

    return lambda: side_by_side(of_bucket, range(BUCKETS))


def choose(folder: Path) -> Callable[[], Frames]:
    """Choose the limit of every position bucket by bucket."""
    policy = terms().policy
    names = list(policy.segments)

    def of_bucket(bucket: int) -> pl.DataFrame:
        rows = pl.read_parquet(file_of(folder, "positions", bucket))
        number = {
            name: rows[name].cast(pl.Int64).fill_null(int(NO_UPPER)).to_numpy()
            for name in rows.columns
            if name not in ("user_id", "segment")
        }
        position = Position(
            limit_before_cents=number["limit_before_cents"],
            balance_cents=np.maximum(number["balance_end_cents"], 0),
            pd_ppm=number["pd_ppm"],
            apr_bps=number["apr_bps"],
        )
        segment = rows["segment"].cast(pl.Enum(names)).to_physical().cast(pl.Int64).to_numpy()
        ladder = ladder_of(segment, list(policy.segments.values()))
        candidates = Candidates(position, ladder, policy.line, policy.economics)
        everyone = np.arange(rows.height)
        limit = candidates.choose(
            everyone, number["lower_bound_cents"], number["upper_bound_cents"], NET
        )
        factor = candidates.odds_factor_at(everyone, limit)
        worth = expected(position, limit, factor, policy.economics)
        return pl.DataFrame(
            {
                "user_id": rows["user_id"],
                "limit_cents": limit,
                "expected_profit_cents": worth.profit_cents,
                "expected_loss_cents": worth.loss_cents,
            }
        )

    return lambda: side_by_side(of_bucket, range(BUCKETS))


def decide(folder: Path) -> Callable[[], Frames]:
    """Decide every line, of which the positions are compared."""
    of = terms()

    def all_lines() -> list[pl.DataFrame]:
        shared = shared_by_all(folder)
        return side_by_side(lambda bucket: decided(folder, bucket, of, shared), range(BUCKETS))

    return all_lines


def publish(folder: Path) -> Callable[[], Frames]:
    """Stage the limits of all users in a lake: checked, sorted, written, hashed."""
    lake = create_lake(Path(tempfile.mkdtemp(dir=folder)), buckets=BUCKETS, device_key="0" * 64)
    staging = Staging.begin(lake, MONTH, _INPUTS_ID)

    def stage() -> Frames:
        rows = limits(_scan(folder, "decisions"), _INPUTS_ID, "live")
        staging.write(LIMITS, MONTH, rows)
        return [pl.scan_parquet(staging.paths(LIMITS.name, MONTH), hive_partitioning=False)]

    return stage


def floor(folder: Path, table: str, columns: tuple[str, ...] | None = None) -> Callable:
    """Read columns of a table and sum them; all columns if none are named."""
    rows = _scan(folder, table)
    read = rows if columns is None else rows.select(columns)
    sums = [_sum(name, dtype) for name, dtype in read.collect_schema().items()]
    return lambda: [rows.select(sums).collect()]


def duckdb(folder: Path, table: str, query: Callable[[str], str]) -> Callable[[], Frames]:
    """Ask DuckDB for all buckets at once."""
    import duckdb as engine

    database = engine.connect()
    database.execute("SET preserve_insertion_order = false")
    asked = query(f"read_parquet('{folder}/{table}/*.parquet')")
    return lambda: [database.sql(asked).to_arrow_table()]


def duckdb_publish(folder: Path) -> Callable[[], Frames]:
    """Let DuckDB write the sorted file."""
    import duckdb as engine

    database = engine.connect()
    out = Path(tempfile.mkdtemp(dir=folder)) / "limits.parquet"
    query = queries.published(f"read_parquet('{folder}/decisions/*.parquet')", _INPUTS_ID)
    form = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3"

    def write() -> Frames:
        database.execute(f"COPY ({query}) TO '{out}' ({form})")
        return [pl.scan_parquet(out)]

    return write


def spark(folder: Path, table: str, query: Callable[[str], str]) -> Callable[[], Frames]:
    """Ask Spark, whose session has answered the same on one bucket before."""
    opened = session()

    def asked(path: Path) -> Frames:
        opened.read.parquet(str(path)).createOrReplaceTempView("made")
        return [opened.sql(query("made")).toArrow()]

    asked(file_of(folder, table, 0))
    return lambda: asked(folder / table)


def spark_publish(folder: Path) -> Callable[[], Frames]:
    """Let Spark write the sorted file, after one bucket."""
    opened = session()
    query = queries.published("made", _INPUTS_ID)

    def write(path: Path) -> Frames:
        out = Path(tempfile.mkdtemp(dir=folder)) / "limits"
        opened.read.parquet(str(path)).createOrReplaceTempView("made")
        opened.sql(query).coalesce(1).write.option("compression", "zstd").parquet(str(out))
        return [pl.scan_parquet(out / "*.parquet")]

    write(file_of(folder, "decisions", 0))
    return lambda: write(folder / "decisions")


def pandas(folder: Path, step: str) -> Callable[[], Frames]:
    """Do a step on one bucket with pandas."""
    from benchmarks import decided_pandas as engine

    of, out = terms(), Path(tempfile.mkdtemp(dir=folder)) / "limits.parquet"
    works: dict[str, Callable] = {
        "score": lambda: engine.score(file_of(folder, "features", 0), of.scorecard),
        "decide": lambda: engine.choose(file_of(folder, "positions", 0), of.policy),
        "publish": lambda: engine.publish(file_of(folder, "decisions", 0), out, _INPUTS_ID),
    }
    return lambda: [works[step]()]


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
        asked = _scan(folder, "positions").select("user_id").collect()
        rows = rows.join(asked, on="user_id", how="semi").select(_CHOSEN)
    rows = rows.drop("as_of", strict=False).select(
        _text_of(name, dtype) for name, dtype in rows.drop("as_of", strict=False).schema.items()
    )
    sample = rows.filter(bucket_of(BUCKETS) == 0)
    return {"whole": digests(rows) if len(sample) < len(rows) else {}, "sample": digests(sample)}


_CHOSEN = ("user_id", "limit_cents", "expected_profit_cents", "expected_loss_cents")


def _frame(rows: object) -> pl.DataFrame:
    return rows.collect() if isinstance(rows, pl.LazyFrame) else pl.from_arrow(rows)


def _text_of(name: str, dtype: pl.DataType) -> pl.Expr:
    """Return a column in a form that does not depend on the widths of numbers."""
    column, one = pl.col(name), pl.element()
    if dtype == pl.List(pl.Struct):
        parts = [one.struct.field(field).cast(pl.String) for field in _CONTRIBUTION]
        return column.list.eval(pl.concat_str(parts, separator=" ")).list.join(",")
    if dtype == pl.List:
        return column.list.join(",")
    return column.cast(pl.Int64) if dtype.is_integer() else column


_CONTRIBUTION = ("feature", "points", "points_lost")


def _published_columns() -> tuple[str, ...]:
    return tuple(name for name in LIMITS.schema if name not in ("inputs_id", "mode"))


def _scan(folder: Path, table: str) -> pl.LazyFrame:
    return pl.scan_parquet(folder / table / "*.parquet")


def _sum(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if dtype == pl.String:
        return column.str.len_bytes().sum()
    if dtype == pl.List:
        return column.list.len().sum()
    return column.to_physical().sum() if dtype.is_temporal() else column.sum()


def main() -> None:
    """Measure one engine if told so, else all, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("step", nargs="?", choices=STEPS, help="measure one engine on it")
    parser.add_argument("engine", nargs="?", help="measure this one only, in this process")
    parser.add_argument("made", nargs="?", type=Path, help="where the made tables are")
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=3, help="repetitions")
    parser.add_argument("--save", metavar="NAME", help="keep the table in benchmarks/results")
    parser.add_argument("--folder", type=Path, help="where tables are made")
    asked = parser.parse_args()
    if asked.engine:
        check = partial(given, asked.made, asked.step)
        run_engine(STEPS[asked.step], asked.engine, asked.made, check)
        return
    said = machine()
    rows = measured(asked.users, asked.times, asked.folder)
    text = steps_table(rows)
    print(f"{said}\n\n{text}")
    if asked.save:
        keep(asked.save, text, rows, said)


if __name__ == "__main__":
    main()
