"""Training: a scorecard and its challenger from the months that a lake holds."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from transforms.deciding.lines import lines
from transforms.errors import RefusedError
from transforms.months import decision_date, month_text, months_after, months_between
from transforms.policies.economics import PPM
from transforms.scoring.outcomes import (
    GROUPS,
    HORIZON_MONTHS,
    LABEL_ID,
    OUTCOMES,
    outcomes,
    population,
)
from transforms.tables.decided import LIMITS
from transforms.training.candidates import Sample, candidates
from transforms.training.challenger import challenger
from transforms.training.limit_seen import LIMIT, limit_seen
from transforms.training.measured import measured
from transforms.training.metrics import auc, calibration_curve, psi
from transforms.training.scorecard_fit import About, fitted, pd_of, total_points
from transforms.training.scorecard_text import scorecard_text
from warehouse.monthly.history import READS, scan
from warehouse.monthly.terms import read_terms
from warehouse.monthly.user_features import user_features
from warehouse.scores.models import SCORECARD, keep_model
from warehouse.store.audit import Chain
from warehouse.store.digests import content_digest
from warehouse.store.lake import Lake

Months = tuple[date, date]  # first and last
_FEWEST, _FEWEST_BAD = 1_000, 50  # lines to train on, and of each class among them
_PARTS = 5  # one account in five is never trained on


@dataclass(frozen=True, slots=True)
class Observed:
    """Lines with a known outcome, and how many had which.

    Attributes:
        sample: Features at the month end observed, and bad or not; good and bad lines only.
        counts: Lines by month and outcome.
    """

    sample: Sample
    counts: dict[str, dict[str, int]]


def train(
    lake: Lake,
    policies: Path,
    trained: Months,
    out_of_time: Months,
    to: Path,
    truth: Path | None = None,
) -> dict[str, Any]:
    """Fit on four accounts in five of some months; judge on the others, then and later.

    Args:
        lake: Holds facts of every month observed and of the twelve months after it.
        policies: Folder whose rule packs say what data may be used.
        trained, out_of_time: Months observed.
        to: The models are kept in a folder of their own below it.
        truth: Of a demo lender: who really was how likely to fail, which is judged beside the
            scores as `oracle`.

    Returns:
        The card: `model_id`, `label_id`, `horizon_months`, `trained`, `out_of_time`, `outcomes`
        (lines by month and outcome), `training_set` (digest and size), `scores` by part judged
        (`other_accounts`, `out_of_time`) and name as `measured` has them; of the scorecard out of
        time `by_month`, `by_segment` and `by_region`; `limit_seen`: what a model that sees the
        limit makes of it, as `transforms.training.limit_seen` has it; `calibration`: mean PD and
        bad rate in tenths, by part judged; `points`: most that a feature can cost, by
        name; `psi` of the points, from the lines trained on to those out of time; `folder`.

    Raises:
        RefusedError: A month has no facts, its outcomes are not known yet, or there are too few
            lines to train on.
    """
    chain = Chain.read(lake)
    if out_of_time[0] <= trained[1]:
        raise RefusedError("Train: --out-of-time has to begin after the last month of --train.")
    months = months_between(*trained), months_between(*out_of_time)
    _require_facts(chain, [*months[0], *months[1]])
    observed, later = (_observed(chain, policies, some) for some in months)
    fold = observed.sample.part(_PARTS)
    own = observed.sample.at(np.flatnonzero(fold > 0))
    _require_enough(own)
    judged = {
        "other_accounts": observed.sample.at(np.flatnonzero(fold == 0)),
        "out_of_time": later.sample.at(np.flatnonzero(later.sample.part(_PARTS) == 0)),
    }
    for name, sample in judged.items():
        _require_both(name, sample)
    expert = read_terms(policies, decision_date(trained[1]), lake.currency).scorecard
    features = candidates(own)
    scorecard, best = fitted(own, _about(own, trained)), challenger(own, features)
    pds = {part: pd_of(scorecard, sample) for part, sample in judged.items()}
    later_lines, later_pds = judged["out_of_time"], pds["out_of_time"]
    card = {
        "label_id": LABEL_ID,
        "horizon_months": HORIZON_MONTHS,
        "trained": _texts(trained),
        "out_of_time": _texts(out_of_time),
        "outcomes": {**observed.counts, **later.counts},
        "training_set": _identity(own),
        "scores": {
            part: {
                "scorecard": measured(pds[part], sample.bad),
                "challenger": measured(best.pd(sample), sample.bad),
                "expert": measured(-total_points(expert, sample), sample.bad, is_probability=False),
                **({"oracle": measured(_true_pd(truth, sample), sample.bad)} if truth else {}),
            }
            for part, sample in judged.items()
        },
        "by_month": _by("of", later_lines, later_pds),
        **{f"by_{group}": _by(group, later_lines, later_pds) for group in GROUPS},
        "calibration": {
            part: calibration_curve(pds[part], sample.bad) for part, sample in judged.items()
        },
        "points": {one.name: one.spread for one in scorecard.features},
        "limit_seen": limit_seen(own, judged["other_accounts"], features, scorecard),
        "psi": psi(total_points(scorecard, own), total_points(scorecard, later_lines)),
    }
    files = {
        SCORECARD: scorecard_text(scorecard),
        "challenger.txt": best.trees,
        "challenger_calibration.json": json.dumps(best.calibration.to_plain(), indent=2) + "\n",
    }
    return keep_model(to, files, card)


def _texts(months: Months) -> list[str]:
    return [month_text(month) for month in months]


def _require_facts(chain: Chain, months: list[date]) -> None:
    known = chain.months("credit_months")
    wanted = months_between(min(months), months_after(max(months), HORIZON_MONTHS))
    missing = [month_text(month) for month in wanted if month not in known]
    if missing:
        having = " to ".join(_texts((known[0], known[-1]))) if known else "none"
        raise RefusedError(
            f"Train: the lake has no facts of {', '.join(missing[:6])}; a month observed needs the "
            f"{HORIZON_MONTHS} months after it. It has {having}. Choose other months."
        )


def _observed(chain: Chain, policies: Path, months: list[date]) -> Observed:
    parts, counts = [], {}
    for month in months:
        read = (_read(chain, month, *of) for of in READS["lines"])
        state = lines(*read, month, "live").collect().lazy()
        newest = months_after(month, HORIZON_MONTHS)
        after = scan(chain, "credit_months", newest, HORIZON_MONTHS)
        rows = outcomes(population(state), after).collect()
        found = dict(rows.group_by("outcome").len().iter_rows())
        counts[month_text(month)] = {name: found.get(name, 0) for name in OUTCOMES}
        pack = read_terms(policies, decision_date(month), chain.lake.currency).pack
        known = rows.filter(pl.col("outcome").is_in(["good", "bad"]))
        in_force = state.select("user_id", LIMIT).collect()
        known = known.join(in_force, on="user_id").with_columns(of=pl.lit(month_text(month)))
        for bucket in range(chain.lake.buckets):
            features = user_features(chain, month, bucket, pack)
            parts.append(features.join(known, on="user_id"))
    whole = pl.concat(parts).sort("of", "user_id")
    bad = (whole["outcome"] == "bad").cast(pl.Float64).to_numpy()
    return Observed(Sample(whole.drop("outcome"), bad), counts)


def _read(chain: Chain, month: date, name: str, reach: int, skip: int) -> pl.LazyFrame:
    # What we published is left out: a line is what the lender's own records say.
    return LIMITS.empty() if name == LIMITS.name else scan(chain, name, month, reach, skip=skip)


def _require_enough(sample: Sample) -> None:
    bad = int(sample.bad.sum())
    if len(sample.bad) < _FEWEST or min(bad, len(sample.bad) - bad) < _FEWEST_BAD:
        raise RefusedError(
            f"Train: {len(sample.bad):,} lines with {bad:,} bad are too few; it takes {_FEWEST:,} "
            f"lines, and {_FEWEST_BAD} bad and as many good among them. Observe more months."
        )


def _require_both(name: str, sample: Sample) -> None:
    if not 0 < sample.bad.sum() < len(sample.bad):
        raise RefusedError(
            f"Train: of the lines to judge by ({name.replace('_', ' ')}), all have one outcome. "
            "Observe more months."
        )


def _true_pd(truth: Path, sample: Sample) -> np.ndarray:
    """Return the probability of bad that a demo lender's users really had."""
    asked = sample.features.select("user_id", "of")
    parts = []
    for month in asked["of"].unique().sort():
        path = truth / "months" / f"{month}.parquet"
        if not path.is_file():
            raise RefusedError(f"Train: --truth {truth} has no {path.name} in its folder months.")
        known = pl.read_parquet(path, columns=["user_id", "true_pd_12m_ppm"])
        parts.append(known.with_columns(of=pl.lit(month)))
    found = asked.join(pl.concat(parts), on=["user_id", "of"], how="left", maintain_order="left")
    return found["true_pd_12m_ppm"].to_numpy() / PPM


def _about(sample: Sample, trained: Months) -> About:
    first, last = _texts(trained)
    bad = int(sample.bad.sum())
    return About(
        name="trained",
        effective_from=months_after(trained[1], HORIZON_MONTHS + 1),
        source=f"Trained on {len(sample.bad):,} lines of {first} to {last}, {bad:,} of them bad.",
        label_id=LABEL_ID,
        horizon_months=HORIZON_MONTHS,
        calibrated_to=f"These lines: {100 * bad / len(sample.bad):.2f} % bad.",
    )


def _identity(sample: Sample) -> dict[str, Any]:
    rows = sample.features.with_columns(bad=pl.Series(sample.bad))
    return {"content_digest": content_digest(rows), "lines": len(sample.bad)}


def _by(column: str, sample: Sample, pd: np.ndarray) -> dict[str, Any]:
    """Return how the scorecard does in each group; its AUC is None where one class is absent."""
    found = {}
    for value in sample.features[column].unique().sort():
        at = np.flatnonzero(sample.features[column].eq_missing(value).to_numpy())
        bad = sample.bad[at]
        both = 0 < bad.sum() < len(bad)
        found[value or "not known"] = {
            "lines": len(bad),
            "bads": int(bad.sum()),
            "bad_rate": round(float(bad.mean()), 5),
            "mean_pd": round(float(pd[at].mean()), 5),
            "auc": round(auc(pd[at], bad), 4) if both else None,
        }
    return found
