"""Early warning over the months of a lake: what the alerts were worth."""

from datetime import date
from typing import Any

import polars as pl

from transforms.early_warning import HORIZON_MONTHS, STATE, figures
from transforms.errors import RefusedError
from warehouse.audit import Chain
from warehouse.backtest_text import percent_of
from warehouse.history import scan
from warehouse.lake import Lake

_SHARES = ("precision", "precision_by_dpd", "recall", "precision_limit_unchanged")


def early_warning(lake: Lake) -> dict[str, Any]:
    """Return `transforms.early_warning.figures` of all months that were scored.

    Raises:
        RefusedError: No scored month has three months of facts after it.
    """
    chain = Chain.read(lake)
    scored = chain.months("scores")
    first = min(scored, default=date.max)
    known = [month for month in chain.months("credit_months") if month >= first]
    found = figures({month: _state(chain, month) for month in known})
    if found is None:
        raise RefusedError(
            f"Early warning: no scored month has {HORIZON_MONTHS} months of facts after it, and an "
            f"outcome that is not known yet is never good. {len(scored)} months are scored. "
            "Run further months first."
        )
    return found


def _state(chain: Chain, month: date) -> pl.DataFrame:
    """Return rows of STATE: every user with a credit record in the month."""
    credit = scan(chain, "credit_months", month, 1).select(
        "user_id", "dpd_end_days", "dpd_max_days"
    )
    pds = scan(chain, "scores", month, 1).select("user_id", "pd_ppm")
    changed = pl.col("limit_cents") != pl.col("limit_before_cents")
    moved = scan(chain, "limits", month, 1).select("user_id", changed.alias("limit_changed"))
    rows = credit.join(pds, on="user_id", how="left").join(moved, on="user_id", how="left")
    return (
        rows.with_columns(pl.col("limit_changed").fill_null(False))
        .select(pl.col(name).cast(dtype) for name, dtype in STATE.items())
        .sort("user_id")
        .collect()
    )


def early_warning_text(found: dict[str, Any]) -> str:
    """Return the figures for people."""
    leads = ", ".join(f"{count:,} by {lead}" for lead, count in found["lead_months"].items())
    percent = {
        name: "not known" if found[name] is None else percent_of(found[name]) for name in _SHARES
    }
    lift = "not known" if found["lift"] is None else f"{found['lift']:.1f}"
    return "\n".join(
        (
            f"Months with a complete window: {found['months']:,}. Lines under 30 days past due in "
            f"them: {found['lines']:,}, of which {found['bad']:,} were 60 days past due within "
            f"{found['horizon_months']} months.",
            f"Alerts, the riskiest {found['capacity_bps'] / 100:g} % of each month: "
            f"{found['alerts']:,}.",
            f"Precision {percent['precision']}; as many picked by days past due alone: "
            f"{percent['precision_by_dpd']}. Lift {lift}.",
            f"Recall {percent['recall']}.",
            f"Precision of alerts that left the limit as it was: "
            f"{percent['precision_limit_unchanged']}.",
            f"{found['hits']:,} lines reached 60 days past due; {found['never_alerted']:,} had no "
            f"alert in the {found['horizon_months']} months before. Months from first alert: "
            f"{leads or 'none'}.",
        )
    )
