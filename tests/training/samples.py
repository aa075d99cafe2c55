"""A made-up population whose outcomes follow a few features, for the tests of training."""

from datetime import date

import numpy as np
import polars as pl

from transforms.features.catalogue import FEATURES
from transforms.training.candidates import Sample
from transforms.training.scorecard_fit import About

ABOUT = About(
    name="fitted",
    effective_from=date(2026, 1, 1),
    source='Fitted to "made-up" people.',
    label_id="made_up",
    horizon_months=12,
    calibrated_to="Made-up people.",
)


def population(accounts: int = 3_000, seed: int = 1, **others: np.ndarray) -> Sample:
    """Return accounts whose risk rises with days past due and falls with what they repay.

    Args:
        accounts: How many.
        seed: Of the chance.
        others: Further columns of FEATURES.
    """
    chance = np.random.default_rng(seed)
    late = chance.poisson(0.8, accounts) * 10
    repaid = np.exp(chance.normal(10, 1, accounts)).astype(np.int64)
    log_odds = -2 + 0.05 * late - 0.8 * (np.log(repaid) - 10)
    bad = (chance.random(accounts) < 1 / (1 + np.exp(-log_odds))).astype(float)
    is_known = chance.random(accounts) > 0.1
    given = pl.DataFrame(
        {
            "user_id": [f"u{number:06d}" for number in range(accounts)],
            "dpd_max_days_3m": pl.Series(late),
            "repaid_cents_3m": pl.select(
                pl.when(pl.Series(is_known)).then(pl.Series(repaid))
            ).to_series(),
            **others,
        }
    )
    columns = [
        (pl.col(name) if name in given.columns else pl.lit(None).alias(name)).cast(dtype)
        for name, dtype in FEATURES.schema.items()
    ]
    return Sample(given.select(columns), bad)
