"""Staging: files of an attempt before they are part of the lake."""

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.warehouse.lakes import (
    AUGUST,
    OCTOBER,
    SEPTEMBER,
    USERS,
    commit,
    identity,
    rows_of,
    stage_events,
    stage_limits,
    tiny_lake,
)
from transforms.errors import RefusedError
from transforms.tables.decided import LIMITS, WARNINGS
from transforms.tables.logs import EVENTS
from warehouse.store.digests import content_digest, file_sha256
from warehouse.store.lake import bucket_of
from warehouse.store.staging import Staging

ROOT = Path(__file__).parents[2]
ROWS = "user_id | limit_cents\n" + "\n".join(f"{u} | {n}00" for n, u in enumerate(USERS, 1))


@pytest.fixture
def staging(tmp_path):
    return Staging.begin(tiny_lake(tmp_path), SEPTEMBER, identity("first"))


def test_a_file_lies_in_the_folder_of_its_attempt_and_is_described_truly(staging):
    record = staging.write(LIMITS, SEPTEMBER, rows_of(LIMITS, SEPTEMBER, ROWS))

    path = staging.lake.path(record.path)
    rows = pl.read_parquet(path)
    assert record.path == f"runs/2026-09-{identity('first')}/1/limits/2026-09/all.parquet"
    assert record.published == "limits/month=2026-09/limits.parquet"
    assert (record.rows, record.size_bytes) == (4, path.stat().st_size)
    assert record.sha256 == file_sha256(path)
    assert record.content_digest == content_digest(rows)
    assert rows["user_id"].to_list() == sorted(USERS)


def test_a_published_file_names_its_inputs_and_no_file_has_a_partition_column(staging):
    record = staging.write(LIMITS, SEPTEMBER, rows_of(LIMITS, SEPTEMBER, ROWS))

    path = staging.lake.path(record.path)
    assert pl.read_parquet_metadata(path)["inputs_id"] == identity("first")
    assert not {"month", "bucket"} & set(pl.read_parquet_schema(path))


@settings(deadline=None, max_examples=25)
@given(st.permutations(range(8)), st.integers(1, 7))
def test_bytes_do_not_depend_on_the_order_of_rows(tmp_path_factory, order, cut):
    staging = Staging.begin(tiny_lake(tmp_path_factory.mktemp("lake")), SEPTEMBER, identity("x"))
    texts = [f"u{n} | late | {n}" for n in range(8)]
    ordered, mixed = (
        rows_of(WARNINGS, SEPTEMBER, "user_id | signal | value\n" + "\n".join(lines)).collect()
        for lines in (texts, [texts[n] for n in order])
    )
    chunked = pl.concat([mixed[:cut], mixed[cut:]], rechunk=False)

    digests = {staging.write(WARNINGS, SEPTEMBER, rows).sha256 for rows in (ordered, chunked)}

    assert len(digests) == 1


STAGE_MANY = """
import polars, sys
from datetime import date
from pathlib import Path
from tests.warehouse.lakes import identity, rows_of, tiny_lake
from transforms.tables.decided import LIMITS
from warehouse.store.staging import Staging
rows = rows_of(LIMITS, date(2026, 9, 1), "user_id\\n" + "\\n".join(f"u{n}" for n in range(40_000)))
staging = Staging.begin(tiny_lake(Path(sys.argv[1])), date(2026, 9, 1), identity("first"))
print(staging.write(LIMITS, date(2026, 9, 1), rows).sha256, polars.thread_pool_size())
"""


def test_bytes_do_not_depend_on_the_number_of_threads(tmp_path):
    told = [
        subprocess.run(
            [sys.executable, "-c", STAGE_MANY, str(tmp_path / threads)],
            env=os.environ | {"POLARS_MAX_THREADS": threads, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for threads in ("1", "5")
    ]

    assert [threads for _, threads in told] == ["1", "5"]
    assert told[0][0] == told[1][0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (pl.col("limit_cents").cast(pl.Int32), "limit_cents is Int32, declared is Int64"),
        (pl.lit(1).alias("surprise"), "column surprise is not declared"),
        (pl.lit("2026-10-31").str.to_date().alias("as_of"), "4 rows are of another month"),
        (pl.lit(None, pl.Date).alias("as_of"), "4 rows are of another month"),
        (pl.lit("ana").alias("user_id"), "4 rows share their user_id with another"),
        (pl.lit(None, pl.String).alias("user_id"), "4 rows share their user_id"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_rows_of_another_shape_are_refused_and_nothing_is_written(staging, change, message):
    rows = rows_of(LIMITS, SEPTEMBER, ROWS).with_columns(change)

    with pytest.raises(RefusedError, match=f"Table limits 2026-09: .*{message}"):
        staging.write(LIMITS, SEPTEMBER, rows)

    assert staging.files == ()
    assert list(staging.lake.root.rglob("*.parquet")) == []


def test_missing_columns_are_all_named_at_once(staging):
    rows = rows_of(LIMITS, SEPTEMBER, ROWS).drop("action", "reasons")

    with pytest.raises(RefusedError, match="action is missing; column reasons is missing"):
        staging.write(LIMITS, SEPTEMBER, rows)


def test_a_row_in_the_bucket_of_another_user_is_refused(tmp_path):
    staging = Staging.begin(tiny_lake(tmp_path, buckets=2), SEPTEMBER, identity("first"))
    rows = rows_of(EVENTS, SEPTEMBER, "event_id | user_id\n1 | ana\n2 | bo\n3 | chen\n4 | dai")
    strays = rows.filter(bucket_of(2) != 1).collect().height

    with pytest.raises(RefusedError, match=f"{strays} rows are not of bucket 01"):
        staging.write(EVENTS, SEPTEMBER, rows, bucket=1)


@pytest.mark.parametrize(("table", "bucket"), [(LIMITS, 0), (EVENTS, None), (EVENTS, 1)])
def test_a_bucket_is_given_for_a_bucketed_table_only(staging, table, bucket):
    with pytest.raises(ValueError, match="does not fit"):
        staging.write(table, SEPTEMBER, table.empty(), bucket)


def test_another_process_resumes_by_the_name_of_the_folder(tmp_path):
    staging = stage_limits(tiny_lake(tmp_path), SEPTEMBER, 100, reads=[], extra={"n": (1, 2)})
    staging.keep_text("policy", "a = 1")
    staging.write_text("docs/report.html", "fine")
    staging.seal()

    resumed = Staging.resume(staging.lake, staging.folder)

    assert resumed.files == staging.files
    assert resumed.notes == staging.notes
    assert resumed.notes["extra"] == {"n": [1, 2]}
    assert resumed.texts == staging.texts
    assert list(resumed.attachments) == [f"{staging.folder}/docs/report.html"]
    assert (resumed.month, resumed.inputs_id, resumed.base) == (SEPTEMBER, identity("first"), 0)
    assert resumed.paths("limits", SEPTEMBER) == [str(staging.path("limits/2026-09/all.parquet"))]


def test_tasks_that_stage_parts_of_one_folder_are_resumed_together(tmp_path):
    lake = tiny_lake(tmp_path, buckets=2)
    folder = Staging.begin(lake, SEPTEMBER, identity("first")).folder
    rows = rows_of(EVENTS, SEPTEMBER, "event_id | user_id\n1 | ana\n2 | bo\n3 | chen\n4 | dai")
    for bucket in range(2):
        task = Staging.resume(lake, folder)
        task.write(EVENTS, SEPTEMBER, rows.filter(bucket_of(2) == bucket), bucket)
        task.seal({f"rows_{bucket}": task.files[-1].rows}, part=str(bucket))

    resumed = Staging.resume(lake, folder)

    assert [file.bucket for file in resumed.files] == [0, 1]
    assert resumed.notes["rows_0"] + resumed.notes["rows_1"] == 4


def test_every_attempt_has_a_folder_of_its_own(tmp_path):
    lake = tiny_lake(tmp_path)

    folders = [Staging.begin(lake, SEPTEMBER, identity("first")).folder for _ in range(3)]

    assert [folder.rsplit("/", 1)[1] for folder in folders] == ["1", "2", "3"]


@pytest.mark.parametrize(
    "folder",
    ["", "runs", "../../etc", "runs/../../etc", "runs/2026-09-0123456789abcdef/1", "/etc"],
)
def test_what_is_no_staging_is_not_resumed(tmp_path, folder):
    with pytest.raises(RefusedError, match="nothing staged there"):
        Staging.resume(tiny_lake(tmp_path), folder)


def test_a_manifest_that_was_changed_is_refused(tmp_path):
    staging = stage_limits(tiny_lake(tmp_path), SEPTEMBER, 100)
    manifest = staging.path("staged.json")
    manifest.write_bytes(manifest.read_bytes().replace(b'"rows":4', b'"rows":5'))

    with pytest.raises(RefusedError, match="staged.json: not as it was written"):
        Staging.resume(staging.lake, staging.folder)


@pytest.mark.parametrize("name", ["", "/etc/x", "../x", "a/../../x", "staged.json"])
def test_a_text_stays_within_its_folder(staging, name):
    with pytest.raises(ValueError, match="not a name within"):
        staging.write_text(name, "x")


def test_a_text_relied_on_is_kept_once_and_checked(staging):
    first = staging.keep_text("policy", "a = 1")
    second = staging.keep_text("the same", "a = 1")

    assert first == second
    assert [path.name for path in staging.lake.path("texts").iterdir()] == [first]

    staging.lake.path(f"texts/{first}").write_text("a = 2")
    with pytest.raises(RefusedError, match="not as it was written"):
        staging.keep_text("policy", "a = 1")


def test_a_committed_folder_takes_no_more_files(tmp_path):
    lake = tiny_lake(tmp_path)
    staging = stage_limits(lake, SEPTEMBER, 100)
    commit(lake, staging)

    for again in (staging, Staging.resume(lake, staging.folder)):
        with pytest.raises(RefusedError, match="committed, so it stays"):
            again.write(LIMITS, SEPTEMBER, rows_of(LIMITS, SEPTEMBER, ROWS))


def test_an_adopted_file_stays_where_it_is(tmp_path):
    lake = tiny_lake(tmp_path)
    earlier = stage_events(lake, AUGUST)
    later = Staging.begin(lake, OCTOBER, identity("second"))

    later.adopt(earlier.files)

    assert later.files == earlier.files
    assert later.paths("events", AUGUST) == earlier.paths("events", AUGUST)
