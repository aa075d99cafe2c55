"""A made-up lender's month up to its decision: what scoring, choosing and publishing start from."""

from pathlib import Path

import polars as pl

from benchmarks import features
from benchmarks.made import BUCKETS, MONTH, TIME_ZONE
from benchmarks.made_history import write_history
from benchmarks.measure import ROOT
from transforms.deciding.decision_inputs import Across, across
from transforms.deciding.decisions import decisions
from transforms.deciding.lines import lines
from transforms.facts.standing import standing
from transforms.months import decision_date
from transforms.scoring.scores import scores
from transforms.tables.decided import LIMITS
from warehouse.monthly.parts import side_by_side
from warehouse.monthly.terms import TermsInForce, read_terms
from warehouse.store.table_files import write_rows


def terms() -> TermsInForce:
    """Return the shipped policy, in force on the made month's decision date."""
    return read_terms(ROOT / "policies", decision_date(MONTH), "CNY")


def write_decided(folder: Path, users: int) -> None:
    """Write a month's features, scores, lines and decisions as the monthly run makes them.

    Args:
        folder: Made if absent; holds what `write_history` writes, and
            `<features, scores, lines, decisions, positions>/<bucket>.parquet`. A position is an
            open line with what its limit is chosen from: `user_id`, `segment`, limit, balance, PD,
            rate and the two bounds that its guards leave.
        users: Of the lender.
    """
    write_history(folder, users)
    for bucket, rows in enumerate(features.ours(folder)()):
        _write(folder, "features", bucket, rows)
    side_by_side(lambda bucket: _write_lines_and_scores(folder, bucket), range(BUCKETS))
    shared = shared_by_all(folder)
    side_by_side(lambda bucket: _write_decisions(folder, bucket, shared), range(BUCKETS))


def file_of(folder: Path, table: str, bucket: int) -> Path:
    """Return the file of a bucket of a made table."""
    return folder / table / f"{bucket:02d}.parquet"


def scan(folder: Path, table: str) -> pl.LazyFrame:
    """Return the rows of all buckets of a made table."""
    return pl.scan_parquet(folder / table / "*.parquet")


def shared_by_all(folder: Path) -> Across:
    """Return what the decision of a line reads beyond it."""
    rows = (scan(folder, table) for table in ("features", "lines"))
    return across(*rows, terms().scorecard.version)


def decided(folder: Path, bucket: int, of: TermsInForce, shared: Across) -> pl.DataFrame:
    """Decide the lines of a bucket as the step `decisions` does."""
    rows = (
        pl.scan_parquet(file_of(folder, table, bucket)) for table in ("features", "scores", "lines")
    )
    instructions = standing(pl.scan_parquet(folder / "instructions.parquet"), MONTH, TIME_ZONE)
    return decisions(*rows, instructions, of.terms, MONTH, shared).collect()


def _write_lines_and_scores(folder: Path, bucket: int) -> None:
    accounts = pl.scan_parquet(folder / "accounts" / f"{bucket:02d}.parquet")
    credit = pl.scan_parquet(folder / "credit_months" / f"*-{bucket:02d}.parquet")
    state = lines(accounts, credit, LIMITS.empty(), MONTH, "live")
    _write(folder, "lines", bucket, state.collect())
    rows = pl.scan_parquet(file_of(folder, "features", bucket))
    _write(folder, "scores", bucket, scores(rows, terms().scorecard, MONTH).collect())


def _write_decisions(folder: Path, bucket: int, shared: Across) -> None:
    rows = decided(folder, bucket, terms(), shared)
    _write(folder, "decisions", bucket, rows)
    state = pl.read_parquet(file_of(folder, "lines", bucket), columns=["user_id", "segment"])
    is_open = (pl.col("line_status") != "closed") & pl.col("limit_before_cents").is_not_null()
    positions = rows.filter(is_open & pl.col("decidable") & pl.col("pd_ppm").is_not_null())
    chosen_from = (
        *("user_id", "limit_before_cents", "balance_end_cents", "pd_ppm", "apr_bps"),
        *("lower_bound_cents", "upper_bound_cents"),
    )
    positions = positions.select(chosen_from).join(state, on="user_id", how="left")
    _write(folder, "positions", bucket, positions)


def _write(folder: Path, table: str, bucket: int, rows: pl.DataFrame) -> None:
    path = file_of(folder, table, bucket)
    path.parent.mkdir(exist_ok=True)
    write_rows(rows.sort("user_id"), path)
