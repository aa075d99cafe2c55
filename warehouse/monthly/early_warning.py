"""Early warning over the months of a lake: what the alerts were worth."""

from datetime import date
from typing import Any

import polars as pl

from transforms.errors import RefusedError
from transforms.watching.early_warning import HORIZON_MONTHS, figures, state_of
from warehouse.monthly.history import scan
from warehouse.printing import percent_of
from warehouse.store.audit import Chain
from warehouse.store.lake import Lake

_SHARES = ("precision", "precision_by_dpd", "recall", "precision_limit_unchanged")


def early_warning(lake: Lake) -> dict[str, Any]:
    """Return `transforms.watching.early_warning.figures` of all months that were scored.

    Raises:
        RefusedError: No scored month has three months of facts after it.
    """
    chain = Chain.read(lake)
    scored = chain.months("scores")
    found = figures_before(chain, date.max, len(scored) + HORIZON_MONTHS)
    if found is None:
        raise RefusedError(
            f"Early warning: no scored month has {HORIZON_MONTHS} months of facts after it, and an "
            f"outcome that is not known yet is never good. {len(scored)} months are scored. "
            "Run further months first."
        )
    return found


def figures_before(chain: Chain, month: date, most: int) -> dict[str, Any] | None:
    """Return `figures` of the months scored before one, the last `most`; None if none is known.

    Args:
        chain: The lake.
        month: The facts of this month and earlier ones are read.
        most: Months read at most.
    """
    first = min(chain.months("scores"), default=date.max)
    known = [known for known in chain.months("credit_months") if first <= known <= month]
    return figures({known: _state(chain, known) for known in known[-most:]})


def _state(chain: Chain, month: date) -> pl.DataFrame:
    credit, scores, limits = (
        scan(chain, name, month, 1) for name in ("credit_months", "scores", "limits")
    )
    return state_of(credit, scores, limits).collect()


def early_warning_text(found: dict[str, Any]) -> str:
    """Return the figures for people."""
    leads = ", ".join(f"{count:,} by {lead}" for lead, count in found["lead_months"].items())
    percent = _percents(found)
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


def alerts_sentence(found: dict[str, Any]) -> str:
    """Return what alerts were worth so far, for the line of a step."""
    percent = _percents(found)
    return (
        f"of {found['alerts']:,} alerts with a complete window {percent['precision']} fell 60 days "
        f"behind, by days past due alone {percent['precision_by_dpd']}"
    )


def _percents(found: dict[str, Any]) -> dict[str, str]:
    return {
        name: "not known" if found[name] is None else percent_of(found[name]) for name in _SHARES
    }
