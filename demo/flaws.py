"""Flaws: the few bad lines that every lender's systems write, always beside the good ones.

A flawed line is a broken copy of a good line, so nothing that is true is missing from the logs.
"""

import polars as pl

from demo.chance import Chance

_SHARE = 0.003
FLAWS = ("cut", "unknown_kind", "not_a_number", "no_user", "far_future", "twice")
_WEIGHTS = {"behaviour": (2, 1, 1, 1, 1, 4), "ledger": (1, 0, 1, 0, 1, 4)}


def with_flaws(chance: Chance, group: str, lines: pl.DataFrame) -> pl.DataFrame:
    """Return the lines with broken copies after some of them.

    Args:
        chance: The month's chance.
        group: `behaviour` or `ledger`.
        lines: `row` (counts from 0), `day`, `text`, in order.

    Returns:
        `day`, `text`, `flaw` (one of FLAWS, null for good lines), in order.
    """
    row = lines["row"].to_numpy()
    flawed = chance.uniform("flawed " + group, row) < _SHARE
    kind = pl.Series("flaw", FLAWS).gather(chance.pick("flaw " + group, row, _WEIGHTS[group]))
    broken = (
        lines.with_columns(kind)
        .filter(pl.Series(flawed))
        .with_columns(text=_broken(), after=pl.lit(1))
    )
    good = lines.with_columns(flaw=pl.lit(None, pl.String), after=pl.lit(0))
    order = ["row", "after"]
    return pl.concat([good, broken.select(good.columns)]).sort(order).drop(order)


def _broken() -> pl.Expr:
    """Return the text with the flaw named in `flaw`; all but a line sent twice get a new id."""
    text = pl.col("text").str.replace('"id":"', '"id":"r', literal=True)
    has_amount = text.str.contains('"amount":', literal=True)
    no_number = text.str.replace(r'"amount":[0-9.]+', '"amount":"NaN"')
    unknown = text.str.replace('"kind":"', '"kind":"v2.', literal=True)
    flaw = pl.col("flaw")
    return (
        pl.when(flaw == "cut")
        .then(text.str.head(text.str.len_chars() * 11 // 20))
        .when(flaw == "unknown_kind")
        .then(unknown)
        .when(flaw == "not_a_number")
        .then(pl.when(has_amount).then(no_number).otherwise(unknown))
        .when(flaw == "no_user")
        .then(text.str.replace(r'"user":"[^"]*",', ""))
        .when(flaw == "far_future")
        .then(text.str.replace(r'"at":"[0-9]{4}', '"at":"2099'))
        .otherwise(pl.col("text"))
    )
