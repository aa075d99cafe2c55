"""The price of a line, and the law's cap on it."""

from dataclasses import replace
from fractions import Fraction

import polars as pl
import pytest

from tests.rates import card, pack, terms
from tests.tables import filled
from transforms.deciding.lines import LINES
from transforms.deciding.price import price
from transforms.errors import RefusedError
from transforms.policies.all_in_cost import costs_at_most, highest_apr_bps, instalment_cents
from transforms.policies.rate_cards import Worked, relativity_bps


def priced(text: str, of_terms=None) -> pl.DataFrame:
    """Price lines of which ana, ... are decidable and have the PD written."""
    rows = filled(LINES, "\n".join(line.rsplit("|", 1)[0] for line in text.strip().splitlines()))
    pds = [
        line.rsplit("|", 1)[1].strip().replace("_", "") for line in text.strip().splitlines()[1:]
    ]
    values = [None if pd == "-" else int(pd) for pd in pds]
    rows = rows.with_columns(pl.Series("pd_ppm", values, pl.Int32), pl.lit(True).alias("decidable"))
    return price(rows, of_terms or terms()).collect()


def test_a_worked_account_to_the_basis_point():
    # EAD = 6,000 + 30 % of 4,000 = 7,200; over the balance of 6,000 that is 1.2.
    # 300 funding + 150 opex + 350 margin + 2 % x 75 % x 1.2 = 180 + 12 % x 8 % x 1.2 = 115.2
    # = 1,095.2, rounded up to 5.
    found = priced(
        """
        user_id | limit_before_cents | balance_end_cents | pd_ppm
        ana     |          1_000_000 |           600_000 | 20_000
        """
    )

    assert found.select("apr_bps", "apr_capped", "price_band").row(0) == (1100, False, 1)


@pytest.mark.parametrize(
    ("balance_cents", "apr_bps", "because"),
    [
        (0, 985, "EAD 3,000 over 40 % of the limit: 0.75 x (150 + 96) = 184.5, with 800: 984.5"),
        (1_000_000, 1050, "all used: 1.0 x (150 + 96) + 800 = 1,046"),
        (1_500_000, 1050, "more than the limit is used: the balance is the exposure"),
    ],
)
def test_risk_is_spread_over_what_is_used_or_forty_per_cent_of_the_limit(
    balance_cents, apr_bps, because
):
    found = priced(
        f"""
        user_id | limit_before_cents | balance_end_cents | pd_ppm
        ana     |          1_000_000 |   {balance_cents} | 20_000
        """
    )

    assert found["apr_bps"].item() == apr_bps, because


def test_an_applicant_is_priced_by_the_use_that_the_policy_expects():
    # 40 % used: EAD = 0.4 + 0.3 x 0.6 = 0.58, over 0.4 that is 1.45: 1.45 x 246 + 800 = 1,156.7.
    found = priced(
        """
        user_id | line_status_before | limit_before_cents | balance_end_cents | pd_ppm
        ana     | applied            |                  - |                 0 | 20_000
        """
    )

    assert found["apr_bps"].item() == 1160


def test_without_a_pd_there_is_no_price():
    found = priced(
        """
        user_id | limit_before_cents | balance_end_cents | pd_ppm
        ana     |          1_000_000 |           600_000 | -
        """
    )

    assert found.select("apr_bps", "apr_capped", "price_band").row(0) == (None, None, None)


def test_region_and_industry_move_the_expected_loss_within_bounds():
    # hills: 1 + 0.5 x (100 / 50 - 1) = 1.5, capped to 1.2: loss 216; technology: 0.9: 162.
    found = priced(
        """
        user_id | region | industry   | limit_before_cents | balance_end_cents | pd_ppm
        ana     | hills  | -          |          1_000_000 |           600_000 | 20_000
        bo      | -      | technology |          1_000_000 |           600_000 | 20_000
        chen    | hills  | technology |          1_000_000 |           600_000 | 20_000
        dai     | coast  | retail     |          1_000_000 |           600_000 | 20_000
        """
    )

    assert found["apr_bps"].to_list() == [1135, 1080, 1110, 1100]


@pytest.mark.parametrize(
    ("observed", "expected", "bps"),
    [
        (0, 0, 10_000),  # nothing known
        (60, 50, 11_000),  # half of 20 % more
        (6, 5, 10_181),  # a small cell stays near 1
        (2_000, 500, 12_000),
        (0, 500, 8_500),
    ],
)
def test_a_relativity_is_shrunk_and_capped(observed, expected, bps):
    assert relativity_bps(observed, expected) == bps


@pytest.mark.parametrize(
    ("band_before", "pd_ppm", "band"),
    [
        ("-", 20_000, 1),
        ("-", 20_001, 2),
        ("1", 22_000, 1),  # 10 % beyond the edge is still inside
        ("1", 22_001, 2),
        ("2", 18_000, 2),
        ("2", 17_999, 1),
        ("3", 19_000, 1),  # far below: straight to where it belongs
        ("9", 30_000, 2),  # a band of an older card
    ],
)
def test_a_band_is_left_only_well_beyond_its_edge(band_before, pd_ppm, band):
    found = priced(
        f"""
        user_id | price_band_before | limit_before_cents | balance_end_cents | pd_ppm
        ana     | {band_before}     |          1_000_000 |           600_000 | {pd_ppm}
        """
    )

    assert found["price_band"].item() == band


@pytest.mark.parametrize(
    ("lowest", "highest", "apr_bps"),
    [
        ("-", "-", 1100),
        ("1_400", "1_400", 1200),
        ("800", "800", 1000),
        ("850", "1_000", 1050),
        ("1_000", "1_250", 1100),
    ],
)
def test_a_price_moves_at_most_two_points_within_a_year(lowest, highest, apr_bps):
    found = priced(
        f"""
        apr_lowest_12m_bps | apr_highest_12m_bps | limit_before_cents | balance_end_cents | pd_ppm
        {lowest}           | {highest}           |          1_000_000 |           600_000 | 20_000
        """
    )

    assert found["apr_bps"].item() == apr_bps


def test_the_caps_of_the_day_hold_and_a_formula_above_them_says_so():
    line = """
        user_id | as_of      | limit_before_cents | balance_end_cents | pd_ppm
        ana     | 2000-12-30 |          1_000_000 |           600_000 | 20_000
        bo      | 2000-12-31 |          1_000_000 |           600_000 | 20_000
        """

    found = priced(line, terms(rule_pack=pack(2400, 1000)))

    assert found["apr_bps"].to_list() == [1100, 1000]
    assert found["apr_capped"].to_list() == [False, True]


def test_the_cap_goes_before_the_yearly_change():
    line = """
        as_of      | apr_lowest_12m_bps | apr_highest_12m_bps | limit_before_cents | pd_ppm
        2001-06-30 |              2_000 |               2_000 |          1_000_000 | 20_000
        """

    found = priced(line, terms(rule_pack=pack(2400, 1000)))

    assert found["apr_bps"].item() == 1000


def test_an_instalment_repays_the_drawdown():
    # 12,000 at 24 % in twelve months: the annuity 1,134.715... is rounded up to the cent.
    worked = Worked(
        drawdown_cents=1_200_000, instalments=12, drawdown_fee_bps=0, monthly_fee_cents=0
    )

    assert instalment_cents(worked, 2400) == 113_472
    assert instalment_cents(worked, 0) == 100_000


@pytest.mark.parametrize(
    ("fee_bps", "monthly_cents", "highest_bps"),
    [(0, 0, 2400), (100, 0, 2200), (0, 1_000, 2225), (3_000, 0, None)],
)
def test_fees_lower_the_highest_rate_under_the_cap(fee_bps, monthly_cents, highest_bps):
    worked = Worked(
        drawdown_cents=1_200_000,
        instalments=12,
        drawdown_fee_bps=fee_bps,
        monthly_fee_cents=monthly_cents,
    )

    assert highest_apr_bps(worked, 2400) == highest_bps


def test_the_all_in_cost_is_the_internal_rate_of_return():
    worked = Worked(
        drawdown_cents=1_200_000, instalments=12, drawdown_fee_bps=100, monthly_fee_cents=0
    )
    payment, paid_out = instalment_cents(worked, 2200), 1_188_000

    worth = sum(payment / (1 + Fraction(2400, 120_000)) ** k for k in range(1, 13))

    assert worth <= paid_out + 12
    assert costs_at_most(worked, 2200, 2400)
    assert not costs_at_most(worked, 2205, 2400)


def test_a_card_whose_fees_alone_break_the_cap_is_refused():
    unlawful = terms(card("drawdown_fee_bps = 0", "drawdown_fee_bps = 3000"))

    with pytest.raises(RefusedError, match="c.toml: its fees alone cost more than 2400 bps"):
        price(filled(LINES, "user_id | as_of"), unlawful)


def test_a_card_whose_highest_rate_breaks_the_cap_with_its_fees_is_refused():
    with_fees = card("drawdown_fee_bps = 0", "drawdown_fee_bps = 100")
    unlawful = terms(replace(with_fees, highest_bps=2300))

    with pytest.raises(RefusedError, match="highest_bps 2300 costs more .* Lower it to 2200"):
        price(filled(LINES, "user_id | as_of"), unlawful)


def test_the_lenders_own_highest_rate_is_a_cap_too():
    own = terms(card("reference_use_bps", "highest_bps = 900\nreference_use_bps"))

    found = priced(
        """
        user_id | limit_before_cents | balance_end_cents | pd_ppm
        ana     |          1_000_000 |           600_000 | 20_000
        """,
        own,
    )

    assert found.select("apr_bps", "apr_capped").row(0) == (900, True)


@pytest.mark.parametrize(
    ("written", "instead", "message"),
    [
        ("margin_bps = 400", "margin_bps = 300", "line 19: bands must ascend in PD"),
        ("lender_type", "lender", "unknown key 'lender'.* Did you mean 'lender_type'"),
        ('of = "region"', 'of = "regions"', "line 27: of = 'regions'. Did you mean 'region'"),
        ("bps = 9000", "bps = 20000", "line 37: bps = 20000 lies outside 8500 to 12000"),
        ("bps = 9000", "", "line 34: give either bps, or observed_bads and expected_bads"),
        ("bps = 9000\nsource", "bps = 9000\nsauce", "unknown key 'sauce'.*Did you mean 'source'"),
        ("yearly_change_bps = 200", "yearly_change_bps = -1", "line 7: yearly_change_bps = -1"),
    ],
)
def test_an_error_of_a_card_names_file_and_line(written, instead, message):
    with pytest.raises(RefusedError, match=message):
        card(written, instead)
