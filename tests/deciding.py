"""Decide small portfolios under the shipped policy: what is not written is a good customer's."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl

from tests.rates import card, pack
from tests.tables import table
from transforms.deciding.decisions import decisions
from transforms.deciding.lines import LINES
from transforms.deciding.terms import Terms, guard_columns
from transforms.declared import Declared
from transforms.facts.standing import STANDING
from transforms.features.catalogue import FEATURES
from transforms.policies.policy import Policy, policy_of
from transforms.tables.decided import SCORES

SEPTEMBER = date(2026, 9, 1)
SHIPPED = Path(__file__).parents[1] / "policies" / "1990-01-01.toml"
TABLES = (LINES, FEATURES, SCORES, STANDING)
COLUMNS = {name: dtype for table_ in TABLES for name, dtype in table_.schema.items()}

# A line of 10,000 yuan that is used, repaid, safe and priced at 18 %: nothing bars its raise.
GOOD = {
    "as_of": date(2026, 9, 30),
    "segment": "consumer",
    "line_status_before": "open",
    "limit_before_cents": 1_000_000,
    "balance_end_cents": 400_000,
    "decidable": True,
    "charged_off": False,
    "closed": False,
    "months_on_book": 24,
    "months_since_raise": 13,
    "raises_12m": 0,
    "pd_before_ppm": 3_000,
    "raise_eligible_before": True,
    "soft_trigger_before": False,
    "apr_lowest_12m_bps": 1_800,
    "apr_highest_12m_bps": 1_800,
    "price_band_before": 1,
    "frozen_months": 0,
    "late_count_3m": 0,
    "dpd_end_days": 0,
    "dpd_max_days_3m": 0,
    "dpd_max_days_12m": 0,
    "utilisation": 0.4,
    "drawn_months_6m": 3,
    "limit_request_count_3m": 0,
    "idle_months": 0,
    "interest_share_of_repayment_12m": 0.1,
    "months_with_credit_12m": 12,
    "new_device_count_1m": 0,
    "shared_device_user_count_3m": 0,
    "credential_leak_count_3m": 0,
    "night_login_ratio_3m": 0.0,
    "points": 650,
    "pd_ppm": 3_000,
    "contributions": [{"feature": "late_count_3m", "points": 6, "points_lost": 0}],
    "scorecard_version": "expert",
    "opted_out": False,
    "hardship": False,
    "review_open": False,
    "consent_social": False,
}


def policy(written: str = "", instead: str = "") -> Policy:
    """Return the shipped policy, with one passage of its text replaced."""
    return policy_of(declared(written, instead), guard_columns())


def declared(written: str = "", instead: str = "") -> Declared:
    """Return the shipped policy's text, with one passage replaced."""
    text = SHIPPED.read_text("utf-8")
    assert written in text, f"not in the shipped policy: {written}"
    return Declared(text.replace(written, instead, 1), "policies/1990-01-01.toml")


def terms(of_policy: Policy | None = None, borrower_cap_cents: int | None = None) -> Terms:
    """Return terms under which a rate of the last 12 months never changes: frozen prices."""
    rules = replace(pack(2_400), borrower_cap_cents=borrower_cap_cents)
    frozen = card("yearly_change_bps = 200", "yearly_change_bps = 0")
    return Terms(of_policy or policy(), rules, frozen)


def portfolio(written: pl.LazyFrame) -> dict[str, pl.LazyFrame]:
    """Return features, scores, lines and standing of the users; other columns are as in GOOD."""
    names = written.collect_schema().names()
    absent = [
        pl.lit(pl.Series([GOOD.get(name)], dtype=dtype)).first().alias(name)
        for name, dtype in COLUMNS.items()
        if name not in names
    ]
    whole = written.with_columns(absent)
    frames = {"features": FEATURES, "scores": SCORES, "lines": LINES, "standing": STANDING}
    return {name: whole.select(list(table_.schema)) for name, table_ in frames.items()}


def decide(text: str, of_terms: Terms | None = None) -> pl.DataFrame:
    """Decide the users of a written table; its columns are of lines, features, scores, standing."""
    frames = portfolio(table(text, **COLUMNS))
    return decisions(**frames, terms=of_terms or terms(), month=SEPTEMBER).collect()


def decided(text: str, *columns: str, of_terms: Terms | None = None) -> list[tuple]:
    """Decide, and return these columns of each user in order."""
    return decide(text, of_terms).select(columns).rows()
