"""Laws of decisions, for any line and any guards."""

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.deciding import COLUMNS, SEPTEMBER, portfolio, terms
from transforms.deciding.decision_inputs import across
from transforms.deciding.decisions import decisions

USER = st.fixed_dictionaries(
    {
        "line_status_before": st.sampled_from(
            ["open", "open", "open", "frozen", "applied", "closed"]
        ),
        "limit_before_cents": st.integers(0, 3_000).map(lambda hundreds: hundreds * 10_000 + 33),
        "balance_end_cents": st.integers(-100_000, 25_000_000),
        "decidable": st.sampled_from([True, True, True, False]),
        "charged_off": st.sampled_from([False, False, False, True]),
        "pd_ppm": st.one_of(st.none(), st.integers(0, 1_000_000)),
        "dpd_end_days": st.sampled_from([None, 0, 0, 5, 31, 60, 90]),
        "late_count_3m": st.sampled_from([None, 0, 0, 1]),
        "utilisation": st.sampled_from([None, 0.1, 0.9]),
        "months_on_book": st.sampled_from([None, 3, 24]),
        "borrower_id": st.sampled_from(["p1", "p2", None]),
        "self_cap_cents": st.sampled_from([None, None, 0, 777_777]),
        "override_cents": st.sampled_from([None, None, None, 123_456, 90_000_000]),
        "review_open": st.sampled_from([False, False, True]),
        "soft_trigger_before": st.sampled_from([None, False, True]),
        "dpd_max_days_3m": st.sampled_from([None, 0, 45]),
        "credential_leak_count_3m": st.sampled_from([0, 0, 1]),
        "new_device_count_1m": st.sampled_from([0, 0, 1]),
        "night_login_ratio_3m": st.sampled_from([None, 0.5]),
        "bureau_score_points": st.sampled_from([None, 400, 600]),
        "segment": st.sampled_from(["consumer", "micro_business"]),
    }
)
USERS = st.lists(USER, min_size=1, max_size=6)
CAP = 20_000_000
TERMS = terms(borrower_cap_cents=CAP)


def frame(users: list[dict]) -> pl.LazyFrame:
    rows = [
        user
        | {
            "user_id": f"user{index}",
            "undecidable_because": None if user["decidable"] else "unknown_balance",
            "closed": user["line_status_before"] == "closed",
            "limit_before_cents": {"applied": None, "closed": 0}.get(
                user["line_status_before"], user["limit_before_cents"]
            ),
        }
        for index, user in enumerate(users)
    ]
    return pl.LazyFrame(rows, schema={name: COLUMNS[name] for name in rows[0]})


def decide_frame(users: pl.LazyFrame) -> pl.DataFrame:
    return decisions(**portfolio(users), terms=TERMS, month=SEPTEMBER).collect()


@settings(max_examples=60, deadline=None)
@given(USERS)
def test_every_line_has_one_row_with_a_reason_and_a_lawful_limit(users):
    found = decide_frame(frame(users))

    known = found.filter("decidable")
    borrowers = frame(users).select("user_id", "borrower_id").collect()
    owed = known.join(borrowers, on="user_id").with_columns(
        pl.coalesce("borrower_id", "user_id").alias("borrower")
    )
    assert found["user_id"].to_list() == sorted(f"user{i}" for i in range(len(users)))
    assert found["reasons"].list.len().is_between(1, 4).all()
    assert known["limit_cents"].null_count() == known["action"].null_count() == 0
    assert (known["limit_cents"] >= 0).all()
    assert (known["available_cents"] >= 0).all()
    assert (owed.group_by("borrower").agg(pl.col("limit_cents").sum())["limit_cents"] <= CAP).all()
    assert (
        found.filter(~pl.col("decidable"))["limit_cents"].null_count()
        == found.height - known.height
    )


@settings(max_examples=60, deadline=None)
@given(USERS)
def test_no_guard_that_bars_a_raise_is_passed_by_one_below_an_officer(users):
    found = decide_frame(frame(users))

    raised = found.filter(pl.col("action") == "raise")
    bars = {"late_in_3_months", "utilisation_high", "stage_2", "pd_above_cut", "months_on_book"}
    for fired in raised["guards_fired"].to_list():
        assert "override_at_least" in fired or not bars & set(fired)
    frozen = found.filter(pl.col("line_status").is_in(["frozen", "closed"]) & pl.col("decidable"))
    assert (frozen["available_cents"] == 0).all()


@settings(max_examples=30, deadline=None)
@given(USERS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(users, chance):
    rows = frame(users).collect()
    order = list(range(rows.height))
    chance.shuffle(order)

    shuffled = decide_frame(rows[order].lazy())

    assert shuffled.equals(decide_frame(rows.lazy()))


@settings(max_examples=30, deadline=None)
@given(USERS, st.integers(1, 5))
def test_lines_decided_in_parts_are_decided_as_in_one(users, size):
    whole = {name: rows.collect() for name, rows in portfolio(frame(users)).items()}
    shared = across(whole["features"].lazy(), whole["lines"].lazy(), "expert")

    parts = [
        {name: rows[begin : begin + size].lazy() for name, rows in whole.items()}
        for begin in range(0, len(users), size)
    ]
    decided = [
        decisions(**part, terms=TERMS, month=SEPTEMBER, shared=shared).collect() for part in parts
    ]

    assert pl.concat(decided).equals(decide_frame(frame(users)))


@settings(max_examples=60, deadline=None)
@given(USER, st.sampled_from([(0, 31), (31, 60), (60, 90), (0, 90), (5, 60)]), st.integers(0, 1))
def test_an_added_overdue_never_raises_a_limit(user, days, late):
    fewer, more = days
    user |= {"decidable": True, "pd_ppm": user["pd_ppm"] or 3_000, "borrower_id": None}
    better = user | {"dpd_end_days": fewer, "dpd_max_days_3m": fewer, "late_count_3m": late}
    worse = user | {"dpd_end_days": more, "dpd_max_days_3m": more, "late_count_3m": 1}
    worse["pd_ppm"] = min(better["pd_ppm"] * 2, 1_000_000)

    found = decide_frame(frame([better, worse]))

    assert found["limit_cents"][1] <= found["limit_cents"][0]
    assert found["available_cents"][1] <= found["available_cents"][0]


@settings(max_examples=60, deadline=None)
@given(
    st.integers(5, 300).map(lambda thousands: thousands * 100_000),
    st.integers(0, 100),
    st.integers(0, 100),
    st.integers(100, 44_000),
    st.integers(0, 2),
    st.integers(0, 1),
)
def test_no_good_deed_is_punished_at_frozen_prices(limit, some, other, pd_ppm, late, repaid):
    """A lower balance and one late payment fewer never lower the limit, where no cut is due.

    A cut already ordered stops at 105 % of what is owed, so there the limit follows the balance.
    """
    low, high = sorted((some, other))
    before = {
        "line_status_before": "open",
        "limit_before_cents": limit,
        "decidable": True,
        "balance_end_cents": limit * high // 100,
        "utilisation": high / 100,
        "late_count_3m": late,
        "pd_ppm": pd_ppm + 500,
    }
    after = before | {
        "balance_end_cents": limit * low // 100,
        "utilisation": low / 100,
        "late_count_3m": max(late - repaid, 0),
        "pd_ppm": pd_ppm,
    }

    found = decide_frame(frame([before, after]))

    assert found["limit_cents"][1] >= found["limit_cents"][0]


@settings(max_examples=20, deadline=None)
@given(USERS)
def test_a_line_is_decided_alike_alone_and_among_others(users):
    own = [user | {"borrower_id": f"p{index}"} for index, user in enumerate(users)]
    rows = frame(own).collect()

    alone = pl.concat(decide_frame(row.lazy()) for row in rows.iter_slices(1))

    assert alone.equals(decide_frame(rows.lazy()))


def test_the_number_of_threads_does_not_matter():
    script = """
from tests.laws.test_decision_laws import many
print(many().write_json())
"""
    answers = {
        subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | {"POLARS_MAX_THREADS": threads},
            cwd=Path(__file__).parents[2],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for threads in ("1", "4")
    }

    assert len(answers) == 1
    assert len(json.loads(answers.pop())) == 500


def many() -> pl.DataFrame:
    """Decide 500 lines of all kinds."""
    days = (0, 0, 0, 31, 60, 90)
    rows = [
        {
            "user_id": f"user{index:03d}",
            "pd_ppm": 97 * index,
            "limit_before_cents": 70_000 * index,
            "balance_end_cents": 9_000 * index,
            "dpd_end_days": days[index % 6],
            "late_count_3m": index % 3,
            "borrower_id": f"p{index // 3}",
        }
        for index in range(500)
    ]
    return decide_frame(pl.LazyFrame(rows, schema_overrides=COLUMNS))
