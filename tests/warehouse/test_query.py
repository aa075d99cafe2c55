"""Questions in SQL: every table, every month in force, and nothing but reading."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from tests.warehouse.lakes import (
    AUGUST,
    OCTOBER,
    SEPTEMBER,
    commit,
    stage,
    stage_events,
    stage_limits,
    tiny_lake,
)
from transforms.errors import RefusedError
from transforms.tables.decided import LIMITS, SCORES
from warehouse.answers.query import TABLES, files, query
from warehouse.store.verify import verify


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    lake = tiny_lake(tmp_path_factory.mktemp("a=b'c") / "lake", buckets=2)
    commit(lake, stage_events(lake, AUGUST, 100))
    commit(lake, stage_events(lake, SEPTEMBER, 200))
    commit(lake, stage_limits(lake, SEPTEMBER, 100, "first"))
    commit(lake, stage_limits(lake, SEPTEMBER, 500_000, "revised"))
    commit(lake, stage_limits(lake, OCTOBER, 600_000, kind="hold"))
    stage_limits(lake, OCTOBER, 999, "staged only")
    return lake


def test_a_table_is_all_its_months_in_force_with_the_month_before_its_columns(lake):
    rows = query(lake, "SELECT * FROM limits ORDER BY month, user_id")

    assert rows.columns == ["month", *LIMITS.schema]
    assert rows["month"].to_list() == ["2026-09"] * 4 + ["2026-10"] * 4
    assert rows["limit_cents"].to_list() == [500_000] * 4 + [600_000] * 4
    assert rows.schema["limit_cents"] == pl.Int64
    assert rows["as_of"].to_list() == [date(2026, 9, 30)] * 4 + [date(2026, 10, 31)] * 4


def test_a_table_in_buckets_is_one_table(lake):
    rows = query(lake, "SELECT month, user_id, amount_cents, event_type FROM events ORDER BY ALL")

    assert rows.height == 8
    assert rows.row(0) == ("2026-08", "ana", 100, "purchase")


def test_tables_are_joined_and_named_in_any_case(lake):
    rows = query(
        lake,
        """
        SELECT l.user_id, l.limit_cents - e.amount_cents AS left_cents
        FROM Limits l JOIN events e USING (month, user_id)
        WHERE month = '2026-09' ORDER BY user_id
        """,
    )

    assert rows["left_cents"].to_list() == [499_800] * 4


def test_a_sum_of_money_is_a_whole_number(lake):
    rows = query(lake, "SELECT month, sum(limit_cents) AS cents FROM limits GROUP BY 1 ORDER BY 1")

    assert rows.schema["cents"] == pl.Int64
    assert rows["cents"].to_list() == [2_000_000, 2_400_000]


def test_a_sum_too_large_for_64_bits_stays_exact(lake):
    rows = query(lake, "SELECT sum(9223372036854775807) AS s FROM range(3)")

    assert int(rows["s"].item()) == 3 * (2**63 - 1)


def test_moments_are_shown_in_the_lenders_zone(lake):
    row = query(lake, "SELECT occurred_at, occurred_at::DATE AS day FROM events LIMIT 1").row(0)

    assert row[0].isoformat() == "2026-08-01T16:00:00+08:00"
    assert row[1] == date(2026, 8, 1)


def test_every_declared_table_is_there_and_one_without_a_month_is_empty(lake):
    assert set(query(lake, "SHOW TABLES")["name"]) == set(TABLES)
    assert query(lake, "FROM scores").columns == ["month", *SCORES.schema]
    assert query(lake, "FROM features").is_empty()


def test_a_column_that_old_files_lack_is_null(tmp_path):
    lake = tiny_lake(tmp_path)
    earlier = replace(LIMITS, columns=LIMITS.columns[:-1])
    commit(lake, stage(lake, SEPTEMBER, {earlier: "user_id\nana"}, "first", kind="limits"))

    rows = query(lake, f"SELECT user_id, {LIMITS.columns[-1].name} FROM limits")

    assert rows.rows() == [("ana", None)]


@pytest.mark.parametrize(
    "sql",
    [
        "COPY limits TO '{file}'",
        "WITH x AS (COPY (SELECT 9) TO '{file}' (FORMAT parquet, USE_TMP_FILE false)) FROM x",
        "EXPLAIN ANALYZE COPY (SELECT 9) TO '{file}' (FORMAT parquet, USE_TMP_FILE false)",
        "DROP TABLE limits",
        "CREATE TABLE x AS FROM limits",
        "INSERT INTO limits FROM limits",
        "ATTACH '{file}.db'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "FROM limits; DROP TABLE limits",
        "SELECT 1; SELECT 2",
        "FROM read_text('/etc/hostname')",
        "FROM '/etc/hostname'",
        "FROM read_parquet('{file}')",
        "FROM glob('/*')",
        "FROM 'https://example.com/x.parquet'",
        "SELECT * FROM query_table('/etc/hostname')",
        "CALL pragma_version()",
        "PRAGMA database_list",
        "VACUUM",
    ],
)
def test_what_is_more_than_reading_the_tables_is_refused_and_changes_no_byte(lake, sql):
    path = lake.path("runs") / "x"
    target = next(lake.path("limits").rglob("*.parquet"))

    for file in (path, target):
        with pytest.raises(RefusedError, match="Query"):
            query(lake, sql.format(file=str(file).replace("'", "''")))

    assert not path.exists()
    assert verify(lake).ok


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT * FROM limit_s", "Query: no table 'limit_s'. Did you mean 'limits'?"),
        ("SELECT * FROM lake", "Query: no table 'lake'. Allowed: events, "),
        ("SELECT limit_cent FROM limits", "Candidate bindings: .*limit_cents.*Correct the SQL."),
        ("SELEC 1", 'Query in line 1: Parser Error: syntax error at or near "SELEC"'),
        ("SELECT\n1 +", "Query: Parser Error|Query in line 2: Parser Error"),
        ("SELECT 'a'::INT", "Could not convert string 'a'"),
        ("", "wanted is one SELECT, found was nothing"),
        ("-- nothing", "found was nothing"),
        ("SELECT INTERVAL 1 DAY", "Query: "),
        ("SELECT '\0'; \x1b", "Query"),
        ("陈", "Query"),
        ("SELECT " + "(" * 100, "Query"),
    ],
)
def test_a_mistake_is_told_in_one_paragraph(lake, sql, message):
    with pytest.raises(RefusedError, match=message) as refused:
        query(lake, sql)

    assert "\n" not in str(refused.value)


def test_a_file_that_is_missing_is_told_with_what_to_do(lake, tmp_path):
    damaged = tiny_lake(tmp_path)
    commit(damaged, stage_limits(damaged, SEPTEMBER, 100))
    damaged.path(files(damaged, "limits", SEPTEMBER)[0]).unlink()

    with pytest.raises(RefusedError, match="Run `limitwise verify`"):
        query(damaged, "FROM limits")


def test_the_files_of_a_table_are_those_in_force_by_bucket(lake):
    found = files(lake, "events", SEPTEMBER)

    assert [path.rsplit("/", 1)[1] for path in found] == ["00.parquet", "01.parquet"]
    assert all(path.startswith(f"{lake.root}/runs/2026-09-") for path in found)
    assert pl.read_parquet(found)["amount_cents"].to_list() == [200] * 4
    (limits,) = files(lake, "limits", SEPTEMBER)
    assert set(pl.read_parquet(limits)["limit_cents"]) == {500_000}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("limit", "Table 'limit': no such table. Did you mean 'limits'?"),
        ("../../etc", "Allowed: events, "),
        ("limits", "Table limits 2026-08: not in the lake. Months there: 2026-09 to 2026-10."),
        ("scores", "Months there: none yet."),
    ],
)
def test_files_of_what_is_not_there_are_refused(lake, table, message):
    with pytest.raises(RefusedError) as refused:
        files(lake, table, AUGUST)

    assert message in str(refused.value)
