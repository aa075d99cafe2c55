"""Decisions: what each line is given, and the reasons that truly decided it."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from tests.deciding import decide, decided, policy, terms
from tests.rates import pack
from transforms.deciding.limits import limits, not_in_force
from transforms.tables.decided import DECISIONS, LIMITS


def test_the_worked_account_meets_the_line_price():
    # Net of holding 44,532; of +20 % 43,963 after 1,200 for the added limit (test_economics.py).
    # Without the line price +20 % brings 45,163: only the portfolio's budget stands against it.
    found = decided(
        """
        user_id | pd_ppm | balance_end_cents
        ana     | 20_000 |           400_000
        """,
        "action",
        "limit_cents",
        "reasons",
        "deciding_guards",
        "reasons_kind",
        "expected_loss_cents",
        "expected_profit_cents",
    )

    budget = ["PORTFOLIO_BUDGET"]
    assert found == [("hold", 1_000_000, budget, budget, "guards", 8_700, 44_532)]


@pytest.mark.parametrize(
    ("limit_cents", "then_cents", "rung_bps", "because"),
    [
        (1_000_000, 1_300_000, 3_000, "the highest step is worth most"),
        (1_010_000, 1_310_000, 3_000, "13,130 yuan is rounded down to 13,100"),
        (170_000, 220_000, 3_000, "221,000 is rounded down: 500 yuan more is just enough"),
        (160_000, 160_000, 0, "480 yuan more lies within the dead band of 500"),
    ],
)
def test_limits_are_rounded_down_and_small_changes_are_not_made(
    limit_cents, then_cents, rung_bps, because
):
    free = policy("change_cost_cents = 500", "change_cost_cents = 0")

    found = decided(
        f"""
        user_id | limit_before_cents | balance_end_cents
        ana     | {limit_cents}      | 10_000
        """,
        "limit_cents",
        "rung_bps",
        of_terms=terms(free),
    )

    assert found == [(then_cents, rung_bps)], because


def test_a_line_too_small_for_any_step_says_so():
    found = decided(
        """
        user_id | limit_before_cents
        ana     |            100_000
        """,
        "action",
        "reasons",
        "reasons_kind",
    )

    assert found == [("hold", ["NO_LARGER_STEP"], "action")]


class TestReasons:
    def test_a_raise_that_nothing_limited_was_earned(self):
        found = decided("user_id\nana", "action", "reasons", "reasons_kind", "deciding_guards")

        assert found == [("raise", ["RAISE_EARNED"], "action", [])]

    def test_one_bar_that_stands_alone_is_the_reason(self):
        found = decided("user_id | late_count_3m\nana | 1", "action", "reasons", "reasons_kind")

        assert found == [("hold", ["late_in_3_months"], "guards")]

    def test_bars_that_only_fall_together_are_reasons_together(self):
        found = decided("user_id | late_count_3m | months_on_book\nana | 1 | 2", "reasons")

        assert found == [(["late_in_3_months", "months_on_book"],)]

    def test_a_bar_before_which_no_raise_paid_names_both(self):
        # At a PD of 4 % no step pays, with or without the line price.
        found = decided("user_id | pd_ppm | late_count_3m\nana | 40_000 | 1", "reasons")

        assert found == [(["late_in_3_months", "NO_PROFITABLE_RAISE"],)]

    def test_a_cap_below_the_best_step_is_the_reason_of_a_smaller_raise(self):
        found = decided(
            "user_id | self_cap_cents\nana | 1_150_000", "action", "limit_cents", "reasons"
        )

        assert found == [("raise", 1_100_000, ["self_cap"])]

    def test_of_five_reasons_four_are_told_and_all_are_kept(self):
        found = decide(
            "user_id | opted_out | new_device_count_1m | late_count_3m | utilisation | raises_12m\n"
            "ana | yes | 1 | 1 | 0.9 | 2"
        )

        whole = ["opted_out", "new_device", "late_in_3_months", "utilisation_high", "raised_twice"]
        assert found["deciding_guards"].item().to_list() == whole
        assert found["reasons"].item().to_list() == whole[:4]

    def test_an_officers_raise_names_the_instruction(self):
        found = decided(
            "user_id | override_cents | override_id | late_count_3m\nana | 1_500_000 | i7 | 1",
            "action",
            "limit_cents",
            "reasons",
            "instruction_id",
        )

        assert found == [("raise", 1_500_000, ["override"], "i7")]

    def test_a_dormant_line_is_held_and_never_lowered_for_that(self):
        found = decided(
            "user_id | idle_months | drawn_months_6m\nana | 12 | 0", "action", "reasons"
        )

        assert found == [("hold", ["dormant"])]

    def test_a_price_at_the_legal_cap_bars_a_raise(self):
        # The formula asks for 9.45 % of this line, and the law allows 9 % all in.
        capped = replace(terms(policy("line_price_bps = 60", "line_price_bps = 0")), pack=pack(900))

        found = decided("user_id | pd_ppm\nana | 500", "action", "reasons", of_terms=capped)

        assert found == [("hold", ["PRICE_CAP"])]


def test_what_cannot_be_decided_says_why_and_carries_no_limit():
    found = decided(
        """
        user_id | decidable | undecidable_because | limit_before_cents | balance_end_cents
        ana     | no        | unknown_limit       |                  - |           100_000
        bo      | no        | unknown_balance     |          1_000_000 |                 -
        """,
        "action",
        "limit_cents",
        "available_cents",
        "pd_ppm",
        "reasons",
        "reasons_kind",
        "line_status",
    )

    kind, status = "not_decidable", "open"
    assert found == [
        (None, None, None, 3_000, ["UNKNOWN_LIMIT"], kind, status),
        (None, None, None, 3_000, ["UNKNOWN_BALANCE"], kind, status),
    ]


def test_a_month_without_lines_is_an_empty_table():
    found = decide("user_id\nana").clear()

    assert found.schema == DECISIONS.schema
    assert limits(found.lazy(), "x", "live").collect().schema == LIMITS.schema


def test_every_line_has_exactly_one_row_in_order():
    found = decide("user_id | limit_before_cents\nchen | 500_000\nana | 100_000\nbo | 0")

    assert found["user_id"].to_list() == ["ana", "bo", "chen"]
    assert found["limit_cents"].to_list() == [100_000, 0, 650_000]


def test_a_notice_moves_the_effect_and_the_segment_sets_the_review():
    noticed = policy("raise_notice_days = 0", "raise_notice_days = 30")

    found = decided(
        """
        user_id | segment
        ana     | consumer
        bo      | micro_business
        """,
        "effective_on",
        "next_review_on",
        of_terms=terms(noticed),
    )

    assert found == [
        (date(2026, 10, 31), date(2026, 11, 1)),
        (date(2026, 10, 31), date(2027, 10, 1)),
    ]


def test_a_yearly_review_counts_from_the_opening_of_the_line():
    found = decided(
        """
        user_id | segment        | months_on_book
        ana     | micro_business | 7
        bo      | micro_business | 24
        chen    | micro_business | -
        dai     | consumer       | 7
        """,
        "next_review_on",
    )

    assert found == [
        (date(2027, 3, 1),),
        (date(2027, 10, 1),),
        (date(2027, 10, 1),),
        (date(2026, 11, 1),),
    ]


def test_where_nobodys_limit_is_known_nothing_is_published():
    known = decide("user_id | limit_in_force_cents | decidable\nana | 500_000 | no\nbo | - | no")
    nobodys = known.with_columns(pl.lit(None, pl.Int64).alias("limit_in_force_cents")).with_columns(
        limit_before_cents="limit_in_force_cents", limit_cents="limit_in_force_cents"
    )

    assert limits(known.lazy(), "x", "live").collect()["user_id"].to_list() == ["ana", "bo"]
    assert limits(nobodys.lazy(), "x", "live").collect().is_empty()


def test_what_is_granted_without_a_line_opens_nothing():
    rows = decide("user_id | late_count_3m\nana | 0")

    found = not_in_force(rows.lazy()).collect()

    assert found.select("line_status", "available_cents").rows() == [("applied", 0)]
    assert found["limit_cents"].equals(rows["limit_cents"])


def test_limits_publish_what_was_decided():
    rows = decide("user_id | late_count_3m\nana | 0\nbo | 1")

    published = limits(rows.lazy(), "0123456789abcdef", "shadow").collect()

    assert published.columns == list(LIMITS.schema)
    assert published["inputs_id"].to_list() == ["0123456789abcdef"] * 2
    assert published["mode"].to_list() == ["shadow"] * 2
    same = [name for name in published.columns if name in rows.columns]
    assert published.select(same).equals(rows.select(same))
    assert published.select(pl.col("limit_cents").sum()).item() == 2_300_000
