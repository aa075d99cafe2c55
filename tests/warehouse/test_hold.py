"""A month held by hand leaves every limit in force as it was."""

from datetime import date

import polars as pl
import pytest

from transforms.tables.decided import LIMITS
from warehouse.monthly.hold import unchanged


@pytest.mark.parametrize(("mode", "limit"), [("live", 1_200), ("shadow", 1_000)])
def test_a_held_month_keeps_the_limit_that_is_in_force(mode, limit):
    row = dict.fromkeys(LIMITS.schema.names()) | {
        "user_id": "ana",
        "action": "raise",
        "decidable": True,
        "limit_in_force_cents": 1_000,
        "limit_before_cents": 1_000,
        "limit_cents": 1_200,
        "available_cents": 1_100,
    }
    rows = pl.DataFrame([row], schema=LIMITS.schema)

    held = unchanged(rows, date(2026, 10, 1), "0" * 16, mode).row(0, named=True)

    assert (held["action"], held["reasons"]) == ("hold", ["HELD_BY_HAND"])
    assert (held["limit_before_cents"], held["limit_cents"]) == (limit, limit)
    assert held["available_cents"] == min(1_100, limit)
