"""Monthly reports of the lender: limits in force, accounts, scores and instructions."""

from pathlib import Path

import numpy as np
import polars as pl

from demo.calendar import DAY_SECONDS
from demo.files import write_csv, write_lines
from demo.kinds import INDUSTRIES, REGIONS, column
from demo.landing import USER, day_text, decimal, optional
from demo.scene import Scene
from demo.state import HELD, NEVER, OPEN, STRAINED


def write_limits(landing: Path, scene: Scene) -> int:
    """Write the limit in force of every open or frozen line at the month's end; return lines."""
    held = np.isin(scene.standing.status, HELD)
    frame = pl.DataFrame(
        {
            "person": np.flatnonzero(held),
            "cents": scene.standing.limit_cents[held],
            "day": np.full(held.sum(), scene.month.last),
        }
    ).select(USER.alias("user"), day_text("day").alias("date"), decimal("cents").alias("limit"))
    write_csv(landing / "limits" / f"{scene.month.text}.csv", frame)
    return frame.height


def write_accounts(landing: Path, scene: Scene) -> int:
    """Write everybody's account as it is at the month's end; return lines."""
    people, standing = scene.people, scene.standing
    held = np.isin(standing.status, HELD)
    frame = pl.DataFrame(
        {
            "person": people.number,
            "borrower": people.borrower,
            "micro": people.micro,
            "opened": standing.opened_on,
            "applied": standing.applied_on,
            "region": np.array(column(REGIONS, 0))[people.region],
            "industry": np.array(column(INDUSTRIES, 0))[people.industry],
            "income": people.stated_income_cents,
            "checked": standing.bureau_on,
            "cents": np.where(held, standing.limit_cents, NEVER),
        }
    ).with_columns(pl.when(pl.col(name) >= 0).then(name) for name in ("income", "cents"))
    business = pl.when("micro")
    written = frame.select(
        USER.alias("user"),
        pl.format("p{}", pl.col("borrower").cast(pl.String).str.zfill(7)).alias("borrower"),
        business.then(pl.lit("trade_line")).otherwise(pl.lit("flex_line")).alias("product"),
        day_text("opened").alias("opened_on"),
        day_text("applied").alias("applied_on"),
        business.then(pl.lit("micro_business")).otherwise(pl.lit("consumer")).alias("segment"),
        "region",
        "industry",
        decimal("income").alias("stated_income"),
        day_text("checked").alias("bureau_checked_on"),
        decimal("cents").alias("limit"),
    )
    write_csv(landing / "accounts" / f"{scene.month.text}.csv", written)
    return written.height


def write_scores(landing: Path, scene: Scene) -> int:
    """Write this month's external scores, and bureau scores of those who applied; return lines."""
    people, standing, month = scene.people, scene.standing, scene.month
    who = np.flatnonzero(people.scored_outside)
    noise = scene.chance.normal("outside score", who) * 26
    trouble = np.array([0, 25, 70, 110])[standing.condition[who]]
    points = 660 - 40 * np.log2(np.maximum(people.risk[who], 0.02)) / 1.44 - trouble + noise
    asked = np.flatnonzero((standing.bureau_on >= month.first) & (standing.bureau_on <= month.last))
    frame = pl.DataFrame(
        {
            "person": np.concatenate([who, asked]),
            "day": np.concatenate(
                [
                    month.first + 5 + scene.chance.whole("scored on", who, 20),
                    standing.bureau_on[asked],
                ]
            ),
            "kind": ["external"] * len(who) + ["bureau"] * len(asked),
            "points": np.concatenate(
                [np.round(points).astype(np.int64), standing.bureau_points[asked]]
            ),
        }
    ).sort("day", "person", "kind")
    unreadable = scene.chance.uniform("score lost", np.arange(frame.height)) < 0.0005
    shown = pl.when(pl.Series(unreadable)).then(pl.lit("n/a"))
    written = frame.select(
        pl.format("s{}-{}-{}", pl.lit(month.text), USER, "kind").alias("id"),
        USER.alias("user"),
        day_text("day").alias("date"),
        "kind",
        shown.otherwise(pl.col("points").cast(pl.String)).alias("points"),
    )
    write_csv(landing / "scores" / f"{month.text}.csv", written)
    return written.height


# kind, chance a month, whether it ends by itself after so many days
_INSTRUCTIONS = (
    ("consent_withdrawn", 0.0008, None),
    ("opt_out", 0.0008, None),
    ("self_cap", 0.0008, None),
    ("hardship", 0.0003, 180),
    ("review_requested", 0.0015, 30),
)


def write_instructions(landing: Path, scene: Scene) -> int:
    """Write what people instructed the lender this month; return lines."""
    people, standing, month = scene.people, scene.standing, scene.month
    joins = people.consents & (people.joined == month.index)
    parts = [_instructed(scene, "consent_given", np.flatnonzero(joins), None)]
    for kind, chance, days in _INSTRUCTIONS:
        likely = np.where(standing.status == OPEN, chance, 0)
        if kind == "hardship":
            likely = np.where(standing.condition == STRAINED, 0.03, likely)
        likely = np.where(scene.followed.by, 0, likely)  # they carry on as they said
        who = np.flatnonzero(scene.chance.happens(kind, people.number, likely))
        parts.append(_instructed(scene, kind, who, days))
    frame = pl.concat(parts).sort("second", "person", "kind")
    at = (pl.col("second") * 1_000_000).cast(pl.Datetime("us"))
    lines = frame.select(
        pl.concat_str(
            pl.lit(f'{{"id":"k{month.text}-'),
            USER,
            pl.lit("-"),
            pl.col("kind"),
            pl.lit('","user":"'),
            USER,
            pl.lit('"'),
            optional("at", at.dt.to_string("%Y-%m-%dT%H:%M:%S+08:00")),
            optional("kind", pl.col("kind")),
            optional("dimension", pl.col("dimension")),
            optional("amount", decimal("amount_cents"), quoted=False),
            optional("from", at.dt.to_string("%Y-%m-%d")),
            optional("to", day_text("ends_on")),
            pl.lit(',"by":"app"}'),
        )
    ).to_series()
    write_lines(landing / "instructions" / f"{month.text}.jsonl", lines)
    return len(lines)


def _instructed(scene: Scene, kind: str, who: np.ndarray, days: int | None) -> pl.DataFrame:
    people, standing, month = scene.people, scene.standing, scene.month
    day = month.first + scene.chance.whole(kind + " on", who, month.days)
    if kind == "consent_given":  # founders were asked when the log of consents began
        day = np.where(people.founder[who], month.first, standing.applied_on[who])
    cap = standing.limit_cents[who] if kind == "self_cap" else None
    nothing = pl.Series(values=[None] * len(who), dtype=pl.Int64)
    return pl.DataFrame(
        {
            "person": who,
            "kind": pl.Series([kind] * len(who), dtype=pl.String),
            "second": day * DAY_SECONDS + 34_000 + scene.chance.whole(kind + " at", who, 30_000),
            "dimension": pl.Series(
                ["social" if kind.startswith("consent") else None] * len(who), dtype=pl.String
            ),
            "amount_cents": nothing if cap is None else pl.Series(cap),
            "ends_on": nothing if days is None else pl.Series(day + days),
        }
    )
