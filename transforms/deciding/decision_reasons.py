"""Reasons of a decision: codes of what decided it, strongest first, and what kind they are."""

import polars as pl

from transforms.deciding.choices import constraints_of
from transforms.deciding.first_limits import DECLINED_RISK
from transforms.name_lists import names_where
from transforms.policies.policy import Policy

MOST_REASONS = 4  # more than four are not likely to be helpful
GRANTED = "GRANTED"
RAISE_EARNED = "RAISE_EARNED"
FREEZE_ENDED = "FREEZE_ENDED"
LINE_CLOSED = "LINE_CLOSED"
NO_LARGER_STEP = "NO_LARGER_STEP"


def settled(policy: Policy) -> list[pl.Expr]:
    """Return `decided by <name>` for every constraint, final: what changes limit or state.

    A freeze that keeps the limit, and a close, are decided by all guards that demand them, and
    the end of a freeze by none. A line that was closed before stays so whatever the guards say.
    """
    frozen = (pl.col("line_status") == "frozen") & (pl.col("action") == "freeze")
    closes = (pl.col("line_status") == "closed") & (pl.col("line_status_before") != "closed")
    ends = {"freeze": frozen, "close": closes}
    effects = {guard.name: guard.effect for guard in policy.guards}
    flags = []
    for name in constraints_of(policy).all_names:
        decides = pl.col(f"decided by {name}") & ~frozen & (pl.col("action") != "unfreeze")
        if effects.get(name) in ends:
            fired = pl.col(f"fired {name}").fill_null(False)
            decides |= ends[effects[name]] & fired
        flags.append((pl.col("decidable") & decides).fill_null(False).alias(f"decided by {name}"))
    return flags


def reasons(rows: pl.DataFrame, policy: Policy) -> tuple[pl.Series, pl.Series]:
    """Return `deciding_guards`, and `reasons`: at most four codes, never none.

    The codes of the guards that decided come first; a decline for risk names the features that
    lost most points. What no constraint decided has the action itself as its reason.

    Args:
        rows: Decisions with `decided by <name>` as `settled` has them.
        policy: The policy in force.
    """
    constraints = constraints_of(policy)
    reason_of = {guard.name: guard.reason for guard in constraints.guards}
    decided = {name: pl.col(f"decided by {name}") for name in constraints.all_names}
    by_rule = {name: flag for name, flag in decided.items() if name != DECLINED_RISK}
    # A line that is frozen and lowered at once says both.
    frozen = pl.col("line_status") == "frozen"
    freezes = [guard for guard in constraints.guards if guard.effect == "freeze"]
    codes = names_where(
        rows,
        [*by_rule.values(), *(frozen & pl.col(f"fired {guard.name}") for guard in freezes)],
        [*(reason_of.get(name, name) for name in by_rule), *(guard.reason for guard in freezes)],
    )
    lost = pl.when(f"decided by {DECLINED_RISK}").then(_points_lost())
    unknown = pl.when(~pl.col("decidable")).then(pl.col("undecidable_because").str.to_uppercase())
    action = pl.when(pl.col("decidable") & ~_any_decided(policy)).then(_action_code())
    # Of a row only one part has anything to say, except that a decline may have two.
    parts = (pl.concat_list(unknown, action), codes, lost.fill_null([]))
    found = pl.concat_list(parts).list.drop_nulls().list.unique(maintain_order=True)
    first = rows.select(found.list.head(MOST_REASONS)).to_series()
    deciding = names_where(rows, list(decided.values()), list(decided))
    return deciding.alias("deciding_guards"), first.alias("reasons")


def reasons_kind(policy: Policy) -> pl.Expr:
    """Return `reasons_kind`."""
    return (
        pl.when(~pl.col("decidable"))
        .then(pl.lit("not_decidable"))
        .when(f"decided by {DECLINED_RISK}")
        .then(pl.lit("score"))
        .when(_any_decided(policy))
        .then(pl.lit("guards"))
        .otherwise(pl.lit("action"))
        .alias("reasons_kind")
    )


def instruction_id(policy: Policy) -> pl.Expr:
    """Return the officer's instruction, where a guard that reads it is among those that decided."""
    readers = [guard.name for guard in policy.guards if "override_cents" in guard.reads]
    by_officer = [pl.col(f"decided by {name}") for name in readers] or [pl.lit(False)]
    return pl.when(pl.any_horizontal(by_officer)).then("override_id").alias("instruction_id")


def _any_decided(policy: Policy) -> pl.Expr:
    names = constraints_of(policy).all_names
    return pl.any_horizontal([f"decided by {name}" for name in names])


def _points_lost() -> pl.Expr:
    """Return the features that lost points, most lost first; the code itself if none did."""
    row = pl.element().struct
    lost = pl.col("contributions").list.eval(
        pl.when(row.field("points_lost") > 0).then(row.field("feature"))
    )
    lost = lost.list.drop_nulls()
    none = lost.list.len().fill_null(0) == 0
    return pl.when(none).then(pl.concat_list(pl.lit(DECLINED_RISK))).otherwise(lost)


def _action_code() -> pl.Expr:
    return (
        pl.when(pl.col("line_status") == "closed")
        .then(pl.lit(LINE_CLOSED))
        .otherwise(
            pl.col("action").replace_strict(
                {"grant": GRANTED, "raise": RAISE_EARNED, "unfreeze": FREEZE_ENDED},
                default=NO_LARGER_STEP,
                return_dtype=pl.String,
            )
        )
    )
