"""Early warnings as the analyst declared them."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.tables import filled
from transforms.deciding.lines import LINES
from transforms.deciding.terms import guard_columns
from transforms.declared import Declared
from transforms.errors import RefusedError
from transforms.features.catalogue import FEATURES
from transforms.tables.decided import SCORES, WARNINGS
from transforms.watching.warnings import signals_of, warnings

SEPTEMBER = date(2026, 9, 1)
FILE = Path(__file__).parents[2] / "policies" / "warnings" / "standard-1990-01-01.toml"
SHIPPED = signals_of(Declared(FILE.read_text("utf-8"), FILE.name), guard_columns())

TEXT = """
effective_from = 2000-01-01
source = "Test."
[[warning]]
name = "late"
value = "dpd_end_days"
unit = "days"
threshold = 10
severity = "act"
says = "{value} days."
says_zh = "{value}天。"
"""


def seen(features: str, lines: str = "user_id\nana", scores: str = "user_id\nana") -> pl.DataFrame:
    return warnings(
        filled(FEATURES, features), filled(SCORES, scores), filled(LINES, lines), SHIPPED, SEPTEMBER
    ).collect()


def test_a_line_without_a_sign_has_no_row():
    found = seen("user_id | utilisation | dpd_end_days\nana | 0.2 | 0")

    assert found.is_empty()
    assert found.schema == WARNINGS.schema


def test_what_is_not_known_is_not_seen():
    assert seen("user_id\nana").is_empty()


def test_signs_are_listed_by_user_and_signal_with_value_and_threshold():
    found = seen(
        """
        user_id | utilisation | utilisation_mean_6m | night_login_ratio_3m | new_device_count_1m
        bo      | 0.95        | 0.45                | 0.5                  | 1
        ana     | 0.95        | 0.90                | 0.5                  | 2
        """,
        lines="user_id\nbo\nana",
        scores="user_id\nana\nbo",
    )

    then = filled(
        WARNINGS,
        """
        user_id | signal                     | severity | value | threshold
        ana     | new_device_and_night_login | act      | 2     | 1
        bo      | new_device_and_night_login | act      | 1     | 1
        bo      | utilisation_jump           | watch    | 5000  | 3000
        """,
    ).collect()
    assert_frame_equal(found, then)


def test_overdue_that_grows_and_a_first_overdue_are_different_signs():
    lines = """
        user_id | dpd_end_days
        ana     | 3
        bo      | 25
        """
    features = """
        user_id | dpd_max_days_3m | late_count_12m | months_since_late
        ana     | 3               | 1              | 0
        bo      | 25              | 4              | 0
        """

    found = seen(features, lines, "user_id\nana\nbo")

    assert found.select("user_id", "signal", "value").rows() == [
        ("ana", "overdue_after_clean", 3),
        ("bo", "dpd_rising", 25),
    ]


@pytest.mark.parametrize(
    ("segment", "change_3m", "year_ratio", "signal", "because"),
    [
        ("consumer", 0.4, 1.0, "inflow_drop", "60 % below twelve months"),
        ("consumer", 0.6, 0.1, None, "a person is not compared with last year"),
        ("micro_business", 0.1, 0.9, None, "a season is no warning"),
        ("micro_business", 1.0, 0.4, "turnover_drop", "60 % below the same month last year"),
    ],
)
def test_a_business_is_compared_with_the_same_month_last_year(
    segment, change_3m, year_ratio, signal, because
):
    found = seen(
        "user_id | income_inflow_change_ratio_3m | inflow_year_ratio_1m\n"
        f"ana | {change_3m} | {year_ratio}",
        f"user_id | segment\nana | {segment}",
    )

    assert found["signal"].to_list() == ([signal] if signal else []), because


@pytest.mark.parametrize(
    ("before_ppm", "now_ppm", "value"),
    [
        ("20_000", "40_000", 200),
        ("20_000", "39_999", None),
        ("5_000", "19_999", None),  # still a small risk
        ("-", "90_000", None),  # no run before
    ],
)
def test_a_risk_that_doubled_within_a_month_is_a_sign(before_ppm, now_ppm, value):
    found = seen(
        "user_id\nana",
        f"user_id | pd_before_ppm\nana | {before_ppm}",
        f"user_id | pd_ppm\nana | {now_ppm}",
    )

    assert found["value"].to_list() == ([value] if value else [])


def test_a_warning_is_told_in_both_languages():
    assert SHIPPED.text("dpd_rising", 1, "CNY", "en").startswith(
        "The oldest debt is 1 day past due"
    )
    assert (
        SHIPPED.text("utilisation_jump", 4_250, "CNY", "zh") == "额度使用率比最近6个月均值高42.5%。"
    )


@pytest.mark.parametrize(
    ("written", "instead", "message"),
    [
        ("dpd_end_days", "dpd_end_day", "w.toml line 6: no column .* Did you mean 'dpd_end_days'"),
        ('"dpd_end_days"', '"self_cap_cents"', "line 6: no column 'self_cap_cents'"),
        ("threshold = 10", "threshold = 1.5", "line 8: threshold 1.5 is not a whole number"),
        ('"act"', '"alarm"', "line 9: unknown severity 'alarm'"),
        ('"days"', '"day"', "line 7: unknown unit 'day'. Did you mean 'days'"),
        ("{value} days", "{valeu} days", "line 10: {valeu} is neither"),
        ("says_zh", "says_cn", "line 11: unknown key 'says_cn'.*Did you mean 'says'"),
        ('"late"', '"Late!"', "line 5: name 'Late!' must be small letters"),
    ],
)
def test_an_error_names_file_and_line(written, instead, message):
    with pytest.raises(RefusedError, match=message):
        signals_of(Declared(TEXT.replace(written, instead, 1), "w.toml"), guard_columns())


def test_two_signals_of_one_name_are_refused():
    twice = TEXT + TEXT[TEXT.index("[[warning]]") :]

    with pytest.raises(RefusedError, match="line 13: signal 'late' is declared twice"):
        signals_of(Declared(twice, "w.toml"), guard_columns())
