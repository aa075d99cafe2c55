"""One measurement in a process of its own: `python -m benchmarks.engines NAME LOG OUT BEGUN`.

Prints JSON: `wall_s` and `cpu_s` of the work without imports, `peak_mb` of the whole process,
`rows` and `cents` of what was written.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import timed

BUCKETS = 16
MONTH = "2026-03"
_ROOT = Path(__file__).parent.parent
_FIELDS = ("id", "user", "at", "kind", "device", "channel", "category", "counterparty")


def ours(log: Path, out: Path) -> Callable[[], tuple[int, int]]:
    """Stage the events of a landing folder into a lake, every line checked."""
    import polars as pl

    _prepare_lake(log, out)
    from warehouse.monthly.extract import stage_events

    stage_events(MONTH)
    written = pl.scan_parquet(out / f"runs/*/*/events/{MONTH}/*.parquet")
    return lambda: written.select(pl.len(), pl.col("amount_cents").sum()).collect().row(0)


def duckdb(log: Path, out: Path, *, ignore_errors: bool = False, order: str = ""):
    """Let DuckDB turn the log into one Parquet file, or into sorted ones by bucket."""
    import duckdb

    columns = ", ".join(f"\"{name}\": 'VARCHAR'" for name in _FIELDS if name != "at")
    columns += ", \"at\": 'TIMESTAMPTZ', amount: 'DECIMAL(18,2)'"
    errors = ", ignore_errors=true" if ignore_errors else ""
    read = f"read_json('{log}/*.jsonl', format='newline_delimited', columns={{{columns}}}{errors})"
    database = duckdb.connect()
    if order:
        query = f'SELECT *, hash("user") % {BUCKETS} AS bucket FROM {read} ORDER BY {order}'
        form = f"'{out}' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY bucket)"
    else:
        out.mkdir(parents=True)
        query, form = f"FROM {read}", f"'{out}/log.parquet' (FORMAT parquet, COMPRESSION zstd)"
    database.execute(f"COPY ({query}) TO {form}")
    sums = f"SELECT count(*), CAST(100 * sum(amount) AS BIGINT) FROM '{out}/**/*.parquet'"
    return lambda: database.execute(sums).fetchone()


def polars(log: Path, out: Path, *, is_sorted: bool = False) -> Callable[[], tuple[int, int]]:
    """Let Polars turn the log into one Parquet file, or into sorted ones by bucket."""
    import polars as pl

    out.mkdir(parents=True)
    schema = dict.fromkeys(_FIELDS, pl.String()) | {"amount": pl.Float64()}
    lines = pl.scan_ndjson(f"{log}/*.jsonl", schema=schema)
    if is_sorted:
        rows = lines.with_columns(bucket=pl.col("user").hash() % BUCKETS).collect()
        parts = rows.partition_by("bucket", as_dict=True, include_key=False)
        del rows
        for (bucket,), part in parts.items():
            part.sort("user", "at", "id").write_parquet(out / f"{bucket}.parquet")
    else:
        lines.sink_parquet(out / "log.parquet")
    cents = (100 * pl.col("amount")).round().cast(pl.Int64).sum()
    written = pl.scan_parquet(out / "*.parquet")
    return lambda: written.select(pl.len(), cents).collect().row(0)


def cold(log: Path, out: Path, begun: float) -> float:
    """Return the seconds from the start of the process until the first landing file is opened."""
    _prepare_lake(log, out)
    from warehouse.intake import spool
    from warehouse.monthly.extract import stage_events

    seconds = []
    read = spool.load_file

    def noted(*args, **more):
        seconds.append(time.time() - begun)
        return read(*args, **more)

    spool.load_file = noted
    stage_events(MONTH)
    return seconds[0]


ENGINES = {
    "limitwise": ours,
    "DuckDB": duckdb,
    "DuckDB, ignore_errors": lambda log, out: duckdb(log, out, ignore_errors=True),
    "DuckDB, bucketed and sorted": lambda log, out: duckdb(
        log, out, order='bucket, "user", "at", id'
    ),
    "Polars": polars,
    "Polars, bucketed and sorted": lambda log, out: polars(log, out, is_sorted=True),
}
_IMPORTED = {"limitwise": "warehouse.monthly.extract", "DuckDB": "duckdb", "Polars": "polars"}


def _prepare_lake(log: Path, out: Path) -> None:
    os.environ |= {
        "LIMITWISE_LAKE": str(out),
        "LIMITWISE_LANDING": str(log),
        "LIMITWISE_SOURCES": str(_ROOT / "benchmarks" / "mapping"),
        "LIMITWISE_POLICIES": str(_ROOT / "policies"),
    }
    from warehouse.store.lake import create_lake

    create_lake(out)


def _measure(name: str, log: Path, out: Path) -> dict:
    __import__(_IMPORTED[name.split(",")[0]])
    sums, took = timed(lambda: ENGINES[name](log, out))
    rows, cents = sums()
    return took | {"rows": rows, "cents": cents}


if __name__ == "__main__":
    _name, _log, _out, _begun = sys.argv[1:]
    if _name == "cold start":
        _said = {"wall_s": cold(Path(_log), Path(_out), float(_begun))}
    else:
        _said = _measure(_name, Path(_log), Path(_out))
    print(json.dumps(_said))
