"""What a limit brings within 12 months: one account worked to the cent."""

from dataclasses import replace

import numpy as np
import pytest

from tests.rates import ECONOMICS
from transforms.policies.economics import Position, expected, pd_at

FACTOR_20 = 1_046_635  # 1.2 ^ 0.25


def one(limit_before=1_000_000, balance=400_000, pd_ppm=20_000, apr_bps=1_800) -> Position:
    return Position(*(np.array([value]) for value in (limit_before, balance, pd_ppm, apr_bps)))


def outcome(position, limit, factor=1_000_000, economics=ECONOMICS):
    return expected(position, np.array([limit]), np.array([factor]), economics)


def test_a_worked_account_raised_by_a_fifth():
    # Limit 10,000 -> 12,000, balance 4,000, PD 2 %, rate 18 %, funding 3 %:
    #   use       400,000 + 12 % x 200,000                       = 424,000
    #   EAD       424,000 + 30 % x (1,200,000 - 424,000)         = 656,800
    #   odds      2/98 x 1.046635 = 0.02136                  PD  =  20,913 ppm
    #   revenue   (1 - 0.020913) x (18 % - 3 %) x 424,000        = 62,269.93
    #   loss      0.020913 x 75 % x 656,800                      = 10,301.74
    #   capital   12 % x 8 % x 656,800                           =  6,305.28
    #   change                                                   =    500.00
    #   profit                                                   = 45,162.91
    #   net       - 0.60 % x 200,000 = 1,200                     = 43,962.91
    found = outcome(one(), 1_200_000, FACTOR_20)

    assert found.pd_ppm.item() == 20_913
    assert found.ead_cents.item() == 656_800
    assert found.loss_cents.item() == 10_302
    assert found.profit_cents.item() == 45_163
    assert found.net_cents.item() == 43_963


def test_the_same_account_held():
    # revenue 98 % x 15 % x 400,000 = 58,800; EAD 400,000 + 30 % x 600,000 = 580,000
    # loss 2 % x 75 % x 580,000 = 8,700; capital 0.96 % x 580,000 = 5,568; 58,800 - 14,268 = 44,532
    found = outcome(one(), 1_000_000)

    assert found.profit_cents.item() == found.net_cents.item() == 44_532


def test_a_lower_limit_leaves_what_is_owed_and_saves_what_could_still_be_drawn():
    # EAD 400,000 + 30 % x 100,000 = 430,000; 58,800 - 6,450 - 4,128 - 500 = 47,722
    found = outcome(one(), 500_000)

    assert found.ead_cents.item() == 430_000
    assert found.profit_cents.item() == 47_722


def test_a_first_limit_is_used_at_the_initial_share():
    # use 40 % x 500,000 = 200,000; EAD 200,000 + 30 % x 300,000 = 290,000
    found = outcome(one(limit_before=0, balance=0), 500_000)

    assert found.ead_cents.item() == 290_000


def test_use_never_exceeds_the_limit():
    # 1,150,000 is owed on a limit of 1,000,000; on 1,100,000 at most that much is used.
    found = outcome(one(balance=1_150_000), 1_100_000)

    assert found.ead_cents.item() == 1_100_000


@pytest.mark.parametrize("pd_ppm", [0, 1, 50, 20_000, 500_000, 999_999, 1_000_000])
def test_risk_never_falls_with_the_limit(pd_ppm):
    factors = np.array([1_000_000, 1_024_114, 1_046_635, 1_067_790, 2_000_000])

    found = pd_at(np.full(5, pd_ppm), factors)

    assert found[0] == pd_ppm
    assert (np.diff(found) >= 0).all()
    assert found[-1] <= 1_000_000


def test_ten_billion_do_not_leave_64_bits():
    # A thousand billion cents, all owed, at certain default: the loss is 75 % of it, to the cent.
    found = outcome(one(10**12, 10**12, 1_000_000, 100_000), 10**12)

    assert found.loss_cents.item() == 750_000_000_000
    assert found.profit_cents.item() == -(750_000_000_000 + 9_600_000_000)


def test_the_line_price_is_paid_for_added_limit_only():
    free = replace(ECONOMICS, line_price_bps=0)

    for limit in (500_000, 1_000_000, 1_300_000):
        with_price, without = outcome(one(), limit), outcome(one(), limit, economics=free)
        paid = without.net_cents.item() - with_price.net_cents.item()
        assert paid == max(limit - 1_000_000, 0) * 60 // 10_000
