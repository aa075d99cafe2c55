"""Outcomes of the public data sets, as files of labels, and their landing files by half.

`python -m tests.acceptance.public_outcomes` runs `limitwise backtest` on each, twice: either half
of the accounts is trained on, and the other judged.
"""

import csv
import gzip
import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

DATA = Path(__file__).parents[2] / "../shared/data"
ROOT = Path(__file__).parents[2]
_LATE_DAYS = 3
Outcome = tuple[str, str, int]


def taiwan(rows: list[dict[str, str]]) -> Iterator[Outcome]:
    """Default in October, as its publisher states it, at the end of September."""
    for row in rows:
        yield row["ID"], "2005-09", int(row["default.payment.next.month"])


def cardstatus(rows: list[dict[str, str]]) -> Iterator[Outcome]:
    """60 days past due or more within 3 months, among accounts under 30 days at the month's end."""
    statuses: dict[str, dict[int, str]] = {}
    for row in rows:
        statuses.setdefault(row["ID"], {})[int(row["MONTHS_BALANCE"])] = row["STATUS"]
    for user, of_user in statuses.items():
        for month, status in of_user.items():
            after = [of_user.get(month + ahead) for ahead in (1, 2, 3)]
            if status in ("X", "C", "0") and None not in after:
                yield user, _counted_back(month), int(any(s in "2345" for s in after))


def superlender(rows: list[dict[str, str]]) -> Iterator[Outcome]:
    """The next loan first paid more than 3 days late, at the end of the month before it."""
    rows = sorted(rows, key=lambda row: row["approveddate"])
    seen: dict[str, str] = {}
    told: set[tuple[str, str]] = set()
    for row in rows:
        user, month = row["customerid"], _before(row["approveddate"][:7])
        known = seen.setdefault(user, row["approveddate"][:7]) <= month
        if known and (user, month) not in told and row["firstrepaiddate"]:
            told.add((user, month))
            late = _moment(row["firstrepaiddate"]) - _moment(row["firstduedate"])
            yield user, month, int(late > timedelta(days=_LATE_DAYS))


SETS: dict[str, tuple[str, str, Callable]] = {  # the file, its column of users, its outcomes
    "taiwan": ("UCI_Credit_Card.csv", "ID", taiwan),
    "cardstatus": ("credit_record.csv", "ID", cardstatus),
    "superlender": ("prevloans.csv", "customerid", superlender),
}


def write_halves(name: str, folder: Path, one_in: int = 1) -> None:
    """Write `train` and `test` landing folders and `train.csv` and `test.csv` of a set.

    Args:
        name: Of the set.
        folder: Where to.
        one_in: Keep one account of so many.
    """
    file, user, outcomes = SETS[name]
    with gzip.open(DATA / name / f"{file}.gz", "rt", newline="", encoding="utf-8") as source:
        rows = list(csv.DictReader(source))
    for half, place in (("train", 0), ("test", 1)):
        of_half = [row for row in rows if _part(row[user], 2 * one_in) == place]
        _write(folder / half / file, list(rows[0]), (row.values() for row in of_half))
        _write(folder / f"{half}.csv", ["user_id", "month", "bad"], outcomes(of_half))


def backtest(
    name: str, folder: Path, *options: str, judged: str = "test", trained: str = "train"
) -> subprocess.CompletedProcess:
    """Run the command on the halves written."""
    call = [sys.executable, "-m", "warehouse.commands.command_line", "backtest", "--source", name]
    for half, prefix in ((judged, ""), (trained, "train-")):
        call += [f"--{prefix}landing", str(folder / half)]
        call += [f"--{prefix}labels", str(folder / f"{half}.csv")]
    return subprocess.run([*call, *options], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def _write(path: Path, header: list[str], rows) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _part(user: str, parts: int) -> int:
    return hashlib.sha256(user.encode()).digest()[0] % parts


def _counted_back(month: int) -> str:
    """Return a month counted from December 2019, as the mapping sets it."""
    number = 2019 * 12 + 11 + month
    return f"{number // 12}-{number % 12 + 1:02d}"


def _before(month: str) -> str:
    year, number = map(int, month.split("-"))
    return f"{year - (number == 1)}-{(number - 2) % 12 + 1:02d}"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def main() -> None:
    """Backtest every public set."""
    for name in sys.argv[1:] or SETS:
        with tempfile.TemporaryDirectory(prefix="limitwise-") as folder:
            write_halves(name, Path(folder))
            print(backtest(name, Path(folder)).stdout, flush=True)
            print("The other way round:\n", flush=True)
            swapped = backtest(name, Path(folder), judged="train", trained="test")
            print(swapped.stdout, flush=True)


if __name__ == "__main__":
    main()
