"""Decisions: bounds, choice, action and reasons of every line, one row each."""

from datetime import date, timedelta

import polars as pl

from transforms.deciding.choices import choices
from transforms.deciding.decision_inputs import Across, across, decision_inputs, of_segment
from transforms.deciding.decision_reasons import instruction_id, reasons, reasons_kind, settled
from transforms.deciding.price import price
from transforms.deciding.terms import Terms
from transforms.months import decision_date, last_day, months_after
from transforms.name_lists import names_where
from transforms.policies.guards import FIRST_LIMIT_ONLY, Guard
from transforms.policies.policy import Policy
from transforms.tables.decided import DECISIONS

ROWS_AT_ONCE = 25_000  # bounds the memory of a large portfolio


def decisions(
    features: pl.LazyFrame,
    scores: pl.LazyFrame,
    lines: pl.LazyFrame,
    standing: pl.LazyFrame,
    terms: Terms,
    month: date,
    shared: Across | None = None,
) -> pl.LazyFrame:
    """Decide the limit of every line at the end of `month`.

    Price first, at the present limit; then every guard becomes a bound, and the most profitable
    candidate between the bounds is chosen. Everything is computed here, at once: the frame that
    comes back only holds the result.

    Args:
        features: Rows of FEATURES of the month.
        scores: Rows of SCORES of the month, under one scorecard.
        lines: Rows of LINES of the month.
        standing: Rows of STANDING.
        terms: Policy, pack and rate card in force on the decision date.
        month: First day of the month observed.
        shared: What these lines share with the others of the portfolio, such as the legal cap of a
            borrower with several lines; None if they are the whole portfolio.

    Returns:
        Rows of DECISIONS, one per row of `lines`, sorted by `user_id`. Where limit or balance is
        unknown, `decidable` is False and `action`, `limit_cents` and what follows are null.
    """
    if shared is None:
        version = scores.select(pl.col("scorecard_version").max()).collect().item()
        shared = across(features, lines, version)
    inputs = decision_inputs(features, scores, lines, standing, terms, shared)
    rows = with_guards(price(inputs, terms), terms.policy).collect().sort("user_id")
    parts = [_decisions(part, terms, month) for part in rows.iter_slices(ROWS_AT_ONCE)]
    return pl.concat([*parts, DECISIONS.empty().collect()]).lazy()


def _decisions(rows: pl.DataFrame, terms: Terms, month: date) -> pl.DataFrame:
    """Decide some lines; none of them depends on another any more."""
    policy = terms.policy
    decidable = rows.filter("decidable")
    decided = [decidable.hstack(choices(decidable, policy)), rows.filter(~pl.col("decidable"))]
    settled_rows = (
        pl.concat(decided, how="diagonal")
        .lazy()
        .with_columns(_status(policy))
        .with_columns(_action())
        .with_columns(settled(policy))
        .with_columns(*_days(policy, month), *_written(terms, month))
        .with_columns(reasons_kind(policy), instruction_id(policy))
        .collect()
    )
    lists = (*_guards_listed(settled_rows, policy), *reasons(settled_rows, policy))
    return (
        settled_rows.with_columns(*lists)
        .select(pl.col(column.name).cast(column.dtype) for column in DECISIONS.columns)
        .sort("user_id")
    )


def with_guards(rows: pl.LazyFrame, policy: Policy) -> pl.LazyFrame:
    """Evaluate the policy's states and guards for every row.

    Returns:
        The rows with `soft_trigger`, `raise_eligible` and, for each guard, `fired <name>` Boolean
        (null if an input does not exist) and, where it has an amount, `amount <name>` Int64.
    """
    states = [state.alias(name) for name, state in policy.states.items()]
    guards = [guard.condition().alias(f"fired {guard.name}") for guard in policy.guards]
    amounts = [
        guard.amount.alias(f"amount {guard.name}")
        for guard in policy.guards
        if guard.amount is not None
    ]
    return rows.with_columns(states).with_columns(*guards, *amounts)


def _any_fired(guards: list[Guard]) -> pl.Expr:
    if not guards:
        return pl.lit(False)
    return pl.any_horizontal(pl.col(f"fired {guard.name}").fill_null(False) for guard in guards)


def _status(policy: Policy) -> pl.Expr:
    """Return the state of the line after the decision; undecidable lines keep theirs."""
    before = pl.col("line_status_before")
    closes = _any_fired([guard for guard in policy.guards if guard.effect == "close"])
    freezes = _any_fired([guard for guard in policy.guards if guard.effect == "freeze"])
    granted = pl.col("limit_cents") > 0
    return (
        pl.when(~pl.col("decidable"))
        .then(before)
        .when(closes | (before == "closed"))
        .then(pl.lit("closed"))
        .when(before == "applied")
        .then(pl.when(granted).then(pl.lit("open")).otherwise(pl.lit("closed")))
        .when(freezes)
        .then(pl.lit("frozen"))
        .otherwise(pl.lit("open"))
        .alias("line_status")
    )


def _action() -> pl.Expr:
    """Return what was decided; a changed limit says more than a changed state."""
    before, after = pl.col("line_status_before"), pl.col("line_status")
    limit, limit_before = pl.col("limit_cents"), pl.col("limit_before_cents")
    return (
        pl.when(~pl.col("decidable"))
        .then(None)
        .when(before == "applied")
        .then(pl.when(after == "open").then(pl.lit("grant")).otherwise(pl.lit("decline")))
        .when(after == "closed")
        .then(pl.when(before == "closed").then(pl.lit("hold")).otherwise(pl.lit("close")))
        .when(limit > limit_before)
        .then(pl.lit("raise"))
        .when(limit < limit_before)
        .then(pl.lit("lower"))
        .when(after == "frozen")
        .then(pl.lit("freeze"))
        .when(before == "frozen")
        .then(pl.lit("unfreeze"))
        .otherwise(pl.lit("hold"))
        .alias("action")
    )


def _days(policy: Policy, month: date) -> list[pl.Expr]:
    """Return when the decision takes effect and when the line is looked at again."""
    decided_on = decision_date(month)
    line = policy.line
    notice = {"raise": line.raise_notice_days, "lower": line.lower_notice_days}
    days = pl.col("action").replace_strict(notice, default=0, return_dtype=pl.Int32)
    every = of_segment(policy, lambda rules: rules.review_months)
    months = every - pl.col("months_on_book").fill_null(0) % every
    review = months.replace_strict(
        {count: months_after(decided_on, count) for count in range(1, 13)}, return_dtype=pl.Date
    )
    thawed_on = min(decided_on + timedelta(days=line.freeze_days), months_after(decided_on, 1))
    return [
        (pl.lit(decided_on) + pl.duration(days=days)).cast(pl.Date).alias("effective_on"),
        pl.when(~pl.col("decidable"))
        .then(pl.lit(months_after(decided_on, 1)))
        .when(pl.col("line_status") == "frozen")
        .then(pl.lit(thawed_on))
        .otherwise(review)
        .alias("next_review_on"),
    ]


def _written(terms: Terms, month: date) -> list[pl.Expr]:
    """Return what a row of DECISIONS says besides its limit, its dates and its reasons."""
    policy = terms.policy
    known = pl.col("decidable")
    open_ = pl.col("line_status") == "open"
    available = (pl.col("limit_cents") - pl.col("balance_end_cents").fill_null(0)).clip(0)
    lost_above = pl.col("raise_eligible_before").fill_null(True)
    cut = pl.when(lost_above).then("pd_lost_above_ppm").otherwise("pd_raise_below_ppm")
    return [
        pl.lit(last_day(month)).alias("as_of"),
        pl.when(known).then(pl.when(open_).then(available).otherwise(0)).alias("available_cents"),
        pl.when(known).then("apr_bps").alias("apr_bps"),
        _bureau_used(policy).alias("bureau_used"),
        (cut // 100).alias("risk_cut_bps"),
        pl.lit(policy.version).alias("policy_version"),
    ]


def _guards_listed(rows: pl.DataFrame, policy: Policy) -> tuple[pl.Series, pl.Series]:
    """Return `guards_fired` and `guards_not_evaluated`, by class and place in the file."""
    names = [guard.name for guard in policy.guards]
    fired = [pl.col(f"fired {name}") for name in names]
    unknown = [flag.is_null() for flag in fired]
    return (
        names_where(rows, fired, names).alias("guards_fired"),
        names_where(rows, unknown, names).alias("guards_not_evaluated"),
    )


def _bureau_used(policy: Policy) -> pl.Expr:
    readers = [guard for guard in policy.guards if FIRST_LIMIT_ONLY in guard.reads]
    if not readers:
        return pl.lit(False)
    read = pl.any_horizontal(pl.col(f"fired {guard.name}").is_not_null() for guard in readers)
    return (pl.col("line_status_before") == "applied") & read
