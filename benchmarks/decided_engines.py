"""The engines that score, choose and publish: each prepares and returns its work on a month."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks import decided_queries as queries
from benchmarks.compared import sum_of
from benchmarks.made import BUCKETS, MONTH
from benchmarks.made_decided import decided, file_of, scan, shared_by_all, terms
from benchmarks.measure import Frames
from benchmarks.spark import session
from transforms.deciding.bounds import NO_UPPER
from transforms.deciding.candidates import NET
from transforms.deciding.choices import candidates_of
from transforms.deciding.limits import limits
from transforms.policies.economics import expected
from transforms.scoring.scores import scores
from transforms.tables.decided import LIMITS
from warehouse.monthly.parts import side_by_side
from warehouse.store.lake import create_lake
from warehouse.store.staging import Staging

_INPUTS_ID = "0" * 16


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

    def of_bucket(bucket: int) -> pl.DataFrame:
        rows = pl.read_parquet(file_of(folder, "positions", bucket))
        candidates, everyone = candidates_of(rows, policy), np.arange(rows.height)
        lower, upper = (
            rows[f"{name}_bound_cents"].fill_null(int(NO_UPPER)).to_numpy()
            for name in ("lower", "upper")
        )
        limit = candidates.choose(everyone, lower, upper, NET)
        factor = candidates.odds_factor_at(everyone, limit)
        worth = expected(candidates.position, limit, factor, policy.economics)
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
        rows = limits(scan(folder, "decisions"), _INPUTS_ID, "live")
        staging.write(LIMITS, MONTH, rows)
        return [pl.scan_parquet(staging.paths(LIMITS.name, MONTH), hive_partitioning=False)]

    return stage


def floor(folder: Path, table: str, columns: tuple[str, ...] | None = None) -> Callable:
    """Read columns of a table and sum them; all columns if none are named."""
    rows = scan(folder, table)
    read = rows if columns is None else rows.select(columns)
    sums = [sum_of(name, dtype) for name, dtype in read.collect_schema().items()]
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
