"""Features of spending: how often, how much and on what."""

from functools import partial

import polars as pl

from transforms.features.feature import Dimension, Effect, Feature, span, span_zh
from transforms.features.windows import (
    at,
    change_ratio,
    purchase_edge,
    share_at_most_one,
    total,
)
from transforms.tables.facts import PURCHASE_BINS, PURCHASE_EDGES_CENTS

_spending = partial(Feature, dimension=Dimension.SPENDING, lowest=0)
_KNOWN = "Never null where the source has spending events; 0 is no purchase."
_NO_PURCHASE = "There was no purchase in the last 6 months."
_count = partial(_spending, dtype=pl.Int32(), unit="count", null_means=_KNOWN)
_cents = partial(_spending, dtype=pl.Int64(), unit="cents")
_ratio = partial(_spending, dtype=pl.Float64(), unit="ratio")


def _purchase_days(ago: int) -> pl.Expr:
    return at("purchase_days_mask", ago).bitwise_count_ones()


def _high_value_purchases(months: int) -> pl.Expr:
    """Count the purchases in bins that lie wholly above the edge of the user's peers."""
    edge = pl.col("high_value_above_cents")
    counts = [
        pl.when(edge <= lower).then(total(name, months)).otherwise(0)
        for lower, name in zip(PURCHASE_EDGES_CENTS, PURCHASE_BINS[1:], strict=True)
    ]
    return pl.when(edge.is_not_null()).then(pl.sum_horizontal(counts))


FEATURES: tuple[Feature, ...] = (
    *(
        _count(
            name=f"purchase_count_{months}m",
            formula=total("purchase_count", months),
            written=f"sum of purchase_count, {months} month{'s' * (months > 1)}",
            effect=Effect.NEITHER,
            meaning=f"Purchases of {span(months)}.",
            meaning_zh=f"{span_zh(months)}的消费笔数。",
            reason_en=f"You made {{value}} purchases in {span(months)}.",
            reason_zh=f"{span_zh(months)}您消费{{value}}笔。",
        )
        for months in (1, 3)
    ),
    *(
        _cents(
            name=f"purchase_cents_{months}m",
            formula=total("purchase_cents", months),
            written=f"sum of purchase_cents, {months} months",
            effect=Effect.NEITHER,
            meaning=f"Spent on purchases in {span(months)}.",
            meaning_zh=f"{span_zh(months)}的消费金额。",
            null_means=_KNOWN,
            reason_en=f"You spent {{value}} in {span(months)}.",
            reason_zh=f"{span_zh(months)}您消费{{value}}元。",
        )
        for months in (3, 12)
    ),
    _count(
        name="purchase_days_3m",
        formula=total(_purchase_days, 3),
        written="days with a purchase, 3 months",
        unit="days",
        highest=92,
        effect=Effect.RAISES,
        meaning="Days of the last 3 months with a purchase.",
        meaning_zh="最近3个月有消费的天数。",
        reason_en="You made purchases on {value} days of the last 3 months.",
        reason_zh="最近3个月您有{value}天发生消费。",
    ),
    _cents(
        name="purchase_median_at_most_cents_6m",
        formula=purchase_edge(50, 6),
        written="smallest histogram edge that half of the purchases are at most, 6 months",
        effect=Effect.NEITHER,
        meaning="Half of the last 6 months' purchases were at most this much.",
        meaning_zh="最近6个月一半的消费不超过该金额。",
        null_means=_NO_PURCHASE,
        reason_en="Half of your purchases of the last 6 months were at most {value}.",
        reason_zh="最近6个月您有一半的消费不超过{value}元。",
    ),
    _cents(
        name="purchase_p90_at_most_cents_6m",
        formula=purchase_edge(90, 6),
        written="smallest histogram edge that 90 % of the purchases are at most, 6 months",
        effect=Effect.NEITHER,
        meaning="Nine in ten of the last 6 months' purchases were at most this much.",
        meaning_zh="最近6个月九成的消费不超过该金额。",
        null_means=_NO_PURCHASE,
        reason_en="Nine in ten of your purchases of the last 6 months were at most {value}.",
        reason_zh="最近6个月您有九成的消费不超过{value}元。",
    ),
    _count(
        name="high_value_purchase_count_3m",
        formula=_high_value_purchases(3),
        written="purchases in bins above the 95 % edge of the user's segment, region and "
        "industry in the 12 months before the month (of the whole segment below 200 "
        "purchases), 3 months",
        effect=Effect.NEITHER,
        meaning="Purchases of the last 3 months that are large among the user's peers.",
        meaning_zh="最近3个月相对同类客户的大额消费笔数。",
        null_means="The purchases of the user's segment are not known for earlier months.",
        reason_en="You made {value} purchases in 3 months that are large among your peers.",
        reason_zh="最近3个月您有{value}笔相对同类客户的大额消费。",
    ),
    _ratio(
        name="essential_purchase_ratio_6m",
        formula=share_at_most_one(total("essential_purchase_count", 6), total("purchase_count", 6)),
        written="essential_purchase_count / purchase_count, 6 months",
        highest=1,
        effect=Effect.NEITHER,
        meaning="Share of purchases that were food, health, utilities or transport.",
        meaning_zh="最近6个月必需品消费的笔数占比。",
        null_means=_NO_PURCHASE,
        reason_en="{value} of your purchases of the last 6 months were essentials.",
        reason_zh="最近6个月您的必需品消费占比为{value}。",
    ),
    _ratio(
        name="refund_ratio_6m",
        formula=share_at_most_one(total("refund_count", 6), total("purchase_count", 6)),
        written="refund_count / purchase_count, at most 1, 6 months",
        highest=1,
        effect=Effect.NEITHER,
        meaning="Refunds per purchase of the last 6 months, at most 1.",
        meaning_zh="最近6个月退款笔数与消费笔数之比，最高为1。",
        null_means=_NO_PURCHASE,
        reason_en="You had {value} of your purchases of the last 6 months refunded.",
        reason_zh="最近6个月您的消费退款比例为{value}。",
    ),
    _ratio(
        name="purchase_change_ratio_3m",
        formula=change_ratio("purchase_cents"),
        written="4 * purchase_cents of 3 months / purchase_cents of 12 months",
        highest=4,
        effect=Effect.RAISES,
        meaning="Monthly spending of the last 3 months against that of the last 12; 1 is equal.",
        meaning_zh="最近3个月与最近12个月的月均消费之比。",
        null_means="Fewer than 12 months are known, or nothing was bought in the 9 before.",
        reason_en="Your spending of the last 3 months was {value} of your yearly level.",
        reason_zh="最近3个月您的月均消费为全年水平的{value}。",
    ),
)
