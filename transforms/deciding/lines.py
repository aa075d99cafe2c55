"""Lines: the state of every credit line at the month's end, from which its decision starts."""

from datetime import date

import polars as pl

from transforms.deciding.last_runs import began_on, last_runs
from transforms.deciding.raises import raise_columns, raises
from transforms.months import last_day
from transforms.tables.decided import LINE_STATUSES
from transforms.tables.logs import SEGMENTS
from transforms.tables.table import AS_OF, USER, Column, Table, cents

UNDECIDABLE = ("unknown_account", "unknown_limit", "unknown_balance")
APPLICATION_MONTHS = 12  # an application that was never decided lapses after this


def _of(name: str, dtype: pl.DataType, meaning: str, unit: str = "", **more) -> Column:
    return Column(name=name, dtype=dtype, meaning=meaning, unit=unit, **more)


LINES = Table(
    name="lines",
    meaning="One row is one line, open or applied for, as it stands before the decision.",
    kind="decisions",
    key=("user_id",),
    columns=(
        AS_OF,
        USER,
        _of("borrower_id", pl.String(), "Person or firm that owes; may hold several lines."),
        _of("segment", pl.String(), "Consumer or micro-business.", values=SEGMENTS),
        _of("region", pl.String(), "Region of residence or business."),
        _of("industry", pl.String(), "Industry of employment or business."),
        _of("product", pl.String(), "Product of the line."),
        cents("stated_income_cents", "Monthly income as stated or verified."),
        _of("opened_on", pl.Date(), "Day the line was opened; null if unknown or not yet."),
        _of("applied_on", pl.Date(), "Day the line was asked for; null if unknown."),
        _of("months_on_book", pl.Int32(), "Months since the line was opened.", "count", lowest=0),
        _of(
            "line_status_before",
            pl.String(),
            "State of the line before the decision.",
            required=True,
            values=LINE_STATUSES,
        ),
        cents(
            "limit_in_force_cents", "Lender's limit in force at the month's end; null if unknown."
        ),
        cents("limit_before_cents", "Limit that the decision starts from; null for an applicant."),
        cents("balance_end_cents", "Owed at the month's end; null if unknown.", lowest=None),
        _of("decidable", pl.Boolean(), "Account, limit and balance are known.", required=True),
        _of("undecidable_because", pl.String(), "What is not known.", values=UNDECIDABLE),
        _of("dpd_end_days", pl.Int32(), "Days past due at the month's end.", "days", lowest=0),
        cents("overdue_end_cents", "Overdue at the month's end."),
        _of("charged_off", pl.Boolean(), "Written off this month or before.", required=True),
        _of("closed", pl.Boolean(), "Closed by the lender or us, not reopened.", required=True),
        _of(
            "months_since_raise",
            pl.Int32(),
            "Months since the last raise; 13 is none in 12 months; null is not known.",
            "count",
            lowest=0,
        ),
        _of("raises_12m", pl.Int32(), "Raises in 12 months; null is not known.", "count", lowest=0),
        _of("pd_before_ppm", pl.Int32(), "PD in the last run; null without one.", "ppm", lowest=0),
        _of("apr_before_bps", pl.Int32(), "Annual rate in force before.", "bps", lowest=0),
        _of("apr_lowest_12m_bps", pl.Int32(), "Lowest rate of 12 months.", "bps", lowest=0),
        _of("apr_highest_12m_bps", pl.Int32(), "Highest rate of 12 months.", "bps", lowest=0),
        _of("price_band_before", pl.Int32(), "Band of the last price; null without one.", lowest=1),
        _of("raise_eligible_before", pl.Boolean(), "PD was below the cut in the last run."),
        _of("soft_trigger_before", pl.Boolean(), "A soft trigger to lower held in the last run."),
        _of("frozen_months", pl.Int32(), "Runs in a row that left the line frozen.", "count"),
    ),
)


def lines(
    accounts: pl.LazyFrame,
    credit_months: pl.LazyFrame,
    limits: pl.LazyFrame,
    month: date,
    mode: str,
) -> pl.LazyFrame:
    """Find every line and its state at the end of `month`.

    A line is open if the lender opened it, credit facts or a limit are known, or we granted it;
    else it is applied for. An application lapses after 12 months undecided. Shadow means that
    the lender does not follow us: every month starts from the observed limit, and what we
    published counts only as the last run (PD, price), never as something that took effect.
    Indicative means that the lender has no lines: every account applies for one, every month anew.

    Args:
        accounts: Rows of ACCOUNTS; the latest of a user up to the month's end counts.
        credit_months: Rows of CREDIT_MONTHS of the last 13 months, this one included.
        limits: Published rows of LIMITS of the 12 or 13 months before `month`.
        month: First day of the month observed.
        mode: `live`, `shadow` or `indicative`.

    Returns:
        Rows of LINES, sorted by `user_id`. No row: a line closed with nothing owed, a declined
        applicant without a newer application, an account that never had or asked for a line.
    """
    as_of = last_day(month)
    limits = limits.filter(pl.col("as_of") < as_of)
    known = (
        _latest_account(accounts, as_of)
        .join(last_runs(limits, month), on="user_id", how="full", coalesce=True)
        .join(_credit(credit_months, as_of), on="user_id", how="left")
        .with_columns(as_of=pl.lit(as_of))
        .with_columns(_own_dates(as_of))
        .with_columns(_closed(mode))
        .with_columns(_status(mode))
        .filter(_has_a_line(as_of, mode))
        .join(raises(credit_months, limits, month, mode), on="user_id", how="left")
    )
    return (
        known.with_columns(_limit_in_force(), _balance())
        .with_columns(_limit_before(mode))
        .with_columns(_undecidable_because())
        .with_columns(
            pl.col("undecidable_because").is_null().alias("decidable"),
            *raise_columns(),
            frozen_months=pl.col("frozen_months").fill_null(0) if mode == "live" else pl.lit(0),
        )
        .select(pl.col(column.name).cast(column.dtype) for column in LINES.columns)
        .sort("user_id")
    )


def _latest_account(accounts: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    return (
        accounts.filter(pl.col("as_of") <= as_of)
        .sort("user_id", "as_of")
        .unique("user_id", keep="last", maintain_order=True)
        .select(pl.exclude("as_of", "bureau_checked_on"), account_known=pl.lit(True))
    )


def _credit(credit_months: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """Return how credit stands: amounts of this month, the last limit, whether it is closed."""
    now = pl.col("as_of") == as_of
    return (
        credit_months.filter(pl.col("as_of") <= as_of)
        .sort("user_id", "as_of")
        .group_by("user_id", maintain_order=True)
        .agg(
            pl.col("limit_in_force_cents").drop_nulls().last().alias("reported_limit_cents"),
            *(
                pl.col(name).filter(now).last()
                for name in ("balance_end_cents", "dpd_end_days", "overdue_end_cents")
            ),
            pl.col("charged_off").last(),
            pl.col("closed").last().alias("reported_closed"),
            began_on(pl.col("closed")).alias("closed_on"),
            pl.lit(True).alias("credit_known"),
        )
    )


def _own_dates(as_of: date) -> list[pl.Expr]:
    """Forget dates after the month's end, and count months on book."""
    opened, applied = (
        pl.when(pl.col(name) <= as_of).then(pl.col(name)) for name in ("opened_on", "applied_on")
    )
    months = (as_of.year - opened.dt.year()) * 12 + as_of.month - opened.dt.month()
    return [
        opened.alias("opened_on"),
        applied.alias("applied_on"),
        months.alias("months_on_book"),
        pl.col("charged_off", "reported_closed", "credit_known").fill_null(False),
        pl.col("account_known", "said_last_month").fill_null(False),
    ]


def _closed(mode: str) -> pl.Expr:
    """Return whether the line is closed, by the lender or by us, and was not asked for again."""
    closed_on = pl.col("closed_on")
    closed = pl.col("reported_closed")
    if mode == "live":
        closed_on = pl.max_horizontal("closed_on", "we_closed_on")
        closed |= (pl.col("published_status") == "closed").fill_null(False)
    again = (pl.max_horizontal("opened_on", "applied_on") > closed_on).fill_null(False)
    return (closed & ~again).alias("closed")


def _status(mode: str) -> pl.Expr:
    """Return the state before the decision; null if the account never had or asked for a line."""
    if mode == "indicative":
        return pl.lit("applied").alias("line_status_before")
    opened = (pl.col("opened_on") > pl.col("closed_on")).fill_null(
        pl.col("opened_on").is_not_null() & pl.col("closed_on").is_null()
    )
    has_limit = pl.any_horizontal(
        pl.col("reported_limit_cents", "source_limit_cents").is_not_null()
    )
    on_books = opened | ((pl.col("credit_known") | has_limit) & ~pl.col("reported_closed"))
    ours = pl.col("published_status").fill_null("none")
    follows = pl.lit(mode == "live")
    # A line that was open in the last run gets one row whose action says that it closed.
    was_open = pl.col("said_last_month") & ours.is_in(["open", "frozen"])
    return (
        pl.when(pl.col("closed") & ~(follows & was_open))
        .then(pl.lit("closed"))
        .when(follows & (ours == "frozen"))
        .then(pl.lit("frozen"))
        .when(on_books | (follows & (ours == "open")))
        .then(pl.lit("open"))
        .when(pl.col("applied_on").is_not_null())
        .then(pl.lit("applied"))
        .when("said_last_month")
        .then("published_status")
        .alias("line_status_before")
    )


def _has_a_line(as_of: date, mode: str) -> pl.Expr:
    """Return whether the user gets a row this month."""
    if mode == "indicative":
        return pl.lit(True)
    status = pl.col("line_status_before")
    # Closed before we ever decided, and nothing is reported any more: not one of our rows.
    long_gone = ~pl.col("said_last_month") & (pl.col("closed_on") < as_of).fill_null(True)
    paid_off = (status == "closed") & (pl.col("balance_end_cents") <= 0).fill_null(long_gone)
    applied = status == "applied"
    newer = (pl.col("applied_on") > pl.col("declined_on")).fill_null(
        pl.col("declined_on").is_null()
    )
    age = (as_of.year - pl.col("applied_on").dt.year()) * 12 + (
        as_of.month - pl.col("applied_on").dt.month()
    )
    alive = pl.col("said_last_month") | (age <= APPLICATION_MONTHS).fill_null(False)
    return status.is_not_null() & ~paid_off & (~applied | (newer & alive))


def _limit_in_force() -> pl.Expr:
    """Return the lender's limit; 0 on a line that is closed, or written off and unreported."""
    reported = pl.coalesce("reported_limit_cents", "source_limit_cents")
    gone = pl.col("closed") | (pl.col("charged_off") & reported.is_null())
    return pl.when(gone).then(pl.lit(0, pl.Int64)).otherwise(reported).alias("limit_in_force_cents")


def _limit_before(mode: str) -> pl.Expr:
    names = ["limit_in_force_cents"]
    if mode == "live":
        names.append("published_limit_cents")
    return (
        pl.when(pl.col("line_status_before") != "applied")
        .then(pl.coalesce(names))
        .alias("limit_before_cents")
    )


def _balance() -> pl.Expr:
    """Return the balance; 0 before the lender opened a line, because nothing can be owed."""
    not_opened = (
        pl.col("opened_on").is_null() & pl.col("applied_on").is_not_null() & ~pl.col("credit_known")
    )
    return (
        pl.when(not_opened)
        .then(pl.lit(0, pl.Int64))
        .otherwise("balance_end_cents")
        .alias("balance_end_cents")
    )


def _undecidable_because() -> pl.Expr:
    applied = pl.col("line_status_before") == "applied"
    return (
        pl.when(~pl.col("account_known"))
        .then(pl.lit("unknown_account"))
        .when(~applied & pl.col("limit_before_cents").is_null())
        .then(pl.lit("unknown_limit"))
        .when(~applied & pl.col("balance_end_cents").is_null())
        .then(pl.lit("unknown_balance"))
        .alias("undecidable_because")
    )
