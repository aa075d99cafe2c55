"""The decision of a month: staged features become scores, decisions, limits and warnings."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import partial

import polars as pl

from transforms.deciding.decision_inputs import Across, across
from transforms.deciding.decisions import decisions
from transforms.deciding.limits import limits, not_in_force
from transforms.deciding.lines import lines
from transforms.facts.standing import standing
from transforms.scoring.scores import scores
from transforms.tables.decided import ALERTS, DECISIONS, LIMITS, SCORES, WARNINGS
from transforms.watching.early_warning import alerts
from transforms.watching.warnings import warnings
from warehouse.monthly.history import READS, scan
from warehouse.monthly.parts import side_by_side
from warehouse.monthly.terms import TermsInForce
from warehouse.store.audit import Chain
from warehouse.store.lake import bucket_of
from warehouse.store.staging import Staging


def stage_decided(
    staging: Staging, chain: Chain, terms: TermsInForce, buckets: Iterable[int]
) -> int:
    """Stage scores and decisions of the users of some buckets; return how many lines there are.

    Args:
        staging: Holds the month's features, of all buckets.
        chain: The lake as the month reads it.
        terms: In force on the decision date.
        buckets: Which users to decide.
    """
    everyone = lines_of(chain, staging.month, staging.notes["parameters"]["mode"])
    # A borrower's other lines may lie in any bucket.
    shared = across(_staged(staging, "features"), everyone.lazy(), terms.scorecard.version)
    parts = everyone.with_columns(bucket_of(staging.lake.buckets).alias("_bucket")).partition_by(
        "_bucket", as_dict=True, include_key=False
    )
    own = {bucket: parts.get((bucket,), everyone.clear()) for bucket in buckets}
    del everyone, parts
    instructions = standing_of(chain, staging.month).collect()
    decide = partial(_decide_bucket, staging, terms, instructions, shared, own)
    return sum(side_by_side(decide, own))


def _decide_bucket(
    staging: Staging,
    terms: TermsInForce,
    instructions: pl.DataFrame,
    shared: Across,
    lines_of: Mapping[int, pl.DataFrame],
    bucket: int,
) -> int:
    month, mode = staging.month, staging.notes["parameters"]["mode"]
    features = _staged(staging, "features", bucket)
    scored = scores(features, terms.scorecard, month).collect()
    decided = decisions(
        features,
        scored.lazy(),
        lines_of[bucket].lazy(),
        instructions.lazy(),
        terms.terms,
        month,
        shared,
    )
    staging.write(SCORES, month, scored, bucket)
    decided = not_in_force(decided) if mode == "indicative" else decided
    return staging.write(DECISIONS, month, decided, bucket).rows


def stage_published(staging: Staging, chain: Chain, terms: TermsInForce) -> None:
    """Stage what is published: the limits of all users in one file, warnings and alerts.

    Args:
        staging: Holds the month's features, scores and decisions.
        chain: The lake as the month reads it.
        terms: In force on the decision date.
    """
    month, mode = staging.month, staging.notes["parameters"]["mode"]
    staging.write(LIMITS, month, limits(_staged(staging, "decisions"), staging.inputs_id, mode))
    features, scored = (_staged(staging, table) for table in ("features", "scores"))
    state = lines_of(chain, month, mode).lazy()
    staging.write(WARNINGS, month, warnings(features, scored, state, terms.signals, month))
    credit = scan(chain, "credit_months", month, 1)
    staging.write(ALERTS, month, alerts(credit, scored, month))


def _staged(staging: Staging, table: str, bucket: int | None = None) -> pl.LazyFrame:
    paths = staging.paths(table, staging.month, bucket)
    return pl.scan_parquet(paths, hive_partitioning=False)


def lines_of(chain: Chain, month: date, mode: str) -> pl.DataFrame:
    """Return the rows of LINES of every user at the end of a month."""
    read = (scan(chain, name, month, reach, skip=skip) for name, reach, skip in READS["lines"])
    return lines(*read, month, mode).collect()


def standing_of(chain: Chain, month: date) -> pl.LazyFrame:
    """Return the rows of STANDING: what users and officers had asked for by then."""
    ((name, reach, skip),) = READS["standing"]
    instructions = scan(chain, name, month, reach, skip=skip)
    return standing(instructions, month, chain.lake.time_zone)
