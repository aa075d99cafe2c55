"""Whole months of the demo lender through the real DAGs, and every question asked of them."""

import json
import shutil
from datetime import date

import duckdb
import pandas
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.acceptance.removals import PublishedMonth, broken
from warehouse.answers.explain import lines_of_borrower
from warehouse.monthly.decide import lines_of
from warehouse.store.audit import Chain
from warehouse.store.lake import open_lake

MONTHS = ("2026-06", "2026-07", "2026-08")


def published(world, month):
    return pl.read_parquet(world.lake / f"limits/month={month}/limits.parquet")


def test_every_month_is_published_and_verified(demo):
    world, _ = demo

    for month in MONTHS:
        assert published(world, month).height > 300
    assert world.done("verify").startswith("Verified: ")


def test_a_run_tells_one_line_per_step_and_nothing_else(demo):
    _, told = demo

    lines = told.splitlines()
    assert all(line.startswith("20") for line in lines), told
    assert sum("limits published" in line for line in lines) == len(MONTHS)


def test_a_complete_month_warns_of_nothing(demo):
    world, told = demo

    warned = [month["warnings"] for month in json.loads(world.done("status", "--json"))["months"]]

    assert "warning  " not in told
    assert not any(warned)


def test_running_the_months_again_changes_nothing(demo):
    world, _ = demo
    before = sorted((world.lake / "audit").iterdir())

    told = world.done("run", "2026-08")

    assert "nothing changed" in told
    assert sorted((world.lake / "audit").iterdir()) == before


def test_last_months_users_are_all_there(demo):
    world, _ = demo
    left = published(world, "2026-07").filter(
        (pl.col("line_status") != "closed") & (pl.col("action") != "decline")
    )

    gone = left.join(published(world, "2026-08"), on="user_id", how="anti")

    assert gone.height == 0


def test_every_row_has_a_reason(demo):
    world, _ = demo

    for month in MONTHS:
        assert published(world, month)["reasons"].list.len().min() >= 1


def test_the_law_of_reasons_holds_on_every_row(demo):
    world, _ = demo
    month = PublishedMonth(world.lake, world.policies, date(2026, 8, 1))

    assert month.published["deciding_guards"].list.len().max() > 1
    assert broken(month) == []


def test_any_reader_finds_the_same_rows(demo):
    world, _ = demo
    folder = world.lake / "limits"
    sums = [published(world, month)["limit_cents"].sum() for month in MONTHS]

    by_pandas = pandas.read_parquet(folder)["limit_cents"].sum()
    found = duckdb.sql(f"SELECT sum(limit_cents) FROM '{folder}/*/*.parquet'").fetchall()

    assert int(by_pandas) == int(found[0][0]) == sum(sums)


def test_a_user_is_explained_in_both_languages_and_as_json(demo):
    world, _ = demo
    user = published(world, "2026-08").filter(pl.col("action") == "hold")["user_id"][0]

    english = world.done("explain", user, "2026-08")
    chinese = world.done("explain", user, "2026-08", "--lang", "zh")
    plain = json.loads(world.done("explain", user, "--json"))

    assert user in english
    assert "额度" in chinese
    assert plain["user_id"] == user


def test_an_explanation_reads_all_lines_of_a_borrower(demo):
    world, _ = demo
    chain = Chain.read(open_lake(world.lake))
    everyone = lines_of(chain, date(2026, 8, 1), "live")
    several = everyone.filter(pl.col("borrower_id").is_duplicated()).sort("borrower_id").head(2)

    found = lines_of_borrower(chain, date(2026, 8, 1), "live", several["user_id"][0])

    assert several["borrower_id"].n_unique() == 1
    assert_frame_equal(found, everyone.filter(borrower_id=several["borrower_id"][0]))


def test_a_raise_that_is_not_in_force_a_month_later_is_told(demo):
    world, _ = demo
    offered = published(world, "2026-06").filter(pl.col("action") == "raise")
    in_force = published(world, "2026-07").select("user_id", now="limit_in_force_cents")
    both = offered.join(in_force, on="user_id")
    refused = both.filter(pl.col("now") < pl.col("limit_cents"))["user_id"][0]
    accepted = both.filter(pl.col("now") == pl.col("limit_cents"))["user_id"][0]

    told = world.done("explain", refused, "2026-07")
    plain = json.loads(world.done("explain", refused, "2026-07", "--json"))

    assert " that 2026-06 offered was not taken up by the end of this month: CNY " in told
    assert "  raise (not taken up by 2026-07)  RAISE_EARNED" in told
    assert [row["taken_up"] for row in plain["history"]] == [False, None]
    assert "not taken up" not in world.done("explain", accepted, "2026-07")


def test_an_unknown_user_is_an_answer_not_a_traceback(demo):
    world, _ = demo

    ended = world.limitwise("explain", "nobody")

    assert ended.returncode == 1
    assert "'nobody': no limit in 2026-08. The lake has neither account nor event" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_status_answers_whether_the_limit_rises_every_month(demo):
    world, _ = demo

    assert "Too few months: 3 of 6 are decided." in world.done("status")


@pytest.mark.parametrize("month", ["2026-13", "../../etc", "2026-10; drop table", "2999-01"])
def test_a_month_that_cannot_be_run_is_refused(demo, month):
    world, _ = demo

    ended = world.limitwise("run", month)

    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr


def test_a_month_without_the_one_before_it_is_refused(demo):
    world, _ = demo

    ended = world.limitwise("run", "2026-10")

    assert ended.returncode == 1
    assert "missing" in ended.stderr or "2026-09" in ended.stderr


def test_one_flipped_bit_anywhere_is_found(demo, tmp_path):
    world, _ = demo
    copy = tmp_path / "lake"
    shutil.copytree(world.lake, copy)
    victim = sorted(copy.glob("runs/*/*/credit_months/*/*.parquet"))[3]
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.write_bytes(content)

    ended = type(world)(tmp_path, world.airflow_home).limitwise("verify")

    assert ended.returncode == 1
    assert victim.name in ended.stderr


def test_a_month_simulated_under_its_own_policies_is_as_it_was_published(demo):
    world, _ = demo

    found = json.loads(world.done("simulate", "2026-08", "--json"))

    assert found["lines"] == published(world, "2026-08").height
    assert set(found["differ"].values()) == {0}


def test_a_tighter_cut_is_simulated_from_another_folder_and_writes_nothing(demo, tmp_path):
    world, _ = demo
    shutil.copytree(world.policies, tmp_path / "policies")
    policy = tmp_path / "policies" / "1990-01-01.toml"
    policy.write_text(policy.read_text().replace("pd_cut_ppm = 40_000", "pd_cut_ppm = 5_000"))
    before = sorted(world.lake.rglob("*"))

    found = json.loads(
        world.done("simulate", "2026-08", "--policies", str(tmp_path / "policies"), "--json")
    )

    raised = found["actions"]["raise"]
    assert raised[1] < raised[0]
    assert sum(group["lines"] for group in found["by_segment"].values()) == found["lines"]
    assert sorted(world.lake.rglob("*")) == before


def test_without_social_data_and_region_only_scores_and_prices_of_those_who_had_them_move(demo):
    world, _ = demo

    social = json.loads(world.done("simulate", "2026-08", "--without", "social", "--json"))
    region = json.loads(world.done("simulate", "2026-08", "--without", "region", "--json"))

    assert 0 < social["differ"]["pd_ppm"] < social["lines"]
    assert region["differ"]["pd_ppm"] == 0 < region["differ"]["apr_bps"]
    assert "without social" in world.done("simulate", "2026-08", "--without", "social")


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (["2026-08", "--without", "socail"], "Did you mean 'social'?"),
        (["2026-01"], "Month 2026-01: has no limits. The lake has limits of 2026-06, 2026-07"),
        (["2026-8"], "2026-8"),
    ],
)
def test_what_cannot_be_simulated_is_refused_in_words(demo, asked, says):
    world, _ = demo

    ended = world.limitwise("simulate", *asked)

    assert ended.returncode == 1
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr


def test_alerts_are_not_judged_before_their_outcome_is_known(demo):
    world, _ = demo

    ended = world.limitwise("alerts")

    assert ended.returncode == 1
    assert "no scored month has 3 months of facts after it" in ended.stderr
