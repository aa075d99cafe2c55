"""Every benchmark, one after the other: `python -m benchmarks`, or `--full` for the full sizes."""

import argparse
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks import activity, decided, extract, features, lookups, month
from benchmarks.measure import keep, machine, steps_table


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much is measured.

    Attributes:
        lines: Of each raw log.
        events, active: Events of the month whose activity is counted, and users among them.
        users: Whose features are computed, and who are scored and decided.
        lender: Users of the demo lender whose month is run by Airflow.
        times: Repetitions; a month is run once.
    """

    lines: int
    events: int
    active: int
    users: int
    lender: int
    times: int


SIZES = {
    "tiny": Sizes(lines=2_000, events=5_000, active=400, users=400, lender=200, times=1),
    "small": Sizes(
        lines=500_000, events=2_000_000, active=20_000, users=100_000, lender=5_000, times=3
    ),
    "full": Sizes(
        lines=3_000_000,
        events=20_000_000,
        active=200_000,
        users=1_000_000,
        lender=200_000,
        times=3,
    ),
}


def main() -> None:
    """Measure everything, print a table after each benchmark, and keep all of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--only", nargs="+", choices=_BENCHMARKS, default=list(_BENCHMARKS))
    parser.add_argument("--save", metavar="NAME", help="keep the tables in benchmarks/results")
    parser.add_argument("--folder", type=Path, help="where logs, tables and lakes are made")
    asked = parser.parse_args()
    said = machine()
    print(said)
    rows, texts = [], []
    for name in asked.only:
        folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=asked.folder))
        try:
            measured, text = _BENCHMARKS[name](folder, SIZES[asked.size])
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        print(f"\n{text}", flush=True)
        rows += measured
        texts.append(text)
    if asked.save:
        keep(asked.save, "\n\n".join(texts), rows, said)


def _extract(folder: Path, sizes: Sizes) -> tuple[list[dict], str]:
    rows = extract.measured(folder, sizes.lines, sizes.times)
    return rows, extract.table(rows)


def _activity(folder: Path, sizes: Sizes) -> tuple[list[dict], str]:
    rows = activity.measured(sizes.events, sizes.active, sizes.times, folder)
    return rows, steps_table(rows)


def _features(folder: Path, sizes: Sizes) -> tuple[list[dict], str]:
    rows = features.measured(sizes.users, sizes.times, folder)
    return rows, steps_table(rows)


def _decided(folder: Path, sizes: Sizes) -> tuple[list[dict], str]:
    rows = decided.measured(sizes.users, sizes.times, folder)
    return rows, steps_table(rows)


def _month(folder: Path, sizes: Sizes) -> tuple[list[dict], str]:
    rows = month.measured(folder, sizes.lender, history=3, buckets=16)
    return rows, steps_table(rows)


def _lookups(folder: Path, sizes: Sizes) -> tuple[list[dict], str]:
    rows = lookups.measured(folder, sizes.users)
    return rows, lookups.table(rows)


_BENCHMARKS = {
    "extract": _extract,
    "activity": _activity,
    "features": _features,
    "decided": _decided,
    "month": _month,
    "lookups": _lookups,
}


if __name__ == "__main__":
    main()
