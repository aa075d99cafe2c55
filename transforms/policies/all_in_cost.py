"""All-in cost: the yearly internal rate of return of a worked drawdown, compared in whole numbers.

A rate is never computed as a float: a cost lies under a cap exactly if the payments, discounted at
the cap, are worth no more than what was paid out.
"""

from transforms.policies.economics import BPS
from transforms.policies.rate_cards import Worked

_MONTHLY = 12 * BPS  # a yearly rate in bps, divided by this, is the monthly rate


def instalment_cents(worked: Worked, apr_bps: int) -> int:
    """Return the equal monthly instalment that repays the worked drawdown, rounded up."""
    amount, count = worked.drawdown_cents, worked.instalments
    if apr_bps == 0:
        return -(-amount // count)
    grown, whole = (_MONTHLY + apr_bps) ** count, _MONTHLY**count
    return -(-amount * apr_bps * grown // (_MONTHLY * (grown - whole)))


def costs_at_most(worked: Worked, apr_bps: int, cap_bps: int) -> bool:
    """Return whether interest at `apr_bps` and all fees together cost no more than the cap."""
    count = worked.instalments
    payment = instalment_cents(worked, apr_bps) + worked.monthly_fee_cents
    paid_out = worked.drawdown_cents * (BPS - worked.drawdown_fee_bps) // BPS
    discounted = sum(_MONTHLY**k * (_MONTHLY + cap_bps) ** (count - k) for k in range(1, count + 1))
    # An instalment rounded up to a whole cent is not a cost: one cent each is let pass.
    return (payment - 1) * discounted <= paid_out * (_MONTHLY + cap_bps) ** count


def highest_apr_bps(worked: Worked, cap_bps: int) -> int | None:
    """Return the highest rate, a multiple of 5 bps, that stays under the cap; None if none does."""
    lowest, highest = 0, cap_bps // 5
    if not costs_at_most(worked, 0, cap_bps):
        return None
    while lowest < highest:
        middle = (lowest + highest + 1) // 2
        if costs_at_most(worked, middle * 5, cap_bps):
            lowest = middle
        else:
            highest = middle - 1
    return lowest * 5
