"""Price: the yearly rate of each line, before its limit is decided.

Region and industry move the expected loss within narrow bounds, and only here. The economy enters
through the policy's funding cost and the scorecard's points to PD table, the lender's appetite
through the policy's line price and PD cut: each number stands in one place.
"""

from datetime import timedelta

import polars as pl

from transforms.deciding.terms import Terms
from transforms.errors import RefusedError
from transforms.policies.all_in_cost import costs_at_most, highest_apr_bps
from transforms.policies.economics import BPS, PPM, Economics
from transforms.policies.packs import Pack
from transforms.policies.rate_cards import (
    HIGHEST_RELATIVITY_BPS,
    LOWEST_RELATIVITY_BPS,
    RELATIVE_TO,
    RateCard,
)

ROUND_UP_TO_BPS = 5
_FINE = BPS * PPM  # parts of a basis point in which the risk part is carried


def price(lines: pl.LazyFrame, terms: Terms) -> pl.LazyFrame:
    """Price every line at its present limit.

    The rate is funding + opex + expected loss + cost of capital + the band's margin, rounded up
    to 5 bps; loss and capital are per cent of exposure, spread over the balance in use. A price
    moves at most the card's yearly change within 12 months and never exceeds the law's cap, which
    goes before everything.

    Args:
        lines: Rows with the columns of LINES and `pd_ppm`.
        terms: Economics of the policy, pack and rate card in force.

    Returns:
        The rows with `apr_bps` Int32, `apr_capped` Boolean (the formula lies above the cap) and
        `price_band` Int32 (from 1); all null where PD or limit is unknown. An applicant is priced
        as a first limit of which the policy's share is used.

    Raises:
        RefusedError: The card breaks the pack's cap by its fees or by its own highest rate.
    """
    card, economics = terms.rate_card, terms.policy.economics
    known = pl.col("pd_ppm").is_not_null() & pl.col("decidable")
    return (
        lines.with_columns(_band(card).alias("price_band"), _cap(card, terms.pack).alias("_cap"))
        .with_columns(_formula(card, economics).alias("_formula"))
        .with_columns(
            pl.when(known)
            .then(pl.min_horizontal(_within_a_year(card), "_cap"))
            .cast(pl.Int32)
            .alias("apr_bps"),
            pl.when(known).then(pl.col("_formula") > pl.col("_cap")).alias("apr_capped"),
            pl.when(known).then("price_band").cast(pl.Int32).alias("price_band"),
        )
        .drop("_cap", "_formula")
    )


def lawful_caps(card: RateCard, pack: Pack) -> list[tuple[pl.Expr, int]]:
    """Return the highest lawful rate by day: from which day on, and the rate in bps.

    Raises:
        RefusedError: Fees alone cost more than the cap, or the card's own highest rate does.
    """
    caps = []
    for cap in pack.caps_of(card.lender_type):
        highest = highest_apr_bps(card.worked, cap.at_most_bps)
        if highest is None:
            raise RefusedError(
                f"{card.name}: its fees alone cost more than {cap.at_most_bps} bps a year, the cap "
                f"of {pack.name} from {cap.begins_on}. Lower drawdown_fee_bps or monthly_fee_cents."
            )
        own = card.highest_bps
        if own is not None and not costs_at_most(card.worked, own, cap.at_most_bps):
            raise RefusedError(
                f"{card.name}: highest_bps {own} costs more than {cap.at_most_bps} bps a year with "
                f"its fees, the cap of {pack.name} from {cap.begins_on}. Lower it to {highest}."
            )
        caps.append((cap.begins_on, min(highest, own or highest)))
    return caps


def _cap(card: RateCard, pack: Pack) -> pl.Expr:
    """Return the highest lawful rate on the decision date."""
    decided_on = pl.col("as_of") + timedelta(days=1)
    chosen = pl.lit(None, pl.Int64)
    for begins_on, highest in lawful_caps(card, pack):
        chosen = pl.when(decided_on >= begins_on).then(pl.lit(highest, pl.Int64)).otherwise(chosen)
    return chosen


def _band(card: RateCard) -> pl.Expr:
    """Return the band, from 1; the last one is left only well beyond its edges."""
    pd_ppm, before = pl.col("pd_ppm").cast(pl.Int64), pl.col("price_band_before")
    edges = [band.pd_at_most_ppm for band in card.band[:-1]]
    fresh = 1 + sum((pd_ppm > edge).cast(pl.Int64) for edge in edges) if edges else pl.lit(1)
    low, high = BPS - card.band_hysteresis_bps, BPS + card.band_hysteresis_bps
    lower = {i + 2: edge * low // BPS for i, edge in enumerate(edges)}
    upper = {i + 1: edge * high // BPS for i, edge in enumerate(edges)}
    stays = pd_ppm.is_between(
        before.replace_strict(lower, default=0, return_dtype=pl.Int64),
        before.replace_strict(upper, default=PPM, return_dtype=pl.Int64),
        closed="both",
    )
    kept = stays & before.is_between(1, len(card.band))
    return pl.when(kept.fill_null(False)).then(before.cast(pl.Int64)).otherwise(fresh)


def _formula(card: RateCard, economics: Economics) -> pl.Expr:
    margins = {number: band.margin_bps for number, band in enumerate(card.band, start=1)}
    margin = pl.col("price_band").replace_strict(margins, default=None, return_dtype=pl.Int64)
    loss = pl.col("pd_ppm").cast(pl.Int64) * economics.lgd_bps * _relativity(card) // PPM
    capital = economics.hurdle_bps * economics.capital_ratio_bps
    # Loss and capital are in 1e-4 bps per exposure; times exposure over use in ppm: 1e-10 bps.
    risk = (loss + capital) * _exposure_per_use_ppm(card, economics)
    fixed = economics.funding_bps + economics.opex_bps + margin
    step = ROUND_UP_TO_BPS * _FINE
    return (fixed * _FINE + risk + step - 1) // step * ROUND_UP_TO_BPS


def _exposure_per_use_ppm(card: RateCard, economics: Economics) -> pl.Expr:
    """Return EAD / max(balance, reference share of the limit), at the present limit."""
    limit = pl.col("limit_before_cents").fill_null(0).clip(0)
    balance = pl.col("balance_end_cents").fill_null(0).clip(0)
    # Without limit and balance the shares alone count: any amount stands for a first limit.
    none = (limit == 0) & (balance == 0)
    limit = pl.when(none).then(pl.lit(PPM)).otherwise(limit)
    balance = pl.when(none).then(pl.lit(PPM * economics.initial_use_bps // BPS)).otherwise(balance)
    exposure = balance + economics.ccf_bps * (limit - balance).clip(0) // BPS
    use = pl.max_horizontal(balance, limit * card.reference_use_bps // BPS, pl.lit(1))
    return (exposure * PPM + use - 1) // use


def _relativity(card: RateCard) -> pl.Expr:
    """Return the factor of region and industry together, in bps; 1 where nothing is declared."""
    together = pl.lit(BPS, pl.Int64)
    for name in RELATIVE_TO:
        factors = card.relativities[name]
        if factors:
            factor = pl.col(name).replace_strict(factors, default=BPS, return_dtype=pl.Int64)
            together = together * factor // BPS
    return together.clip(LOWEST_RELATIVITY_BPS, HIGHEST_RELATIVITY_BPS)


def _within_a_year(card: RateCard) -> pl.Expr:
    """Return the formula's rate, at most the yearly change from every rate of 12 months."""
    lowest = pl.col("apr_highest_12m_bps").cast(pl.Int64) - card.yearly_change_bps
    highest = pl.col("apr_lowest_12m_bps").cast(pl.Int64) + card.yearly_change_bps
    # A cut forced by a new cap may have widened the spread already: the lower end then holds.
    return pl.min_horizontal(pl.max_horizontal("_formula", lowest), highest)
