"""What a score is worth on accounts with outcomes: every figure of a report, by name."""

from typing import Any

import numpy as np

from transforms.training import metrics


def measured(figure: np.ndarray, bad: np.ndarray, *, is_probability: bool = True) -> dict[str, Any]:
    """Return discrimination and calibration of a score.

    Args:
        figure: PD of each account, or another figure that rises with the risk.
        bad: 1 or 0 of each; both occur.
        is_probability: The figure claims to be a PD; else what asks for one is None.

    Returns:
        `auc`, `gini` and `ks`, each with its 95 % `_interval`; `brier`, `ece` beside
        `ece_perfect_95`, the 95 % point of a true score of this size, `decile_bad_rates` (riskiest
        first), `mean_pd`, `bad_rate`, `n`, `bads`.
    """
    area = metrics.auc(figure, bad)
    of_auc, of_ks = metrics.intervals(figure, bad)
    return {
        "auc": round(area, 4),
        "auc_interval": [round(end, 4) for end in of_auc],
        "gini": round(2 * area - 1, 4),
        "gini_interval": [round(2 * end - 1, 4) for end in of_auc],
        "ks": round(metrics.ks(figure, bad), 4),
        "ks_interval": [round(end, 4) for end in of_ks],
        "brier": round(metrics.brier(figure, bad), 5) if is_probability else None,
        "ece": round(metrics.ece(figure, bad), 5) if is_probability else None,
        "ece_perfect_95": round(metrics.ece_of_perfect(figure), 5) if is_probability else None,
        "decile_bad_rates": [round(rate, 4) for rate in metrics.decile_bad_rates(figure, bad)],
        "mean_pd": round(float(figure.mean()), 5) if is_probability else None,
        "bad_rate": round(float(bad.mean()), 5),
        "n": len(bad),
        "bads": int(bad.sum()),
    }
