"""The benchmarks count what they measure, and stop where engines differ: a tiny size of each."""

import json
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from benchmarks import activity, decided, extract, features, lookups, month
from benchmarks.compared import digests, require_same
from benchmarks.logs import write_log
from benchmarks.made import write_events
from benchmarks.made_decided import write_decided
from benchmarks.measure import DUCKDB, FLOOR, OURS, rows_of, steps_table
from benchmarks.odd_months import capped

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def made_month(tmp_path_factory):
    """A month of 400 users up to its decision."""
    made = tmp_path_factory.mktemp("month")
    write_decided(made, 400)
    return made


def test_a_log_is_made_of_the_lines_that_it_says(tmp_path):
    written = write_log(tmp_path, 1_000, files=3, bad_per_mille=10)

    lines = b"".join(path.read_bytes() for path in sorted(tmp_path.iterdir())).split(b"\n")[:-1]
    good = [line for line in lines if line.startswith(b'{"id":"b')]
    cents = sum(round(100 * json.loads(line).get("amount", 0)) for line in good)
    assert (written.lines, written.bad, written.cents) == (len(lines), 10, cents)
    assert written.size_bytes == sum(path.stat().st_size for path in tmp_path.iterdir())


def test_the_engine_measured_loads_every_good_line_to_the_cent(tmp_path):
    written = write_log(tmp_path / "log", 5_000, bad_per_mille=10)
    call = [sys.executable, "-m", "benchmarks.engines", "limitwise"]
    call += [str(tmp_path / "log"), str(tmp_path / "lake"), str(time.time())]

    ran = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=True)

    measured = json.loads(ran.stdout.splitlines()[-1])
    assert (measured["rows"], measured["cents"]) == (4_950, written.cents)


def test_every_engine_counts_the_same_activity(tmp_path):
    rows = activity.measured(5_000, 400, 1, tmp_path)

    assert {row["engine"] for row in rows} == set(activity.ENGINES)
    assert "activity, 53 measures" in steps_table(rows)
    assert list(tmp_path.iterdir()) == []


def test_a_look_up_finds_a_users_month_in_every_table(tmp_path):
    rows = lookups.measured(tmp_path, 400)

    found = {row["step"]: row["rows"] for row in rows if row["engine"] == DUCKDB}
    assert found == {row["step"]: row["rows"] for row in rows if row["engine"] != DUCKDB}
    assert found["one user: limits"] == lookups.ASKED * lookups.KEPT_MONTHS
    assert 0.9 < found["one user: activity"] / found["one user: limits"] <= 1


def test_every_engine_computes_the_same_features(tmp_path):
    rows = features.measured(400, 1, tmp_path)

    assert {row["engine"]: row["step"] for row in rows} == {
        OURS: "features, 74",
        f"{OURS}, the 43 of DuckDB": "features, 43",
        FLOOR: "features",
        f"{DUCKDB}, FILTER": "features, 43",
        f"{DUCKDB}, a group per window": "features, 43",
        features.PANDAS: "features, 22",
    }


@pytest.mark.parametrize("step", decided.STEPS)
def test_every_engine_gives_the_same_scores_choices_and_published_rows(step, made_month):
    engines = {name: make for name, make in decided.STEPS[step].items() if name != decided.SPARK}

    given = {
        name: decided.given(made_month, step, make(made_month)())["sample"]
        for name, make in engines.items()
        if name != FLOOR
    }

    assert len(given) >= 3
    assert all(found == given[OURS] for found in given.values())


def test_every_log_goes_through_every_reader(tmp_path):
    rows = extract.measured(tmp_path, 1_000, 1)

    fails = [row["engine"] for row in rows if "fails" in row]
    assert fails == ["Polars"]  # on the log with bad lines
    assert len(rows) == 5 + 5 + 3 + 1


def test_a_month_run_by_airflow_tells_every_step(tmp_path):
    rows = month.measured(tmp_path, 100, history=0, buckets=2, imports=1)

    steps = [row["step"] for row in rows]
    assert steps[:12] == [f"{group}: {one}" for group, ones in month.GROUPS.items() for one in ones]
    whole, parts = (
        rows[steps.index(n)]["wall_s"] for n in ("the whole run, Airflow included", "all steps")
    )
    assert whole > parts > 0


def test_engines_that_differ_in_one_value_stop_the_benchmark():
    ana_and_bo = pl.DataFrame({"user_id": ["ana", "bo"], "purchase_count": [1, 2], "cents": [5, 6]})
    swapped = ana_and_bo.with_columns(purchase_count=pl.Series([2, 1]))

    def found(rows: pl.DataFrame) -> dict:
        return {
            OURS: [{"given": {"whole": digests(ana_and_bo)}}],
            DUCKDB: [{"given": {"whole": digests(rows)}}],
        }

    require_same("activity", found(ana_and_bo.reverse()))
    with pytest.raises(SystemExit, match="DuckDB and limitwise differ in purchase_count\\.$"):
        require_same("activity", found(swapped))


def test_an_engine_on_a_sample_is_compared_per_row():
    took = {"wall_s": 1.0, "cpu_s": 2.0, "peak_mb": 100}
    found = {FLOOR: [took], "DuckDB, FILTER": [took], "pandas, 1 of 16 buckets": [took]}

    rows = rows_of(
        "activity", {FLOOR: 160, "DuckDB, FILTER": 160, "pandas, 1 of 16 buckets": 10}, found
    )

    assert [row["ratio_to_floor"] for row in rows] == [1, 1, 16]
    assert [row["ratio_to_duckdb"] for row in rows] == [1, 1, 16]


def test_made_events_are_the_same_each_time(tmp_path):
    for name in ("first", "second"):
        write_events(tmp_path / name, 2_000, 100)

    files = sorted(path.relative_to(tmp_path / "first") for path in tmp_path.glob("first/*/*"))
    assert len(files) == 16
    assert all(
        (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes()
        for file in files
    )


def test_what_needs_more_memory_than_its_cap_is_ended():
    call = [
        sys.executable,
        "-c",
        "print(len(bytes(400_000_000)) and bytearray(b'x' * 400_000_000)[:1])",
    ]

    with capped(100_000_000) as within:
        ran = subprocess.run([*within, *call], capture_output=True, check=False)

    assert (ran.returncode != 0) == bool(within)  # where no group can be made nothing is capped
