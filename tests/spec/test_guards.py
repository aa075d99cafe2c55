"""Guards: when they fire, what they bound, and which of them goes before which."""

import numpy as np
import pytest

from tests.deciding import decide, decided, policy, terms
from transforms.deciding.bounds import NO_LOWER, NO_UPPER, GuardBounds
from transforms.policies.guards import CLASSES


def bounds(*said: tuple[str, str, int], before: int = 100) -> tuple[int, int]:
    """Combine what guards say of one line: (class, effect, amount)."""
    guards = GuardBounds(
        names=tuple(f"g{index}" for index in range(len(said))),
        classes=np.array([CLASSES.index(name) for name, _, _ in said], np.int64),
        upper=np.array([[v if e == "at_most" else NO_UPPER for _, e, v in said]], np.int64),
        lower=np.array([[v if e == "at_least" else NO_LOWER for _, e, v in said]], np.int64),
        before=np.array([before]),
    )
    lower, upper = guards.combined()
    return int(lower.item()), int(upper.item())


@pytest.mark.parametrize(
    ("said", "expected", "because"),
    [
        ([], (100, int(NO_UPPER)), "profit alone never lowers anybody"),
        ([("stability", "at_most", 80)], (100, 100), "nor does a rule of stability"),
        ([("risk", "at_most", 80)], (0, 80), "a cut for risk may go deeper than it must"),
        ([("customer", "at_most", 80)], (80, 80), "the customer's cap goes to the cap, not below"),
        (
            [("customer", "at_least", 95), ("risk", "at_most", 80)],
            (95, 95),
            "what protects the customer goes before risk",
        ),
        (
            [("legal", "at_most", 90), ("customer", "at_least", 95)],
            (90, 90),
            "and yields to the law",
        ),
        (
            [("legal", "at_most", 110), ("override", "at_least", 150), ("risk", "at_most", 120)],
            (110, 110),
            "an officer cannot pass the law",
        ),
        (
            [("override", "at_least", 150), ("risk", "at_most", 100)],
            (150, 150),
            "an officer passes a rule of risk",
        ),
        (
            [("override", "at_most", 70), ("override", "at_least", 90)],
            (70, 70),
            "within a class the cautious bound holds",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_lower_class_never_loosens_a_higher_one(said, expected, because):
    assert bounds(*said) == expected, because


def test_a_guard_on_missing_data_neither_blocks_nor_passes():
    found = decide(
        """
        user_id | late_count_3m | utilisation
        ana     |             0 |         0.4
        bo      |             - |           -
        chen    |             1 |           -
        """
    )

    missing = found["guards_not_evaluated"].to_list()
    assert "late_in_3_months" not in missing[0]
    assert {"late_in_3_months", "utilisation_high"} <= set(missing[1])
    assert not {"late_in_3_months", "utilisation_high"} & set(found["guards_fired"][1])
    assert "utilisation_high" in missing[2]
    assert found["action"].to_list() == ["raise", "raise", "hold"]


def test_every_guard_that_fired_is_told_in_order_of_class_and_file():
    found = decide(
        """
        user_id | late_count_3m | new_device_count_1m | months_on_book | opted_out
        ana     |             1 |                   1 |              2 |       yes
        """
    )

    assert found["guards_fired"].item().to_list() == [
        "opted_out",
        "protected_balance",
        "new_device",
        "late_in_3_months",
        "months_on_book",
    ]


BARS = {
    "months_on_book": ("months_on_book", "5", "6"),
    "raised_recently": ("raises_12m | months_since_raise", "1 | 2", "1 | 3"),
    "raised_twice": ("raises_12m | months_since_raise", "2 | 5", "1 | 5"),
    "late_in_3_months": ("late_count_3m", "1", "0"),
    "past_due_30_in_12_months": ("dpd_max_days_12m", "30", "29"),
    "stage_2": ("dpd_end_days", "31", "30"),
    "persistent_debt": ("interest_share_of_repayment_12m", "0.51", "0.5"),
    "opted_out": ("opted_out", "yes", "no"),
    "hardship": ("hardship", "yes", "no"),
    "new_device": ("new_device_count_1m", "1", "0"),
    "shared_device": ("shared_device_user_count_3m", "4", "3"),
    "login_data_leaked": ("credential_leak_count_3m", "1", "0"),
    "utilisation_high": ("utilisation", "0.86", "0.85"),
    "no_need": ("drawn_months_6m", "1", "2"),
    "dormant": ("idle_months", "6", "5"),
    "just_unfrozen": ("line_status_before", "frozen", "open"),
    "pd_above_cut": ("pd_ppm", "44_001", "44_000"),
    "review_open_no_raise": ("review_open", "yes", "no"),
    "no_score": ("pd_ppm", "-", "3_000"),
}


@pytest.mark.parametrize("name", BARS)
def test_a_bar_stands_on_one_side_of_its_number_only(name):
    columns, barred, free = BARS[name]

    found = decide(
        f"""
        user_id | {columns}
        ana     | {barred}
        bo      | {free}
        """
    )

    fired = found["guards_fired"].to_list()
    assert name in fired[0]
    assert name not in fired[1]
    assert found["action"][0] in ("hold", "unfreeze")


def test_low_use_alone_never_bars_a_raise_and_a_request_shows_need():
    found = decided(
        """
        user_id | drawn_months_6m | limit_request_count_3m | utilisation
        ana     |               2 |                      0 | 0.01
        bo      |               0 |                      1 | 0.01
        chen    |               - |                      - | 0.01
        dai     |               0 |                      0 | 0.01
        """,
        "action",
    )

    assert found == [("raise",), ("raise",), ("raise",), ("hold",)]


def test_a_raise_is_earned_below_the_cut_twice_and_lost_only_well_above_it():
    # The cut is 40,000 ppm; earned at 36,000, lost above 44,000.
    found = decide(
        """
        user_id | pd_ppm | pd_before_ppm | raise_eligible_before
        ana     | 43_000 |        30_000 | yes
        bo      | 44_100 |        30_000 | yes
        chen    | 35_000 |        35_000 | no
        dai     | 35_000 |        43_000 | no
        eva     | 37_000 |        35_000 | no
        fei     | 43_000 |             - | -
        """
    )

    assert found["raise_eligible"].to_list() == [True, False, True, False, False, True]
    assert found["risk_cut_bps"].to_list() == [440, 440, 360, 360, 360, 440]
    assert "pd_above_cut" in found["guards_fired"][1]
    assert "pd_not_settled" in found["guards_fired"][3]
    assert "pd_not_settled" in found["guards_fired"][4]
    assert "pd_not_settled" in found["guards_not_evaluated"][5]


def test_stale_income_bars_only_where_the_source_reports_income_at_all():
    known = """
        user_id | income_evidence_cents | income_inflow_months_6m
        ana     |               800_000 | 6
        bo      |                     - | 3
        chen    |                     - | 0
        """
    unknown = known.replace("800_000", "      -")

    assert [a for (a,) in decided(known, "action")] == ["raise", "raise", "hold"]
    assert [a for (a,) in decided(unknown, "action")] == ["raise", "raise", "raise"]
    assert "stale_income" in decide(unknown)["guards_not_evaluated"][2]


def test_what_one_borrower_has_in_all_stays_under_the_legal_cap():
    # 20,000 in all. ana and bo are one person with 9,000 each: 2,000 are left, 1,000 for each.
    # chen has 25,000 on two lines: the cap is divided in proportion, 12,000 and 8,000.
    lines = """
        user_id | borrower_id | limit_before_cents
        ana     | p1          |            900_000
        bo      | p1          |            900_000
        chen1   | p2          |          1_500_000
        chen2   | p2          |          1_000_000
        dai     | -           |          1_900_000
        """

    found = decide(lines, terms(borrower_cap_cents=2_000_000))

    assert found["upper_bound_cents"].to_list() == [
        1_000_000,
        1_000_000,
        1_200_000,
        800_000,
        2_000_000,
    ]
    assert found["limit_cents"].to_list() == [990_000, 990_000, 1_200_000, 800_000, 1_900_000]
    assert found["reasons"].to_list()[2] == ["borrower_cap"]


def test_a_guard_of_one_segment_leaves_the_others_alone():
    only = policy(
        'name = "months_on_book"\n', 'name = "months_on_book"\nsegment = "micro_business"\n'
    )

    found = decide(
        """
        user_id | segment        | months_on_book
        ana     | consumer       | 2
        bo      | micro_business | 2
        """,
        terms(only),
    )

    assert ["months_on_book" in fired for fired in found["guards_fired"]] == [False, True]
    assert "months_on_book" not in found["guards_not_evaluated"][0]
