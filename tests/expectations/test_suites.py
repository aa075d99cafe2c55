"""What a table promises by its declaration is checked on the files as they were written."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from expectations.checks import check_tables
from expectations.suites import promises_of, suite_for
from tests.expectations.worlds import broken, written
from transforms.tables.table import AS_OF, USER, Column, Table, cents, count

KINDS = ("consumer", "micro_business")
MOMENT = datetime(2026, 9, 1, 8, tzinfo=UTC)


def column(name: str, dtype: pl.DataType, **more) -> Column:
    return Column(name=name, dtype=dtype, meaning="Something.", **more)


LINES = Table(
    name="lines",
    meaning="One row is one line.",
    kind="decisions",
    key=("user_id",),
    columns=(
        AS_OF,
        USER,
        cents("limit_cents", "Limit.", required=True),
        count("raise_count", "Raises.", highest=12),
        column("use_ratio", pl.Float64(), unit="ratio", lowest=0),
        column("segment", pl.String(), values=KINDS),
        column("kind", pl.Enum(KINDS), required=True, values=KINDS),
        column("device_hash", pl.UInt64()),
        column("seen_at", pl.Datetime("us", "UTC"), required=True),
        column("reasons", pl.List(pl.String()), required=True),
        column("column", pl.String()),
    ),
)
GOOD = pl.DataFrame(
    {
        "as_of": date(2026, 9, 30),
        "user_id": ["ana", "bo", "chen"],
        "limit_cents": [500_000, 0, 1],
        "raise_count": [0, 12, 1],
        "use_ratio": [0.0, 1.5, None],
        "segment": ["consumer", None, "micro_business"],
        "kind": ["consumer", "consumer", "micro_business"],
        "device_hash": [0, 2**64 - 1, None],
        "seen_at": MOMENT,
        "reasons": [["A"], [], ["B", "C"]],
        "column": None,
    },
    schema=LINES.schema,
)
REPORT_IT = "The job itself is at fault: report it; last month's limits stay in force."


def of_bo(**values) -> pl.DataFrame:
    return GOOD.with_columns(
        pl.when(pl.col("user_id") == "bo")
        .then(pl.lit(value, dtype=GOOD.schema[name]))
        .otherwise(pl.col(name))
        .alias(name)
        for name, value in values.items()
    )


@pytest.mark.parametrize(
    ("paths", "because"),
    [
        ([GOOD], "every promise holds"),
        ([GOOD.clear()], "a file without rows breaks nothing"),
        ([], "a table without files is a table without rows"),
        ([GOOD.head(2), GOOD.tail(1)], "several buckets are one table"),
        (
            [GOOD, GOOD.with_columns(as_of=pl.lit(date(2026, 8, 31)))],
            "the same user in another month is no second row",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_good_table_keeps_its_promises(paths, because, tmp_path):
    files = [written(tmp_path, f"part{i}", frame) for i, frame in enumerate(paths)]

    report = check_tables({LINES: files})

    assert report.message() == f"All {report.evaluated} promises hold.", because
    assert report.evaluated == len(promises_of(LINES))


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (
            of_bo(limit_cents=None),
            "Table lines, column limit_cents: 1 rows are null.",
        ),
        (
            GOOD.with_columns(reasons=pl.lit(None, dtype=pl.List(pl.String()))),
            "Table lines, column reasons: 3 rows are null.",
        ),
        (
            of_bo(seen_at=None),
            "Table lines, column seen_at: 1 rows are null.",
        ),
        (
            of_bo(limit_cents=-1_250),
            "Table lines, column limit_cents: 1 rows below 0, least -1,250 cents.",
        ),
        (
            GOOD.with_columns(raise_count=pl.Series([13, -1, 99], dtype=pl.Int32)),
            "Table lines, column raise_count: 1 rows below 0, least -1 count and "
            "2 rows above 12, most 99 count.",
        ),
        (
            of_bo(segment="consumers"),
            "Table lines, column segment: 1 rows outside the declared values: 'consumers'.",
        ),
        (
            GOOD.with_columns(user_id=pl.lit("ana")),
            "Table lines: 3 rows share 1 values of as_of, user_id, the first 2026-09-30, ana.",
        ),
        (
            of_bo(use_ratio=float("nan")),
            "Table lines: 1 columns with values that are no numbers; the worst use_ratio: 1 rows, "
            "expected 0.",
        ),
        (
            GOOD.select(*GOOD.columns[1:], "as_of"),
            "Table lines: columns: the declared ones, in another order: user_id, limit_cents, "
            "raise_count, use_ratio, segment and 6 more.",
        ),
        (
            GOOD.with_columns(extra=1),
            "Table lines: columns: extra not declared.",
        ),
        (
            GOOD.with_columns(pl.col("limit_cents").cast(pl.Int32)),
            "Table lines: 1 columns of another type than declared; the worst limit_cents is "
            "INTEGER, declared BIGINT.",
        ),
    ],
    ids=lambda value: value[:60] if isinstance(value, str) else "",
)
def test_a_broken_promise_is_told_with_place_number_and_remedy(frame, message, tmp_path):
    report = check_tables({LINES: [written(tmp_path, "lines", frame)]})

    assert [failure.message for failure in report.critical] == [f"{message} {REPORT_IT}"]


def test_a_promise_about_a_missing_column_is_critical(tmp_path):
    report = check_tables({LINES: [written(tmp_path, "lines", GOOD.drop("segment"))]})

    assert [(f.column, f.expectation) for f in report.critical] == [
        ("", "columns"),
        ("segment", "values"),
    ]
    assert report.critical[0].message == f"Table lines: columns: segment missing. {REPORT_IT}"
    assert report.critical[1].message == (
        "Table lines, column segment: values could not be computed: Error: The column "
        f'"segment" in BatchData does not exist. {REPORT_IT}'
    )


def test_all_broken_promises_are_told_at_once(tmp_path):
    frame = of_bo(limit_cents=-1, segment="x", user_id="ana")

    report = check_tables({LINES: [written(tmp_path, "lines", frame)]})

    assert broken(report) == {"range", "values", "key"}
    assert report.message().splitlines()[0] == "3 of 16 promises are broken:"


def test_a_suite_has_no_ids_and_shows_severity_and_meaning():
    expectations = suite_for(LINES).to_json_dict()["expectations"]

    assert len(expectations) == len(promises_of(LINES))
    assert not any("id" in expectation for expectation in expectations)
    assert expectations[0]["description"] == (
        "critical: Columns are the 11 declared ones, in their order."
    )
    assert expectations[0]["meta"] == {"promise": "lines.columns", "severity": "critical"}
