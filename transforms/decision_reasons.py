"""Reasons of a decision: codes of what decided it, strongest first, and what kind they are."""

import polars as pl

from transforms.choices import constraints_of
from transforms.first_limits import DECLINED_RISK
from transforms.policy import Policy

MOST_REASONS = 4  # more than four are not likely to be helpful
GRANTED = "GRANTED"
RAISE_EARNED = "RAISE_EARNED"
FREEZE_ENDED = "FREEZE_ENDED"
LINE_CLOSED = "LINE_CLOSED"
NO_LARGER_STEP = "NO_LARGER_STEP"


def reasons(policy: Policy) -> pl.Expr:
    """Return `reasons`: at most four codes, never none.

    The codes of the guards that decided come first; a decline for risk names the features that
    lost most points. What no constraint decided has the action itself as its reason.
    """
    decided = pl.col("deciding_guards").list
    constraints = constraints_of(policy)
    reason_of = {guard.name: guard.reason for guard in constraints.guards}
    codes = [
        pl.when(decided.contains(pl.lit(name))).then(pl.lit(reason_of.get(name, name)))
        for name in constraints.all_names
        if name != DECLINED_RISK
    ]
    # A line that is frozen and lowered at once says both.
    frozen = pl.col("line_status") == "frozen"
    codes += [
        pl.when(frozen & pl.col(f"fired {guard.name}").fill_null(False)).then(pl.lit(guard.reason))
        for guard in constraints.guards
        if guard.effect == "freeze"
    ]
    by_rules = pl.concat_list(codes).list.drop_nulls()
    declined = decided.contains(pl.lit(DECLINED_RISK))
    lost = pl.when(declined).then(_points_lost()).otherwise(pl.lit([], pl.List(pl.String)))
    found = pl.concat_list(by_rules, lost).list.unique(maintain_order=True).list.head(MOST_REASONS)
    unknown = pl.col("undecidable_because").str.to_uppercase()
    return (
        pl.when(~pl.col("decidable"))
        .then(pl.concat_list(unknown))
        .when(found.list.len() > 0)
        .then(found)
        .otherwise(pl.concat_list(_action_code()))
        .alias("reasons")
    )


def reasons_kind() -> pl.Expr:
    """Return `reasons_kind`."""
    decided = pl.col("deciding_guards").list
    return (
        pl.when(~pl.col("decidable"))
        .then(pl.lit("not_decidable"))
        .when(decided.contains(pl.lit(DECLINED_RISK)))
        .then(pl.lit("score"))
        .when(decided.len() > 0)
        .then(pl.lit("guards"))
        .otherwise(pl.lit("action"))
        .alias("reasons_kind")
    )


def deciding_guards(policy: Policy) -> pl.Expr:
    """Return the smallest set of constraints whose joint removal changes limit or state.

    A freeze that keeps the limit, and a close, are decided by all guards that demand them.
    """
    action, after = pl.col("action"), pl.col("line_status")
    frozen = (after == "frozen") & (action == "freeze")
    closed = after == "closed"
    effects = {guard.name: guard.effect for guard in policy.guards}
    names = []
    for name in constraints_of(policy).all_names:
        set_by_removal = pl.col(f"decided by {name}") & ~frozen & (action != "unfreeze")
        ends = {"freeze": frozen, "close": closed}.get(effects.get(name, ""))
        decides = set_by_removal
        if ends is not None:
            decides |= ends & pl.col(f"fired {name}").fill_null(False)
        names.append(pl.when(pl.col("decidable") & decides).then(pl.lit(name)))
    return pl.concat_list(names).list.drop_nulls()


def instruction_id(policy: Policy) -> pl.Expr:
    """Return the officer's instruction, where a guard that reads it is among those that decided."""
    names = [guard.name for guard in policy.guards if "override_cents" in guard.reads]
    decided = pl.col("deciding_guards").list
    by_officer = [decided.contains(pl.lit(name)) for name in names]
    officer = pl.any_horizontal(by_officer) if names else pl.lit(False)
    return pl.when(officer).then("override_id").alias("instruction_id")


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
