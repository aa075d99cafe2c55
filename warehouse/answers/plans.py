"""Plans of a published month: read what is known of users, and roll it forward in slices."""

from datetime import date
from typing import Any

import polars as pl

from transforms.deciding.decision_inputs import Across, across
from transforms.errors import RefusedError
from transforms.months import decision_date, month_text
from transforms.plans.promises import promises
from transforms.plans.roll import HISTORY_MONTHS, Known, roll
from transforms.plans.table import PLANS_TABLE
from warehouse.monthly.decide import lines_of
from warehouse.monthly.history import READS, scan, scan_by_month
from warehouse.monthly.terms import TermsInForce, pinned_terms
from warehouse.monthly.user_features import coverage_of
from warehouse.scores.simulate import decided_entry
from warehouse.store.audit import Chain, Entry
from warehouse.store.lake import bucket_of

_USERS_AT_ONCE = 1_000  # each becomes one copy per plan and course
_FOLLOWED = ("open", "frozen")


def plans(chain: Chain, month: date, user: str | None = None) -> pl.DataFrame:
    """Find the plans of one user, or of everybody whose limit was not raised in a month.

    Nothing is written. The rules, prices and scorecard are those that decided the month.

    Args:
        chain: The lake.
        month: First day; it has limits that were decided.
        user: Only this one; None is everybody.

    Returns:
        Rows of PLANS_TABLE, sorted by its key. No row: a raise or a grant in the month, no open
        line, or no limit that could be decided.

    Raises:
        RefusedError: The month has no limits, was held by hand, or is indicative.
    """
    entry = decided_entry(chain, month)
    mode = entry.parameters["mode"]
    if mode == "indicative":
        raise RefusedError(
            f"Month {month_text(month)}: its limits are indicative and not in force, so no plan "
            "could raise them."
        )
    asked = _users(chain, month, mode, user)
    state = lines_of(chain, month, mode).lazy()
    terms = pinned_terms(chain.lake, entry.texts, decision_date(month))
    shared = across(scan(chain, "features", month, 1), state, terms.scorecard.version)
    settled = settled_of(chain, month, entry, terms, shared)
    found = [PLANS_TABLE.empty().collect()]
    for (bucket,), mine in sorted(asked.partition_by("bucket", as_dict=True).items()):
        for users in mine.drop("bucket").iter_slices(_USERS_AT_ONCE):
            rolled, moves = roll(users, known_of(chain, users, bucket, settled))
            found.append(promises(users, rolled, moves, month))
    return pl.concat(found).sort(PLANS_TABLE.sorted_by)


def _users(chain: Chain, month: date, mode: str, user: str | None) -> pl.DataFrame:
    """Return whose plans are asked for: `user_id`, `limit_cents`, `can_draw`, `bucket`."""
    limit = "limit_cents" if mode == "live" else "limit_before_cents"
    rows = scan(chain, "limits", month, 1).filter(
        pl.col("decidable"),
        pl.col("line_status").is_in(_FOLLOWED),
        ~pl.col("action").is_in(["raise", "grant"]),
        pl.col(limit) > 0,
    )
    if user is not None:
        rows = rows.filter(pl.col("user_id") == user)
    return (
        rows.select(
            "user_id",
            pl.col(limit).alias("limit_cents"),
            (pl.col("line_status") == "open").alias("can_draw"),
            bucket_of(chain.lake.buckets).alias("bucket"),
        )
        .sort("user_id")
        .collect()
    )


def settled_of(
    chain: Chain, month: date, entry: Entry, terms: TermsInForce, shared: Across
) -> dict[str, Any]:
    """Return what is the same for all users of a month, by its name in `Known`.

    Args:
        chain: The lake.
        month: First day; it has limits.
        entry: By which it was decided.
        terms: In force on the decision date.
        shared: What its lines share.
    """
    reach = {name: months for name, months, _ in READS["features"]}
    facts = chain.head("facts", month)
    return {
        "month": month,
        "segment_norms": scan(chain, "segment_norms", month, reach["segment_norms"]).collect(),
        "shared_devices": scan(chain, "shared_devices", month, reach["shared_devices"]).collect(),
        "coverage": coverage_of(chain, month, terms.pack),
        "shared": shared,
        "terms": terms.terms,
        "scorecard": terms.scorecard,
        "mode": entry.parameters["mode"],
        "credit_from": facts.parameters["credit_from"],
    }


def known_of(chain: Chain, users: pl.DataFrame, bucket: int, settled: dict[str, Any]) -> Known:
    """Read what is known of some users of one bucket.

    Args:
        chain: The lake.
        users: `user_id`.
        bucket: Theirs.
        settled: See `settled_of`.
    """
    month, mine = settled["month"], users.select("user_id").lazy()

    def of_mine(rows: pl.LazyFrame) -> pl.DataFrame:
        if users.height == 1:  # files are sorted by user: one is found without reading them whole
            return rows.filter(pl.col("user_id") == users["user_id"].item()).collect()
        return rows.join(mine, on="user_id", how="semi").collect()

    def rows(name: str, reach: int) -> pl.DataFrame:
        return of_mine(scan(chain, name, month, reach, bucket=bucket))

    def by_month(name: str) -> dict[date, pl.DataFrame]:
        months = scan_by_month(chain, name, month, HISTORY_MONTHS, 0, bucket=bucket)
        return {known: of_mine(of_month) for known, of_month in months.items()}

    return Known(
        activity=by_month("activity"),
        credit_months=by_month("credit_months"),
        ledger=rows("ledger", 1),
        accounts=rows("accounts", 1),
        limits=rows("limits", HISTORY_MONTHS),
        instructions=rows("instructions", 0),
        **settled,
    )
