"""Rows ahead: what the rules would read of users in later months, if they do as reasons ask."""

from collections.abc import Iterator
from datetime import date

import polars as pl

from transforms.deciding.decision_inputs import decision_inputs
from transforms.deciding.lines import lines
from transforms.deciding.price import price
from transforms.facts.standing import OWN_WISHES, standing
from transforms.features.catalogue import CATALOGUE
from transforms.months import last_day, months_after
from transforms.plans.activity_ahead import activity_ahead, last_devices
from transforms.plans.credit_ahead import credit_ahead
from transforms.plans.roll import HISTORY_MONTHS, Known, features_ahead
from transforms.policies.guards import reads_of
from transforms.tables.decided import LIMITS
from transforms.tables.facts import ACTIVITY, CREDIT_MONTHS

MONTHS_AHEAD = 13  # by then what is paid late next month has left a window of 12
_PLAN = "draw_nothing"
_PROOF_CENTS = 1  # that income is proven frees; how much it is, nobody can foresee


def rows_ahead(
    users: pl.DataFrame, known: Known, scores: pl.DataFrame, reads: frozenset[str]
) -> Iterator[pl.DataFrame]:
    """Let users live on as reasons ask them to, month by month, with the limit that they have.

    They pay what falls due on its day and what is overdue by `credit_ahead.ARREARS_DAYS`, draw
    nothing new, use devices of their own that are known, log in, ask for a higher limit, prove
    their income and lift what they wished themselves; who was declined applies again. What others
    instructed runs as it was recorded. The estimated risk stays what it is: it is not foreseen.

    Args:
        users: `user_id`, `limit_cents` in force from now on; with `balance_end_cents` where not
            what is owed then, but this amount, is to be assumed.
        known: What is known of them.
        scores: Their rows of SCORES of the month.
        reads: Columns that are wanted of the rows.

    Yields:
        For each of the next `MONTHS_AHEAD` months one row per line, sorted by `user_id`: the
        columns of `decision_inputs` and of the price, and the policy's states. Of features only
        those in `reads`.
    """
    world = _World(users, known, scores, reads)
    return (world.live(ahead) for ahead in range(1, MONTHS_AHEAD + 1))


class _World:
    """What is known of the users, month after month."""

    def __init__(
        self, users: pl.DataFrame, known: Known, scores: pl.DataFrame, reads: frozenset[str]
    ) -> None:
        self.users, self.known, self.scores = users, known, scores
        policy = known.terms.policy
        self.freezes = [guard for guard in policy.guards if guard.effect == "freeze"]
        wanted = reads | reads_of(self.freezes) | policy.read_by_states
        self.catalogue = [feature for feature in CATALOGUE if feature.name in wanted]
        self.activity, self.credit = dict(known.activity), dict(known.credit_months)
        self.ledger = known.ledger
        self.credit_last = known.credit_months.get(known.month, CREDIT_MONTHS.empty().collect())
        self.reports_limits = self.credit_last["limit_in_force_cents"].is_not_null().any()
        self.limits = known.limits
        self.last_limits = known.limits.filter(pl.col("as_of") == last_day(known.month))
        self.instructions = known.instructions.filter(~pl.col("kind").is_in(OWN_WISHES)).lazy()
        self.devices = _own_devices(known)

    def live(self, ahead: int) -> pl.DataFrame:
        """Live the next month and return what its decision reads."""
        month = months_after(self.known.month, ahead)
        self.ledger, credit, moves = credit_ahead(
            self.users.select(
                *("user_id", "limit_cents"),
                plan=pl.lit(_PLAN),
                can_draw=pl.lit(False),
                usual_repaid_cents=pl.lit(0, pl.Int64),
                usual_drawn_cents=pl.lit(0, pl.Int64),
            ),
            self.ledger.lazy(),
            self.credit_last.lazy(),
            month,
            self.known.coverage.time_zone,
            self.known.credit_from,
        )
        self.credit[month] = self.credit_last = self._with_amounts(credit)
        self.activity[month] = self._active(moves, month)
        rows = self._rows(month)
        self.last_limits = self._held(rows, month)
        self.limits = pl.concat([self.limits, self.last_limits])
        return rows

    def _with_amounts(self, credit: pl.DataFrame) -> pl.DataFrame:
        """Put in the limit in force, if limits are reported, and the balance to be assumed."""
        names = [name for name in self.users.columns if name != "user_id"]
        given = self.users.select("user_id", pl.col(names).name.suffix("_given"))
        limit = pl.col("limit_cents_given") if self.reports_limits else pl.lit(None, pl.Int64)
        amounts = [limit.alias("limit_in_force_cents")]
        if "balance_end_cents" in names:
            amounts.append(pl.col("balance_end_cents_given").alias("balance_end_cents"))
        rows = credit.join(given, on="user_id", how="left").with_columns(amounts)
        return rows.select(CREDIT_MONTHS.schema.names())

    def _active(self, moves: pl.DataFrame, month: date) -> pl.DataFrame:
        copies = self.users.select("user_id", copy_id="user_id", asks=True, logs_in=True)
        moved = moves.select("repay_cents", "draw_cents", copy_id="user_id")
        nothing = ACTIVITY.empty().collect()
        active = activity_ahead(copies, nothing, moved, self.devices, month)
        return active.with_columns(income_evidence_cents=pl.lit(_PROOF_CENTS, pl.Int64))

    def _rows(self, month: date) -> pl.DataFrame:
        known = self.known
        recent = [months_after(month, -ago) for ago in range(HISTORY_MONTHS)]
        accounts = self._accounts(month).lazy()
        featured = features_ahead(
            known, self.activity, self.credit, accounts, self.instructions, month, self.catalogue
        )
        credit = pl.concat([self.credit[m] for m in recent if m in self.credit])
        before = self.limits.filter(pl.col("as_of") >= last_day(recent[-1]))
        inputs = decision_inputs(
            featured,
            self.scores.lazy(),
            lines(accounts, credit.lazy(), before.lazy(), month, known.mode),
            standing(self.instructions, month, known.coverage.time_zone),
            known.terms,
            known.shared,
        )
        states = known.terms.policy.states
        return (
            price(inputs, known.terms)
            .with_columns(state.alias(name) for name, state in states.items())
            .collect()
            .sort("user_id")
        )

    def _accounts(self, month: date) -> pl.DataFrame:
        """Return the accounts of the month; who was declined asks again in it."""
        declined = self.last_limits.filter(pl.col("action") == "decline")["user_id"]
        again = pl.col("user_id").is_in(declined.implode())
        as_of = pl.lit(last_day(month))
        stated = pl.when(pl.col("source_limit_cents").is_not_null()).then("limit_cents")
        return (
            self.known.accounts.join(self.users.select("user_id", "limit_cents"), on="user_id")
            .with_columns(
                as_of=as_of,
                source_limit_cents=stated,
                applied_on=pl.when(again).then(as_of).otherwise("applied_on"),
            )
            .drop("limit_cents")
        )

    def _held(self, rows: pl.DataFrame, month: date) -> pl.DataFrame:
        """Return what is published of the month if every limit is held."""
        fired = [guard.condition().fill_null(False) for guard in self.freezes]
        frozen = pl.any_horizontal(fired or [pl.lit(False)])
        carried = ("apr_bps", "price_band", "pd_ppm", "raise_eligible", "soft_trigger")
        now = rows.select("user_id", *carried, now_frozen=frozen)
        status = pl.col("line_status").cast(pl.String)
        frozen_now = pl.when("now_frozen").then(pl.lit("frozen")).otherwise(pl.lit("open"))
        moves = status.is_in(["open", "frozen"]) & pl.col("now_frozen").is_not_null()
        return (
            self.last_limits.drop(carried)
            .join(now, on="user_id", how="left")
            .with_columns(
                as_of=pl.lit(last_day(month)),
                action=pl.when(pl.col("action") == "decline")
                .then("action")
                .otherwise(pl.lit("hold")),
                line_status=pl.when(moves).then(frozen_now).otherwise(status),
            )
            .select(pl.col(column.name).cast(column.dtype) for column in LIMITS.columns)
        )


def _own_devices(known: Known) -> pl.DataFrame:
    """Return the devices that each user was last seen with and nobody else was."""
    shared = known.shared_devices["device_hash"].unique().implode()
    own = pl.col("device_hashes").list.set_difference(pl.lit(shared))
    return last_devices(known.activity, known.month).with_columns(own)
