"""The decision of a month: staged features become scores, decisions, limits and warnings."""

from datetime import date

import polars as pl

from transforms.decisions import decisions
from transforms.limits import limits, not_in_force
from transforms.lines import lines
from transforms.scores import scores
from transforms.standing import standing
from transforms.tables.decided import DECISIONS, LIMITS, SCORES, WARNINGS
from transforms.tables.table import Table
from transforms.warnings import warnings
from warehouse.audit import Chain
from warehouse.history import READS, scan
from warehouse.lake import bucket_of
from warehouse.staging import Staging
from warehouse.terms import TermsInForce


def stage_decided(staging: Staging, chain: Chain, terms: TermsInForce) -> None:
    """Stage scores, decisions, limits and warnings of the staged month.

    Args:
        staging: Holds the month's features.
        chain: The lake as the month reads it.
        terms: In force on the decision date.
    """
    month, mode = staging.month, staging.notes["parameters"]["mode"]
    features = pl.scan_parquet(staging.paths("features", month), hive_partitioning=False)
    scored = scores(features, terms.scorecard, month).collect()
    state = _lines(chain, month, mode)
    decided = decisions(
        features,
        scored.lazy(),
        state.lazy(),
        _standing(chain, month),
        terms.terms,
        month,
    )
    decided = (not_in_force(decided) if mode == "indicative" else decided).collect()
    signals = warnings(features, scored.lazy(), state.lazy(), terms.signals, month)
    _write_buckets(staging, SCORES, scored)
    _write_buckets(staging, DECISIONS, decided)
    staging.write(LIMITS, month, limits(decided.lazy(), staging.inputs_id, mode))
    staging.write(WARNINGS, month, signals)


def _lines(chain: Chain, month: date, mode: str) -> pl.DataFrame:
    read = (scan(chain, name, month, reach, skip=skip) for name, reach, skip in READS["lines"])
    return lines(*read, month, mode).collect()


def _standing(chain: Chain, month: date) -> pl.LazyFrame:
    ((name, reach, skip),) = READS["standing"]
    instructions = scan(chain, name, month, reach, skip=skip)
    return standing(instructions, month, chain.lake.time_zone)


def _write_buckets(staging: Staging, table: Table, rows: pl.DataFrame) -> None:
    buckets = staging.lake.buckets
    parts = rows.with_columns(bucket_of(buckets).alias("_bucket")).partition_by(
        "_bucket", as_dict=True, include_key=False
    )
    for bucket in range(buckets):
        staging.write(table, staging.month, parts.get((bucket,), table.empty().collect()), bucket)
