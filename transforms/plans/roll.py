"""Plans rolled forward: months that have not been, through the transforms of those that have."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from transforms.deciding.decision_inputs import Across
from transforms.deciding.decisions import decisions
from transforms.deciding.limits import limits
from transforms.deciding.lines import lines
from transforms.deciding.terms import Terms
from transforms.facts.standing import standing
from transforms.features.catalogue import CATALOGUE, features
from transforms.features.feature import Feature
from transforms.features.history import Coverage
from transforms.months import last_day, months_after
from transforms.plans.activity_ahead import (
    COURSES,
    HOPEFUL,
    activity_ahead,
    last_devices,
    month_like,
)
from transforms.plans.catalogue import MONTHS, PLANS
from transforms.plans.credit_ahead import credit_ahead
from transforms.policies.economics import PPM
from transforms.scoring.scorecard import Scorecard
from transforms.scoring.scores import scores
from transforms.tables.facts import ACTIVITY, CREDIT_MONTHS

HISTORY_MONTHS = 13
# Chance makes months differ from any of the courses: a plan has to hold with this much more risk
# than foreseen, and there is none only if it does not hold with as much less. Without it 43 of
# 1,886 plans that the demo's people followed missed their limit.
MARGIN_PERCENT = 25
_WHOLE = pl.DataFrame(
    {
        "plan": [plan.name for plan in PLANS for _ in COURSES],
        "asks": [plan.asks for plan in PLANS for _ in COURSES],
        "logs_in": [plan.logs_in for plan in PLANS for _ in COURSES],
        "course": [course for _ in PLANS for course in COURSES],
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of some users at the end of the month that is published.

    Attributes:
        month: First day of that month.
        activity, credit_months: Rows of these tables by month, the last 13.
        ledger, accounts: Rows of the month.
        limits: Rows of LIMITS of the last 13 months, this one included.
        instructions: All so far.
        segment_norms, shared_devices: Of the last months, of everybody.
        coverage: What the lake can know.
        shared: What the lines share with the others of the portfolio.
        terms, scorecard: In force; they stay so, and prices with them.
        mode: `live` or `shadow`.
        credit_from: `ledger` or `reported`.
    """

    month: date
    activity: Mapping[date, pl.DataFrame]
    credit_months: Mapping[date, pl.DataFrame]
    ledger: pl.DataFrame
    accounts: pl.DataFrame
    limits: pl.DataFrame
    instructions: pl.DataFrame
    segment_norms: pl.DataFrame
    shared_devices: pl.DataFrame
    coverage: Coverage
    shared: Across
    terms: Terms
    scorecard: Scorecard
    mode: str
    credit_from: str


def roll(users: pl.DataFrame, known: Known) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Let every user follow every plan for six months, in each course of the rest of their life.

    Args:
        users: `user_id`, `limit_cents` to start from, `can_draw`.
        known: What is known of them.

    Returns:
        Two frames. `user_id`, `plan`, `course`, `ahead`, `limit_cents`, `reasons`,
        `guards_fired`: what would be decided `ahead` months on. `user_id`, `plan`, `ahead`,
        `repay_cents`, `draw_cents`: what the plan asks for in that month.
    """
    copies = users.join(_WHOLE, how="cross").with_columns(
        copy_id=pl.concat_str("user_id", "plan", "course", separator=" "),
        credit_id=pl.concat_str("user_id", "plan", separator=" "),
    )
    world = _World(copies, known)
    found, asked = [], []
    for ahead in range(1, MONTHS + 1):
        decided, moves = world.live(ahead)
        now = pl.lit(ahead, pl.Int32).alias("ahead")
        found.append(decided.with_columns(now))
        asked.append(moves.with_columns(now))
    ids = copies.select("copy_id", "user_id", "plan", "course")
    credit_ids = copies.select("credit_id", "user_id").unique()
    said = pl.concat(found).rename({"user_id": "copy_id"}).join(ids, on="copy_id")
    moved = pl.concat(asked).rename({"user_id": "credit_id"}).join(credit_ids, on="credit_id")
    return said.drop("copy_id"), moved.drop("credit_id")


class _World:
    """The copies of users, month after month; each copy follows one plan in one course."""

    def __init__(self, copies: pl.DataFrame, known: Known) -> None:
        self.copies, self.known = copies, known
        self.devices = last_devices(known.activity, known.month)
        self.activity = {m: self._copied(rows) for m, rows in known.activity.items()}
        self.credit = {m: self._copied(rows) for m, rows in known.credit_months.items()}
        self.accounts = self._copied(known.accounts)
        self.instructions = self._copied(known.instructions)
        self.limits = self._copied(known.limits)
        self.credit_rows = copies.unique("credit_id", maintain_order=True)
        self.ledger = self._copied(known.ledger, "credit_id")
        last = known.credit_months.get(known.month, CREDIT_MONTHS.empty().collect())
        self.credit_last = self._copied(last, "credit_id")
        self.in_force = copies.select("copy_id", "limit_cents")
        self.reports_limits = last["limit_in_force_cents"].is_not_null().any()

    def _copied(self, rows: pl.DataFrame, id_column: str = "copy_id") -> pl.DataFrame:
        ids = self.copies.select("user_id", id_column).unique()
        copied = rows.join(ids, on="user_id").with_columns(user_id=pl.col(id_column))
        return copied.select(rows.columns)

    def live(self, ahead: int) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Live the next month; return its decisions and what the plans asked for."""
        known = self.known
        month = months_after(known.month, ahead)
        self.ledger, self.credit_last, moves = credit_ahead(
            self._credit_rows(ahead),
            self.ledger.lazy(),
            self.credit_last.lazy(),
            month,
            known.coverage.time_zone,
            known.credit_from,
        )
        self.credit[month] = self._with_limits()
        self.activity[month] = self._active(moves, ahead)
        self.accounts = self._accounts(month)
        decided = self._decide(month)
        self.limits = pl.concat([self.limits, limits(decided.lazy(), "plan", known.mode).collect()])
        if known.mode == "live":
            self.in_force = decided.select(copy_id="user_id", limit_cents="limit_cents")
        return decided.select("user_id", "limit_cents", "reasons", "guards_fired"), moves

    def _credit_rows(self, ahead: int) -> pl.DataFrame:
        like = month_like(COURSES[0], self.known.month, ahead, self.known.coverage.first_month)
        of_it = self.known.credit_months.get(like, CREDIT_MONTHS.empty().collect()).select(
            "user_id",
            pl.col("repaid_cents").clip(0).alias("usual_repaid_cents"),
            pl.col("drawdown_cents").alias("usual_drawn_cents"),
        )
        rows = self.credit_rows.join(of_it, on="user_id", how="left").with_columns(
            pl.col("usual_repaid_cents", "usual_drawn_cents").fill_null(0)
        )
        names = ("plan", "limit_cents", "can_draw", "usual_repaid_cents", "usual_drawn_cents")
        return rows.select(pl.col("credit_id").alias("user_id"), *names)

    def _with_limits(self) -> pl.DataFrame:
        """Return the month's credit of every copy, with the limit in force as the lender says."""
        ids = self.copies.select("copy_id", "credit_id")
        rows = self.credit_last.rename({"user_id": "credit_id"}).drop("limit_in_force_cents")
        rows = rows.join(ids, on="credit_id").join(self.in_force, on="copy_id")
        reported = pl.col("limit_cents") if self.reports_limits else pl.lit(None, pl.Int64)
        return rows.with_columns(reported.alias("limit_in_force_cents"), user_id="copy_id").select(
            CREDIT_MONTHS.schema.names()
        )

    def _active(self, moves: pl.DataFrame, ahead: int) -> pl.DataFrame:
        known, nothing = self.known, ACTIVITY.empty().collect()
        month = months_after(known.month, ahead)
        asked = moves.rename({"user_id": "credit_id"}).drop("plan")
        parts = []
        for course in COURSES:
            mine = self.copies.filter(pl.col("course") == course)
            like = month_like(course, known.month, ahead, known.coverage.first_month)
            parts.append(
                activity_ahead(
                    mine.select(
                        "copy_id", "user_id", "logs_in", asks=pl.col("asks") & (ahead == 1)
                    ),
                    known.activity.get(like, nothing),
                    mine.select("copy_id", "credit_id").join(asked, on="credit_id"),
                    self.devices,
                    month,
                )
            )
        return pl.concat(parts)

    def _accounts(self, month: date) -> pl.DataFrame:
        stated = pl.when(pl.col("source_limit_cents").is_not_null()).then("limit_cents")
        return (
            self.accounts.join(self.in_force, left_on="user_id", right_on="copy_id")
            .with_columns(source_limit_cents=stated, as_of=pl.lit(last_day(month)))
            .drop("limit_cents")
        )

    def _decide(self, month: date) -> pl.DataFrame:
        known = self.known
        accounts, instructions = self.accounts.lazy(), self.instructions.lazy()
        recent = [months_after(month, -ago) for ago in range(HISTORY_MONTHS)]
        featured = features_ahead(known, self.activity, self.credit, accounts, instructions, month)
        credit = pl.concat([self.credit[m] for m in recent if m in self.credit])
        since = last_day(months_after(month, -HISTORY_MONTHS))
        before = self.limits.filter(pl.col("as_of") >= since)
        return decisions(
            featured,
            _with_margin(scores(featured, known.scorecard, month)),
            lines(accounts, credit.lazy(), before.lazy(), month, known.mode),
            standing(instructions, month, known.coverage.time_zone),
            known.terms,
            month,
            known.shared,
        ).collect()


def _with_margin(scored: pl.LazyFrame) -> pl.LazyFrame:
    hopeful = pl.col("user_id").str.ends_with(f" {HOPEFUL}")
    percent = pl.when(hopeful).then(100 - MARGIN_PERCENT).otherwise(100 + MARGIN_PERCENT)
    ppm = pl.col("pd_ppm").cast(pl.Int64) * percent // 100
    return scored.with_columns(ppm.clip(0, PPM).cast(pl.Int32).alias("pd_ppm"))


def features_ahead(
    known: Known,
    activity: Mapping[date, pl.DataFrame],
    credit_months: Mapping[date, pl.DataFrame],
    accounts: pl.LazyFrame,
    instructions: pl.LazyFrame,
    month: date,
    catalogue: Iterable[Feature] = CATALOGUE,
) -> pl.LazyFrame:
    """Return the features of users in a month that has not been.

    Args:
        known: What is known of them.
        activity, credit_months: By month, those known and those lived ahead.
        accounts: Rows of `month`.
        instructions: In force ahead.
        month: First day.
        catalogue: What to evaluate.

    Returns:
        As `transforms.features.catalogue.features`.
    """
    return features(
        {of: rows.lazy() for of, rows in activity.items()},
        {of: rows.lazy() for of, rows in credit_months.items()},
        accounts,
        known.segment_norms.lazy(),
        _still_shared(known.shared_devices, month).lazy(),
        instructions,
        month,
        known.coverage,
        catalogue,
    ).lazy()


def _still_shared(devices: pl.DataFrame, month: date) -> pl.DataFrame:
    """Return shared devices as if those of the last month known were shared for ever."""
    if devices.is_empty():
        return devices
    last = devices.filter(pl.col("as_of") == pl.col("as_of").max())
    later = [last_day(months_after(month, -ago)) for ago in (1, 2, 3)]
    parts = [last.with_columns(as_of=pl.lit(day)) for day in later]
    return pl.concat(
        [devices, *(part.filter(pl.col("as_of") > devices["as_of"].max()) for part in parts)]
    )
