"""A higher limit never looks like a cure: what a model would learn that sees the limit.

Limits were given to safe people, so a model that sees them finds that more limit means less risk,
and would raise everybody. Ours does not see them. The difference is printed.
"""

import numpy as np
import polars as pl

from tests.training.samples import ABOUT, population
from transforms.features.catalogue import CATALOGUE
from transforms.training.candidates import Sample, candidates
from transforms.training.challenger import challenger
from transforms.training.limit_seen import LIMIT, limit_seen
from transforms.training.scorecard_fit import fitted

SAMPLE = population()
FEATURES = candidates(SAMPLE)
# The lender gave the limit knowing more of people than the features tell.
LIMIT_CENTS = np.exp(
    13 - 0.6 * SAMPLE.bad + np.random.default_rng(9).normal(0, 0.5, len(SAMPLE.bad))
)
WITH_LIMIT = Sample(SAMPLE.features.with_columns(pl.Series(LIMIT, LIMIT_CENTS)), SAMPLE.bad)


def test_a_model_that_sees_the_limit_takes_it_for_a_cure_and_ours_cannot():
    seen = limit_seen(WITH_LIMIT, WITH_LIMIT, FEATURES, fitted(SAMPLE, ABOUT))
    ours = challenger(SAMPLE, FEATURES)

    naive = seen["naive_pd_change"]
    print(f"PD with half as much limit again: naive {naive:+.4f}, ours has no limit to see")
    assert naive < -0.01
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
