"""Months as parameters of the DAGs."""

from airflow.sdk import Asset, Param

FACTS = Asset(name="limitwise_facts", uri="limitwise://facts")
LIMITS = Asset(name="limitwise_limits", uri="limitwise://limits")
_MONTH = r"\d{4}-(0[1-9]|1[0-2])"


def month_param() -> Param:
    """Return the form field of the month; a scheduled run leaves it empty."""
    return Param(
        None,
        type=["null", "string"],
        pattern=f"^{_MONTH}$",
        title="Month",
        description="Month observed, e.g. 2026-10. A scheduled run leaves it empty.",
    )


def first_month_param() -> Param:
    """Return the form field of a month that must be filled in."""
    return Param(
        "",
        type="string",
        pattern=f"^{_MONTH}$",
        title="First month",
        description="Decided by it, e.g. 2026-10.",
    )


def months_param(title: str, example: str) -> Param:
    """Return the form field of months from one to another; it holds the example at first."""
    return Param(
        example,
        type="string",
        pattern=f"^{_MONTH}(:{_MONTH})?$",
        title=title,
        description="Months observed, e.g. 2025-03:2025-05.",
    )
