"""A small policy, pack and rate card, for tests about prices."""

from datetime import date
from types import SimpleNamespace

from transforms.declared import Declared
from transforms.policies.economics import Economics
from transforms.policies.packs import CostCap, Pack
from transforms.policies.rate_cards import rate_card_of

ECONOMICS = Economics(
    funding_bps=300,
    opex_bps=150,
    lgd_bps=7_500,
    ccf_bps=3_000,
    hurdle_bps=1_200,
    capital_ratio_bps=800,
    marginal_use_bps=1_200,
    initial_use_bps=4_000,
    change_cost_cents=500,
    line_price_bps=60,
    source="Test.",
)

CARD = """
effective_from = 2000-01-01
source = "Test."
approver = "Test."
lender_type = "bank"
band_hysteresis_bps = 1000
yearly_change_bps = 200
reference_use_bps = 4000

[worked]
drawdown_cents = 1_200_000
instalments = 12
drawdown_fee_bps = 0
monthly_fee_cents = 0

[[band]]
pd_at_most_ppm = 20_000
margin_bps = 350
[[band]]
pd_at_most_ppm = 40_000
margin_bps = 400
[[band]]
pd_at_most_ppm = 1_000_000
margin_bps = 500

[[relativity]]
of = "region"
value = "hills"
observed_bads = 100
expected_bads = 50
source = "Test."
approver = "Test."

[[relativity]]
of = "industry"
value = "technology"
bps = 9000
source = "Test."
approver = "Test."
"""


def card(written: str = "", instead: str = ""):
    return rate_card_of(Declared(CARD.replace(written, instead, 1) if written else CARD, "c.toml"))


def pack(*caps_bps: int) -> Pack:
    """A pack with one cap after another, from 2000, 2001, ... on."""
    return Pack(
        name="p.toml",
        effective_from=date(2000, 1, 1),
        currency="CNY",
        borrower_cap_cents=None,
        tenor_months=12,
        dimensions=(),
        cost_caps=tuple(
            CostCap(
                lender_type="bank", begins_on=date(2000 + i, 1, 1), at_most_bps=cap, source="Test."
            )
            for i, cap in enumerate(caps_bps)
        ),
        source="Test.",
    )


def terms(rate_card=None, rule_pack=None, economics=ECONOMICS):
    return SimpleNamespace(
        policy=SimpleNamespace(economics=economics),
        pack=rule_pack or pack(2400),
        rate_card=rate_card or card(),
    )
