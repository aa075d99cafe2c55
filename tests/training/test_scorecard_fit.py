"""A fitted scorecard: reviewable, in the declared directions, the same again, and true."""

import numpy as np
import polars as pl
import pytest

from tests.training.samples import ABOUT, population
from transforms.declared import Declared
from transforms.scoring.scorecard import SOCIAL_POINTS_AT_MOST, scorecard_of
from transforms.scoring.scores import scores
from transforms.training.base_rate import shifted
from transforms.training.metrics import auc, ece, ece_of_perfect
from transforms.training.scorecard_fit import fitted, pd_of, total_points
from transforms.training.scorecard_text import scorecard_text

SAMPLE = population()
CARD = fitted(SAMPLE, ABOUT)
UNSEEN = population(seed=2)


def test_the_text_of_a_scorecard_is_read_back_as_it_was():
    assert scorecard_of(Declared(scorecard_text(CARD), "scorecards/fitted.toml")) == CARD


def test_it_scores_the_features_that_outcomes_follow():
    assert {one.name for one in CARD.features} == {"dpd_max_days_3m", "repaid_cents_3m"}


def test_points_fall_with_what_lowers_the_score_and_rise_with_what_raises_it():
    points = {one.name: [b.points for b in one.bins] for one in CARD.features}

    assert points["dpd_max_days_3m"] == sorted(points["dpd_max_days_3m"], reverse=True)
    assert points["repaid_cents_3m"] == sorted(points["repaid_cents_3m"])


def test_training_and_the_monthly_run_count_the_same_points_and_read_off_the_same_pd():
    rows = scores(UNSEEN.features.lazy(), CARD, ABOUT.effective_from).collect()

    assert rows["points"].to_list() == total_points(CARD, UNSEEN).tolist()
    assert rows["pd_ppm"].to_list() == np.round(1e6 * pd_of(CARD, UNSEEN)).astype(int).tolist()


def test_it_is_the_same_again():
    assert scorecard_text(fitted(population(), ABOUT)) == scorecard_text(CARD)


def test_it_ranks_and_is_true_of_people_it_has_not_seen():
    pd = pd_of(CARD, UNSEEN)

    assert auc(pd, UNSEEN.bad) > 0.65
    assert ece(pd, UNSEEN.bad) < 1.5 * ece_of_perfect(pd)


def test_an_unknown_value_earns_no_more_than_the_best_and_no_less_than_the_worst():
    for one in CARD.features:
        points = [b.points for b in one.bins]
        assert min(points) <= one.null_points <= max(points)


def test_social_data_moves_few_points_however_much_it_says():
    chance = np.random.default_rng(5)
    score = np.round(600 - 80 * SAMPLE.bad + chance.normal(0, 40, 3_000)).astype(int)
    months = np.clip(np.round(3 - 2 * SAMPLE.bad + chance.normal(0, 1, 3_000)), 0, 6).astype(int)
    columns = {"external_score_points": score, "social_interaction_months_6m": months}

    card = fitted(population(**columns), ABOUT)

    social = [one for one in card.features if one.name in columns]
    assert 0 < sum(one.spread for one in social) <= SOCIAL_POINTS_AT_MOST


def test_context_and_what_has_no_direction_never_enter():
    told = {"income_evidence_cents": 1_000 * (SAMPLE.bad + 1), "idle_months": SAMPLE.bad}

    assert {one.name for one in fitted(population(**told), ABOUT).features} == {
        one.name for one in CARD.features
    }


def test_a_base_rate_shift_keeps_the_ranks_and_multiplies_the_odds():
    card = shifted(CARD, 0.2, 0.03)

    factor = (0.03 / 0.97) / (0.2 / 0.8)
    for (points, ppm), (same, less) in zip(CARD.pd_ppm, card.pd_ppm, strict=True):
        odds = ppm / (1e6 - ppm) * factor
        assert same == points
        assert less == pytest.approx(1e6 * odds / (1 + odds), abs=len(CARD.pd_ppm))
    scorecard_of(Declared(scorecard_text(card), "scorecards/shifted.toml"))


def test_all_months_of_a_user_are_in_one_part():
    twice = pl.concat([SAMPLE.features, SAMPLE.features])

    part = type(SAMPLE)(twice, np.tile(SAMPLE.bad, 2)).part(5)

    assert (part[:3_000] == part[3_000:]).all()
    assert set(part) == {0, 1, 2, 3, 4}
