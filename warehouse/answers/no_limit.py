"""Why a user has no limit in a month: what is true of the account, and since when."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import polars as pl

from transforms.deciding.last_runs import began_on
from transforms.deciding.lines import APPLICATION_MONTHS
from transforms.months import last_day, month_text, months_after
from warehouse.monthly.history import scan
from warehouse.store.audit import Chain
from warehouse.store.lake import bucket_of

_SCORES = "`limitwise query \"SELECT * FROM scores WHERE user_id = '{}'\"` has what is known."


def why_no_limit(chain: Chain, user: str, month: date, history: list[dict[str, Any]]) -> str:
    """Return one paragraph for the person who asked.

    Args:
        chain: The lake.
        user: A user without a row of `limits` in `month`.
        month: Month observed; it has limits.
        history: The user's rows of `limits` before it, oldest first: `month`, `action`,
            `line_status`.
    """
    said = f"User {user[:80]!r}: no limit in {month_text(month)}"
    accounts = _rows(chain, "accounts", user, month)
    if not accounts.height:
        return f"{said}. {_without_account(chain, user, month)}"
    since = _first_month(chain, "accounts", user, chain.months("accounts"))
    why = _why(chain, user, month, accounts.row(0, named=True), history)
    asked = _SCORES.format(user[:80])
    return f"{said}. The account is known since {month_text(since)}; {why}. {asked}"


def _without_account(chain: Chain, user: str, month: date) -> str:
    later = [known for known in chain.months("accounts") if known > month]
    if since := _first_month(chain, "accounts", user, later):
        return f"The account is known only since {month_text(since)}. Ask for that month or later."
    if seen := _first_month(chain, "activity", user, chain.months("activity")):
        return (
            f"There are events of this user, the first in {month_text(seen)}, and no account, "
            "and only accounts are decided. Deliver it with a [[file.account]] of the mapping."
        )
    newest = month_text(max(chain.heads("facts")))
    return (
        f"The lake has neither account nor event of this user up to {newest}. Check the spelling."
    )


def _why(
    chain: Chain, user: str, month: date, account: dict[str, Any], history: list[dict[str, Any]]
) -> str:
    end = last_day(month)
    last = history[-1] if history else {"action": None, "line_status": None, "month": ""}
    opened, applied = account["opened_on"], account["applied_on"]
    if opened and opened > end:
        return f"the line opens on {opened}, after the month's end"
    if closed := _closed_since(chain, user, month):
        return f"the line is closed, as of {month_text(closed)}, and nothing is owed"
    if last["line_status"] == "closed" and last["action"] != "decline":
        return f"the line was closed in {last['month']}, and nothing is owed"
    if last["action"] == "decline":
        return f"the application was declined in {last['month']}, and there is none since"
    if applied and applied > end:
        return f"a line was asked for on {applied}, after the month's end"
    if applied and months_after(applied.replace(day=1), APPLICATION_MONTHS) < month:
        return (
            f"the application of {applied} lapsed after {APPLICATION_MONTHS} months without a "
            "decision"
        )
    return "it never had a limit and asked for none, so nothing is decided"


def _closed_since(chain: Chain, user: str, month: date) -> date | None:
    """Return the month from which on the lender reports the line as closed, if it does now."""
    rows = _rows(chain, "credit_months", user, month, 13).sort("as_of")
    since = rows.select(began_on(pl.col("closed"))).item() if rows.height else None
    return since and since.replace(day=1)


def _first_month(chain: Chain, table: str, user: str, months: Iterable[date]) -> date | None:
    """Return the first of some months in which a table has the user."""
    return next((month for month in months if _rows(chain, table, user, month).height), None)


def _rows(chain: Chain, table: str, user: str, month: date, reach: int = 1) -> pl.DataFrame:
    bucket = pl.select(user_id=pl.lit(user)).select(bucket_of(chain.lake.buckets)).item()
    rows = scan(chain, table, month, reach, bucket=bucket)
    return rows.filter(pl.col("user_id") == user).collect()
