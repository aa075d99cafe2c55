"""Laws of the price."""

from dataclasses import replace

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rates import ECONOMICS, pack, terms
from tests.tables import filled
from transforms.deciding.lines import LINES
from transforms.deciding.price import price

LINE = st.fixed_dictionaries(
    {
        "limit_before_cents": st.integers(0, 10**12),
        "balance_end_cents": st.integers(-(10**6), 10**12),
        "price_band_before": st.none() | st.integers(1, 3),
        "apr": st.none() | st.integers(0, 3600),
        "region": st.sampled_from([None, "hills", "coast"]),
        "industry": st.sampled_from([None, "technology"]),
        "pd_ppm": st.integers(0, 1_000_000),
    }
)
LINE_LISTS = st.lists(LINE, min_size=1, max_size=12)


def rates(lines: list[dict], of_terms) -> list[int]:
    empty = filled(LINES, "user_id | as_of").collect()
    rows = [
        {
            "user_id": f"{number:03}",
            "apr_lowest_12m_bps": line["apr"],
            "apr_highest_12m_bps": line["apr"],
            "decidable": True,
            **{name: line[name] for name in line if name not in ("apr", "pd_ppm")},
        }
        for number, line in enumerate(lines)
    ]
    frame = pl.DataFrame(rows, schema_overrides={n: t for n, t in LINES.schema.items()})
    frame = pl.concat([empty, frame], how="diagonal").with_columns(
        pl.Series("pd_ppm", [line["pd_ppm"] for line in lines], pl.Int32),
        as_of=pl.date(2026, 9, 30),
    )
    return price(frame.lazy(), of_terms).collect().sort("user_id")["apr_bps"].to_list()


@settings(max_examples=60, deadline=None)
@given(LINE_LISTS, st.integers(500, 3600))
def test_no_price_lies_above_the_cap(lines, cap_bps):
    assert max(rates(lines, terms(rule_pack=pack(cap_bps)))) <= cap_bps


@settings(max_examples=60, deadline=None)
@given(LINE_LISTS, st.integers(0, 200_000))
def test_a_higher_pd_never_lowers_a_price(lines, more_ppm):
    riskier = [line | {"pd_ppm": min(line["pd_ppm"] + more_ppm, 1_000_000)} for line in lines]

    pairs = zip(rates(lines, terms()), rates(riskier, terms()), strict=True)

    assert all(before <= after for before, after in pairs)


@settings(max_examples=60, deadline=None)
@given(LINE_LISTS, st.integers(0, 200_000), st.integers(0, 1000))
def test_an_adverse_economy_lowers_nobodys_price(lines, more_ppm, dearer_bps):
    worse = [line | {"pd_ppm": min(line["pd_ppm"] + more_ppm, 1_000_000)} for line in lines]
    dearer = replace(ECONOMICS, funding_bps=ECONOMICS.funding_bps + dearer_bps)

    pairs = zip(rates(lines, terms()), rates(worse, terms(economics=dearer)), strict=True)

    assert all(before <= after for before, after in pairs)


@settings(max_examples=60, deadline=None)
@given(LINE_LISTS)
def test_every_price_with_a_pd_is_known_a_multiple_of_five_or_bounded_by_the_year(lines):
    found = rates(lines, terms())

    for line, rate in zip(lines, found, strict=True):
        assert rate is not None
        assert line["apr"] is not None or rate % 5 == 0
        if line["apr"] is not None and line["apr"] <= 2200:
            assert abs(rate - line["apr"]) <= 200
