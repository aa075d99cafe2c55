"""Features of credit history, continued: how long dues are late, and how much is repaid."""

from functools import partial

import polars as pl

from transforms.features.feature import Dimension, Effect, Feature, span, span_zh
from transforms.features.monthly import is_late
from transforms.features.windows import Monthly, at, months_with, share, total, within

_credit = partial(Feature, dimension=Dimension.CREDIT_HISTORY, lowest=0)
_months = partial(_credit, dtype=pl.Int32(), unit="months", effect=Effect.LOWERS)
_cents = partial(_credit, dtype=pl.Int64(), unit="cents", effect=Effect.RAISES, lowest=None)


def _repaid_cents(ago: int) -> pl.Expr:
    """Return what was repaid; a month without a row is one in which nothing was."""
    return at("repaid_cents", ago).fill_null(0)


def _if_ever(months: int, formula: pl.Expr) -> pl.Expr:
    """Keep an amount only where some month of the window has a record of credit."""
    known = pl.any_horizontal(v.is_not_null() for v in within("repaid_cents", months))
    return pl.when(known).then(formula)


def _known_days(ago: int) -> pl.Expr:
    return at("dpd_max_days", ago).is_not_null()


def _at_least(days: int) -> Monthly:
    return lambda ago: at("dpd_max_days", ago) >= days


def _months_if_known(condition: Monthly, months: int) -> pl.Expr:
    known = pl.any_horizontal(_known_days(ago) for ago in range(months))
    return pl.when(known).then(months_with(condition, months))


def _is_paid_off(ago: int) -> pl.Expr:
    return at("balance_end_cents", ago) <= 0


def _if_balance_known(months: int, formula: pl.Expr) -> pl.Expr:
    known = pl.any_horizontal(v.is_not_null() for v in within("balance_end_cents", months))
    return pl.when(known).then(formula)


def _owed_days_per_drawdown(months: int) -> pl.Expr:
    """Divide days in debt by drawdowns; debt drawn before the window is that of one."""
    known = pl.any_horizontal(days.is_not_null() for days in within("owed_days", months))
    drawn = pl.max_horizontal(total("drawdown_count", months), 1)
    return pl.when(known).then(total("owed_days", months) / drawn)


FEATURES: tuple[Feature, ...] = (
    *(
        _credit(
            name=f"dpd_mean_days_{months}m",
            formula=share(total("dpd_max_days", months), months_with(_known_days, months)),
            written=f"sum of dpd_max_days / months in which they are known, {months} months",
            dtype=pl.Float64(),
            unit="days",
            effect=Effect.LOWERS,
            meaning=f"Most days past due of a month, on average over {span(months)}.",
            meaning_zh=f"{span_zh(months)}每月最长逾期天数的平均值。",
            null_means="Days past due are not known for any month of the window.",
            reason_en=f"Over {span(months)} you were {{value}} days past due at worst in an "
            "average month.",
            reason_zh=f"{span_zh(months)}您平均每月最长逾期{{value}}天。",
        )
        for months in (6, 12)
    ),
    *(
        _months(
            name=f"late_months_{months}m",
            formula=_months_if_known(is_late, months),
            written=f"months with a late or unpaid due, {months} months",
            highest=months,
            meaning=f"Months of {span(months)} in which a due was late.",
            meaning_zh=f"{span_zh(months)}中有逾期的月数。",
            null_means="Days past due are not known for any month of the window.",
            reason_en=f"A payment was late in {{value}} of {span(months)}.",
            reason_zh=f"{span_zh(months)}中您有{{value}}个月出现逾期。",
        )
        for months in (6, 12)
    ),
    _months(
        name="dpd_60_months_6m",
        formula=_months_if_known(_at_least(60), 6),
        written="months with dpd_max_days >= 60, 6 months",
        highest=6,
        meaning="Months of the last 6 months in which a due was 60 days late or more.",
        meaning_zh="最近6个月中逾期60天及以上的月数。",
        null_means="Days past due are not known for any month of the window.",
        reason_en="You were 60 days past due or more in {value} of the last 6 months.",
        reason_zh="最近6个月中您有{value}个月逾期60天及以上。",
    ),
    *(
        _credit(
            name=f"settled_mean_days_{months}m",
            formula=share(total("settled_after_due_days", months), total("settled_count", months)),
            written=f"sum of settled_after_due_days / sum of settled_count, {months} months",
            dtype=pl.Float64(),
            unit="days",
            lowest=None,
            effect=Effect.LOWERS,
            meaning=f"Days after its due date at which a due was paid off in {span(months)}, on "
            "average; early is negative.",
            meaning_zh=f"{span_zh(months)}还清款项平均晚于到期日的天数，提前为负。",
            null_means="No due was paid off in the window.",
            reason_en=f"In {span(months)} you paid off what was due {{value}} days after its due "
            "date on average (early is below 0).",
            reason_zh=f"{span_zh(months)}您平均在到期日后{{value}}天还清款项（负数为提前）。",
        )
        for months in (3, 12)
    ),
    *(
        _credit(
            name=f"repayment_count_{months}m",
            formula=total("repayment_count", months),
            written=f"sum of repayment_count, {months} months",
            dtype=pl.Int32(),
            unit="count",
            effect=Effect.RAISES,
            meaning=f"Repayments made in {span(months)}, of whatever amount.",
            meaning_zh=f"{span_zh(months)}的还款次数，不论金额。",
            null_means="Never null where the source has credit events; 0 is none.",
            reason_en=f"You made {{value}} repayments in {span(months)}.",
            reason_zh=f"{span_zh(months)}您还款{{value}}次。",
        )
        for months in (3, 12)
    ),
    _credit(
        name="owed_days_per_drawdown_6m",
        formula=_owed_days_per_drawdown(6),
        written="sum of owed_days / sum of drawdown_count, at least 1, 6 months",
        dtype=pl.Float64(),
        unit="days",
        highest=6 * 31,
        effect=Effect.LOWERS,
        meaning="Days of the last 6 months at whose end something was owed, per drawdown: how long "
        "what is drawn stays owed.",
        meaning_zh="最近6个月平均每次用款的欠款天数。",
        null_means="It is not known from day to day what was owed.",
        reason_en="In the last 6 months you owed something for {value} days per drawdown.",
        reason_zh="最近6个月您平均每次用款欠款{value}天。",
    ),
    _credit(
        name="paid_off_months_12m",
        formula=_if_balance_known(12, months_with(_is_paid_off, 12)),
        written="months at whose end balance_end_cents <= 0, 12 months",
        dtype=pl.Int32(),
        unit="months",
        highest=12,
        effect=Effect.RAISES,
        meaning="Months of the last 12 at whose end nothing was owed.",
        meaning_zh="最近12个月中月末无欠款的月数。",
        null_means="No balance is known for any month of the window.",
        reason_en="Nothing was owed at the end of {value} of the last 12 months.",
        reason_zh="最近12个月中您有{value}个月的月末无欠款。",
    ),
    *(
        _cents(
            name=f"repaid_cents_{months}m",
            formula=_if_ever(months, total("repaid_cents", months)),
            written=f"sum of repaid_cents, {months} month{'s' * (months > 1)}",
            meaning=f"Amount repaid in {span(months)}, less what was taken back.",
            meaning_zh=f"{span_zh(months)}的还款总额，已扣除撤销的还款。",
            null_means="There is no record of credit in the window.",
            reason_en=f"You repaid {{value}} in {span(months)}.",
            reason_zh=f"{span_zh(months)}您共还款{{value}}元。",
        )
        for months in (1, 3, 6)
    ),
    *(
        _cents(
            name=f"repaid_least_cents_{months}m",
            formula=_if_ever(months, pl.min_horizontal(within(_repaid_cents, months))),
            written=f"smallest repaid_cents of a month, 0 without a row, {months} months",
            meaning=f"Amount repaid in the month of {span(months)} with the smallest.",
            meaning_zh=f"{span_zh(months)}中还款最少月份的还款额。",
            null_means="There is no record of credit in the window.",
            reason_en=f"In one of {span(months)} you repaid no more than {{value}}.",
            reason_zh=f"{span_zh(months)}中还款最少的月份您还款{{value}}元。",
        )
        for months in (3, 6)
    ),
    _cents(
        name="repaid_most_cents_6m",
        formula=_if_ever(6, pl.max_horizontal(within(_repaid_cents, 6))),
        written="largest repaid_cents of a month, 6 months",
        meaning="Amount repaid in the month of the last 6 months with the largest.",
        meaning_zh="最近6个月中还款最多月份的还款额。",
        null_means="There is no record of credit in the window.",
        reason_en="The most that you repaid in one of the last 6 months was {value}.",
        reason_zh="最近6个月中还款最多的月份您还款{value}元。",
    ),
)
