"""Early warning: whom to look at first each month, and how well that found those who failed."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from transforms.months import last_day, months_after
from transforms.policies.economics import BPS
from transforms.tables.decided import ALERTS

LABEL_ID = "60_days_past_due_3m"
HORIZON_MONTHS = 3
CAPACITY_BPS = 200  # people can look at one line in fifty each month
PAST_DUE = "past_due"
_WATCHED_BELOW_DPD_DAYS = 30
_MOST_REASONS = 4
_BAD_FROM_DPD_DAYS = 60

# What a month is read from: one row per user.
STATE = {
    "user_id": pl.String(),
    "dpd_end_days": pl.Int32(),
    "dpd_max_days": pl.Int32(),
    "pd_ppm": pl.Int32(),
    "limit_changed": pl.Boolean(),
    "is_open": pl.Boolean(),  # neither closed nor written off
}


def watched(state: pl.DataFrame) -> pl.DataFrame:
    """Rank the open lines that are less than 30 days past due, those to look at first first.

    Who is behind already comes before who is not, and then the higher PD: on four lakes that finds
    more than either alone (docs/decisions/0023).

    Args:
        state: Rows of STATE of one month.

    Returns:
        `user_id`, `dpd_end_days`, `pd_ppm`, `limit_changed`, `place` from 1, `is_alert`: among the
        first 2 % (at least one); in order of `place`. A line without a PD comes last among its
        like; ties by more days past due, then name.
    """
    rows = state.filter("is_open", pl.col("dpd_end_days") < _WATCHED_BELOW_DPD_DAYS).sort(
        pl.col("dpd_end_days") > 0,
        pl.col("pd_ppm").fill_null(-1),
        "dpd_end_days",
        "user_id",
        descending=[True, True, True, False],
    )
    most = max(1, rows.height * CAPACITY_BPS // BPS)
    place = pl.int_range(1, pl.len() + 1, dtype=pl.Int32)
    return rows.select(
        *("user_id", "dpd_end_days", "pd_ppm", "limit_changed"),
        place=place,
        is_alert=place <= most,
    )


def alerts(credit_months: pl.LazyFrame, scores: pl.LazyFrame, month: date) -> pl.LazyFrame:
    """Return whom to look at first at the end of a month.

    Args:
        credit_months: Rows of CREDIT_MONTHS of the month.
        scores: Rows of SCORES of the month.
        month: First day of the month.

    Returns:
        Rows of ALERTS, sorted by `user_id`.
    """
    first = watched(state_of(credit_months, scores, None).collect()).filter("is_alert")
    lost = pl.col("contributions").list.eval(
        pl.element()
        .struct.field("feature")
        .filter(pl.element().struct.field("points_lost") > 0)
        .head(_MOST_REASONS - 1)
    )
    behind = pl.when(pl.col("dpd_end_days") > 0).then(pl.lit([PAST_DUE], pl.List(pl.String)))
    nothing = pl.lit([], pl.List(pl.String))
    return (
        first.lazy()
        .join(scores.select("user_id", lost.alias("lost")), on="user_id", how="left")
        .with_columns(
            as_of=pl.lit(last_day(month)),
            reasons=behind.otherwise(nothing).list.concat(pl.col("lost").fill_null(nothing)),
        )
        .select(pl.col(column.name).cast(column.dtype) for column in ALERTS.columns)
        .sort("user_id")
    )


def state_of(
    credit_months: pl.LazyFrame, scores: pl.LazyFrame, limits: pl.LazyFrame | None
) -> pl.LazyFrame:
    """Return rows of STATE of a month, sorted by `user_id`.

    Args:
        credit_months, scores: Rows of these tables of the month.
        limits: Rows of LIMITS of the month; None if no limit is known to have changed.
    """
    rows = credit_months.select(
        *("user_id", "dpd_end_days", "dpd_max_days"),
        is_open=~pl.col("closed") & ~pl.col("charged_off"),
    ).join(scores.select("user_id", "pd_ppm"), on="user_id", how="left")
    changed = pl.col("limit_cents") != pl.col("limit_before_cents")
    if limits is None:
        rows = rows.with_columns(limit_changed=pl.lit(False))
    else:
        moved = limits.select("user_id", changed.alias("limit_changed"))
        rows = rows.join(moved, on="user_id", how="left")
    return (
        rows.with_columns(pl.col("limit_changed").fill_null(False))
        .select(pl.col(name).cast(dtype) for name, dtype in STATE.items())
        .sort("user_id")
    )


def outcomes(after: list[pl.DataFrame]) -> pl.DataFrame:
    """Return who became bad in the months after one month.

    Args:
        after: Rows of STATE of the `HORIZON_MONTHS` months that follow, in order.

    Returns:
        `user_id`, `is_bad`: 60 days past due or more in any of them; null if that is not seen and
        a month is not known: an incomplete window is never good.
    """
    bad = pl.col("dpd_max_days") >= _BAD_FROM_DPD_DAYS
    known = pl.col("dpd_max_days").is_not_null()
    rows = pl.concat(month.select("user_id", "dpd_max_days") for month in after)
    return rows.group_by("user_id").agg(
        is_bad=pl.when(bad.any()).then(True).when(known.sum() == HORIZON_MONTHS).then(False)
    )


def figures(states: Mapping[date, pl.DataFrame]) -> dict[str, Any] | None:
    """Measure the alerts of all months whose window is complete; None if there is no such month.

    Args:
        states: Rows of STATE by first day of the month, months without gaps.

    Returns:
        `label_id`, `horizon_months`, `capacity_bps`, `months`, `lines` (with a known outcome),
        `bad`, `alerts`, `precision`, `recall`, `precision_by_dpd`: of as many lines picked by days
        past due alone, chance among equals; `lift`: of the two; `precision_limit_unchanged`: of
        alerts in months that left the limit as it was; `hits`: lines that reached 60 days past
        due, `never_alerted` of them, and `lead_months`: hits by whole months from the first
        alert of the unbroken run of alerts before it. A share without any line is None.
    """
    months = sorted(states)
    ranked = {month: watched(states[month]) for month in months}
    parts = [
        _judged(ranked[month], states, month)
        for month in months
        if months_after(month, HORIZON_MONTHS) in states
    ]
    if not parts:
        return None
    judged = pl.concat(parts)
    alerts = judged.filter("is_alert")
    bad = int(judged["is_bad"].sum())
    found = int(alerts["is_bad"].sum())
    precision = _share(found, alerts.height)
    precision_by_dpd = _share(sum(map(_found_by_dpd, parts)), alerts.height)
    unchanged = alerts.filter(~pl.col("limit_changed"))
    return {
        "label_id": LABEL_ID,
        "horizon_months": HORIZON_MONTHS,
        "capacity_bps": CAPACITY_BPS,
        "months": len(parts),
        "lines": judged.height,
        "bad": bad,
        "alerts": alerts.height,
        "precision": precision,
        "recall": _share(found, bad),
        "precision_by_dpd": precision_by_dpd,
        "lift": _share(precision, precision_by_dpd),
        "precision_limit_unchanged": _share(int(unchanged["is_bad"].sum()), unchanged.height),
        **_leads(states, ranked),
    }


def _judged(ranked: pl.DataFrame, states: Mapping[date, pl.DataFrame], month: date) -> pl.DataFrame:
    after = [states[months_after(month, ahead)] for ahead in range(1, HORIZON_MONTHS + 1)]
    return ranked.join(outcomes(after), on="user_id", how="left").drop_nulls("is_bad")


def _found_by_dpd(rows: pl.DataFrame) -> float:
    """Return how many bad lines as many picks by days past due alone would have found."""
    left, found = int(rows["is_alert"].sum()), 0.0
    equals = rows.group_by("dpd_end_days").agg(pl.len(), pl.col("is_bad").mean())
    for _, count, bad_rate in equals.sort("dpd_end_days", descending=True).iter_rows():
        taken = min(left, count)
        found, left = found + taken * bad_rate, left - taken
    return found


def _leads(
    states: Mapping[date, pl.DataFrame], ranked: Mapping[date, pl.DataFrame]
) -> dict[str, Any]:
    """Return hits whose whole window before was watched, and how long before they were alerted."""
    run_begun: dict[str, int] = {}  # of users alerted in the month before
    last_alert: dict[str, tuple[int, int]] = {}  # month, and when that run began
    late: set[str] = set()
    hits, leads = 0, {}
    for number, (month, rows) in enumerate(ranked.items()):
        fallen = pl.col("dpd_max_days") >= _BAD_FROM_DPD_DAYS
        bad = set(states[month].filter(fallen)["user_id"])
        for user in bad - late if number >= HORIZON_MONTHS else ():
            hits += 1
            alerted, begun = last_alert.get(user, (-HORIZON_MONTHS, 0))
            if number - alerted <= HORIZON_MONTHS:
                leads[number - begun] = leads.get(number - begun, 0) + 1
        late = bad
        alerts = rows.filter("is_alert")["user_id"]
        run_begun = {user: run_begun.get(user, number) for user in alerts}
        last_alert |= {user: (number, begun) for user, begun in run_begun.items()}
    never = hits - sum(leads.values())
    return {"hits": hits, "never_alerted": never, "lead_months": dict(sorted(leads.items()))}


def _share(part: float | None, whole: float | None) -> float | None:
    return part / whole if whole and part is not None else None
