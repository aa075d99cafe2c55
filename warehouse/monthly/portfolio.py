"""What happened to the limits of the whole portfolio, month by month."""

from datetime import date
from typing import Any

import polars as pl

from transforms.months import month_text
from warehouse.printing import percent_of_bps, text_table
from warehouse.store.audit import Chain
from warehouse.store.lake import Lake

# Counts of a month, and the action that each of them counts; null is a line not decided.
MOVEMENTS = {
    "raised": "raise",
    "held": "hold",
    "lowered": "lower",
    "frozen": "freeze",
    "unfrozen": "unfreeze",
    "granted": "grant",
    "declined": "decline",
    "closed": "close",
    "undecided": None,
}
MONTHS_TO_ANSWER = 6
_COLUMNS = ("user_id", "line_status", "action", "limit_before_cents", "limit_cents")


def portfolio(lake: Lake) -> dict[str, Any]:
    """Return the movements of each month with limits, and whether lines rise every month.

    Returns:
        `months`: one dict per month, ascending: `month`, `kind` (limits or hold), `mode` (live,
        shadow or indicative), `lines`, the
        counts of `MOVEMENTS`, `limit_cents` (sum of the limits decided), `added_cents` (that sum
        less the limits before; a limit not known before counts as 0) and `added_bps` (of the
        limits before, rounded; null if there were none).
        `every_month`: `months` decided, `enough_months`; with six or more of them also
        `lines_open_throughout`, `rose_every_month`, `rose_every_month_bps` (null without lines),
        `never_rose` and `most_rises`.
    """
    chain = Chain.read(lake)
    decided = {month: _limits(chain, month) for month in chain.months("limits")}
    return {
        "months": [
            {
                "month": month_text(month),
                "kind": chain.head("limits", month).kind,
                "mode": chain.head("limits", month).parameters.get("mode"),
            }
            | _moved(rows)
            for month, rows in decided.items()
        ],
        "every_month": _every_month(list(decided.values())),
    }


def portfolio_text(found: dict[str, Any]) -> str:
    """Return the portfolio as a table and one sentence on the question of every month."""
    if not found["months"]:
        return "No month has limits yet."
    header = ["month", *MOVEMENTS, "limits in total", "added"]
    rows = [
        [
            month["month"]
            + (" (hold)" if month["kind"] == "hold" else "")
            + (" (indicative)" if month["mode"] == "indicative" else ""),
            *(f"{month[name]:,}" for name in MOVEMENTS),
            _units(month["limit_cents"]),
            _share(month["added_bps"], "+"),
        ]
        for month in found["months"]
    ]
    return f"{text_table(header, rows, right=header[1:])}\n\n{_sentence(found['every_month'])}"


def _limits(chain: Chain, month: date) -> pl.DataFrame:
    paths = chain.paths("limits", month)
    return pl.read_parquet(paths, columns=list(_COLUMNS), hive_partitioning=False)


def _moved(rows: pl.DataFrame) -> dict[str, Any]:
    action = pl.col("action")
    decided = pl.col("limit_cents").is_not_null()
    sums = rows.select(
        pl.len().alias("lines"),
        *(
            (action.is_null() if kind is None else action == kind).sum().alias(name)
            for name, kind in MOVEMENTS.items()
        ),
        pl.col("limit_cents").sum(),
        pl.col("limit_before_cents").filter(decided).sum().alias("before_cents"),
    ).row(0, named=True)
    before = sums.pop("before_cents")
    added = sums["limit_cents"] - before
    return sums | {"added_cents": added, "added_bps": _bps(added, before)}


def _every_month(decided: list[pl.DataFrame]) -> dict[str, Any]:
    answer = {"months": len(decided), "enough_months": len(decided) >= MONTHS_TO_ANSWER}
    if not answer["enough_months"]:
        return answer
    lines = (
        pl.concat(decided)
        .filter(pl.col("line_status") == "open")
        .group_by("user_id")
        .agg(months=pl.len(), rises=(pl.col("action") == "raise").sum())
        .filter(pl.col("months") == len(decided))
    )
    every = lines.filter(pl.col("rises") == len(decided)).height
    return answer | {
        "lines_open_throughout": lines.height,
        "rose_every_month": every,
        "rose_every_month_bps": _bps(every, lines.height),
        "never_rose": lines.filter(pl.col("rises") == 0).height,
        "most_rises": lines["rises"].max(),
    }


def _sentence(found: dict[str, Any]) -> str:
    question = "Does the limit rise every month?"
    months = found["months"]
    if not found["enough_months"]:
        return f"{question} Too few months: {months} of {MONTHS_TO_ANSWER} are decided."
    lines = found["lines_open_throughout"]
    if not lines:
        return f"{question} No line was open in all {months} months."
    return (
        f"{question} Of {lines:,} lines open in all {months} months, "
        f"{found['rose_every_month']:,} ({_share(found['rose_every_month_bps'])}) rose "
        f"in every one of them; {found['never_rose']:,} never rose; no line rose more than "
        f"{found['most_rises']} times."
    )


def _bps(part: int, whole: int) -> int | None:
    """Return a share in whole basis points, half a point away from zero; null of nothing."""
    if not whole:
        return None
    size = (abs(part) * 20_000 + whole) // (2 * whole)
    return size if part >= 0 else -size


def _share(bps: int | None, sign: str = "") -> str:
    return "-" if bps is None else percent_of_bps(bps, sign)


def _units(cents: int) -> str:
    """Return an amount in whole main units, for people."""
    return f"{cents // 100:,}"
