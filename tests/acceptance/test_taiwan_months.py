"""A real portfolio through the real DAGs, by mapping alone: UCI data set 350, in shadow mode."""

import json
import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from tests.acceptance.removals import PublishedMonth, broken
from tests.acceptance.worlds import World

FILE = Path(__file__).parents[2] / "../shared/data/taiwan/UCI_Credit_Card.csv.gz"

pytestmark = pytest.mark.skipif(
    not FILE.exists(), reason=f"the UCI credit card data are not at {FILE}"
)


@pytest.fixture(scope="module")
def taiwan(tmp_path_factory, airflow_home) -> World:
    world = World(tmp_path_factory.mktemp("taiwan"), airflow_home)
    landing = world.home / "landing"
    landing.mkdir()
    shutil.copy(FILE, landing)
    world.done("init", "--buckets", "1", "--time-zone", "Asia/Taipei", "--currency", "TWD")
    told = world.done("run", "2005-04", "--to", "2005-09")
    (world.home / "told.txt").write_text(told)
    return world


def limits(world: World) -> pl.DataFrame:
    return pl.read_parquet(world.lake / "limits/*/*.parquet", hive_partitioning=False)


def test_every_account_has_one_row_in_each_of_six_months(taiwan):
    accounts = pl.read_csv(FILE).height

    rows = limits(taiwan)

    assert rows.height == 6 * accounts
    assert rows.select(pl.struct("as_of", "user_id").n_unique()).item() == rows.height


def test_every_month_starts_from_the_observed_limit(taiwan):
    observed = pl.read_csv(FILE).select(
        pl.col("ID").cast(pl.String).alias("user_id"),
        (pl.col("LIMIT_BAL").cast(pl.Int64) * 100).alias("observed_cents"),
    )

    rows = limits(taiwan).join(observed, on="user_id")

    assert (rows["limit_before_cents"] == rows["observed_cents"]).all()


def test_lines_are_raised_held_and_lowered(taiwan):
    actions = set(limits(taiwan)["action"].unique())

    assert {"raise", "hold", "lower"} <= actions


def test_the_law_of_reasons_holds_on_one_row_in_ten(taiwan):
    one_in_ten = pl.col("user_id").str.ends_with("7")
    month = PublishedMonth(taiwan.lake, taiwan.policies, date(2005, 7, 1), one_in_ten)

    assert month.published.height > 1_000
    assert broken(month) == []


def test_the_outcome_and_the_person_never_enter_the_lake(taiwan):
    files = taiwan.done("files", "events", "2005-09").split()

    columns = set(pl.read_parquet(files[0]).columns)

    assert not {name for name in columns if "default" in name.lower() or name in ("SEX", "AGE")}
    assert pl.read_parquet(files[0])["event_type"].cast(pl.String).n_unique() == 4


def test_a_dimension_that_the_source_lacks_is_neutral_and_the_reasons_say_so(taiwan):
    user = limits(taiwan)["user_id"][0]

    told = taiwan.done("explain", user)

    for dimension in ("spending", "account activity", "social"):
        assert f"No {dimension} data was used: this lender supplies none." in told


def test_the_lake_is_as_it_was_written(taiwan):
    assert taiwan.done("verify").startswith("Verified: 12 entries")


def test_september_warns_of_its_redefined_status_and_of_nothing_else(taiwan):
    told = (taiwan.home / "told.txt").read_text().splitlines()
    # How long a step took is the machine's matter, which may be busy.
    warnings = [line for line in told if "warning  " in line and "the median" not in line]
    months = json.loads(taiwan.done("status", "--json"))["months"]

    assert [line[:7] for line in warnings] == ["2005-09"]
    assert "taiwan 2005-09 delinquency_status value: PSI 0.612, at most 0.100" in warnings[0]
    assert "most by 30, from 0.1 % to 12.3 %" in warnings[0]
    assert {m["month"]: len(m["warnings"]) for m in months if m["warnings"]} == {"2005-09": 1}
    assert "2005-09: warning: Table events: 1 columns whose values are" in taiwan.done("status")
