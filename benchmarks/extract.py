"""How fast raw logs become facts, beside readers that check nothing.

`python -m benchmarks.extract` prints one table. Every measurement is a process of its own; the
engines take turns, several times over, and medians are shown. Goal: not slower than the faster of
the unchecked readers on clean logs, at most twice its time with 1 % of bad lines, and less than
2 GB of memory whatever the size of a file (`--memory 5` tries 5 GB).
"""

import argparse
import shutil
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.logs import Written, write_log
from benchmarks.measure import OURS, fresh, in_turns, keep, machine, middle, shown, table_text

_SORTED = ("DuckDB, bucketed and sorted", "Polars, bucketed and sorted")
_CLEAN = (OURS, "DuckDB", "Polars", *_SORTED)
_BAD = (OURS, "DuckDB, ignore_errors", "Polars")
_UNCHECKED = ("DuckDB", "Polars")
_HEAD = ("log", "engine", "lines", "MB", "rows", "wall s", "CPU s", "peak MB", "wall ×", "CPU ×")


def measured(folder: Path, lines: int, times: int) -> list[dict]:
    """Return the rows of the table: every log through every engine, in turns."""
    logs = {
        "clean, 1 file": (_CLEAN, write_log(folder / "0", lines)),
        "clean, 31 files": (_CLEAN, write_log(folder / "1", lines, files=31)),
        "1 % bad, 1 file": (_BAD, write_log(folder / "2", lines, bad_per_mille=10)),
    }
    rows = []
    for number, (log, (engines, written)) in enumerate(logs.items()):
        made = folder / str(number)
        found = in_turns(engines, times, lambda engine, made=made: _run(engine, made))
        rows += [_row(log, engine, written, took) for engine, took in found.items()]
    _compare(rows)
    write_log(folder / "first", 1)
    cold = [_run("cold start", folder / "first") for _ in range(times)]
    seconds = median(one["wall_s"] for one in cold)
    return [*rows, {"step": "1 line", "engine": f"{OURS}, until it is read", "wall_s": seconds}]


def table(rows: list[dict]) -> str:
    """Return the table of logs and engines."""
    return table_text(_HEAD, map(_cells, rows))


def _memory(folder: Path, gigabytes: float) -> list[dict]:
    per_line = write_log(folder / "sample", 100_000).size_bytes / 100_000
    written = write_log(folder / "log", int(gigabytes * 1e9 / per_line))
    return [_row(f"clean, {gigabytes:g} GB", OURS, written, [_run(OURS, folder / "log")])]


def _run(engine: str, log: Path) -> dict:
    """Run one engine in a fresh process; empty if it fails, which ours may not."""
    out = log.parent / "out"
    shutil.rmtree(out, ignore_errors=True)
    begun = str(time.time())
    may_fail = engine not in (OURS, "cold start")
    took = fresh("benchmarks.engines", engine, str(log), str(out), begun, may_fail=may_fail)
    shutil.rmtree(out, ignore_errors=True)
    return took


def _row(log: str, engine: str, written: Written, took: list[dict]) -> dict:
    """Return the medians; what an engine wrote must be what the log holds, bad lines left out."""
    row = {"step": f"extract: {log}", "engine": engine}
    row |= {"lines": written.lines, "bytes": written.size_bytes}
    if not all(took):
        return row | {"fails": True}
    (rows,) = {one["rows"] for one in took}
    (cents,) = {one["cents"] for one in took}
    if engine == OURS or not written.bad:
        expected = (written.lines - written.bad, written.cents)
        if (rows, cents) != expected:
            raise SystemExit(f"{log}, {engine}: {rows, cents} and not {expected}.")
    return row | middle(took) | {"rows": rows}


def _compare(rows: list[dict]) -> None:
    """Add how many times as long each took as readers of the clean log that check nothing.

    The floor is the faster of them.
    """
    for row in rows:
        files = row["step"].split(", ")[1]
        clean = [one for one in rows if one["step"] == f"extract: clean, {files}"]
        for name in ("wall", "cpu"):
            unchecked = {r["engine"]: r[f"{name}_s"] for r in clean if r["engine"] in _UNCHECKED}
            if f"{name}_s" in row:
                row[f"{name}_times"] = round(row[f"{name}_s"] / min(unchecked.values()), 3)
                row[f"{name}_to_duckdb"] = round(row[f"{name}_s"] / unchecked["DuckDB"], 3)
        row["ratio_to_floor"] = row.get("cpu_times")
        row["ratio_to_duckdb"] = row.pop("wall_to_duckdb", None)
        row.pop("cpu_to_duckdb", None)


def _cells(row: dict) -> tuple[str, ...]:
    return (
        row["step"],
        row["engine"],
        shown(row, "lines", ",.0f"),
        shown(row, "bytes", ",.0f", 1e6),
        "fails" if "fails" in row else shown(row, "rows", ",.0f"),
        shown(row, "wall_s", ".2f"),
        shown(row, "cpu_s", ".2f"),
        shown(row, "peak_mb", ",.0f"),
        shown(row, "wall_times", ".2f"),
        shown(row, "cpu_times", ".2f"),
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=3_000_000, help="of each log")
    parser.add_argument("--times", type=int, default=3, help="repetitions")
    parser.add_argument("--memory", type=float, metavar="GB", help="only the peak for one file")
    parser.add_argument("--save", metavar="NAME", help="keep the table in benchmarks/results")
    parser.add_argument("--folder", type=Path, help="where logs and lakes are made")
    return parser.parse_args()


def main() -> None:
    """Measure what the arguments ask for and print it."""
    asked, said = _arguments(), machine()
    folder = Path(tempfile.mkdtemp(prefix="extract-", dir=asked.folder))
    try:
        if asked.memory:
            rows = _memory(folder, asked.memory)
        else:
            rows = measured(folder, asked.lines, asked.times)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{said}\n\n{table(rows)}")
    if asked.save:
        keep(asked.save, table(rows), rows, said)


if __name__ == "__main__":
    main()
