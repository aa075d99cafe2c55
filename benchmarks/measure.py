"""What all benchmarks share: fresh processes in turns, medians, one table and one JSON.

An engine is prepared (imports, sessions) and returns its work; only the work is measured. What it
gives is reduced to a digest per column afterwards, and engines whose digests differ stop the
benchmark: a time says nothing about another result.
"""

import json
import os
import resource
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

from warehouse.commands.airflow_process import KEPT_MEMORY

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results"
FLOOR, DUCKDB, OURS = "floor: read and sum", "DuckDB", "limitwise"
HEAD = (
    *("step", "engine", "rows", "wall s", "rows/s", "CPU s", "peak MB"),
    *("CPU / floor", "wall / DuckDB", "CPU / DuckDB"),
)
Frames = Sequence[Any]  # of Polars or Arrow
Engine = Callable[[Path], Callable[[], Frames]]


class NotInstalledError(Exception):
    """An engine that is optional is not there."""


def run_engine(engines: Mapping[str, Engine], name: str, folder: Path, check: Callable) -> None:
    """Measure one engine in this process and print what it took and gave, as one line of JSON.

    Args:
        engines: By name, how to prepare each.
        name: Which one.
        folder: Where the made tables are.
        check: Reduces the frames that the engine gave to what is compared.
    """
    try:
        work = engines[name](folder)
    except (ImportError, NotInstalledError) as missing:
        print(json.dumps({"not_installed": str(missing)}))
        return
    frames, took = timed(work)
    print(json.dumps(took | {"given": check(frames)}))


def timed(work: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """Return what some work gives, and its seconds, CPU seconds and peak of memory.

    Processes that this one has started count with it.
    """
    others, _ = _of_children()
    wall, cpu = time.perf_counter(), time.process_time()
    given = work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    after, peak = _of_children()
    from warehouse.monthly.step_times import (
        peak_mb,  # late: it brings Polars, and DuckDB does without
    )

    return given, {"wall_s": wall, "cpu_s": cpu + after - others, "peak_mb": peak_mb() + peak}


def fresh(module: str, *arguments: str, may_fail: bool = False) -> dict:
    """Run a module in a process of its own; return the JSON that it prints last.

    Args:
        module: With the arguments as `python -m` takes them.
        arguments: Its own.
        may_fail: Return nothing if it fails.

    Raises:
        SystemExit: It failed; with its last words.
    """
    ran = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=os.environ | KEPT_MEMORY,  # as `limitwise run` gives it to the tasks; Polars gains too
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode and may_fail:
        return {}
    if ran.returncode:
        raise SystemExit(f"{module} {' '.join(arguments)}:\n{ran.stderr[-3_000:]}")
    return json.loads(ran.stdout.splitlines()[-1])


def in_turns(
    engines: Iterable[str], times: int, run: Callable[[str], dict]
) -> dict[str, list[dict]]:
    """Run every engine several times, each in its turn, so that a busy minute hits all."""
    found: dict[str, list[dict]] = {engine: [] for engine in engines}
    for _ in range(times):
        for engine, measured in found.items():
            if not any("not_installed" in one for one in measured):
                measured.append(run(engine))
    return found


def middle(measured: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the medians of seconds, and the most memory."""
    medians = {name: median(one[name] for one in measured) for name in ("wall_s", "cpu_s")}
    return medians | {"peak_mb": max(one["peak_mb"] for one in measured)}


def rows_of(step: str, rows: Mapping[str, int], found: Mapping[str, list[dict]]) -> list[dict]:
    """Return one row of the table per engine, DuckDB's faster query named `DuckDB`.

    Args:
        step: What was done.
        rows: By engine how many rows it read; an engine on a sample is compared per row.
        found: What each engine took.
    """
    made = []
    for engine, measured in found.items():
        row = {"step": step, "engine": engine, "rows": rows[engine]}
        if "not_installed" in measured[0]:
            made.append(row | {"note": "not installed"})
        else:
            made.append(row | middle(measured))
    queries = [row for row in made if row["engine"].startswith(DUCKDB) and "wall_s" in row]
    best = min(queries, key=lambda row: row["wall_s"] / row["rows"], default=None)
    floor = next((row for row in made if row["engine"] == FLOOR), None)
    for row in made:
        row["ratio_to_floor"] = _times(row, floor, "cpu_s")
        row["ratio_to_duckdb"] = _times(row, best, "wall_s")
        row["cpu_ratio_to_duckdb"] = _times(row, best, "cpu_s")
    return made


def table_text(head: Sequence[str], cells: Iterable[Sequence[str]], left: int = 2) -> str:
    """Return lines of cells in columns, the first few aligned to the left."""
    texts = [tuple(head), *map(tuple, cells)]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    lines = []
    for line in texts:
        padded = [
            cell.ljust(width) if place < left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        lines.append("  ".join(padded).rstrip())
    return "\n".join([lines[0], "-" * sum(widths, 2 * len(widths)), *lines[1:]])


def steps_table(rows: Iterable[Mapping]) -> str:
    """Return the table of steps and engines."""
    return table_text(HEAD, map(_cells, rows))


def shown(row: Mapping, name: str, form: str, scale: float = 1) -> str:
    """Return a figure of a row as text; empty where it has none."""
    return "" if row.get(name) is None else format(row[name] / scale, form)


def machine() -> str:
    """Describe the machine, what is installed and how busy it is."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    names = ("polars", "duckdb", "pyarrow", "pandas", "pyspark", "numpy")
    versions = ", ".join(f"{name} {known}" for name in names if (known := _version(name)))
    python = ".".join(map(str, sys.version_info[:3]))
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, Python {python}, {versions}; "
        f"load {os.getloadavg()[0]:.1f}; commit {_commit()}; {datetime.now(UTC):%Y-%m-%d}"
    )


def add_usual(parser: ArgumentParser, users: int) -> None:
    """Add the arguments that every benchmark beside other engines takes."""
    parser.add_argument("--users", type=int, default=users)
    parser.add_argument("--times", type=int, default=3, help="repetitions")
    parser.add_argument("--save", metavar="NAME", help="keep the table in benchmarks/results")
    parser.add_argument("--folder", type=Path, help="where tables are made")


def report(
    measured: Callable[[], list[dict]],
    save: str | None,
    table: Callable[[list[dict]], str] = steps_table,
) -> None:
    """Measure, print machine and table, and keep both under a name if there is one."""
    said = machine()
    rows = measured()
    text = table(rows)
    print(f"{said}\n\n{text}")
    if save:
        keep(save, text, rows, said)


def keep(name: str, text: str, rows: Sequence[Mapping], said: str) -> None:
    """Keep a table and its rows in `benchmarks/results`.

    Args:
        name: Of the files, without ending.
        text: The table.
        rows: The same as data.
        said: What `machine` said when the benchmark began.
    """
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.txt").write_text(f"{said}\n\n{text}\n")
    measured = {"machine": said, "commit": _commit(), "rows": list(rows)}
    (RESULTS / f"{name}.json").write_text(json.dumps(measured, indent=1) + "\n")


def _times(row: Mapping, other: Mapping | None, name: str) -> float | None:
    if other is None or name not in row:
        return None
    return round(row[name] / row["rows"] / (other[name] / other["rows"]), 3)


def _cells(row: Mapping) -> tuple[str, ...]:
    speed = row["rows"] / row["wall_s"] if row.get("wall_s") and row.get("rows") else None
    return (
        row["step"],
        row["engine"],
        shown(row, "rows", ",.0f"),
        row.get("note") or shown(row, "wall_s", ".2f"),
        shown({"speed": speed}, "speed", ",.0f"),
        shown(row, "cpu_s", ".2f"),
        shown(row, "peak_mb", ",.0f"),
        shown(row, "ratio_to_floor", ".2f"),
        shown(row, "ratio_to_duckdb", ".2f"),
        shown(row, "cpu_ratio_to_duckdb", ".2f"),
    )


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _commit() -> str:
    """Return the commit, `-dirty` if more differs from it than results that were kept."""

    def git(*asked: str) -> str:
        return subprocess.run(["git", *asked], cwd=ROOT, capture_output=True, text=True).stdout

    changed = git("status", "--porcelain", "-uno", "--", ".", f":!{RESULTS.relative_to(ROOT)}")
    return (git("describe", "--always").strip() or "unknown") + ("-dirty" if changed else "")


def _of_children() -> tuple[float, float]:
    """Return CPU seconds of the processes below this one, ended ones too, and their peaks in MB."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu, peak = ended.ru_utime + ended.ru_stime, 0.0
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(status.parent.name)] = (int(fields[1]), int(fields[11]) + int(fields[12]))
    below = {os.getpid()}
    while more := {pid for pid, (parent, _) in parents.items() if parent in below} - below:
        below |= more
    for pid in below - {os.getpid()}:
        cpu += parents[pid][1] / os.sysconf("SC_CLK_TCK")
        peak += _peak_of(pid)
    return cpu, peak


def _peak_of(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    peaks = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(peaks[0]) * 1_024 / 1e6 if peaks else 0
