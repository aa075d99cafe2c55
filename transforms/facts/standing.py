"""Standing: what a user or an officer has asked for and is still in force at the month's end."""

from datetime import UTC, date, timedelta

import polars as pl

from transforms.months import bounds, last_day
from transforms.tables.table import USER, Column, Table, cents

OWN_WISHES = ("self_cap", "opt_out")  # what a user has set and can take back at any time
REVIEW_DAYS = 30  # a requested review suspends automatic changes for no longer than this


def _flag(name: str, meaning: str) -> Column:
    return Column(name=name, dtype=pl.Boolean(), meaning=meaning, required=True)


STANDING = Table(
    name="standing",
    meaning="One row is one user with an instruction in force at the month's end.",
    kind="decisions",
    key=("user_id",),
    columns=(
        USER,
        cents("self_cap_cents", "Cap that the user set on the own limit; null without one."),
        cents("override_cents", "Limit that an officer set; null without one."),
        Column(name="override_id", dtype=pl.String(), meaning="Instruction that set the override."),
        _flag("opted_out", "The user wants no automatic increase."),
        _flag("hardship", "The user is in a hardship arrangement."),
        _flag("review_open", f"A review was asked for in the last {REVIEW_DAYS} days and is open."),
        _flag("consent_social", "The user consents to the use of social data."),
    ),
)

# Flag: the kind that sets it and the kind that takes it back.
_FLAGS = {
    "opted_out": ("opt_out", "opt_in"),
    "hardship": ("hardship", "hardship_ended"),
    "review_open": ("review_requested", "review_closed"),
    "consent_social": ("consent_given", "consent_withdrawn"),
}


def standing(instructions: pl.LazyFrame, month: date, time_zone: str) -> pl.LazyFrame:
    """Reduce the log of instructions to what is in force at the end of `month`.

    An instruction counts if it was recorded before the decision date and its effective days
    cover the month's last day. Of two instructions about the same thing, the one recorded last
    holds. A withdrawn consent without a dimension withdraws every one; a given consent counts
    only for the dimension it names.

    Args:
        instructions: Rows of INSTRUCTIONS, in any order; the whole log.
        month: First day of the month observed.
        time_zone: The lender's zone, in which the decision date begins.

    Returns:
        Rows of STANDING, sorted by `user_id`. A user without an instruction in force has no row.
    """
    as_of = last_day(month)
    in_force = instructions.filter(
        pl.col("recorded_at") < bounds(month, time_zone)[1].astimezone(UTC),
        pl.col("effective_from") <= as_of,
        pl.col("effective_to").is_null() | (pl.col("effective_to") >= as_of),
    ).sort("user_id", "recorded_at", "instruction_id")
    cap_set = _last_kind("self_cap", "self_cap_lifted") == "self_cap"
    override = pl.col("kind") == "override"
    return (
        in_force.group_by("user_id", maintain_order=True)
        .agg(
            pl.when(cap_set)
            .then(pl.col("amount_cents").filter(pl.col("kind") == "self_cap").last())
            .alias("self_cap_cents"),
            pl.col("amount_cents").filter(override).last().alias("override_cents"),
            pl.col("instruction_id").filter(override).last().alias("override_id"),
            *(_flag_of(name, as_of).alias(name) for name in _FLAGS),
        )
        .select(STANDING.schema.names())
    )


def _last_kind(*kinds: str, where: pl.Expr | None = None) -> pl.Expr:
    """Return which of `kinds` was recorded last; null if none."""
    chosen = pl.col("kind").is_in(kinds)
    return pl.col("kind").filter(chosen if where is None else chosen & where).last()


def _flag_of(name: str, as_of: date) -> pl.Expr:
    """Return whether the flag was set last and not taken back."""
    sets, lifts = _FLAGS[name]
    where = None
    if name == "review_open":
        where = (pl.col("kind") == lifts) | (
            pl.col("effective_from") > as_of - timedelta(days=REVIEW_DAYS)
        )
    if name == "consent_social":
        social = pl.col("dimension") == "social"
        where = social.fill_null(False) | (
            (pl.col("kind") == lifts) & pl.col("dimension").is_null()
        )
    return (_last_kind(sets, lifts, where=where) == sets).fill_null(False)
