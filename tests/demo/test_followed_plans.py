"""People who follow a plan do what it says, and are spared what it takes for granted."""

from datetime import date

import polars as pl
import pytest

from demo.world import DemoError, continue_month
from tests.demo.worlds import written


def test_a_follower_draws_and_repays_as_the_plan_says(tmp_path):
    world = written(tmp_path, 60, 6)
    world.publish("2026-04")
    who = world.people("2026-04").filter(pl.col("line_status") == "open")["user_id"][:5]
    plans = pl.DataFrame(
        {
            "as_of": date(2026, 4, 30),
            "user_id": who,
            "place": 1,
            "plan": "use",
            "months": 1,
            "repay_cents": [[12_345]] * 5,
            "draw_cents": [[30_000]] * 5,
        }
    )
    plans.write_parquet(tmp_path / "plans.parquet")

    continue_month(
        world.landing, world.truth, "2026-05", world.published, tmp_path / "plans.parquet"
    )

    may = world.ledger().filter(
        pl.col("at").str.starts_with("2026-05"), pl.col("user").is_in(list(who))
    )
    drawn = may.filter(kind="drawdown").group_by("user").agg(pl.col("cents").sum())
    assert drawn["cents"].to_list() == [30_000] * 5
    assert set(world.people("2026-05").filter(pl.col("user_id").is_in(list(who)))["condition"]) == {
        "steady"
    }


def test_a_file_that_is_no_table_of_plans_is_refused(tmp_path):
    world = written(tmp_path, 60, 1)
    world.publish("2026-04")
    (tmp_path / "plans.parquet").write_text("no table")

    with pytest.raises(DemoError, match=r"plans\.parquet: is no table of plans"):
        continue_month(
            world.landing, world.truth, "2026-05", world.published, tmp_path / "plans.parquet"
        )
