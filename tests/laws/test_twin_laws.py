"""Twins: two users who differ in one declared field differ only by what is declared to read it."""

from dataclasses import replace

import polars as pl
import pytest

from tests.deciding import COLUMNS, GOOD, SEPTEMBER, SHIPPED, portfolio, terms
from tests.rates import card
from transforms.deciding.decisions import decisions
from transforms.declared import Declared
from transforms.features.catalogue import CATALOGUE, FEATURES
from transforms.scoring.scorecard import scorecard_of
from transforms.scoring.scores import scores

TERMS = terms()
_FILE = SHIPPED.parent / "scorecards" / "expert-1990-01-01.toml"
EXPERT = scorecard_of(Declared(_FILE.read_text("utf-8"), _FILE.name))
SCORED = {feature.name for feature in EXPERT.features}
VALUES = {pl.Float64: [None, 0.0, 0.3, 1.0], pl.Int32: [None, 0, 1, 6, 90]}
CENTS = [None, 0, 100_000, 900_000_000]
NAMED = {"region": [None, "hills", "plains"], "industry": [None, "technology", "farming"]}


def twins(column: str, values: list) -> pl.LazyFrame:
    """Return one good customer several times, each with another value of one column."""
    rows = [
        {**GOOD, "user_id": f"twin{index}", column: value} for index, value in enumerate(values)
    ]
    written = {"user_id": COLUMNS["user_id"], column: COLUMNS[column]}
    return pl.LazyFrame([{name: row[name] for name in written} for row in rows], schema=written)


def values_of(feature) -> list:
    return VALUES.get(type(feature.dtype), CENTS)


def decided(written: pl.LazyFrame, of_terms) -> list[dict]:
    found = decisions(**portfolio(written), terms=of_terms, month=SEPTEMBER).collect()
    return found.drop("user_id").to_dicts()


def differing(rows: list[dict]) -> set[str]:
    """Return the columns in which rows differ from the first."""
    return {name for row in rows[1:] for name in row if row[name] != rows[0][name]}


@pytest.mark.parametrize("feature", CATALOGUE, ids=lambda feature: feature.name)
def test_of_one_score_a_feature_decides_only_through_guards_and_states_that_read_it(feature):
    policy = TERMS.policy
    readers = {guard.name for guard in policy.guards if feature.name in guard.reads}
    states = {name for name, state in policy.states.items() if feature.name in _roots(state)}

    rows = decided(twins(feature.name, values_of(feature)), TERMS)

    listed = [{*row["guards_fired"], *row["guards_not_evaluated"]} for row in rows]
    assert {name for one in listed for name in one ^ listed[0]} <= readers
    if not readers:
        assert differing(rows) <= states


@pytest.mark.parametrize("feature", CATALOGUE, ids=lambda feature: feature.name)
def test_a_feature_moves_the_score_by_its_own_points_and_no_others(feature):
    features = portfolio(twins(feature.name, values_of(feature)))["features"]

    rows = scores(features, EXPERT, SEPTEMBER).collect().to_dicts()

    base = {one["feature"]: one["points"] for one in rows[0]["contributions"]}
    for row in rows:
        points = {one["feature"]: one["points"] for one in row["contributions"]}
        moved = {name: points[name] - base[name] for name in base if points[name] != base[name]}
        assert set(moved) <= {feature.name} & SCORED
        assert row["points"] - rows[0]["points"] == sum(moved.values())


@pytest.mark.parametrize("column", NAMED)
def test_region_and_industry_decide_only_through_a_row_of_the_rate_card(column):
    # The card of the tests has one row for each: hills and technology.
    free = replace(TERMS, rate_card=card())
    written = twins(column, NAMED[column]).with_columns(
        pl.lit(None, pl.Int32).alias(name)
        for name in ("apr_lowest_12m_bps", "apr_highest_12m_bps", "price_band_before")
    )

    unknown, listed, unlisted = decided(written, free)

    assert unlisted == unknown
    assert listed["apr_bps"] != unknown["apr_bps"]
    assert listed["pd_ppm"] == unknown["pd_ppm"]


@pytest.mark.parametrize("column", NAMED)
def test_without_its_rows_on_the_rate_card_region_and_industry_decide_nothing(column):
    shipped = replace(TERMS, rate_card=replace(card(), relativities=dict.fromkeys(NAMED, {})))
    rows = decided(twins(column, NAMED[column]), shipped)

    assert differing(rows) == set()


def test_every_feature_of_the_catalogue_is_among_the_twins():
    assert {feature.name for feature in CATALOGUE} == set(FEATURES.schema) - {"as_of", "user_id"}


def _roots(state: pl.Expr) -> set[str]:
    return set(state.meta.root_names())
