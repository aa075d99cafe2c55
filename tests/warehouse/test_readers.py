"""Everyone who knows only a glob reads the published folder: same rows, right types, never half."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import duckdb
import pandas
import polars as pl
import pyarrow.dataset
import pytest

from tests.warehouse.lakes import (
    OCTOBER,
    SEPTEMBER,
    USERS,
    commit,
    rows_of,
    stage_limits,
    tiny_lake,
)
from transforms.tables.decided import LIMITS
from warehouse.store.staging import Staging
from warehouse.store.verify import verify

COLUMNS = ["month", "as_of", "user_id", "limit_cents", "decidable", "reasons"]


def with_polars(folder):
    glob = f"{folder}/month=*/limits.parquet"
    return pl.scan_parquet(glob, hive_partitioning=True, try_parse_hive_dates=False).collect()


def with_pandas(folder):
    rows = pandas.read_parquet(folder)
    return pl.from_pandas(rows.assign(month=rows["month"].astype(str)))


def with_pyarrow(folder):
    dataset = pyarrow.dataset.dataset(folder, format="parquet", partitioning="hive")
    return pl.from_arrow(dataset.to_table())


def with_duckdb(folder):
    glob = f"{folder}/*/*.parquet"
    return duckdb.sql(
        f"SELECT * FROM read_parquet('{glob}', hive_partitioning = true, "
        "hive_types = {'month': VARCHAR})"
    ).pl()


READERS = [with_pandas, with_polars, with_pyarrow, with_duckdb]


@pytest.fixture
def lake(tmp_path):
    lake = tiny_lake(tmp_path)
    for month, cents in ((SEPTEMBER, 100), (OCTOBER, 200)):
        staging = Staging.begin(lake, month, "0" * 16)
        rows = "\n".join(f"{user} | {cents} | yes | A, B" for user in USERS)
        header = "user_id | limit_cents | decidable | reasons"
        staging.write(LIMITS, month, rows_of(LIMITS, month, f"{header}\n{rows}"))
        staging.seal({"kind": "limits"})
        commit(lake, staging)
    return lake


@pytest.mark.parametrize("read", READERS)
def test_every_reader_finds_the_same_rows_with_the_month_from_the_folder(lake, read):
    rows = read(str(lake.path("limits"))).select(COLUMNS).sort("month", "user_id")

    assert rows.rows() == [
        (month, day, user, cents, True, ["A", "B"])
        for month, day, cents in (
            ("2026-09", date(2026, 9, 30), 100),
            ("2026-10", date(2026, 10, 31), 200),
        )
        for user in USERS
    ]


@pytest.mark.parametrize("read", READERS)
def test_every_reader_keeps_money_whole_and_finds_every_declared_column(lake, read):
    rows = read(str(lake.path("limits")))

    assert rows.schema["limit_cents"] == pl.Int64
    assert set(rows.columns) == {"month", *LIMITS.schema}


@pytest.mark.parametrize("read", READERS)
def test_one_month_alone_is_read_by_the_name_of_its_file(lake, read):
    assert read(str(lake.path("limits"))).filter(pl.col("month") == "2026-10").height == 4


REVISIONS = range(1000, 1006)


def publish_revisions(lake):
    for cents in REVISIONS:
        commit(lake, stage_limits(lake, SEPTEMBER, cents, f"revision {cents}", cascade=True))


def cents_seen(read, lake):
    """Return the values a reader finds for September; one value if what it read is whole."""
    rows = read(str(lake.path("limits"))).filter(pl.col("month") == "2026-09")
    assert rows.height == 4
    return set(rows["limit_cents"])


@pytest.mark.parametrize("read", READERS)
def test_at_every_step_of_a_publish_a_reader_sees_the_old_month_until_it_is_switched(lake, read):
    seen = []

    revised = stage_limits(lake, SEPTEMBER, 300, "revised", cascade=True)
    commit(lake, revised, lambda done: seen.append((done, cents_seen(read, lake))))

    switched = [done for done, _ in seen].index("switched")
    assert [values for _, values in seen[:switched]] == [{100}] * switched
    assert [values for _, values in seen[switched:]] == [{300}] * (len(seen) - switched)


def cents_seen_if_any(read, lake):
    """Return what `cents_seen` does, or nothing if the file was switched between two opens.

    Polars opens a file by name once for its footer and once for its pages. If a publish comes
    between the two it raises; it must then be asked again, and what it returns is always whole.
    """
    try:
        return cents_seen(read, lake)
    except (pl.exceptions.PolarsError, pyarrow.ArrowException, duckdb.Error):
        return set()


@pytest.mark.parametrize("read", READERS)
def test_a_reader_at_the_same_time_sees_old_or_new_and_never_half(lake, read):
    with ThreadPoolExecutor(1) as pool:
        publishing = pool.submit(publish_revisions, lake)
        seen = [cents_seen_if_any(read, lake) for _ in range(200) if not publishing.done()]
        publishing.result()

    assert seen
    assert [values for values in seen if len(values) > 1] == []
    assert cents_seen(read, lake) == {REVISIONS[-1]}


def test_verify_at_the_same_time_takes_no_commit_for_damage(lake):
    with ThreadPoolExecutor(1) as pool:
        publishing = pool.submit(publish_revisions, lake)
        verdicts = [verify(lake) for _ in range(50) if not publishing.done()]
        publishing.result()

    assert verdicts
    findings = [finding for verdict in verdicts for finding in verdict.findings]
    assert [finding for finding in findings if "unfinished publish" not in finding] == []
    assert verify(lake).ok
