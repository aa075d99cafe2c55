"""Features of account activity: presence, money in and out, devices and events of safety."""

from functools import partial

import polars as pl

from transforms.features.feature import Dimension, Effect, Feature, span, span_zh
from transforms.features.monthly import inflow_cents
from transforms.features.windows import (
    any_month,
    at,
    change_ratio,
    if_known,
    median_of_three,
    months_since,
    months_with,
    share,
    share_at_most_one,
    total,
)

_KNOWN = "Never null where the source has account events; 0 is none."
_NO_INFLOW = "No money came in over the last 3 months."
_activity = partial(Feature, dimension=Dimension.ACCOUNT_ACTIVITY, lowest=0)
_count = partial(_activity, dtype=pl.Int32(), unit="count", null_means=_KNOWN)
_ratio = partial(_activity, dtype=pl.Float64(), unit="ratio")
_neither, _lowers = (partial(_count, effect=effect) for effect in (Effect.NEITHER, Effect.LOWERS))
_months = partial(_count, unit="months", effect=Effect.RAISES)


def _is_present(ago: int) -> pl.Expr:
    return (at("login_count", ago) > 0) | (at("drawdown_count", ago) > 0)


def _active_days(ago: int) -> pl.Expr:
    return at("active_days_mask", ago).bitwise_count_ones()


def _inflow_year_ratio() -> pl.Expr:
    now, year_ago = (inflow_cents(ago).fill_null(0) for ago in (0, 12))
    return if_known(13, share(now, year_ago))


def _new_devices() -> pl.Expr:
    """Count devices first seen this month; unknown if an earlier month may have hidden one."""
    cut_off = any_month("device_saturated", 12)
    return pl.when(pl.col("device_known") & ~cut_off).then("device_first_count")


def _idle_months() -> pl.Expr:
    idle = months_since(_is_present, 12)
    return pl.coalesce(idle, if_known(12, pl.lit(12, pl.Int32)))


FEATURES: tuple[Feature, ...] = (
    *(
        _count(
            name=f"active_days_{months}m",
            formula=total(_active_days, months),
            written=f"days with an event of the user's own, {months} month{'s' * (months > 1)}",
            unit="days",
            highest=31 if months == 1 else 92,
            effect=Effect.RAISES,
            meaning=f"Days of {span(months)} with any activity.",
            meaning_zh=f"{span_zh(months)}的活跃天数。",
            reason_en=f"You were active on {{value}} days of {span(months)}.",
            reason_zh=f"{span_zh(months)}您有{{value}}天活跃。",
        )
        for months in (1, 3)
    ),
    _months(
        name="active_months_12m",
        formula=months_with(lambda ago: at("active_days_mask", ago) > 0, 12),
        written="months with an event of the user's own, 12 months",
        highest=12,
        meaning="Months of the last 12 with any activity.",
        meaning_zh="最近12个月的活跃月数。",
        reason_en="You were active in {value} of the last 12 months.",
        reason_zh="最近12个月中您有{value}个月活跃。",
    ),
    _count(
        name="login_count_3m",
        formula=total("login_count", 3),
        written="sum of login_count, 3 months",
        effect=Effect.NEITHER,
        meaning="Logins of the last 3 months.",
        meaning_zh="最近3个月的登录次数。",
        reason_en="You logged in {value} times in the last 3 months.",
        reason_zh="最近3个月您登录{value}次。",
    ),
    _ratio(
        name="night_login_ratio_3m",
        formula=share_at_most_one(total("night_login_count", 3), total("login_count", 3)),
        written="night_login_count / login_count, 3 months",
        highest=1,
        effect=Effect.LOWERS,
        meaning="Share of logins between midnight and 5 o'clock.",
        meaning_zh="最近3个月凌晨登录的占比。",
        null_means="There was no login in the last 3 months.",
        reason_en="{value} of your logins of the last 3 months were at night.",
        reason_zh="最近3个月您的登录中有{value}在凌晨。",
    ),
    _count(
        name="bill_payment_count_3m",
        formula=total("bill_payment_count", 3),
        written="sum of bill_payment_count, 3 months",
        effect=Effect.RAISES,
        meaning="Bills paid in the last 3 months.",
        meaning_zh="最近3个月的缴费笔数。",
        reason_en="You paid {value} bills in the last 3 months.",
        reason_zh="最近3个月您缴费{value}笔。",
    ),
    _months(
        name="bill_payment_months_6m",
        formula=months_with(lambda ago: at("bill_payment_count", ago) > 0, 6),
        written="months with a bill payment, 6 months",
        highest=6,
        meaning="Months of the last 6 with a bill paid.",
        meaning_zh="最近6个月中有缴费的月数。",
        reason_en="You paid bills through this account in {value} of the last 6 months.",
        reason_zh="最近6个月中您有{value}个月通过本账户缴费。",
    ),
    *(
        _ratio(
            name=f"{kind}_ratio_3m",
            formula=share(total(f"{kind}_cents", 3), total(inflow_cents, 3)),
            written=f"{kind}_cents / (transfer_in_cents + cash_in_cents), 3 months",
            effect=Effect.LOWERS,
            meaning=f"Money {english} per money that came in, 3 months.",
            meaning_zh=f"最近3个月{chinese}金额与流入金额之比。",
            null_means=_NO_INFLOW,
            reason_en=f"You {past} {{value}} of what came in over the last 3 months.",
            reason_zh=f"最近3个月您的{chinese}金额为流入金额的{{value}}。",
        )
        for kind, english, past, chinese in (
            ("transfer_out", "sent away", "sent away", "转出"),
            ("cash_out", "withdrawn in cash", "withdrew in cash", "取现"),
        )
    ),
    _activity(
        name="inflow_cents_3m",
        formula=median_of_three(inflow_cents),
        written="median of transfer_in_cents + cash_in_cents over 3 months",
        dtype=pl.Int64(),
        unit="cents",
        effect=Effect.RAISES,
        meaning="Money that comes in during a usual month, of the last 3.",
        meaning_zh="最近3个月的月流入金额中位数。",
        null_means="Fewer than 3 months are known.",
        reason_en="In a usual month {value} came in.",
        reason_zh="您通常每月流入{value}元。",
    ),
    _months(
        name="income_inflow_months_6m",
        formula=months_with(lambda ago: at("income_inflow_cents", ago) > 0, 6),
        written="months with income_inflow_cents, 6 months",
        highest=6,
        meaning="Months of the last 6 with income from an employer or customers.",
        meaning_zh="最近6个月中有收入流入的月数。",
        reason_en="Income came in during {value} of the last 6 months.",
        reason_zh="最近6个月中您有{value}个月有收入流入。",
    ),
    _ratio(
        name="income_inflow_change_ratio_3m",
        formula=change_ratio("income_inflow_cents"),
        written="4 * income_inflow_cents of 3 months / income_inflow_cents of 12 months",
        highest=4,
        effect=Effect.RAISES,
        meaning="Monthly income of the last 3 months against that of the last 12; 1 is equal.",
        meaning_zh="最近3个月与最近12个月的月均收入流入之比。",
        null_means="Fewer than 12 months are known, or no income came in the 9 before.",
        reason_en="Your income of the last 3 months was {value} of your yearly level.",
        reason_zh="最近3个月您的月均收入为全年水平的{value}。",
    ),
    _ratio(
        name="inflow_year_ratio_1m",
        formula=_inflow_year_ratio(),
        written="inflow of the month / inflow of the same month last year",
        effect=Effect.RAISES,
        meaning="Money that came in this month against the same month last year.",
        meaning_zh="本月流入金额与去年同月之比。",
        null_means="The same month last year is not known or had no inflow.",
        reason_en="This month {value} of last year's inflow came in.",
        reason_zh="本月流入金额为去年同月的{value}。",
    ),
    _neither(
        name="device_count_3m",
        formula=pl.col("device_count_3m"),
        written="different devices, at most 16 a month, 3 months",
        meaning="Devices used in the last 3 months; at most 16 a month are counted.",
        meaning_zh="最近3个月使用的设备数。",
        reason_en="You used {value} devices in the last 3 months.",
        reason_zh="最近3个月您使用了{value}台设备。",
    ),
    _lowers(
        name="new_device_count_1m",
        formula=_new_devices(),
        written="devices of the month not seen in the 11 months before",
        meaning="Devices of this month that were not seen in the 11 months before.",
        meaning_zh="本月新出现的设备数。",
        null_means="No device was seen before, or a month had more than 16.",
        reason_en="You used {value} new devices this month.",
        reason_zh="本月您使用了{value}台新设备。",
    ),
    _lowers(
        name="shared_device_user_count_3m",
        formula=pl.col("device_user_count"),
        written="most users on one of the user's devices, in one of the 3 months before",
        meaning="Most users seen with one of the user's devices of 3 months; 0 is not shared.",
        meaning_zh="与他人共用设备时该设备的用户数，0表示未共用。",
        null_means="No device of the user was seen in the last 3 months.",
        reason_en="One of your devices was used by {value} people.",
        reason_zh="您的一台设备曾被{value}人使用。",
    ),
    *(
        _count(
            name=f"{kind}_count_{months}m",
            formula=total(f"{kind}_count", months),
            written=f"sum of {kind}_count, {months} month{'s' * (months > 1)}",
            effect=effect,
            meaning=f"{english[0].upper()}{english[1:]} of {span(months)}.",
            meaning_zh=f"{span_zh(months)}的{chinese}次数。",
            reason_en=f"There were {{value}} {english} in {span(months)}.",
            reason_zh=f"{span_zh(months)}您有{{value}}次{chinese}。",
        )
        for kind, months, effect, english, chinese in (
            ("profile_change", 1, Effect.NEITHER, "changes of your profile", "资料变更"),
            ("credential_leak", 3, Effect.LOWERS, "leaks of your login data", "登录信息泄露"),
            ("complaint", 3, Effect.NEITHER, "complaints", "投诉"),
            ("limit_request", 3, Effect.NEITHER, "requests for another limit", "调额申请"),
        )
    ),
    _neither(
        name="idle_months",
        formula=_idle_months(),
        written="months back to the last login or drawdown; 12 is longer",
        unit="months",
        highest=12,
        meaning="Months since the last login or drawdown; 0 is this month, 12 is longer.",
        meaning_zh="距最近一次登录或用款的月数，12表示更久。",
        null_means="None in the months known, which are fewer than 12.",
        reason_en="Your last login or drawdown was {value} months ago.",
        reason_zh="您最近一次登录或用款在{value}个月前。",
    ),
)
