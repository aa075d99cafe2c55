"""Plans: what a user lives through under each, and what is promised of it."""

from datetime import date

import polars as pl
import pytest

from tests.tables import filled, table
from transforms.plans.activity_ahead import activity_ahead, month_like
from transforms.plans.catalogue import PLANS
from transforms.plans.credit_ahead import credit_ahead
from transforms.plans.promises import promises
from transforms.tables.facts import ACTIVITY, CREDIT_MONTHS, LEDGER

SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)
USERS = pl.DataFrame({"user_id": ["ana"], "limit_cents": [100_000]})


def lived(
    plan: str,
    ledger: str = "",
    owed_cents: int = 60_000,
    usual: tuple[int, int] = (0, 0),
    can_draw: bool = True,
    credit_from: str = "ledger",
) -> tuple[dict, dict]:
    """Return ana's October under a plan: her row of CREDIT_MONTHS, and what the plan asks for."""
    rows = pl.DataFrame(
        {
            "user_id": ["ana"],
            "plan": [plan],
            "limit_cents": [100_000],
            "can_draw": [can_draw],
            "usual_repaid_cents": [usual[0]],
            "usual_drawn_cents": [usual[1]],
        }
    )
    before = filled(
        CREDIT_MONTHS,
        f"""
        as_of      | user_id | credit_from   | balance_end_cents | dpd_end_days
        2026-09-30 | ana     | {credit_from} | {owed_cents}      | 0
        """,
    )
    dues = filled(LEDGER, ledger) if ledger else LEDGER.empty()
    _, credit, moves = credit_ahead(rows, dues, before, OCTOBER, "Asia/Shanghai", credit_from)
    return credit.row(0, named=True), moves.row(0, named=True)


TWO_DUES = """
as_of      | user_id | row_kind   | obligation_id | due_on     | amount_cents | remaining_cents
2026-09-30 | ana     | obligation | first         | 2026-10-10 | 30_000       | 30_000
2026-09-30 | ana     | obligation | second        | 2026-11-10 | 30_000       | 30_000
"""
OVERDUE = """
as_of      | user_id | row_kind   | obligation_id | due_on     | amount_cents | remaining_cents
2026-09-30 | ana     | obligation | old           | 2026-09-10 | 30_000       | 30_000
"""


@pytest.mark.parametrize("plan", [plan.name for plan in PLANS])
def test_whatever_the_plan_all_that_falls_due_is_paid_on_its_day(plan):
    credit, moves = lived(plan, TWO_DUES)

    assert (credit["due_count"], credit["paid_on_time_count"], credit["dpd_max_days"]) == (1, 1, 0)
    assert moves["repay_cents"] >= 30_000


def test_what_is_overdue_is_paid_on_the_fifth():
    credit, _ = lived("draw_nothing", OVERDUE)

    assert (credit["dpd_end_days"], credit["dpd_max_days"], credit["paid_late_count"]) == (0, 24, 1)


def test_interest_is_what_falls_due_beyond_the_debt_in_proportion():
    credit, _ = lived("draw_nothing", TWO_DUES, owed_cents=54_000)

    assert credit["interest_and_fees_cents"] == 3_000
    assert credit["balance_end_cents"] == 27_000


@pytest.mark.parametrize(
    ("plan", "usual", "repaid", "drawn"),
    [
        ("draw_nothing", (20_000, 9_000), 0, 0),
        ("go_on", (20_000, 9_000), 20_000, 9_000),
        ("go_on", (0, 90_000), 0, 40_000),  # never above the limit
        ("use", (0, 0), 0, 10_000),
        ("repay_a_quarter", (0, 9_000), 15_000, 0),
        ("repay_in_full", (0, 9_000), 60_000, 9_000),
        ("below_50_percent", (0, 9_000), 10_000, 0),
        ("below_50_percent", (20_000, 9_000), 20_000, 9_000),
    ],
)
def test_a_plan_says_what_is_repaid_and_drawn(plan, usual, repaid, drawn):
    credit, moves = lived(plan, usual=usual)

    assert (moves["repay_cents"], moves["draw_cents"]) == (repaid, drawn)
    assert credit["balance_end_cents"] == 60_000 - repaid + drawn


def test_nobody_draws_on_a_frozen_line():
    _, moves = lived("use", can_draw=False)

    assert moves["draw_cents"] == 0


def test_no_more_is_repaid_than_is_owed():
    _, moves = lived("go_on", owed_cents=5_000, usual=(20_000, 0))

    assert moves["repay_cents"] == 5_000


def test_a_source_that_reports_standing_says_the_balance_and_no_days_past_due():
    credit, _ = lived("repay_a_quarter", credit_from="reported")

    assert (credit["balance_end_cents"], credit["dpd_end_days"]) == (45_000, 0)


def ahead(like: str, *, asks: bool = False, logs_in: bool = False) -> dict:
    """Return ana's activity of an October that is like an earlier month."""
    copies = pl.DataFrame(
        {"copy_id": ["ana go"], "user_id": ["ana"], "asks": [asks], "logs_in": [logs_in]}
    )
    moves = pl.DataFrame({"copy_id": ["ana go"], "repay_cents": [500], "draw_cents": [0]})
    devices = pl.DataFrame(
        {"user_id": ["ana"], "device_hashes": [[7]]},
        schema_overrides={"device_hashes": pl.List(pl.UInt64)},
    )
    rows = activity_ahead(copies, filled(ACTIVITY, like).collect(), moves, devices, OCTOBER)
    return rows.row(0, named=True)


AUGUST = """
as_of      | user_id | event_count | purchase_count | login_count | limit_request_count
2026-08-31 | ana     | 9           | 5              | 3           | 1
"""


def test_a_month_ahead_is_like_an_earlier_one_on_the_device_known_last():
    row = ahead(AUGUST)

    assert (row["as_of"], row["user_id"]) == (date(2026, 10, 31), "ana go")
    assert (row["purchase_count"], row["login_count"], row["device_hashes"]) == (5, 3, [7])
    assert (row["repayment_count"], row["repayment_cents"], row["drawdown_count"]) == (1, 500, 0)


def test_a_limit_is_asked_for_only_where_the_plan_says_so():
    assert ahead(AUGUST)["limit_request_count"] == 0
    assert ahead(AUGUST, asks=True)["limit_request_count"] == 1


def test_who_is_to_log_in_does_so_on_four_days_at_least():
    row = ahead(AUGUST, logs_in=True)

    assert (row["login_count"], row["active_days_mask"].bit_count()) == (4, 4)


@pytest.mark.parametrize(
    ("course", "like"),
    [
        ("last_quarter", date(2026, 7, 1)),
        ("quarter_before", date(2026, 4, 1)),
        ("last_year", date(2025, 10, 1)),
    ],
)
def test_the_rest_of_life_is_like_each_of_three_earlier_courses(course, like):
    assert month_like(course, SEPTEMBER, 1, date(2024, 1, 1)) == like


def test_a_course_that_the_lake_does_not_reach_is_like_the_last_quarter():
    assert month_like("last_year", SEPTEMBER, 1, date(2026, 1, 1)) == date(2026, 7, 1)


def promised(text: str) -> pl.DataFrame:
    """Return the promises made of rolled months: plan, course, ahead, limit_cents, guards."""
    rolled = table(
        text,
        ahead=pl.Int32(),
        limit_cents=pl.Int64(),
        reasons=pl.List(pl.String()),
        guards_fired=pl.List(pl.String()),
    ).with_columns(user_id=pl.lit("ana"))
    moves = rolled.select("user_id", "plan", "ahead").unique()
    moves = moves.with_columns(repay_cents=pl.col("ahead").cast(pl.Int64), draw_cents=pl.lit(0))
    return promises(USERS, rolled.collect(), moves.collect(), SEPTEMBER)


def test_a_plan_holds_once_every_course_has_a_higher_limit_and_promises_the_lowest():
    shown = promised(
        """
        plan  | course | ahead | limit_cents | reasons | guards_fired
        go_on | a      | 1     | 130_000     | []      | []
        go_on | b      | 1     | 100_000     | []      | []
        go_on | a      | 2     | 130_000     | []      | []
        go_on | b      | 2     | 120_000     | []      | []
        """
    ).row(0, named=True)

    assert (shown["plan"], shown["months"], shown["limit_cents"]) == ("go_on", 2, 120_000)
    assert shown["repay_cents"] == [1, 2]


def test_the_plan_to_propose_takes_the_fewest_months():
    shown = promised(
        """
        plan         | course | ahead | limit_cents | reasons | guards_fired
        go_on        | a      | 1     | 100_000     | []      | []
        go_on        | a      | 2     | 130_000     | []      | []
        draw_nothing | a      | 1     | 120_000     | []      | []
        draw_nothing | a      | 2     | 120_000     | []      | []
        """
    )

    assert shown["plan"].to_list() == ["draw_nothing", "go_on"]


def test_a_plan_that_asks_more_for_nothing_more_is_not_shown():
    shown = promised(
        """
        plan          | course | ahead | limit_cents | reasons | guards_fired
        go_on         | a      | 1     | 130_000     | []      | []
        repay_in_full | a      | 1     | 130_000     | []      | []
        """
    )

    assert shown["plan"].to_list() == ["go_on"]


@pytest.mark.parametrize(("hoped_for", "plan"), [(130_000, "unsure"), (100_000, "none")])
def test_there_is_none_only_if_no_plan_leads_to_a_raise_even_with_less_risk(hoped_for, plan):
    shown = promised(
        f"""
        plan  | course  | ahead | limit_cents | reasons | guards_fired
        go_on | a       | 1     | 100_000     | late    | late
        go_on | hopeful | 1     | {hoped_for} | []      | []
        """
    ).row(0, named=True)

    assert (shown["plan"], shown["blocked_by"]) == (plan, ["late"] if hoped_for > 100_000 else [])


def test_none_within_six_months_names_what_stands_against_the_plan_that_came_nearest():
    shown = promised(
        """
        plan         | course | ahead | limit_cents | reasons      | guards_fired
        go_on        | a      | 6     | 100_000     | late, new    | late, new
        draw_nothing | a      | 6     | 100_000     | raised_twice | raised_twice
        draw_nothing | b      | 6     | 90_000      | late, new    | late, new
        """
    ).row(0, named=True)

    assert (shown["plan"], shown["months"], shown["limit_cents"]) == ("none", None, None)
    assert shown["blocked_by"] == ["raised_twice"]
