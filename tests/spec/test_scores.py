"""What a scorecard may say, and what points mean."""

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.tables import filled
from transforms.declared import Declared
from transforms.errors import RefusedError
from transforms.features.catalogue import CATALOGUE, FEATURES
from transforms.scoring.scorecard import scorecard_of
from transforms.scoring.scores import pd_ppm, scores
from transforms.tables.decided import SCORES
from transforms.tables.logs import DIMENSIONS

SEPTEMBER = date(2026, 9, 1)
FILE = "policies/scorecards/expert-1990-01-01.toml"
EXPERT = scorecard_of(Declared((Path(__file__).parents[2] / FILE).read_text("utf-8"), FILE))
SMALL = """\
name = "small"
effective_from = 2026-01-01
source = "An example."
label_id = "90_days_past_due_12m"
horizon_months = 12
calibrated_to = "nothing"
base_points = 600
pd_ppm = [[580, 40_000], [600, 20_000], [620, 10_000]]

[[feature]]
name = "late_count_12m"
null_points = 2
bins = [
    { at_most = 0, points = 10 },
    { at_most = 2, points = 0 },
    { points = -20 },
]

[[feature]]
name = "on_time_ratio_12m"
null_points = 1
best_points = 4
bins = [
    { at_most = 0.5, points = -10 },
    { points = 5 },
]
"""


def small(old: str = "", new: str = ""):
    """Read the small scorecard with one text replaced."""
    assert not old or SMALL.count(old) == 1
    return scorecard_of(Declared(SMALL.replace(old, new) if old else SMALL, "small.toml"))


def test_points_add_up_and_the_most_lost_comes_first():
    features = filled(
        FEATURES,
        """
        user_id | late_count_12m | on_time_ratio_12m
        --------+----------------+------------------
        dai     |              - |                 -
        ana     |              0 |               1.0
        bo      |              1 |               0.5
        chen    |              3 |               0.6
        """,
    )

    scored = scores(features, small(), SEPTEMBER).collect()

    assert scored.schema == SCORES.schema
    assert scored.select("user_id", "points", "pd_ppm").rows() == [
        ("ana", 615, 12_500),  # 600 + 10 + 5; a quarter of the way back from 620 to 600
        ("bo", 590, 30_000),  # 600 + 0 - 10
        ("chen", 585, 35_000),  # 600 - 20 + 5
        ("dai", 603, 18_500),  # 600 + 2 + 1
    ]
    assert [
        [(one["feature"], one["points"], one["points_lost"]) for one in row]
        for row in scored["contributions"]
    ] == [
        [("late_count_12m", 10, 0), ("on_time_ratio_12m", 5, 0)],
        [("on_time_ratio_12m", -10, 14), ("late_count_12m", 0, 10)],  # best attainable is 4
        [("late_count_12m", -20, 30), ("on_time_ratio_12m", 5, 0)],
        [("late_count_12m", 2, 0), ("on_time_ratio_12m", 1, 0)],  # unknown: nothing lost
    ]
    assert scored["scorecard_version"].unique().to_list() == ["small-2026-01-01"]
    assert scored["as_of"].unique().to_list() == [date(2026, 9, 30)]


def test_ties_of_points_lost_go_by_name():
    features = filled(FEATURES, "user_id | late_count_12m | on_time_ratio_12m\nana | 2 | 0.5")
    scorecard = small("best_points = 4", "best_points = 0")

    row = scores(features, scorecard, SEPTEMBER).collect()["contributions"].item().to_list()

    assert [(one["feature"], one["points_lost"]) for one in row] == [
        ("late_count_12m", 10),
        ("on_time_ratio_12m", 10),
    ]


@pytest.mark.parametrize(
    ("points", "ppm", "because"),
    [
        (100, 40_000, "below the table the probability is that of its first row"),
        (580, 40_000, "a row is met exactly"),
        (581, 39_000, "between rows it lies on the straight line"),
        (600, 20_000, "a row is met exactly"),
        (601, 19_500, "the next stretch has its own slope"),
        (999, 10_000, "above the table it is that of its last row"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_points_stand_for_a_probability(points, ppm, because):
    found = pl.select(pd_ppm(pl.lit(points), small().pd_ppm)).item()

    assert found == ppm, because


def test_a_probability_between_rows_is_rounded_down():
    assert pl.select(pd_ppm(pl.lit(11), ((10, 1_000), (13, 999)))).item() == 999
    assert pl.select(pd_ppm(pl.lit(11), ((10, 1_000), (13, 990)))).item() == 996  # 996.67


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '"late_count_12m"',
            '"late_count_12"',
            "small.toml line 11: unknown feature 'late_count_12'. Did you mean 'late_count_12m'?",
        ),
        (
            '"late_count_12m"',
            '"bureau_score_points"',
            "small.toml line 11: bureau_score_points is context, which is never scored. Remove it.",
        ),
        (
            '"late_count_12m"',
            '"complaint_count_3m"',
            "small.toml line 11: complaint_count_3m is declared to move the score neither way. "
            "Remove it, or change its effect in the catalogue.",
        ),
        (
            '"late_count_12m"',
            '"on_time_ratio_12m"',
            "small.toml line 13: bin 2 of on_time_ratio_12m goes from 10 to 0 points, but a larger "
            "value of it raises the score. Correct the points.",
        ),
        (
            "{ at_most = 2, points = 0 }",
            "{ at_most = 0, points = 0 }",
            "small.toml line 13: bin 2 ends at 0, not above the bin before, 0: the two overlap. "
            "Order the bins by at_most.",
        ),
        (
            "    { points = -20 },\n",
            "",
            "small.toml line 13: bin 2 must be { points }, points a whole number. Only the last "
            "bin, which has no end, goes without at_most, so that no value is left without points.",
        ),
        (
            "{ at_most = 0.5, points = -10 }",
            "{ points = -10 }",
            "small.toml line 23: bin 1 must be { at_most, points }, points a whole number. Only "
            "the last bin, which has no end, goes without at_most, so that no value is left "
            "without points.",
        ),
        (
            "null_points = 2",
            "null_points = 11",
            "small.toml line 12: null_points of late_count_12m must be a whole number between its "
            "worst bin, -20, and its best, 10.",
        ),
        (
            "null_points = 2",
            "nul_points = 2",
            "small.toml line 12: unknown key 'nul_points' in feature 'late_count_12m'. Did you "
            "mean 'null_points'?",
        ),
        (
            "[600, 20_000]",
            "[600, 50_000]",
            "small.toml line 8: row 2 of pd_ppm, [600, 50000], must have more points and fewer "
            "ppm than the row before, [580, 40000].",
        ),
        (
            "[600, 20_000]",
            "[600, 0.02]",
            "small.toml line 8: row 2 of pd_ppm must be [points, ppm] in whole numbers, ppm "
            "between 0 and 1,000,000.",
        ),
        (
            "effective_from = 2026-01-01",
            'effective_from = "2026-01-01"',
            "small.toml line 2: effective_from must be a date such as 2026-01-01.",
        ),
        (
            "base_points = 600\n",
            "",
            "small.toml line 1: the file lacks base_points. Add it.",
        ),
        (
            '"on_time_ratio_12m"',
            '"on_time_ratio_12m"\nbest_point = 3',
            "small.toml line 21: unknown key 'best_point' in feature 'on_time_ratio_12m'. Did you "
            "mean 'best_points'?",
        ),
    ],
)
def test_a_wrong_scorecard_is_refused_with_its_line(old, new, message):
    with pytest.raises(RefusedError) as refused:
        small(old, new)

    assert str(refused.value) == message


def test_a_feature_is_scored_once():
    twice = SMALL + SMALL[SMALL.index("[[feature]]") :]

    with pytest.raises(RefusedError, match="line 28: late_count_12m is scored twice. Keep one."):
        scorecard_of(Declared(twice, "small.toml"))


def test_social_features_move_the_score_by_20_points_at_most():
    social = """
[[feature]]
name = "external_score_points"
null_points = 0
bins = [{ at_most = 600, points = -10 }, { points = 10 }]

[[feature]]
name = "social_interaction_months_6m"
null_points = 0
bins = [{ at_most = 0, points = -1 }, { points = 0 }]
"""

    with pytest.raises(RefusedError) as refused:
        scorecard_of(Declared(SMALL + social, "small.toml"))

    assert str(refused.value) == (
        "small.toml line 36: social features may move the score by 20 points in all, here by 21. "
        "Bring their bins closer together."
    )


def test_the_expert_scorecard_covers_four_dimensions_and_is_neutral_of_the_unknown():
    nobody_knows = FEATURES.empty().collect().clear(1).with_columns(pl.lit("ana").alias("user_id"))

    scored = scores(nobody_knows.lazy(), EXPERT, SEPTEMBER).collect()

    dimensions = {feature.name: feature.dimension.value for feature in CATALOGUE}
    assert {dimensions[one.name] for one in EXPERT.features} == set(DIMENSIONS)
    assert scored["points"].item() == 588
    assert 25_000 <= scored["pd_ppm"].item() <= 35_000  # the population's 3 %


def test_the_expert_scale_doubles_the_odds_every_20_points():
    ppm = dict(EXPERT.pd_ppm)

    assert ppm[600] == 19_608  # 1 bad to 50 good
    for points in range(480, 700, 20):
        odds, better = ((1_000_000 - ppm[p]) / ppm[p] for p in (points, points + 20))
        assert better / odds == pytest.approx(2, rel=0.005)


@pytest.mark.parametrize(
    ("row", "least", "most", "because"),
    [
        ("1.0|0|0|0|0|0.4|0.9|6|6", 8_000, 20_000, "on time, moderate use, steady income"),
        ("0.9|1|1|0|12|0.4|0.9|6|6", 25_000, 70_000, "one payment 12 days late lately"),
        ("0.5|3|6|45|75|1.1|0.0|1|0", 400_000, 600_000, "overdue, over the limit, no income"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_typical_users_have_plausible_probabilities(row, least, most, because):
    names = (
        "on_time_ratio_12m|late_count_3m|late_count_12m|dpd_end_days|dpd_max_days_12m|"
        "utilisation_mean_3m|repaid_ratio_3m|drawn_months_6m|income_inflow_months_6m"
    )

    scored = scores(filled(FEATURES, f"user_id|{names}\nana|{row}"), EXPERT, SEPTEMBER).collect()

    assert least <= scored["pd_ppm"].item() <= most, because


def test_points_lost_are_the_users_own_in_a_file_of_many_row_groups(tmp_path):
    chance = np.random.default_rng(7)
    rows = 100_000
    values = {one.name: chance.integers(0, 40, rows) / 10 for one in EXPERT.features}
    users = pl.int_range(rows, eager=True).cast(pl.String).str.zfill(6)
    features = pl.DataFrame({"user_id": users, **values})
    features.write_parquet(tmp_path / "features.parquet", row_group_size=4_000)

    scored = scores(pl.scan_parquet(tmp_path / "features.parquet"), EXPERT, SEPTEMBER).collect()

    told = scored.explode("contributions").unnest("contributions", separator="_")
    best = {one.name: one.best_points for one in EXPERT.features}
    most = pl.col("contributions_feature").replace_strict(best, return_dtype=pl.Int32)
    lost = (most - pl.col("contributions_points")).clip(0)
    assert told.height == rows * len(EXPERT.features)
    assert told.filter(pl.col("contributions_points_lost") != lost).is_empty()
