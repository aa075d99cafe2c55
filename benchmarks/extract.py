"""How fast raw logs become facts, beside readers that check nothing.

`python -m benchmarks.extract` prints one table. Every measurement is a process of its own; the
engines take turns, several times over, and medians are shown. Goal: not slower than the faster of
the unchecked readers on clean logs, at most twice its time with 1 % of bad lines, and less than
2 GB of memory whatever the size of a file (`--memory 5` tries 5 GB).
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

from benchmarks.logs import Written, write_log
from warehouse.airflow_process import KEPT_MEMORY

_ROOT = Path(__file__).parent.parent
_RESULTS = Path(__file__).parent / "results"
_SORTED = ("DuckDB, bucketed and sorted", "Polars, bucketed and sorted")
_CLEAN = ("limitwise", "DuckDB", "Polars", *_SORTED)
_BAD = ("limitwise", "DuckDB, ignore_errors", "Polars")
_UNCHECKED = ("DuckDB", "Polars")
_HEAD = ("log", "engine", "lines", "MB", "rows", "wall s", "CPU s", "peak MB", "wall ×", "CPU ×")


def main() -> None:
    """Measure what the arguments ask for and print it."""
    asked = _arguments()
    folder = Path(tempfile.mkdtemp(prefix="extract-", dir=asked.folder))
    try:
        rows = _memory(folder, asked.memory) if asked.memory else _side_by_side(folder, asked)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    text = f"{_machine()}\n\n{_table(rows)}"
    print(text)
    if asked.save:
        _RESULTS.mkdir(exist_ok=True)
        (_RESULTS / f"{asked.save}.txt").write_text(text + "\n")
        measured = {"machine": _machine(), "rows": rows}
        (_RESULTS / f"{asked.save}.json").write_text(json.dumps(measured, indent=1) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=3_000_000, help="of each log")
    parser.add_argument("--times", type=int, default=3, help="repetitions")
    parser.add_argument("--memory", type=float, metavar="GB", help="only the peak for one file")
    parser.add_argument("--save", metavar="NAME", help="keep the table in benchmarks/results")
    parser.add_argument("--folder", type=Path, help="where logs and lakes are made")
    return parser.parse_args()


def _side_by_side(folder: Path, asked: argparse.Namespace) -> list[dict]:
    logs = {
        "clean, 1 file": (_CLEAN, write_log(folder / "0", asked.lines)),
        "clean, 31 files": (_CLEAN, write_log(folder / "1", asked.lines, files=31)),
        "1 % bad, 1 file": (_BAD, write_log(folder / "2", asked.lines, bad_per_mille=10)),
    }
    rows = []
    for number, (log, (engines, written)) in enumerate(logs.items()):
        found: dict[str, list[dict]] = {engine: [] for engine in engines}
        for _ in range(asked.times):
            for engine, measured in found.items():  # in turns, so that a busy minute hits all
                measured.append(_measured(engine, folder / str(number), folder / "out"))
        rows += [_row(log, engine, written, measured) for engine, measured in found.items()]
    _compare(rows)
    write_log(folder / "first", 1)
    cold = [_measured("cold start", folder / "first", folder / "out") for _ in range(asked.times)]
    seconds = median(one["wall_s"] for one in cold)
    return [*rows, {"log": "1 line", "engine": "limitwise, until it is read", "wall_s": seconds}]


def _memory(folder: Path, gigabytes: float) -> list[dict]:
    per_line = write_log(folder / "sample", 100_000).size_bytes / 100_000
    written = write_log(folder / "log", int(gigabytes * 1e9 / per_line))
    measured = _measured("limitwise", folder / "log", folder / "out")
    return [_row(f"clean, {gigabytes:g} GB", "limitwise", written, [measured])]


def _measured(engine: str, log: Path, out: Path) -> dict:
    """Run one engine in a fresh process; empty if it fails."""
    shutil.rmtree(out, ignore_errors=True)
    call = [sys.executable, "-m", "benchmarks.engines", engine, str(log), str(out)]
    ran = subprocess.run(
        [*call, str(time.time())],
        cwd=_ROOT,
        env=os.environ | KEPT_MEMORY,  # as `limitwise run` gives it to the tasks; Polars gains too
        capture_output=True,
        text=True,
        check=False,
    )
    shutil.rmtree(out, ignore_errors=True)
    if ran.returncode and engine.startswith("limitwise"):
        raise SystemExit(ran.stderr)
    return json.loads(ran.stdout.splitlines()[-1]) if not ran.returncode else {}


def _row(log: str, engine: str, written: Written, measured: list[dict]) -> dict:
    """Return the medians; what an engine wrote must be what the log holds, bad lines left out."""
    row = {"log": log, "engine": engine, "lines": written.lines, "bytes": written.size_bytes}
    if not all(measured):
        return row | {"fails": True}
    (rows,) = {one["rows"] for one in measured}
    (cents,) = {one["cents"] for one in measured}
    if engine == "limitwise" or not written.bad:
        expected = (written.lines - written.bad, written.cents)
        if (rows, cents) != expected:
            raise SystemExit(f"{log}, {engine}: {rows, cents} and not {expected}.")
    medians = {name: median(one[name] for one in measured) for name in ("wall_s", "cpu_s")}
    return row | medians | {"rows": rows, "peak_mb": max(one["peak_mb"] for one in measured)}


def _compare(rows: list[dict]) -> None:
    """Add how many times as long each took as the faster unchecked reader of the clean log."""
    for name in ("wall", "cpu"):
        clean = [row for row in rows if row["engine"] in _UNCHECKED and f"{name}_s" in row]
        for row in rows:
            files = row["log"].split(", ")[1]
            same = [one for one in clean if one["log"] == f"clean, {files}"]
            if f"{name}_s" in row:
                row[f"{name}_times"] = row[f"{name}_s"] / min(one[f"{name}_s"] for one in same)


def _table(rows: list[dict]) -> str:
    texts = [_HEAD, *(_texts(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    lines = []
    for line in texts:
        cells = [
            cell.ljust(width) if place < 2 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join([lines[0], "-" * sum(widths, 2 * len(widths)), *lines[1:]])


def _texts(row: dict) -> tuple[str, ...]:
    def text(name: str, form: str, scale: float = 1) -> str:
        return format(row[name] / scale, form) if name in row else ""

    return (
        row["log"],
        row["engine"],
        text("lines", ",.0f"),
        text("bytes", ",.0f", 1e6),
        "fails" if "fails" in row else text("rows", ",.0f"),
        text("wall_s", ".2f"),
        text("cpu_s", ".2f"),
        text("peak_mb", ",.0f"),
        text("wall_times", ".2f"),
        text("cpu_times", ".2f"),
    )


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    versions = ", ".join(f"{name} {version(name)}" for name in ("polars", "duckdb", "pyarrow"))
    python = ".".join(map(str, sys.version_info[:3]))
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, Python {python}, {versions}; "
        f"load {os.getloadavg()[0]:.1f}; {datetime.now(UTC):%Y-%m-%d}"
    )


if __name__ == "__main__":
    main()
