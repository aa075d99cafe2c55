"""The month that a run is asked for."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from transforms.declared import nearest
from transforms.errors import RefusedError
from transforms.months import bounds, month_of, month_text, months_after


def month_asked(
    params: Mapping[str, Any], conf: Mapping[str, Any] | None, partition_key: str | None
) -> str:
    """Return the month of an Airflow run as `YYYY-MM`.

    Args:
        params: The run's params, defaults filled in.
        conf: What the run was triggered with, as given.
        partition_key: Of a scheduled, backfilled or asset-triggered run.

    Raises:
        RefusedError: An unknown key was given, no month, or two months that differ.
    """
    for key in conf or {}:
        if key not in params:
            raise RefusedError(
                f"Run: unknown key {key!r}.{nearest(key, params)} Trigger the run again."
            )
    asked = params.get("month")
    if asked and partition_key and asked != partition_key:
        raise RefusedError(
            f"Run: month {asked!r} contradicts its partition {partition_key!r}. Leave one out."
        )
    chosen = asked or partition_key
    if not chosen:
        raise RefusedError("Run: no month. Fill in `month`, e.g. 2026-10, and trigger it again.")
    return month_text(month_from(chosen))


def month_from(text: str) -> date:
    """Return the first day of a month that a person or a run wrote.

    Raises:
        RefusedError: The text is no month.
    """
    try:
        return month_of(text)
    except ValueError as problem:
        raise RefusedError(f"Month: {problem}") from None


def months_from(text: str) -> tuple[date, date]:
    """Return the first and the last of months written `FIRST:LAST`, or as one month.

    Raises:
        RefusedError: One is no month, or the first comes after the last.
    """
    first, colon, last = text.partition(":")
    months = month_from(first), month_from(last if colon else first)
    if months[0] > months[1]:
        raise RefusedError(f"Months {text!r}: the first comes after the last. Turn them round.")
    return months


def require_ended(month: date, time_zone: str, now: datetime) -> None:
    """Check that a month is over where the lender is.

    Raises:
        RefusedError: It is not.
    """
    after = bounds(month, time_zone)[1]
    if now < after:
        raise RefusedError(
            f"Month {month_text(month)}: has not ended; it ends when {after:%Y-%m-%d} begins in "
            f"{time_zone}. Run it then, or ask for {_newest_ended(time_zone, now)} or earlier."
        )


def _newest_ended(time_zone: str, now: datetime) -> str:
    this_month = now.astimezone(ZoneInfo(time_zone)).date().replace(day=1)
    return month_text(months_after(this_month, -1))
