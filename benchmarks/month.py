"""What a whole month takes, step by step, run by Airflow as a user runs it.

`python -m benchmarks.month` makes a demo lender, runs its first months, then measures one more
month: each step from what the run keeps of it, the whole from outside. What the whole takes beyond
its steps is Airflow's: its start, and its work around each task.
"""

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from benchmarks.measure import OURS, ROOT, fresh, middle, report, timed
from transforms.months import month_text, months_after
from warehouse.monthly.step_times import StepTime, kept
from warehouse.store.audit import Chain
from warehouse.store.folder import Folder
from warehouse.store.lake import open_lake

MEASURED = date(2026, 5, 1)
TASKS = 15  # of both DAGs, when one task does a step
_PUBLISHED = re.compile(r"\S+ +((?:facts|limits) published) .*?([0-9.]+) s +([0-9,]+) MB")
GROUPS = {  # the steps of the issue: what a run calls them
    "extract": ("events",),
    "activity": ("facts", "facts gathered"),
    "features": ("features",),
    "score, decide": ("decisions",),
    "publish": ("limits", "facts published", "limits published"),
    "validate": ("events checked", "facts checked", "features checked", "decisions checked"),
}
_REFRESH = ("features", "features checked", "decisions", "limits", "decisions checked")
_COMPUTED = ("events", "facts", "facts gathered", "features", "decisions", "limits")


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A run of both DAGs as seen from outside.

    Attributes:
        wall_s, cpu_s: From its start to its end.
        start_s: Until the first step began.
        steps: What the run kept of its steps, and printed of those that it keeps nothing of.
    """

    wall_s: float
    cpu_s: float
    start_s: float
    steps: tuple[StepTime, ...]


def measured(
    folder: Path, users: int, history: int, buckets: int, imports: int = 3, age: int = 0
) -> list[dict]:
    """Run a month of a demo lender and return the rows of the table.

    Args:
        folder: Where landing files and lake are made.
        users: Of the lender.
        history: Months before the one measured; without any it is the lake's first.
        buckets: Of the lake.
        imports: How often the import of Great Expectations is measured.
        age: Months that the lender is older than what the lake is told of it: its books are the
            same whatever the lake's history.
    """
    surroundings = environment(folder, ROOT / "sources")
    month, before = month_text(MEASURED), month_text(months_after(MEASURED, -1))
    months = max(history, age) or 1
    made = ("--users", str(users), "--months", str(months), "--seed", "1")
    truth = ("--truth", str(folder / "truth"))
    limitwise(surroundings, "demo", *made, "--until", before if history else month, *truth)
    limitwise(surroundings, "init", "--buckets", str(buckets))
    _forget(folder / "landing", month_text(months_after(MEASURED, -history)))
    if history:
        limitwise(surroundings, "run", before)
        limitwise(surroundings, "demo", "--continue", month, *truth)
    whole = run_month(surroundings, month)
    idle = run_month(surroundings, month)
    imported = middle([fresh(__spec__.name, "import") for _ in range(imports)])
    return [*_step_rows(whole.steps), *_sums(whole, idle, imported)]


def _forget(landing: Path, first: str) -> None:
    """Delete the landing files of the months before `first`, which their names begin with."""
    for path in landing.rglob("*.*"):
        if path.name[:7] < first:
            path.unlink()


def environment(folder: Path, sources: Path) -> dict[str, str]:
    """Return the environment of a lender whose files are all below a folder."""
    return os.environ | {
        "LIMITWISE_LAKE": str(folder / "lake"),
        "LIMITWISE_LANDING": str(folder / "landing"),
        "LIMITWISE_POLICIES": str(ROOT / "policies"),
        "LIMITWISE_SOURCES": str(sources),
        "AIRFLOW_HOME": str(folder / "airflow"),
        "PYTHONWARNINGS": "ignore",
    }


def limitwise(
    surroundings: Mapping[str, str], *arguments: str, within: tuple[str, ...] = ()
) -> list[tuple[float, str]]:
    """Run a command of limitwise; return when each line came, in seconds from its start.

    Args:
        surroundings: Its environment.
        arguments: Of the command.
        within: A command that runs it, if it is to be held in bounds.

    Raises:
        SystemExit: It failed; with its last words.
    """
    begun = time.perf_counter()
    process = subprocess.Popen(
        [*within, sys.executable, "-m", "warehouse.commands.command_line", *arguments],
        cwd=ROOT,
        env=dict(surroundings) | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines = [(time.perf_counter() - begun, line.rstrip()) for line in process.stdout]
    if process.wait():
        raise SystemExit(
            f"limitwise {' '.join(arguments)}:\n" + "\n".join(t for _, t in lines[-30:])
        )
    return lines


def run_month(surroundings: Mapping[str, str], month: str, within: tuple[str, ...] = ()) -> Whole:
    """Run both DAGs for a month and return how that went; see `limitwise`."""
    lake = open_lake(Folder(Path(surroundings["LIMITWISE_LAKE"])))
    before = {entry.number for entry in Chain.read(lake).entries}
    begun, used = time.perf_counter(), _cpu()
    lines = limitwise(surroundings, "run", month, within=within)
    wall, cpu = time.perf_counter() - begun, _cpu() - used
    entries = [entry for entry in Chain.read(lake).entries if entry.number not in before]
    steps = [step for of_entry in kept(lake, entries).values() for step in of_entry]
    start = lines[0][0] - (steps[0].seconds if steps else 0)
    return Whole(wall_s=wall, cpu_s=cpu, start_s=start, steps=(*steps, *_published(lines)))


def _published(lines: Iterable[tuple[float, str]]) -> Iterable[StepTime]:
    """Return the steps that commit a run: what they take cannot be kept in what they commit."""
    for _, line in lines:
        if found := _PUBLISHED.match(line):
            seconds, peak = float(found[2]), int(found[3].replace(",", ""))
            yield StepTime(
                step=found[1], part="", rows=None, seconds=seconds, cpu_seconds=0, peak_mb=peak
            )


def _step_rows(steps: Iterable[StepTime]) -> list[dict]:
    by_name = {step.step: step for step in steps}
    return [
        _row(f"{group}: {name}", by_name[name].seconds, by_name[name].cpu_seconds or None)
        | {"rows": by_name[name].rows, "peak_mb": by_name[name].peak_mb}
        for group, names in GROUPS.items()
        for name in names
        if name in by_name
    ]


def _sums(whole: Whole, idle: Whole, imported: Mapping[str, float]) -> list[dict]:
    seconds = {step.step: step.seconds for step in whole.steps}
    cpu = {step.step: step.cpu_seconds for step in whole.steps}
    checks = GROUPS["validate"]
    around = whole.wall_s - whole.start_s - sum(seconds.values())
    importing = (imported["wall_s"], imported["cpu_s"])
    ratios = [
        (_of(took, checks) - once) / _of(took, _COMPUTED)
        for took, once in zip((seconds, cpu), importing, strict=True)
    ]
    refresh = _of(seconds, _REFRESH) / _of(seconds, set(_REFRESH) - set(checks))
    return [
        _row("all steps", sum(seconds.values()), sum(cpu.values())),
        _row("the whole run, Airflow included", whole.wall_s, whole.cpu_s),
        _row("Airflow: until the first step", whole.start_s),
        _row("Airflow: beyond start and steps", around),
        _row(f"Airflow: per task, of {TASKS}", around / TASKS),
        _row("the same run with nothing to do", idle.wall_s, idle.cpu_s),
        _row("importing Great Expectations, once", *importing),
        _ratio("validate / compute, the import apart", ratios[0], 1),
        _ratio("the same in CPU seconds", ratios[1], 1),
        _ratio("refresh / its computing", refresh, 2),
    ]


def _of(took: Mapping[str, float], steps: Iterable[str]) -> float:
    return sum(took.get(step, 0) for step in steps)


def _row(step: str, wall: float, cpu: float | None = None) -> dict:
    row = {"step": step, "engine": OURS, "rows": None, "wall_s": wall, "cpu_s": cpu}
    return row | {"peak_mb": None, "ratio_to_floor": None, "ratio_to_duckdb": None}


def _ratio(step: str, ratio: float, goal: float) -> dict:
    return _row(step, None) | {"ratio": ratio, "note": f"{ratio:.2f} (goal {goal})"}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _import() -> None:
    """Print how long Great Expectations takes to import where all else is."""
    import warehouse.monthly.validate  # noqa: F401
    from expectations.duckdb_source import imported

    print(json.dumps(timed(imported)[1]))


def main() -> None:
    """Measure a month and print its table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("only", nargs="?", choices=["import"], help="measure only the import")
    parser.add_argument("--users", type=int, default=5_000)
    parser.add_argument("--history", type=int, default=3, help="months before the one measured")
    parser.add_argument("--age", type=int, default=0, help="months the lender is old, or more")
    parser.add_argument("--buckets", type=int, default=16)
    parser.add_argument("--save", metavar="NAME", help="keep the table in benchmarks/results")
    parser.add_argument("--folder", type=Path, help="where the lender is made")
    asked = parser.parse_args()
    if asked.only:
        _import()
        return
    folder = Path(tempfile.mkdtemp(prefix="month-", dir=asked.folder))
    try:
        report(
            lambda: measured(folder, asked.users, asked.history, asked.buckets, age=asked.age),
            asked.save,
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
