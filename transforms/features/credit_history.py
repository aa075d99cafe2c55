"""Features of credit history: how dues were paid and how the line is used."""

from functools import partial

import polars as pl

from transforms.features.feature import Dimension, Effect, Feature, span, span_zh
from transforms.features.monthly import (
    dues_count,
    has_credit,
    is_drawn,
    is_late,
    is_standing_known,
    late_count,
    limit_known_cents,
    on_time_count,
    owed_before_cents,
    unpaid_count,
)
from transforms.features.windows import (
    Monthly,
    any_month,
    at,
    months_since,
    months_with,
    most,
    share,
    share_at_most_one,
    total,
)

_credit = partial(Feature, dimension=Dimension.CREDIT_HISTORY, lowest=0)
_count = partial(_credit, dtype=pl.Int32(), unit="count")
_days = partial(_credit, dtype=pl.Int32(), unit="days", effect=Effect.LOWERS)
_ratio = partial(_credit, dtype=pl.Float64(), unit="ratio")


def _on_time_ratio(months: int) -> pl.Expr:
    return share_at_most_one(total(on_time_count, months), total(dues_count, months))


def _late_count(months: int) -> pl.Expr:
    late = total(late_count, months) + total(unpaid_count, 1)
    return pl.when(any_month(is_standing_known, months)).then(late)


def _mean_utilisation(months: int) -> pl.Expr:
    def of_both(value: Monthly) -> Monthly:
        def both(ago: int) -> pl.Expr:
            balance, limit = at("balance_end_cents", ago), limit_known_cents(ago)
            return pl.when(balance.is_not_null() & (limit > 0)).then(at(value, ago))

        return both

    balances, limits = of_both("balance_end_cents"), of_both(limit_known_cents)
    return share(total(balances, months), total(limits, months))


def _repaid_cents(ago: int) -> pl.Expr:
    """Return what was repaid of what was owed before."""
    owed = owed_before_cents(ago)
    return pl.when(owed > 0).then(pl.min_horizontal(at("repaid_cents", ago).clip(0), owed))


def _owed_cents(ago: int) -> pl.Expr:
    return owed_before_cents(ago).clip(0)


def _interest_share(months: int) -> pl.Expr:
    """Divide interest by repayments; nothing repaid is the worst, so that paying only helps."""
    interest, repaid = total("interest_and_fees_cents", months), total("repaid_cents", months)
    unpaid = pl.when((interest > 0) & (repaid <= 0)).then(1.0)
    return unpaid.otherwise(share_at_most_one(interest, repaid))


def _drawn_months(months: int) -> pl.Expr:
    is_known = any_month(lambda ago: is_drawn(ago).is_not_null(), months)
    return pl.when(is_known).then(months_with(is_drawn, months))


FEATURES: tuple[Feature, ...] = (
    *(
        _ratio(
            name=f"on_time_ratio_{months}m",
            formula=_on_time_ratio(months),
            written=f"dues paid in full by their date / dues, {months} months",
            highest=1,
            effect=Effect.RAISES,
            meaning=f"Share of {span(months)}' dues that were paid by their date.",
            meaning_zh=f"{span_zh(months)}到期应还款项中按时还清的比例。",
            null_means=f"Nothing fell due in {span(months)}.",
            reason_en=f"{{value}} of your payments due in {span(months)} were on time.",
            reason_zh=f"{span_zh(months)}您的到期款项按时还清的比例为{{value}}。",
        )
        for months in (12, 3)
    ),
    *(
        _count(
            name=f"late_count_{months}m",
            formula=_late_count(months),
            written=f"dues paid late in {months} months + dues unpaid at the month's end",
            effect=Effect.LOWERS,
            meaning=f"Dues paid late in {span(months)} or overdue now.",
            meaning_zh=f"{span_zh(months)}逾期还清及目前仍逾期的笔数。",
            null_means="It is not known whether dues were paid in that time.",
            reason_en=f"{{value}} of your payments were late in {span(months)}.",
            reason_zh=f"{span_zh(months)}您有{{value}}笔还款逾期。",
        )
        for months in (3, 12)
    ),
    _days(
        name="dpd_end_days",
        formula=at("dpd_end_days", 0),
        written="dpd_end_days of the month",
        meaning="Days past due at the month's end.",
        meaning_zh="月末逾期天数。",
        null_means="Days past due are not known for this month; never read as 0.",
        reason_en="You were {value} days past due at the end of the month.",
        reason_zh="月末您已逾期{value}天。",
    ),
    *(
        _days(
            name=f"dpd_max_days_{months}m",
            formula=most("dpd_max_days", months),
            written=f"largest dpd_max_days, {months} month{'s' * (months > 1)}",
            meaning=f"Most days past due within {span(months)}.",
            meaning_zh=f"{span_zh(months)}内最长逾期天数。",
            null_means="Days past due are not known for any month of the window.",
            reason_en=f"You were up to {{value}} days past due in {span(months)}.",
            reason_zh=f"{span_zh(months)}内您最长逾期{{value}}天。",
        )
        for months in (1, 3, 6, 12)
    ),
    _count(
        name="months_since_late",
        formula=months_since(is_late, 12),
        written="months back to the last month with a late or unpaid due",
        unit="months",
        highest=11,
        effect=Effect.RAISES,
        meaning="Whole months since a due was last late; 0 is this month.",
        meaning_zh="距最近一次逾期的整月数，0表示本月。",
        null_means="Never late in the last 12 months, or nothing is known of them.",
        reason_en="Your last late payment was {value} months ago.",
        reason_zh="您最近一次逾期发生在{value}个月前。",
    ),
    _credit(
        name="overdue_end_cents",
        formula=at("overdue_end_cents", 0),
        written="overdue_end_cents of the month",
        dtype=pl.Int64(),
        unit="cents",
        effect=Effect.LOWERS,
        meaning="Amount overdue at the month's end.",
        meaning_zh="月末逾期金额。",
        null_means="The amount overdue is not known.",
        reason_en="{value} was overdue at the end of the month.",
        reason_zh="月末您的逾期金额为{value}元。",
    ),
    _ratio(
        name="utilisation",
        formula=share(
            at("balance_end_cents", 0),
            pl.coalesce(limit_known_cents(0), "source_limit_cents"),
        ),
        written="balance_end_cents / limit in force",
        lowest=None,
        effect=Effect.LOWERS,
        meaning="Share of the limit in use at the month's end; negative if overpaid.",
        meaning_zh="月末额度使用率；多还时为负。",
        null_means="Balance or limit is not known, or the limit is 0.",
        reason_en="You were using {value} of your limit at the end of the month.",
        reason_zh="月末您的额度使用率为{value}。",
    ),
    *(
        _ratio(
            name=f"utilisation_mean_{months}m",
            formula=_mean_utilisation(months),
            written=f"sum of balance_end_cents / sum of limits, months with both, {months} months",
            lowest=None,
            effect=Effect.LOWERS,
            meaning=f"Share of the limit in use over the last {months} month ends.",
            meaning_zh=f"{span_zh(months)}末的平均额度使用率。",
            null_means="In no month of the window are both balance and limit known.",
            reason_en=f"You used {{value}} of your limit on average over {span(months)}.",
            reason_zh=f"{span_zh(months)}您的平均额度使用率为{{value}}。",
        )
        for months in (3, 6)
    ),
    _count(
        name="drawn_months_6m",
        formula=_drawn_months(6),
        written="months with a drawdown (or, of a reported status, with new debt), 6 months",
        unit="months",
        highest=6,
        effect=Effect.RAISES,
        meaning="Months of the last 6 in which money was drawn.",
        meaning_zh="最近6个月中有用款的月数。",
        null_means="It is not known whether money was drawn.",
        reason_en="You drew on your line in {value} of the last 6 months.",
        reason_zh="最近6个月中您有{value}个月使用了额度。",
    ),
    _ratio(
        name="repaid_ratio_3m",
        formula=share(total(_repaid_cents, 3), total(_owed_cents, 3)),
        written="sum of repaid_cents, each month at most what was owed before it / sum of what "
        "was owed before, 3 months",
        highest=1,
        effect=Effect.RAISES,
        meaning="Share of the debt at each month's beginning that was repaid in the month.",
        meaning_zh="最近3个月每月归还月初欠款的比例。",
        null_means="Nothing was owed at the beginning of these months, or it is not known.",
        reason_en="You repaid {value} of what you owed, month by month, over 3 months.",
        reason_zh="最近3个月您每月归还月初欠款的比例为{value}。",
    ),
    _ratio(
        name="interest_share_of_repayment_12m",
        formula=_interest_share(12),
        written="interest_and_fees_cents / repaid_cents, at most 1, 12 months; 1 if only charged",
        highest=1,
        effect=Effect.LOWERS,
        meaning="Share of the last 12 months' repayments that only paid interest and fees.",
        meaning_zh="最近12个月还款中用于支付利息和费用的比例。",
        null_means="Neither interest was charged nor anything repaid in the last 12 months.",
        reason_en="{value} of what you repaid in 12 months went to interest and fees.",
        reason_zh="最近12个月您的还款中有{value}用于利息和费用。",
    ),
    _count(
        name="months_with_credit_12m",
        formula=months_with(has_credit, 12),
        written="months with a row of credit_months, 12 months",
        unit="months",
        highest=12,
        effect=Effect.RAISES,
        meaning="Months of the last 12 with any credit record.",
        meaning_zh="最近12个月中有信贷记录的月数。",
        null_means="Never null where the source has credit events.",
        reason_en="Your credit record here covers {value} of the last 12 months.",
        reason_zh="最近12个月中您在本机构有{value}个月的信贷记录。",
    ),
)
