"""The one parameter of the monthly DAGs."""

from airflow.sdk import Asset, Param

FACTS = Asset(name="limitwise_facts", uri="limitwise://facts")
LIMITS = Asset(name="limitwise_limits", uri="limitwise://limits")


def month_param() -> Param:
    """Return the form field of the month; a scheduled run leaves it empty."""
    return Param(
        None,
        type=["null", "string"],
        pattern=r"^\d{4}-(0[1-9]|1[0-2])$",
        title="Month",
        description="Month observed, e.g. 2026-10. A scheduled run leaves it empty.",
    )
