"""Landing files of events: daily behaviour and the monthly ledger, as JSON lines."""

from pathlib import Path

import polars as pl

from demo.calendar import DAY_SECONDS, Month
from demo.chance import Chance
from demo.events import BehaviourEvents, LedgerEvents
from demo.files import write_lines
from demo.flaws import with_flaws
from demo.people import People

_ID_LETTERS = {
    "drawdown": "d",
    "instalment_due": "i",
    "repayment": "p",
    "reversal": "v",
    "fee": "f",
    "interest": "n",
    "charge_off": "x",
    "line_closed": "c",
}
USER = pl.format("u{}", pl.col("person").cast(pl.String).str.zfill(7))


def write_behaviour(
    landing: Path, month: Month, chance: Chance, frame: pl.DataFrame
) -> pl.DataFrame:
    """Write one file a day, empty if nothing happened.

    Args:
        landing: Landing folder.
        month: Month to write.
        chance: The month's chance, for the flaws.
        frame: Columns of `BehaviourEvents.frame`, in order of time.

    Returns:
        The lines written: `day` (since 1970), `text`, `flaw` (null for good lines).
    """
    day = pl.col("second") // DAY_SECONDS
    number = pl.int_range(pl.len()).over("day", order_by="row").cast(pl.String).str.zfill(7)
    lines = (
        frame.with_row_index("row")
        .with_columns(day.alias("day"))
        .with_columns(id=pl.format("b{}-{}", _moment("%Y%m%d"), number))
        .select("row", "day", _behaviour_text().alias("text"))
    )
    lines = with_flaws(chance, "behaviour", lines)
    _write_days(landing, month, lines)
    return lines


def write_ledger(landing: Path, month: Month, chance: Chance, events: LedgerEvents) -> pl.DataFrame:
    """Write the month's ledger; return the lines as `write_behaviour` does."""
    lines = (
        events.frame()
        .with_row_index("row")
        .select("row", pl.lit(month.last).alias("day"), _ledger_text(month).alias("text"))
    )
    lines = with_flaws(chance, "ledger", lines)
    write_lines(landing / "ledger" / f"{month.text}.jsonl", lines["text"])
    return lines


def since_joining(
    events: BehaviourEvents, month: Month, people: People, applied_on
) -> pl.DataFrame:
    """Return the events of people who were there: newcomers do nothing before they ask."""
    new = (people.joined == month.index) & ~people.founder
    joined = pl.DataFrame(
        {
            "person": people.number[new],
            "joins": applied_on[new] * DAY_SECONDS,
        }
    )
    return (
        events.frame()
        .join(joined, on="person", how="left", maintain_order="left")
        .filter(pl.col("joins").is_null() | (pl.col("second") >= pl.col("joins")))
        .drop("joins")
    )


def decimal(cents: str) -> pl.Expr:
    """Return cents as a decimal number of yuan, e.g. 12.50."""
    fraction = (pl.col(cents) % 100).cast(pl.String).str.zfill(2)
    return pl.format("{}.{}", pl.col(cents) // 100, fraction)


def day_text(days: str) -> pl.Expr:
    """Return days since 1970 as YYYY-MM-DD; null where the column is null or negative."""
    day = pl.when(pl.col(days) >= 0).then(pl.col(days))
    return day.cast(pl.Int32).cast(pl.Date).dt.to_string("%Y-%m-%d")


def optional(name: str, value: pl.Expr, *, quoted: bool = True) -> pl.Expr:
    """Return `,"name":value`, or nothing where the value is null."""
    text = f',"{name}":"{{}}"' if quoted else f',"{name}":{{}}'
    return pl.when(value.is_not_null()).then(pl.format(text, value)).otherwise(pl.lit(""))


def _moment(form: str) -> pl.Expr:
    return (pl.col("second") * 1_000_000).cast(pl.Datetime("us")).dt.to_string(form)


def _begin(identity: pl.Expr) -> list[pl.Expr]:
    at = _moment("%Y-%m-%dT%H:%M:%S+08:00")
    head = '{"id":"'
    return [
        pl.lit(head),
        identity,
        pl.lit('","user":"'),
        USER,
        pl.lit('","at":"'),
        at,
        pl.lit('","kind":"'),
        pl.col("kind"),
        pl.lit('"'),
    ]


def _behaviour_text() -> pl.Expr:
    device = pl.col("device").cast(pl.String).str.slice(0, 18)
    return pl.concat_str(
        *_begin(pl.col("id")),
        optional("amount", decimal("amount_cents"), quoted=False),
        optional("device", pl.format("d{}", device)),
        *(optional(name, pl.col(name)) for name in ("channel", "category", "counterparty")),
        pl.lit("}"),
    )


def _ledger_text(month: Month) -> pl.Expr:
    """Return ledger lines; an identity says what a line is, so a reversal can point at one."""
    thief = pl.when(pl.col("loan") % 2 == 1).then(pl.lit("t")).otherwise(pl.lit(""))
    year, number = pl.col("loan") // 2 // 12, pl.col("loan") // 2 % 12 + 1
    loan = pl.format(
        "L{}-{}{}{}",
        pl.col("person").cast(pl.String).str.zfill(7),
        year,
        number.cast(pl.String).str.zfill(2),
        thief,
    )
    turn = pl.col("turn").fill_null(0).cast(pl.String).str.zfill(2)
    of = pl.coalesce(loan, pl.format("{}-{}", USER, pl.lit(month.text)))
    letter = pl.col("kind").replace_strict(_ID_LETTERS, return_dtype=pl.String)
    reverses = pl.when(pl.col("kind") == "reversal").then(pl.format("p-{}-{}", of, turn))
    return pl.concat_str(
        *_begin(pl.format("{}-{}-{}", letter, of, turn)),
        optional("amount", decimal("amount_cents"), quoted=False),
        optional("due", day_text("due_on")),
        optional("loan", loan),
        optional("reverses", reverses),
        pl.lit("}"),
    )


def _write_days(landing: Path, month: Month, lines: pl.DataFrame) -> None:
    by_day = dict(lines.partition_by("day", as_dict=True, maintain_order=True))
    for position, date in enumerate(month.dates()):
        day = by_day.get((month.first + position,), lines.clear())
        write_lines(landing / "behaviour" / f"{date:%Y-%m-%d}.jsonl", day["text"])
