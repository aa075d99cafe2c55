"""Metrics of a score against their definitions, counted by hand or pair by pair."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.training import metrics

BAD = np.array([1, 1, 0, 0])


@st.composite
def scored(draw) -> tuple[np.ndarray, np.ndarray]:
    """Draw PDs in tenths, so that ties are common, with outcomes of both classes."""
    rows = draw(st.lists(st.tuples(st.integers(0, 10), st.booleans()), min_size=2, max_size=30))
    pd = np.array([tenths / 10 for tenths, _ in rows])
    bad = np.array([int(is_bad) for _, is_bad in rows])
    bad[0], bad[1] = 0, 1
    return pd, bad


@given(scored())
def test_auc_is_the_share_of_pairs_in_the_right_order_a_tie_counting_half(world):
    pd, bad = world
    pairs = [(b > g) + (b == g) / 2 for b in pd[bad == 1] for g in pd[bad == 0]]

    assert metrics.auc(pd, bad) == pytest.approx(np.mean(pairs))


@given(scored())
def test_auc_is_one_less_for_the_opposite_order(world):
    pd, bad = world

    assert metrics.auc(pd, bad) + metrics.auc(-pd, bad) == pytest.approx(1)


@given(scored())
def test_ks_is_the_largest_distance_between_the_two_distributions(world):
    pd, bad = world
    apart = [abs((pd[bad == 1] <= x).mean() - (pd[bad == 0] <= x).mean()) for x in pd]

    assert metrics.ks(pd, bad) == pytest.approx(max(apart))


def test_a_score_that_separates_them_has_all_of_it():
    pd = np.array([0.9, 0.8, 0.2, 0.1])

    assert (metrics.auc(pd, BAD), metrics.ks(pd, BAD)) == (1, 1)


def test_brier_is_the_mean_squared_error():
    assert metrics.brier(np.array([0.5, 1, 0, 0.5]), BAD) == pytest.approx((0.25 + 0.25) / 4)


def test_ece_is_the_distance_of_mean_pd_and_bad_rate_over_bins_of_equal_count():
    pd = np.array([0.1, 0.3, 0.6, 0.8])

    assert metrics.ece(pd, np.array([0, 1, 1, 1]), bins=2) == pytest.approx((0.3 + 0.3) / 2)


def test_a_true_score_stays_within_what_chance_allows():
    chance = np.random.default_rng(3)
    pd = chance.random(4_000)
    bad = (chance.random(4_000) < pd).astype(int)

    assert metrics.ece(pd, bad) < metrics.ece_of_perfect(pd) < metrics.ece(pd / 2, bad)


def test_deciles_run_from_the_riskiest_tenth_to_the_safest():
    pd = np.arange(100) / 100
    bad = (pd >= 0.9).astype(int)

    assert metrics.decile_bad_rates(pd, bad) == [1, *[0] * 9]


def test_the_interval_of_auc_holds_it_and_is_the_same_each_time():
    chance = np.random.default_rng(4)
    pd = chance.random(400)
    bad = (chance.random(400) < pd).astype(int)
    (low, high), (ks_low, ks_high) = metrics.intervals(pd, bad)

    assert low < metrics.auc(pd, bad) < high
    assert ks_low < metrics.ks(pd, bad) < ks_high
    assert ((low, high), (ks_low, ks_high)) == metrics.intervals(pd, bad)


def test_a_rate_over_one_account_has_an_interval_of_no_width():
    assert metrics.rate_interval(np.array([30]), np.array([60])) == (0.5, 0.5)


def test_the_psi_is_0_for_the_same_people_and_grows_as_they_move():
    before = np.arange(1_000.0)

    assert metrics.psi(before, before) == 0
    assert 0 < metrics.psi(before, before + 50) < metrics.psi(before, before + 200)


def test_the_psi_of_two_halves_that_swap_is_the_written_sum():
    before, after = np.array([1.0, 1, 1, 2]), np.array([1.0, 2, 2, 2])

    # (3/4 - 1/4) * ln 3, twice
    assert metrics.psi(before, after, bins=4) == pytest.approx(np.log(3))


def test_the_calibration_curve_is_mean_pd_and_bad_rate_of_equal_parts():
    curve = metrics.calibration_curve(
        np.array([0.4, 0.1, 0.3, 0.2]), np.array([1, 0, 0, 1]), bins=2
    )

    assert curve == [[0.15, 0.5], [0.35, 0.5]]
