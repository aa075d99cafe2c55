"""What happened to the limits of the whole portfolio."""

import pytest

from tests.warehouse.lakes import SEPTEMBER, commit, stage, tiny_lake
from transforms.months import months_after
from transforms.tables.decided import LIMITS
from warehouse.monthly.portfolio import MOVEMENTS, portfolio, portfolio_text

HEADER = "user_id | line_status | action | limit_before_cents | limit_cents"


@pytest.fixture
def lake(tmp_path):
    return tiny_lake(tmp_path)


def decide(lake, offset, rows, **notes):
    notes = {"kind": "limits"} | notes
    month = months_after(SEPTEMBER, offset)
    commit(lake, stage(lake, month, {LIMITS: f"{HEADER}\n{rows}"}, f"{offset} {rows}", **notes))


def test_a_month_counts_each_movement_and_sums_the_limits(lake):
    rows = """
    u1 | open    | raise    | 100_000 | 120_000
    u2 | open    | raise    | 100_000 | 110_000
    u3 | open    | hold     | 100_000 | 100_000
    u4 | open    | lower    | 100_000 | 90_000
    u5 | frozen  | freeze   | 100_000 | 100_000
    u6 | open    | unfreeze | 100_000 | 100_000
    u7 | open    | grant    | -       | 50_000
    u8 | applied | decline  | -       | -
    u9 | closed  | close    | 100_000 | 0
    v1 | open    | -        | 100_000 | -
    """

    decide(lake, 0, rows)

    (month,) = portfolio(lake)["months"]
    assert month == {
        "month": "2026-09",
        "kind": "limits",
        "mode": None,
        "lines": 10,
        **dict.fromkeys(MOVEMENTS, 1),
        "raised": 2,
        "limit_cents": 670_000,
        "added_cents": -30_000,
        "added_bps": -429,
    }


def test_added_is_a_share_of_the_limits_before(lake):
    decide(lake, 0, "ana | open | raise | 200_000 | 205_000\nbo | open | grant | - | 1_000")

    (month,) = portfolio(lake)["months"]

    assert (month["added_cents"], month["added_bps"]) == (6_000, 300)


def test_the_share_of_nothing_is_unknown(lake):
    decide(lake, 0, "ana | open | grant | - | 1_000")

    assert portfolio(lake)["months"][0]["added_bps"] is None


def test_before_six_months_there_are_too_few_months_to_answer(lake):
    for offset in range(5):
        decide(lake, offset, "ana | open | raise | 1_000 | 2_000")

    found = portfolio(lake)

    assert found["every_month"] == {"months": 5, "enough_months": False}
    assert "Too few months: 5 of 6 are decided." in portfolio_text(found)


def test_from_six_months_on_the_lines_open_in_all_of_them_are_counted(lake):
    for offset in range(6):
        bo = "raise" if offset in (1, 4) else "hold"
        dai = "" if offset == 3 else "dai | open | raise | 1_000 | 2_000"
        chen = "closed" if offset == 5 else "open"
        decide(
            lake,
            offset,
            f"""
            ana  | open   | raise | 1_000 | 2_000
            bo   | open   | {bo}  | 1_000 | 2_000
            chen | {chen} | raise | 1_000 | 2_000
            eva  | open   | hold  | 1_000 | 1_000
            {dai}
            """,
        )

    found = portfolio(lake)

    assert found["every_month"] == {
        "months": 6,
        "enough_months": True,
        "lines_open_throughout": 3,
        "rose_every_month": 1,
        "rose_every_month_bps": 3333,
        "never_rose": 1,
        "most_rises": 6,
    }
    assert portfolio_text(found).endswith(
        "Does the limit rise every month? Of 3 lines open in all 6 months, 1 (33.33 %) rose in "
        "every one of them; 1 never rose; no line rose more than 6 times."
    )


def test_without_a_line_open_throughout_nothing_is_divided(lake):
    for offset in range(6):
        decide(lake, offset, f"u{offset} | open | raise | 1_000 | 2_000")

    found = portfolio(lake)

    assert found["every_month"]["rose_every_month_bps"] is None
    assert portfolio_text(found).endswith("No line was open in all 6 months.")


def test_a_hold_is_a_month_and_says_so(lake):
    decide(lake, 0, "ana | open | raise | 1_000 | 2_000")
    decide(lake, 1, "ana | open | hold | 2_000 | 2_000", kind="hold")

    assert "2026-10 (hold)" in portfolio_text(portfolio(lake))


def test_only_limits_in_force_count(lake):
    decide(lake, 0, "ana | open | raise | 1_000 | 2_000")
    decide(lake, 0, "ana | open | hold | 1_000 | 1_000")

    (month,) = portfolio(lake)["months"]

    assert (month["raised"], month["held"]) == (0, 1)


def test_a_lake_without_limits_says_so(lake):
    assert portfolio_text(portfolio(lake)) == "No month has limits yet."


def test_the_table_of_months_is_for_people(lake):
    decide(lake, 0, "ana | open | raise | 100_000_000 | 102_900_000")

    first, _, row, *_ = portfolio_text(portfolio(lake)).splitlines()

    assert first.split() == ["month", *MOVEMENTS, "limits", "in", "total", "added"]
    assert row.split() == ["2026-09", "1", *["0"] * 8, "1,029,000", "+2.90", "%"]
