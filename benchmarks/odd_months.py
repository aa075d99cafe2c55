"""Months that no lender has and every job must survive, each in at most 4 GB of memory.

`python -m benchmarks.odd_months` runs each by Airflow and prints one table: a month whose events
are all of one user, a month without events, and a month of a million users with one event each.
Memory is capped by a control group where root may make one; elsewhere the peak is only measured.
"""

import argparse
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks.engines import MONTH
from benchmarks.logs import write_log
from benchmarks.measure import OURS, ROOT, keep, machine, shown, table_text
from benchmarks.month import environment, limitwise, run_month

MOST_BYTES = 4_000_000_000
_HEAD = ("month", "events", "accounts", "ended", "wall s", "CPU s", "peak MB", "most in")
_ACCOUNTS = """
[[file]]
name = "accounts"
path = "accounts-{month}.csv"
format = "csv"
every = "month"

  [[file.account]]
  user_id = "user"
  segment = "segment"
  source_limit_cents = { column = "limit", unit = "cents" }
"""


@dataclass(frozen=True, slots=True)
class Odd:
    """A month that is unlike others.

    Attributes:
        name: What is odd.
        events: How many it has.
        users: Who take turns; each has an account.
    """

    name: str
    events: int
    users: int


def odd_months(share: float = 1) -> tuple[Odd, ...]:
    """Return the months, at a share of their full size."""
    return (
        Odd("all events of one user", int(3_000_000 * share), 1),
        Odd("no events", 0, int(100_000 * share)),
        Odd("a million users, one event each", *[int(1_000_000 * share)] * 2),
    )


def measured(odd: Odd, folder: Path, buckets: int) -> dict:
    """Run an odd month and return its row of the table; a month that fails says how."""
    surroundings = environment(folder, folder / "sources")
    _write_sources(folder / "sources")
    if odd.events:
        write_log(folder / "landing", odd.events, users=odd.users)
    else:
        (folder / "landing").mkdir()
        (folder / "landing/log-01.jsonl").touch()
    _write_accounts(folder / "landing", odd.users)
    limitwise(surroundings, "init", "--buckets", str(buckets))
    row = {"step": odd.name, "engine": OURS, "rows": odd.events, "accounts": odd.users}
    row |= {"ratio_to_floor": None, "ratio_to_duckdb": None}
    with capped(MOST_BYTES) as within:
        row["ended"] = "in 4 GB" if within else "not capped"
        try:
            whole = run_month(surroundings, MONTH, within)
        except SystemExit as failed:
            ended = "breaks" if "Traceback" in str(failed) else "refused"
            return row | {"ended": ended, "failed": str(failed)[-2_000:]}
    most = max(whole.steps, key=lambda step: step.peak_mb, default=None)
    row |= {"wall_s": whole.wall_s, "cpu_s": whole.cpu_s}
    return row | ({"peak_mb": most.peak_mb, "most_in": most.step} if most else {})


@contextmanager
def capped(most_bytes: int) -> Iterator[tuple[str, ...]]:
    """Make a control group below this process's own; yield the command that runs another in it.

    Nothing is yielded where no such group can be made: an address-space limit would not do, as
    Polars reserves far more than it uses.
    """
    group = None
    with suppress(OSError):
        group = _make_group(most_bytes)
    if group is None:
        yield ()
        return
    try:
        yield ("sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "sh")
    finally:
        with suppress(OSError):  # it is empty: what ran in it has ended
            group.rmdir()


def _make_group(most_bytes: int) -> Path | None:
    lines = Path("/proc/self/cgroup").read_text().splitlines()
    own = dict(line.split(":", 2)[1:] for line in lines)
    if "memory" in own:
        group = Path(f"/sys/fs/cgroup/memory{own['memory']}") / f"limitwise-{os.getpid()}"
        limit = "memory.limit_in_bytes"
    else:
        group = Path(f"/sys/fs/cgroup{own['']}") / f"limitwise-{os.getpid()}"
        limit = "memory.max"
    group.mkdir()
    try:
        (group / limit).write_text(str(most_bytes))
    except OSError:
        group.rmdir()
        return None
    return group


def _write_sources(folder: Path) -> None:
    folder.mkdir()
    mapping = (ROOT / "benchmarks/mapping/bench.toml").read_text()
    (folder / "bench.toml").write_text(mapping + _ACCOUNTS)


def _write_accounts(folder: Path, users: int) -> None:
    number = pl.int_range(users).cast(pl.String).str.zfill(8)
    accounts = pl.select(
        user=pl.lit("u") + number, segment=pl.lit("consumer"), limit=pl.lit(1_000_000)
    )
    accounts.write_csv(folder / f"accounts-{MONTH}.csv")


def main() -> None:
    """Run the odd months and print their table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--share", type=float, default=1, help="of the full sizes")
    parser.add_argument("--buckets", type=int, default=16)
    parser.add_argument("--save", metavar="NAME", help="keep the table in benchmarks/results")
    parser.add_argument("--folder", type=Path, help="where the lenders are made")
    asked = parser.parse_args()
    said, rows = machine(), []
    for odd in odd_months(asked.share):
        folder = Path(tempfile.mkdtemp(prefix="odd-", dir=asked.folder))
        try:
            rows.append(measured(odd, folder, asked.buckets))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    text = table_text(_HEAD, map(_cells, rows), left=1)
    text += "".join(f"\n\n{row['step']}:\n{row['failed']}" for row in rows if "failed" in row)
    print(f"{said}\n\n{text}")
    if asked.save:
        keep(asked.save, text, rows, said)


def _cells(row: dict) -> tuple[str, ...]:
    return (
        row["step"],
        shown(row, "rows", ",.0f"),
        shown(row, "accounts", ",.0f"),
        row["ended"],
        shown(row, "wall_s", ".1f"),
        shown(row, "cpu_s", ".1f"),
        shown(row, "peak_mb", ",.0f"),
        row.get("most_in", ""),
    )


if __name__ == "__main__":
    main()
