"""Backtests: scores and policies held once against outcomes that a person brings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from transforms.errors import RefusedError
from transforms.months import month_of
from transforms.scoring.scorecard import Scorecard
from transforms.training.base_rate import shifted
from transforms.training.candidates import Sample, candidates
from transforms.training.challenger import Challenger, challenger
from transforms.training.measured import measured
from transforms.training.rival_policies import compared, placebo
from transforms.training.scorecard_fit import About, fitted, pd_of, total_points
from transforms.training.scorecard_text import scorecard_text
from warehouse.scores.labels import Labels, read_labels
from warehouse.scores.trial import Trial, trial
from warehouse.scores.trial_limits import decided

POLICY_BAD_RATE = 0.03  # what the numbers of the shipped policy are set for
NO_LIMITS = "No limit is known from these files: there are scores, and no policy can be compared."
CANNOT_SHOW = (
    "Outcomes are those under the lender's own limits, and do not answer to ours: this shows to "
    "whom a policy would have given more, never what giving more does.",
    "Nothing here was drawn by lot, so no figure is the effect of a limit.",
)
_FEWEST = 100  # rows to train on, and
_FEWEST_BAD = 20  # of each class among them


@dataclass(frozen=True, slots=True)
class Labelled:
    """Accounts with outcomes and what was known of them.

    Attributes:
        sample: Features and outcomes; `month` besides.
        found: What became of the rows of the file, counted.
    """

    sample: Sample
    found: dict[str, Any]


def backtest(
    source: str,
    landing: Path,
    labels: Path,
    train_landing: Path | None = None,
    train_labels: Path | None = None,
) -> dict[str, Any]:
    """Train on some accounts, read others once, and return what the scores are worth.

    Args:
        source: Name of the mapping.
        landing, labels: Files and outcomes of the accounts that are judged.
        train_landing, train_labels: Of those that are trained on; without them, half of the
            accounts judged are trained on instead, drawn by the hash of their name.

    Raises:
        RefusedError: A file is wrong, or there is too little to train on or to judge.
    """
    given = read_labels(labels)
    months = _past_months(given)
    trained_on = None
    if train_landing:
        other = read_labels(train_labels)
        past = _past_months(other)
        with trial(source, train_landing, past[-1]) as facts:
            trained_on = _joined(facts, other, past)
    with trial(source, landing, months[-1]) as facts:
        judged = _joined(facts, given, months)
        how = "other accounts than those judged"
        if trained_on is None:
            trained_on, judged = _halves(judged)
            how = "half of the accounts, by the hash of their name; the other half is judged"
        else:
            both = _accounts(trained_on.sample) & _accounts(judged.sample)
            judged.found["also_trained_on"] = len(both)
            if both:
                how = "accounts that are in part the ones judged"
        _require_enough(trained_on, "train on", _FEWEST, _FEWEST_BAD)
        _require_enough(judged, "judge", 2, 1)
        scorecard, best = _fitted(source, trained_on)
        found = {"source": source, "trained_on": how}
        found |= {"train": trained_on.found, "test": judged.found}
        found["scores"] = _scores(facts, judged.sample, scorecard, best)
        found["scorecard"] = scorecard_text(scorecard)
        return found | _policies(facts, trained_on, judged, scorecard)


def _past_months(labels: Labels) -> list[date]:
    today = datetime.now(UTC).date().replace(day=1)
    asked = {month_of(text) for text in labels.rows["month"].unique()}
    past = sorted(month for month in asked if month < today)
    if not past:
        raise RefusedError(f"Labels {labels.path}: no month of them is over. Label past months.")
    return past


def _joined(facts: Trial, labels: Labels, months: Sequence[date]) -> Labelled:
    inside = [month for month in months if facts.first <= month <= facts.last]
    rows = labels.rows.with_columns(pl.col("month").str.to_date("%Y-%m").alias("of"))
    parts, known = [], 0
    for month in inside:
        of_month = rows.filter(pl.col("of") == month)
        features = facts.features(month)
        joined = features.join(of_month, on="user_id", how="inner", maintain_order="left")
        known += joined.height
        parts.append(joined)
    among = rows.filter(pl.col("of").is_in(inside)).height
    found = {
        "file": labels.path,
        "rows": labels.lines,
        "used": known,
        "accounts": 0,
        "duplicate": labels.duplicates,
        "outcome_unknown": labels.unknown,
        "month_outside_the_lake": rows.height - among,
        "user_unknown": among - known,
        "bad": 0,
        "months": [f"{month:%Y-%m}" for month in inside],
    }
    if not known:
        raise RefusedError(
            f"Labels {labels.path}: none of {rows.height:,} rows is of a user known at the end of "
            f"its month; the landing files tell of {facts.first:%Y-%m} to {facts.last:%Y-%m}."
        )
    frame = pl.concat(parts)
    bad = frame["bad"].to_numpy().astype(float)
    return _labelled(Sample(frame.drop("bad", "month"), bad), found)


def _labelled(sample: Sample, found: Mapping[str, Any]) -> Labelled:
    """Return accounts with what was found of their file, and how many of it they are."""
    own = {
        "used": len(sample.bad),
        "accounts": len(_accounts(sample)),
        "bad": int(sample.bad.sum()),
    }
    return Labelled(sample, {**found, **own})


def _accounts(sample: Sample) -> set[str]:
    return set(sample.features["user_id"])


def _halves(whole: Labelled) -> tuple[Labelled, Labelled]:
    fold = whole.sample.part(2)
    halves = (whole.sample.at(np.flatnonzero(fold == one)) for one in (0, 1))
    train, test = (_labelled(half, whole.found) for half in halves)
    return train, test


def _require_enough(labelled: Labelled, what: str, fewest: int, fewest_bad: int) -> None:
    found = labelled.found
    used, bad = found["used"], found["bad"]
    if used < fewest or min(bad, used - bad) < fewest_bad:
        raise RefusedError(
            f"Labels {found['file']}: {used:,} rows with {bad:,} bad and {used - bad:,} good are "
            f"too few to {what}; it takes {fewest:,} rows, {fewest_bad:,} bad and {fewest_bad:,} "
            "good among them. Label more accounts."
        )


def _fitted(source: str, trained_on: Labelled) -> tuple[Scorecard, Challenger]:
    features = candidates(trained_on.sample)
    if not features:
        raise RefusedError(f"Source {source}: no feature differs between these accounts.")
    scorecard = fitted(trained_on.sample, _about(source, trained_on))
    return scorecard, challenger(trained_on.sample, features)


def _scores(
    facts: Trial, test: Sample, scorecard: Scorecard, best: Challenger
) -> dict[str, dict[str, Any]]:
    expert = facts.terms(facts.last).scorecard
    bucket = test.features["dpd_end_days"].fill_null(-1).to_numpy()
    return {
        "scorecard": measured(pd_of(scorecard, test), test.bad),
        "challenger": measured(best.pd(test), test.bad),
        "expert": measured(-total_points(expert, test), test.bad, is_probability=False),
        "current_bucket": measured(bucket, test.bad, is_probability=False),
    }


def _policies(
    facts: Trial, trained_on: Labelled, judged: Labelled, scorecard: Scorecard
) -> dict[str, Any]:
    """Return what policies add and to whom, if the source knows limits."""
    nothing = {"policies": None, "placebo": None, "says": [NO_LIMITS, *CANNOT_SHOW]}
    if not facts.has_lines:
        return nothing
    rate = trained_on.found["bad"] / trained_on.found["used"]
    tried = shifted(scorecard, rate, POLICY_BAD_RATE)
    sample = judged.sample
    lines = decided(facts, tried, sample.features["of"].unique())
    known = sample.features.select(
        "user_id",
        pl.col("of").alias("month"),
        "late_count_3m",
        "utilisation_mean_3m",
        pd=pl.Series(pd_of(tried, sample)),
        bad=pl.Series(sample.bad),
    )
    rows = lines.join(known, on=["user_id", "month"]).sort("user_id", "month")
    if rows.is_empty():
        return nothing
    policies = compared(rows)
    shift = (
        f"{rate:.2%} of the rows trained on are bad; the policy's numbers are set for "
        f"{POLICY_BAD_RATE:.2%} in 12 months, so every PD that decides was shifted from the one to "
        "the other. Ranks, and the scores above, are not."
    )
    return {
        "policies": policies,
        "placebo": placebo(policies, rows),
        "says": [shift, *CANNOT_SHOW],
    }


def _about(source: str, trained_on: Labelled) -> About:
    found = trained_on.found
    share = found["bad"] / found["used"]
    return About(
        name=f"{source}-fitted",
        effective_from=date(1990, 1, 2),
        source=f"Fitted to {found['used']:,} rows of {source}, {found['bad']:,} of them bad.",
        label_id="as_given",
        horizon_months=1,
        calibrated_to=f"The rows fitted to: {100 * share:.1f} % bad.",
    )
