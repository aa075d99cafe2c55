"""A plan is followed in the demo's closed loop, through the real DAGs, and checked."""

import json
import shutil

import polars as pl
import pytest

from tests.acceptance.worlds import World

PUBLISHED, LIVED = "2026-08", ("2026-09", "2026-10")


@pytest.fixture(scope="module")
def table(demo, tmp_path_factory) -> pl.DataFrame:
    """Return everybody's plans after the newest month."""
    path = tmp_path_factory.mktemp("plans") / "plans.parquet"
    demo[0].done("plan", PUBLISHED, "--to", str(path))
    return pl.read_parquet(path)


def limits(world: World, month: str) -> pl.DataFrame:
    return pl.read_parquet(world.lake / f"limits/month={month}/limits.parquet")


def live_by_the_plans(world: World, month: str) -> None:
    """Let people follow their plans for a month, and decide it; so many raises need approval."""
    world.done("demo", "--continue", month, "--plans", "plans.parquet")
    if world.limitwise("run", month).returncode:
        world.done("approve", month, "--by", "test", "--reason", "everybody follows a plan")


def test_who_follows_a_plan_gets_at_least_the_limit_that_it_promised(
    demo, table, airflow_home, tmp_path
):
    world = World(shutil.copytree(demo[0].home, tmp_path / "followed"), airflow_home)
    table.write_parquet(world.home / "plans.parquet")
    plans = table.filter(pl.col("place") == 1, pl.col("months") <= len(LIVED))
    for month in LIVED:
        live_by_the_plans(world, month)
    decided = pl.concat(
        limits(world, month).select(
            "user_id", turn=pl.lit(turn, pl.Int32), decided_cents="limit_cents"
        )
        for turn, month in enumerate(LIVED, start=1)
    )

    reached = (
        plans.join(decided, on="user_id")
        .filter(pl.col("turn") <= pl.col("months"))
        .group_by("user_id", "plan", "months", "limit_cents")
        .agg(pl.col("decided_cents").max())
    )
    assert reached.height == plans.height >= 20
    assert reached.filter(pl.col("decided_cents") < pl.col("limit_cents")).rows() == []


def test_every_user_who_was_not_raised_has_an_answer(demo, table):
    open_lines = limits(demo[0], PUBLISHED).filter(
        pl.col("line_status").is_in(["open", "frozen"]),
        ~pl.col("action").is_in(["raise", "grant"]),
    )
    assert set(table["user_id"]) == set(open_lines["user_id"])
    assert table.filter(pl.col("months").is_null(), pl.col("blocked_by").list.len() == 0).is_empty()


def test_a_plan_of_one_user_is_told_in_words_and_is_that_of_the_table(demo, table):
    world, _ = demo
    row = table.filter(pl.col("months") == 1).row(0, named=True)
    asked = ("plan", PUBLISHED, "--user", row["user_id"])

    shown = json.loads(world.done(*asked, "--json"))["plans"][0]
    assert {name: shown[name] for name in ("plan", "months", "limit_cents", "repay_cents")} == {
        name: row[name] for name in ("plan", "months", "limit_cents", "repay_cents")
    }
    assert shown["says"] in world.done(*asked)
    assert "前提" in world.done(*asked, "--lang", "zh")


def test_there_is_no_plan_for_who_was_raised(demo):
    world, _ = demo
    raised = limits(world, PUBLISHED).filter(pl.col("action") == "raise")["user_id"][0]

    ended = world.limitwise("plan", PUBLISHED, "--user", raised)
    assert ended.returncode == 1
    assert "the action was 'raise'" in ended.stderr
