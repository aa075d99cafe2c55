"""The challenger: the same bytes again, and never against a feature's declared direction."""

import numpy as np
import polars as pl

from tests.training.samples import population
from transforms.training.candidates import Sample, candidates
from transforms.training.challenger import challenger
from transforms.training.metrics import auc

SAMPLE = population()
MODEL = challenger(SAMPLE, candidates(SAMPLE))
UNSEEN = population(seed=2)


def changed(name: str, by: int) -> Sample:
    return Sample(UNSEEN.features.with_columns(pl.col(name) + by), UNSEEN.bad)


def test_it_is_the_same_bytes_again():
    again = challenger(population(), candidates(SAMPLE))

    assert again.trees == MODEL.trees
    assert (again.pd(UNSEEN) == MODEL.pd(UNSEEN)).all()


def test_more_days_past_due_never_lower_the_pd():
    for days in (1, 10, 90):
        assert (MODEL.pd(changed("dpd_max_days_3m", days)) >= MODEL.pd(UNSEEN)).all()


def test_more_repaid_never_raises_the_pd():
    for cents in (1, 10_000, 10_000_000):
        assert (MODEL.pd(changed("repaid_cents_3m", cents)) <= MODEL.pd(UNSEEN)).all()


def test_it_ranks_people_it_has_not_seen():
    assert auc(MODEL.pd(UNSEEN), UNSEEN.bad) > 0.65


def test_a_pd_is_whole_ppm():
    pd = MODEL.pd(UNSEEN)

    assert np.array_equal(np.round(pd, 6), pd)
