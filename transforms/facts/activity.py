"""Monthly activity: a user's events rolled up to one row of counts, sums and histograms."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from transforms.facts.user_counts import Users
from transforms.local_time import DAY_SECONDS, HOUR_SECONDS, local_seconds
from transforms.months import last_day
from transforms.tables.facts import ACTIVITY, DEVICES_KEPT, PURCHASE_BINS, PURCHASE_EDGES_CENTS
from transforms.tables.logs import ACCOUNT_TYPES, EVENT_TYPES, MONEY_TYPES

ESSENTIAL_CATEGORIES = ("food", "groceries", "health", "transport", "utilities")
INCOME_COUNTERPARTIES = ("customer", "employer")
SUMMED_TYPES = (*MONEY_TYPES, "drawdown", "repayment")
# What a user does, as against what is reported about the user: only this makes a day active.
OWN_TYPES = (
    *SUMMED_TYPES,
    *ACCOUNT_TYPES,
    *("social_interaction", "complaint", "limit_request"),
)
COUNTED_TYPES = (*OWN_TYPES, "credential_leak")
# Of several reported at one moment the most prudent counts.
LAST_REPORTS = (
    ("external_score_points", "value", "external_score", min),
    ("bureau_score_points", "value", "bureau_report", min),
    ("income_evidence_cents", "amount_cents", "income_evidence", min),
    ("other_obligation_cents", "amount_cents", "obligation", max),
)
NIGHT_ENDS_HOUR = 5
EVENTS_AT_ONCE = 800_000
_KIND = {name: code for code, name in enumerate(EVENT_TYPES)}
_COUNTED = (
    *("user_id", "event_type", "occurred_at", "amount_cents", "value"),
    *("merchant_category", "counterparty_type", "device_hash"),
)
Columns = Iterator[tuple[str, Any]]


def activity(
    events: pl.LazyFrame, month: date, time_zone: str, at_once: int = EVENTS_AT_ONCE
) -> pl.DataFrame:
    """Count and sum each user's events of one month.

    Args:
        events: One row per event filed under the month; columns of EVENTS. An event filed late
            counts in counts and sums, but sets no day of the month. Memory is bounded if they are
            sorted by user; if not, all are held.
        month: First day of the month.
        time_zone: The lender's zone, in which days and nights are told.
        at_once: Events held in memory, more only of one user who has more.

    Returns:
        One row per `user_id`, sorted by it; columns of ACTIVITY. Sums are cents, an amount that is
        null adds nothing. A user without events has no row.
    """
    asked, counted = events.select(_COUNTED), []
    begin, most = 0, at_once
    while True:
        rows = asked.slice(begin, most).collect()
        user = rows["user_id"]
        if not user.is_sorted():
            return _counted(asked.sort("user_id").collect(), month, time_zone)
        is_last = rows.height < most
        end = rows.height if is_last else user.search_sorted(user[-1])  # that one may go on
        if end or is_last:
            counted.append(_counted(rows.head(end), month, time_zone))
        if is_last:
            return pl.concat(counted)
        begin, most = begin + end, most if end else 2 * most


def _counted(rows: pl.DataFrame, month: date, time_zone: str) -> pl.DataFrame:
    users = Users.of(rows["user_id"])
    rows = rows.drop("user_id")
    kind = rows["event_type"].to_physical().to_numpy()
    counted = pl.DataFrame(
        {"user_id": users.names}
        | dict(_by_type(users, kind, rows["amount_cents"].fill_null(0).to_numpy()))
        | dict(_of_purchases(users, kind, rows))
        | dict(_of_time(users, kind, rows["occurred_at"], month, time_zone))
        | dict(_of_income(users, kind, rows))
        | dict(_last_reports(users, kind, rows))
    )
    return (
        counted.lazy()
        .with_row_index("user")
        .join(_devices(users, rows["device_hash"]), on="user", how="left", maintain_order="left")
        .with_columns(
            pl.lit(last_day(month)).alias("as_of"),
            pl.col("device_hashes").fill_null([]),
            pl.col("device_saturated").fill_null(False),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in ACTIVITY.schema.items())
        .collect()
    )


def _by_type(users: Users, kind: np.ndarray, amounts: np.ndarray) -> Columns:
    counts = users.counts(slice(None), kind, len(EVENT_TYPES))
    sums = users.sums(slice(None), amounts, kind, len(EVENT_TYPES))
    yield "event_count", counts.sum(axis=1)
    for name in COUNTED_TYPES:
        yield f"{name}_count", counts[:, _KIND[name]]
    for name in SUMMED_TYPES:
        yield f"{name}_cents", sums[:, _KIND[name]]


def _of_purchases(users: Users, kind: np.ndarray, rows: pl.DataFrame) -> Columns:
    bought = kind == _KIND["purchase"]
    which, amounts = _known(rows["amount_cents"], bought)
    cents = amounts.to_numpy()
    yield "purchase_max_cents", users.largest(which, cents)
    bins = np.searchsorted(PURCHASE_EDGES_CENTS, cents)
    yield from zip(PURCHASE_BINS, users.counts(which, bins, len(PURCHASE_BINS)).T, strict=True)
    which, category = _known(rows["merchant_category"], bought)
    categories = category.unique().sort()
    code = category.cast(pl.Enum(categories)).to_physical().to_numpy()
    yield "merchant_category_count", users.different(which, code)
    is_essential = categories.is_in(ESSENTIAL_CATEGORIES).to_numpy()
    yield "essential_purchase_count", users.count(which[is_essential[code]])


def _of_time(
    users: Users, kind: np.ndarray, moments: pl.Series, month: date, time_zone: str
) -> Columns:
    """Tell days and nights by the lender's clock; an event of another month sets no day."""
    second = local_seconds(moments, time_zone) - (month - date(1970, 1, 1)).days * DAY_SECONDS
    second = second.astype(np.int32)  # of the month; 68 years around it are enough
    day = second // DAY_SECONDS
    logins = np.flatnonzero(kind == _KIND["login"])
    is_night = second[logins] % DAY_SECONDS < NIGHT_ENDS_HOUR * HOUR_SECONDS
    yield "night_login_count", users.count(logins[is_night])
    is_in_month = (day >= 0) & (day < last_day(month).day)
    for name, types in (("active", OWN_TYPES), ("purchase", ("purchase",))):
        which = np.flatnonzero(_is(*types)[kind] & is_in_month)
        yield f"{name}_days_mask", users.marks(which, day[which])
    microseconds = moments.to_physical().to_numpy()
    for name, extreme in (("first", np.minimum), ("last", np.maximum)):
        found = extreme.reduceat(microseconds, users.begins) if len(kind) else microseconds
        yield f"{name}_event_at", pl.Series(found).cast(moments.dtype)


def _of_income(users: Users, kind: np.ndarray, rows: pl.DataFrame) -> Columns:
    sender = rows["counterparty_type"].is_in(INCOME_COUNTERPARTIES).fill_null(False).to_numpy()
    which, amounts = _known(rows["amount_cents"], (kind == _KIND["transfer_in"]) & sender)
    yield "income_inflow_cents", users.sums(which, amounts.to_numpy(), 0, 1)[:, 0]


def _last_reports(users: Users, kind: np.ndarray, rows: pl.DataFrame) -> Columns:
    """Return the last value of each kind that others reported of a user."""
    moments = rows["occurred_at"].to_physical().to_numpy()
    for name, column, reported, prudent in LAST_REPORTS:
        which, value = _known(rows[column], kind == _KIND[reported])
        value = value.to_numpy()
        yield name, users.last(which, value, moments[which], -value if prudent is min else value)


def _devices(users: Users, device_hashes: pl.Series) -> pl.LazyFrame:
    """Return each user's smallest device hashes; from distinct pairs, which are few."""
    device = pl.col("device_hash")
    which = np.flatnonzero(device_hashes.is_not_null().to_numpy())
    user = pl.Series("user", users.of_event[which], pl.UInt32)
    return (
        pl.LazyFrame([user, device_hashes.drop_nulls()])
        .unique()
        .group_by("user")
        .agg(
            device.sort().head(DEVICES_KEPT).alias("device_hashes"),
            (pl.len() > DEVICES_KEPT).alias("device_saturated"),
        )
    )


def _is(*types: str) -> np.ndarray:
    """Return for each event type whether it is one of these."""
    return np.isin(np.arange(len(EVENT_TYPES)), [_KIND[name] for name in types])


def _known(values: pl.Series, is_meant: np.ndarray) -> tuple[np.ndarray, pl.Series]:
    """Return the places of the events meant whose value is known, and the values there."""
    is_meant = is_meant & values.is_not_null().to_numpy()
    return np.flatnonzero(is_meant), values.filter(pl.Series(is_meant))
