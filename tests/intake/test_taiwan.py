"""The real file of card accounts, six months side by side, against an independent count."""

import csv
import gzip
from collections import Counter
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from warehouse.intake.landing import load_file
from warehouse.intake.sources import landing_files, missing_files, read_sources

ROOT = Path(__file__).parents[2]
LANDING = ROOT / "../shared/data/taiwan"
MONTHS = {
    4: "6",
    5: "5",
    6: "4",
    7: "3",
    8: "2",
    9: "1",
}  # the file counts backwards from September

pytestmark = pytest.mark.skipif(not LANDING.is_dir(), reason=f"no real data at {LANDING}")


@pytest.fixture(scope="module")
def taiwan():
    (source,) = [source for source in read_sources(ROOT / "sources") if source.name == "taiwan"]
    files = landing_files(source, LANDING)
    spooled = {}
    figures = load_file(
        files[0],
        LANDING,
        device_key="ab" * 32,
        time_zone="Asia/Taipei",
        spool=lambda table, rows: spooled.setdefault(table, []).append(rows),
    )
    assert missing_files(source, files, date(2005, 4, 1), date(2005, 9, 1)) == []
    return figures, {table: pl.concat(frames) for table, frames in spooled.items()}


@pytest.fixture(scope="module")
def accounts():
    with gzip.open(LANDING / "UCI_Credit_Card.csv.gz", "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_line_is_loaded_and_the_outcome_never_enters(taiwan, accounts):
    figures, tables = taiwan

    assert (figures.lines, figures.loaded, figures.quarantined) == (len(accounts), len(accounts), 0)
    assert tables["accounts"]["user_id"].to_list() == [row["ID"] for row in accounts]
    assert "default.payment.next.month" in figures.dropped_fields
    assert "quarantine" not in tables


def test_events_by_type_and_month_equal_an_independent_count(taiwan, accounts):
    _, tables = taiwan
    counted, cents = Counter(), Counter()
    for row in accounts:
        for month, number in MONTHS.items():
            amounts = {
                "limit_in_force": row["LIMIT_BAL"],
                "statement": row[f"BILL_AMT{number}"],
                "repayment": row[f"PAY_AMT{number}"],
            }
            for event_type, amount in amounts.items():
                if event_type != "repayment" or float(amount) > 0:
                    counted[event_type, month] += 1
                    cents[event_type, month] += round(float(amount)) * 100
            counted["delinquency_status", month] += 1

    local = pl.col("occurred_at").dt.convert_time_zone("Asia/Taipei").dt.date()
    found = (
        tables["events"]
        .group_by(pl.col("event_type").cast(pl.String), local.alias("day"))
        .agg(pl.len(), pl.col("amount_cents").sum().alias("cents"))
    )

    assert {(kind, day.month): n for kind, day, n, _ in found.rows()} == counted
    assert {(k, d.month): c for k, d, _, c in found.rows() if k != "delinquency_status"} == cents
    assert set(found["day"]) == {
        date(2005, month, day)
        for month, day in zip(range(4, 10), (30, 31, 30, 31, 31, 30), strict=True)
    }


def test_a_status_of_n_months_is_a_range_of_days(taiwan, accounts):
    _, tables = taiwan
    status = tables["events"].filter(pl.col("event_type") == "delinquency_status")
    september = status.filter(pl.col("event_id").str.ends_with("2005-09")).sort("source_line")

    late = [max(int(row["PAY_0"]), 0) for row in accounts]
    assert september["value"].to_list() == [30 * months for months in late]
    assert september["value_high"].to_list() == [30 * n + 29 if n else 0 for n in late]
