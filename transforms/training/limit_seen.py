"""What a model would learn that sees the limit: the sentinel against taking a limit for a cure.

Limits were given to people known to be safe, so a model that sees them finds less risk where there
is more limit. Ours sees none; a naive model is fitted beside it, and the card says what it learnt.
"""

import numpy as np
import polars as pl

from transforms.features.feature import Feature
from transforms.scoring.scorecard import Scorecard
from transforms.training.candidates import Sample
from transforms.training.metrics import auc
from transforms.training.scorecard_fit import pd_of

LIMIT = "limit_in_force_cents"
_OF_LIMIT = "utilisation"
_TRIED = 1.5  # times the limit
_SETTINGS = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 12,
    "min_data_in_leaf": 60,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}
_ROUNDS = 100


def limit_seen(
    own: Sample, judged: Sample, features: tuple[Feature, ...], scorecard: Scorecard
) -> dict[str, float]:
    """Fit trees that see the limit, and ask what they make of half as much limit again.

    Args:
        own: Lines to fit on, with LIMIT beside their features.
        judged: Other lines, likewise.
        features: What the challenger sees.
        scorecard: Ours.

    Returns:
        `naive_auc` on the other lines; `naive_pd_change`: mean PD with the limit half as high
        again, minus mean PD as it is: negative is a limit taken for a cure; and
        `scorecard_pd_change` likewise: the scorecard sees no limit, so that only the utilisation
        that falls with the same debt could change it. A decision never does that: it holds
        utilisation and multiplies the odds by the step's factor, which is at least 1.
    """
    import lightgbm

    data = lightgbm.Dataset(_columns(own, 1.0, features), own.bad)
    trees = lightgbm.train(_SETTINGS, data, num_boost_round=_ROUNDS)
    now, more = (trees.predict(_columns(judged, by, features)) for by in (1.0, _TRIED))
    lower = judged.features.with_columns(
        (pl.col(name) / _TRIED) for name in judged.features.columns if name.startswith(_OF_LIMIT)
    )
    ours = pd_of(scorecard, Sample(lower, judged.bad)) - pd_of(scorecard, judged)
    return {
        "naive_auc": round(auc(now, judged.bad), 4),
        "naive_pd_change": round(float((more - now).mean()), 5),
        "scorecard_pd_change": round(float(ours.mean()), 5),
    }


def _columns(sample: Sample, times: float, features: tuple[Feature, ...]) -> np.ndarray:
    return np.column_stack([sample.matrix(features), sample.column(LIMIT) * times])
