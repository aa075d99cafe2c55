"""What a model card has to hold before a person may promote the model."""

from collections.abc import Mapping
from typing import Any

from transforms.scoring.outcomes import GROUPS, HORIZON_MONTHS, LABEL_ID
from transforms.scoring.scorecard import Scorecard

_PARTS = ("other_accounts", "out_of_time")
_SCORES = ("scorecard", "challenger", "expert")
_OF_A_SCORE = ("auc", "auc_interval", "gini", "gini_interval", "ks", "ks_interval")
_OF_A_SCORE += ("decile_bad_rates", "bad_rate", "n", "bads")
_OF_A_PD = ("ece", "ece_perfect_95", "brier", "mean_pd")
_OF_THE_LIMIT = ("naive_auc", "naive_pd_change", "scorecard_pd_change")
_OF_A_GROUP = ("lines", "bads", "bad_rate", "mean_pd", "auc")


def lacking(card: Mapping[str, Any], scorecard: Scorecard) -> list[str]:
    """Return the parts that a card lacks or has of another model, each by its path; none is whole.

    Args:
        card: As `warehouse.scores.train` writes it.
        scorecard: Of the same model.
    """
    missing = [
        name
        for name, wanted in (("label_id", LABEL_ID), ("horizon_months", HORIZON_MONTHS))
        if card.get(name) != wanted or getattr(scorecard, name) != wanted
    ]
    missing += [
        f"scores.{part}.{score}.{figure}"
        for part in _PARTS
        for score in _SCORES
        for figure in (*_OF_A_SCORE, *(_OF_A_PD if score != "expert" else ()))
        if _at(card, "scores", part, score, figure) is None
    ]
    missing += [f"calibration.{p}" for p in _PARTS if not _at(card, "calibration", p)]
    for group in ("month", *GROUPS):
        by = card.get(f"by_{group}") or {}
        missing += [] if by else [f"by_{group}"]
        missing += [
            f"by_{group}.{value}.{name}"
            for value, found in by.items()
            for name in _OF_A_GROUP
            if name not in found
        ]
    missing += [
        f"points.{one.name}"
        for one in scorecard.features
        if _at(card, "points", one.name) != one.spread
    ]
    missing += [
        f"limit_seen.{name}" for name in _OF_THE_LIMIT if _at(card, "limit_seen", name) is None
    ]
    told = ("content_digest", "lines")
    missing += [f"training_set.{name}" for name in told if not _at(card, "training_set", name)]
    missing += [name for name in ("psi", "outcomes", "trained", "out_of_time") if name not in card]
    return missing


def _at(card: Mapping[str, Any], *path: str) -> Any:
    found: Any = card
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
