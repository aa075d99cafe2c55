"""A backtest as a person reads it."""

from collections.abc import Iterable, Mapping
from typing import Any

from warehouse.printing import percent_of, text_table


def backtest_text(found: Mapping[str, Any]) -> str:
    """Return the report of `backtest` as text."""
    parts = [
        f"Backtest of {found['source']}, trained on {found['trained_on']}.",
        _labels("Trained on", found["train"]),
        _labels("Judged on", found["test"]),
        _table(score_row(name, of) for name, of in found["scores"].items()),
        _table(_deciles(name, of) for name, of in found["scores"].items()),
    ]
    if found["policies"]:
        parts.append(_table(_policy(name, of) for name, of in found["policies"].items()))
        dealt = found["placebo"]["bad_rate_added"].items()
        rates = ", ".join(f"{name} {percent_of(rate)}" for name, rate in dealt if rate is not None)
        base = percent_of(found["placebo"]["base_rate"])
        parts.append(f"With outcomes dealt out by chance ({base} bad): {rates}.")
    return "\n\n".join([*parts, "\n".join(found["says"])])


def _table(rows: Iterable[Mapping[str, str]]) -> str:
    rows = list(rows)
    first, *others = rows[0]
    return text_table([first, *others], [list(row.values()) for row in rows], right=others)


def _labels(what: str, found: Mapping[str, Any]) -> str:
    left = ", ".join(
        f"{found[name]:,} {name.replace('_', ' ')}"
        for name in ("duplicate", "outcome_unknown", "month_outside_the_lake", "user_unknown")
        if found[name]
    )
    again = found.get("also_trained_on")
    months = found["months"]
    span = months[0] if len(months) == 1 else f"{months[0]} to {months[-1]}"
    judged_again = (
        f" {again:,} of the accounts were trained on as well, and flatter the scores."
        if again
        else ""
    )
    return (
        f"{what} {found['used']:,} rows of {found['accounts']:,} accounts at {span}, "
        f"{found['bad']:,} of them bad, of {found['rows']:,} rows of {found['file']}"
        f"{f'; not used: {left}' if left else ''}.{judged_again}"
    )


def score_row(name: str, of: Mapping[str, Any]) -> dict[str, str]:
    """Return what a score is worth, as `measured` has it, by title of the column."""
    low, high = of["auc_interval"]
    return {
        "score": name,
        "AUC": f"{of['auc']:.3f}",
        "95 %": f"{low:.3f} to {high:.3f}",
        "KS": f"{of['ks']:.3f}",
        "Brier": _number(of["brier"]),
        "ECE": _number(of["ece"]),
        "ECE of a true score": _number(of["ece_perfect_95"]),
        "n": f"{of['n']:,}",
    }


def _deciles(name: str, of: Mapping[str, Any]) -> dict[str, str]:
    rates = of["decile_bad_rates"]
    return {"bad rate by tenth": name} | {
        f"{place}": percent_of(rate) for place, rate in enumerate(rates, start=1)
    }


def _policy(name: str, of: Mapping[str, Any]) -> dict[str, str]:
    interval = of["interval"]
    return {
        "policy": name,
        "raised": f"{of['accounts']:,}",
        "line added": f"{of['added_line_cents'] / 100:,.0f}",
        "bad rate of it": "" if interval is None else percent_of(of["bad_rate_added"]),
        "95 %": "" if interval is None else " to ".join(map(percent_of, interval)),
    }


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
