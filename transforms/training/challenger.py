"""The challenger: gradient-boosted trees that go each feature's declared way, calibrated."""

from dataclasses import dataclass

import numpy as np

from transforms.features.feature import Effect, Feature
from transforms.training.calibration import Calibration, calibrated
from transforms.training.candidates import FOLDS, Sample

_SETTINGS = {
    "objective": "binary",
    "learning_rate": 0.04,
    "num_leaves": 12,
    "min_data_in_leaf": 60,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 10.0,
    "monotone_constraints_method": "advanced",
    "seed": 1,
    "deterministic": True,  # the same bytes again; with one thread on any machine
    "force_row_wise": True,
    "num_threads": 1,
    "verbose": -1,
}
_MOST_ROUNDS = 400
_PATIENCE = 40


@dataclass(frozen=True, slots=True)
class Challenger:
    """Trees and how their sum becomes a probability.

    Attributes:
        features: In the order of the trees' columns.
        trees: LightGBM's model text.
        calibration: From log-odds of the trees to the probability of bad.
    """

    features: tuple[Feature, ...]
    trees: str
    calibration: Calibration

    def pd(self, sample: Sample) -> np.ndarray:
        """Return the probability of bad of each account, rounded to ppm."""
        import lightgbm

        figure = lightgbm.Booster(model_str=self.trees).predict(
            sample.matrix(self.features), raw_score=True
        )
        return np.round(self.calibration.pd(figure), 6)


def challenger(sample: Sample, features: tuple[Feature, ...]) -> Challenger:
    """Fit the challenger; its length and its calibration come from accounts it was not fitted on.

    Args:
        sample: Accounts with outcomes of both classes.
        features: That may enter.
    """
    matrix, fold = sample.matrix(features), sample.part(FOLDS)
    rounds, held_out = _held_out(matrix, sample.bad, fold, features)
    trees = _fit(matrix, sample.bad, features, rounds)
    return Challenger(features, trees.model_to_string(), calibrated(held_out, sample.bad))


def _held_out(
    matrix: np.ndarray, bad: np.ndarray, fold: np.ndarray, features: tuple[Feature, ...]
) -> tuple[int, np.ndarray]:
    """Return how many trees serve unseen accounts best, and what they say of each of these."""
    by_round = np.zeros((_MOST_ROUNDS, len(bad)))
    for one in range(FOLDS):
        seen, unseen = fold != one, fold == one
        if not unseen.any():
            continue
        trees = _fit(matrix[seen], bad[seen], features, _MOST_ROUNDS)
        leaves = trees.predict(matrix[unseen], pred_leaf=True)
        sums = _sums(trees, leaves)
        by_round[: len(sums), unseen] = sums
        by_round[len(sums) :, unseen] = sums[-1]  # no further tree found anything to split
    losses = [np.logaddexp(0, row).sum() - (bad * row).sum() for row in by_round]
    best = int(np.argmin(losses))
    return best + 1, by_round[best]


def _sums(trees, leaves: np.ndarray) -> np.ndarray:
    """Return the sum of the first n trees for each account, for every n."""
    values = [
        np.array([trees.get_leaf_output(tree, leaf) for leaf in range(leaves[:, tree].max() + 1)])
        for tree in range(leaves.shape[1])
    ]
    return np.cumsum([values[tree][leaves[:, tree]] for tree in range(leaves.shape[1])], axis=0)


def _fit(matrix: np.ndarray, bad: np.ndarray, features: tuple[Feature, ...], rounds: int):
    import lightgbm

    ways = {Effect.RAISES: -1, Effect.LOWERS: 1}  # what raises the score lowers the risk
    settings = _SETTINGS | {"monotone_constraints": [ways[f.effect] for f in features]}
    names = [feature.name for feature in features]
    data = lightgbm.Dataset(matrix, bad, feature_name=names, params={"verbose": -1})
    return lightgbm.train(settings, data, num_boost_round=rounds)
