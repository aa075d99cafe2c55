"""First limits: what an applicant is granted, and why not more."""

import polars as pl
import pytest

from tests.deciding import COLUMNS, SEPTEMBER, decide, decided, policy, portfolio, terms
from tests.tables import table
from transforms.deciding.decisions import decisions
from transforms.tables.decided import SCORES

APPLICANT = "line_status_before | limit_before_cents | balance_end_cents"
NEW = "applied | - | 0"


def applicant(columns: str = "", values: str = "", *asked: str, of_terms=None) -> tuple:
    text = f"user_id | {APPLICANT} | {columns}\nana | {NEW} | {values}"
    return decided(text, *asked, of_terms=of_terms)[0]


@pytest.mark.parametrize(
    ("columns", "values", "limit_cents", "because"),
    [
        ("pd_ppm", "3_000", 300_000, "without evidence the starter limit"),
        ("income_evidence_cents", "1_000_000", 300_000, "30 % of 10,000 yuan a month"),
        ("income_evidence_cents", "1_050_000", 310_000, "3,150 yuan is rounded down"),
        ("inflow_cents_3m", "2_000_000", 600_000, "without verified income 30 % of the inflow"),
        (
            "income_evidence_cents | inflow_cents_3m",
            "1_000_000 | 9_000_000",
            300_000,
            "verified income counts before inflow",
        ),
        ("stated_income_cents", "9_000_000", 300_000, "what is only stated does not count"),
        (
            "income_evidence_cents | pd_ppm",
            "30_000_000 | 10_000",
            5_000_000,
            "the band of a PD up to 1 %",
        ),
        (
            "income_evidence_cents | pd_ppm",
            "30_000_000 | 10_001",
            2_000_000,
            "the band of a PD up to 3 %",
        ),
        (
            "segment | income_evidence_cents | inflow_cents_3m",
            "micro_business | 9_000_000 | 1_000_000",
            300_000,
            "turnover in place of income",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_a_first_limit_follows_evidence_and_risk(columns, values, limit_cents, because):
    found = applicant(columns, values, "action", "limit_cents", "reasons", "line_status")

    assert found == ("grant", limit_cents, ["GRANTED"], "open"), because


def test_a_granted_line_may_be_drawn_at_once_and_starts_from_nothing():
    found = applicant("points", "650", "limit_before_cents", "available_cents", "reasons_kind")

    assert found == (None, 300_000, "action")


def test_above_the_declared_pd_the_features_that_lost_most_are_the_reasons():
    lost = [("late_count_12m", 20), ("idle_months", 9), ("utilisation_mean_3m", 0)]
    rows = [{"feature": name, "points": 0, "points_lost": points} for name, points in lost]
    frames = portfolio(table(f"user_id | {APPLICANT} | pd_ppm\nana | {NEW} | 60_001", **COLUMNS))
    contributions = pl.Series("contributions", [rows], dtype=SCORES.schema["contributions"])
    frames["scores"] = frames["scores"].with_columns(contributions)

    rows = decisions(**frames, terms=terms(), month=SEPTEMBER).collect()

    found = rows.select("action", "limit_cents", "reasons", "reasons_kind").row(0)
    assert found == ("decline", 0, ["late_count_12m", "idle_months"], "score")


def test_a_decline_for_risk_without_points_lost_still_has_a_reason():
    found = applicant("pd_ppm", "60_001", "action", "reasons", "deciding_guards")

    assert found == ("decline", ["DECLINED_RISK"], ["DECLINED_RISK"])


def test_an_income_too_low_for_the_smallest_limit_is_declined_for_that():
    # 30 % of 1,600 yuan is 480 yuan, below 500.
    found = applicant("income_evidence_cents", "160_000", "action", "reasons", "reasons_kind")

    assert found == ("decline", ["INCOME_TOO_LOW"], "guards")


def test_only_a_first_limit_reads_the_bureau():
    lines = """
        user_id | line_status_before | limit_before_cents | balance_end_cents | bureau_score_points
        ana     | applied            |                  - |                 0 |                 499
        bo      | applied            |                  - |                 0 |                 500
        chen    | applied            |                  - |                 0 |                   -
        dai     | open               |          1_000_000 |           400_000 |                 499
        """

    found = decided(lines, "action", "reasons", "bureau_used")

    assert found == [
        ("decline", ["bureau_score_low"], True),
        ("grant", ["GRANTED"], True),
        ("grant", ["GRANTED"], False),
        ("raise", ["RAISE_EARNED"], False),
    ]


def test_a_guard_that_caps_a_first_limit_is_its_reason():
    found = applicant("self_cap_cents", "200_000", "action", "limit_cents", "reasons")

    assert found == ("grant", 200_000, ["self_cap"])


def test_a_takeover_declines_an_application():
    columns = "credential_leak_count_3m | new_device_count_1m | night_login_ratio_3m"

    action, status, reasons = applicant(
        columns, "1 | 1 | 0.5", "action", "line_status", "deciding_guards"
    )

    assert (action, status) == ("decline", "closed")
    assert reasons == ["login_data_leaked", "takeover_suspected"]


def test_what_the_borrower_has_already_counts_against_the_legal_cap():
    found = decide(
        """
        user_id | borrower_id | line_status_before | limit_before_cents | balance_end_cents
        ana     | p           | open               |          1_000_000 |           400_000
        bo      | p           | applied            |                  - |                 0
        """,
        terms(borrower_cap_cents=1_300_000),
    )

    # 3,000 yuan are left, half for each of the two.
    assert found["limit_cents"].to_list() == [1_100_000, 150_000]
    assert found["reasons"][1].to_list() == ["borrower_cap"]


def test_rules_of_open_lines_do_not_meet_applicants():
    found = decide(f"user_id | {APPLICANT} | months_on_book\nana | {NEW} | 0")

    assert found["guards_fired"].item().to_list() == []
    assert "months_on_book" not in found["guards_not_evaluated"].item()


def test_a_decline_at_the_edge_of_the_last_band_is_the_policys_choice():
    looser = policy("pd_at_most_ppm = 60_000 ", "pd_at_most_ppm = 70_000 ")

    found = applicant("pd_ppm", "60_001", "action", of_terms=terms(looser))

    assert found == ("grant",)
