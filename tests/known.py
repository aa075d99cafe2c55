"""What is known of small written users at the end of September, for tests about later months."""

from datetime import date

import polars as pl

from tests.deciding import SEPTEMBER, terms
from tests.tables import by_month, filled
from transforms.deciding.decision_inputs import Across
from transforms.features.history import Coverage
from transforms.plans.roll import Known
from transforms.tables.decided import LIMITS, SCORES
from transforms.tables.facts import ACTIVITY, CREDIT_MONTHS, LEDGER, SEGMENT_NORMS, SHARED_DEVICES
from transforms.tables.logs import ACCOUNTS, INSTRUCTIONS
from transforms.tables.table import Table

# A line of 10,000 yuan, opened long ago, that owes 4,000 and was held in September.
ACCOUNT = """
as_of      | user_id | opened_on  | segment
2026-09-30 | ana     | 2024-01-15 | consumer
"""
CREDIT = """
as_of      | user_id | credit_from | balance_end_cents | limit_in_force_cents | dpd_end_days | dpd_max_days
2026-09-30 | ana     | ledger      | 400_000           | 1_000_000            | 0            | 0
"""  # noqa: E501
LIMIT = """
as_of      | user_id | mode | action | line_status | limit_before_cents | limit_cents | pd_ppm | apr_bps | raise_eligible | soft_trigger
2026-09-30 | ana     | live | hold   | open        | 1_000_000          | 1_000_000   | 3_000  | 1_800   | yes            | no
"""  # noqa: E501
ANA = pl.DataFrame({"user_id": ["ana"], "limit_cents": [1_000_000]})


def _frame(declared: Table, text: str) -> pl.LazyFrame:
    return filled(declared, text) if text else declared.empty()


def known(
    *,
    accounts: str = ACCOUNT,
    credit: str = CREDIT,
    limits: str = LIMIT,
    ledger: str = "",
    activity: str = "",
    instructions: str = "",
    shared_devices: str = "",
    month: date = SEPTEMBER,
    mode: str = "live",
    credit_from: str = "ledger",
) -> Known:
    """Return what is known; each text is rows of its table."""
    nothing = pl.DataFrame(
        schema={"borrower": pl.String, "borrower_lines": pl.Int64, "borrower_cents": pl.Int64}
    )

    def months(declared: Table, text: str) -> dict[date, pl.DataFrame]:
        return {m: rows.collect() for m, rows in by_month(_frame(declared, text)).items()}

    return Known(
        month=month,
        activity=months(ACTIVITY, activity),
        credit_months=months(CREDIT_MONTHS, credit),
        ledger=_frame(LEDGER, ledger).collect(),
        accounts=_frame(ACCOUNTS, accounts).collect(),
        limits=_frame(LIMITS, limits).collect(),
        instructions=_frame(INSTRUCTIONS, instructions).collect(),
        segment_norms=SEGMENT_NORMS.empty().collect(),
        shared_devices=_frame(SHARED_DEVICES, shared_devices).collect(),
        coverage=Coverage(first_month=date(2025, 1, 1)),
        shared=Across(nothing, True, "expert"),
        terms=terms(),
        scorecard=None,
        mode=mode,
        credit_from=credit_from,
    )


def scored(pd_ppm: int = 3_000) -> pl.DataFrame:
    """Return ana's row of SCORES."""
    return filled(SCORES, f"user_id | pd_ppm\nana | {pd_ppm}").collect()
