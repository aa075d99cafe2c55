"""A higher limit never looks like a cure: what a model would learn that sees the limit.

Limits were given to safe people, so a model that sees them finds that more limit means less risk,
and would raise everybody. Ours does not see them. The difference is printed.
"""

import lightgbm
import numpy as np

from tests.training.samples import population
from transforms.features.catalogue import CATALOGUE
from transforms.training.candidates import candidates
from transforms.training.challenger import challenger

SAMPLE = population()
FEATURES = candidates(SAMPLE)
# The lender gave the limit knowing more of people than the features tell.
LIMIT_CENTS = np.exp(
    13 - 0.6 * SAMPLE.bad + np.random.default_rng(9).normal(0, 0.5, len(SAMPLE.bad))
)


def seen_by_a_naive_model(limit_cents: np.ndarray) -> np.ndarray:
    def columns(limit: np.ndarray) -> np.ndarray:
        return np.column_stack([SAMPLE.matrix(FEATURES), limit])

    settings = {"objective": "binary", "num_threads": 1, "seed": 1, "verbose": -1}
    data = lightgbm.Dataset(columns(LIMIT_CENTS), SAMPLE.bad)
    return lightgbm.train(settings, data, 100).predict(columns(limit_cents))


def test_a_model_that_sees_the_limit_takes_it_for_a_cure_and_ours_cannot():
    naive = seen_by_a_naive_model(1.5 * LIMIT_CENTS) - seen_by_a_naive_model(LIMIT_CENTS)
    ours = challenger(SAMPLE, FEATURES)

    print(f"PD with half as much limit again: naive {naive.mean():+.4f}, ours has no limit to see")
    assert naive.mean() < -0.01
    assert "limit" not in ours.trees


def test_no_feature_that_is_scored_is_the_limit_or_an_amount_made_of_it():
    of_limits = {
        feature.name
        for feature in CATALOGUE
        if any("limit_in_force" in name for name in feature.formula.meta.root_names())
        or "source_limit_cents" in feature.formula.meta.root_names()
    }

    assert of_limits == {"utilisation", "utilisation_mean_3m", "utilisation_mean_6m"}
    assert all(f.unit == "ratio" for f in CATALOGUE if f.name in of_limits)
