"""The ledger: obligations still open, and the payments on them that may still be taken back."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date
from functools import partial

import polars as pl

from transforms.facts.credit_lines import credit_lines
from transforms.facts.obligations import WAITING, Book, Line, Obligation
from transforms.months import bounds, last_day, months_after
from transforms.tables.facts import LEDGER

# A payment of the last three months can be taken back part by part; the reversal of an older one
# is owed anew, due on the day of the reversal.
REVERSIBLE_MONTHS = 3
LEDGER_TYPES = ("instalment_due", "repayment", "reversal")
DUES = pl.Schema(
    {
        "user_id": pl.String(),
        "due_count": pl.Int32(),
        "due_cents": pl.Int64(),
        "paid_on_time_count": pl.Int32(),
        "paid_late_count": pl.Int32(),
        "settled_count": pl.Int32(),
        "settled_after_due_days": pl.Int32(),
        "unpaid_count": pl.Int32(),
        "overdue_end_cents": pl.Int64(),
        "dpd_end_days": pl.Int32(),
        "dpd_max_days": pl.Int32(),
        "fell_due": pl.Boolean(),
    }
)
# Dates and moments pass through the books as plain integers.
_PLAIN = {"due_on": pl.Int32(), "changed_at": pl.Int64()}
_STORED = LEDGER.schema
_COLUMNS = [name for name in _STORED if name != "as_of"]


def ledger(
    events: pl.LazyFrame, ledger_before: pl.LazyFrame, month: date, time_zone: str
) -> pl.LazyFrame:
    """Carry the ledger over one month.

    Args:
        events: One row per event filed under the month; columns of EVENTS.
        ledger_before: LEDGER of the month before; empty at the beginning.
        month: First day of the month.
        time_zone: The lender's zone, in which a due falls at the day's end.

    Returns:
        Columns of LEDGER, sorted by its key. An obligation has a row while something is left to
        pay, while it is not yet due, and while a payment on it can be taken back.
    """
    lines = credit_lines(events, ledger_before, month, time_zone)
    return ledger_and_dues(lines, ledger_before, month, time_zone)[0]


def ledger_and_dues(
    lines: pl.DataFrame, ledger_before: pl.LazyFrame, month: date, time_zone: str
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Apply a month's credit lines to the ledger.

    Args:
        lines: The month's credit lines in order; see `transforms.facts.credit_lines`.
        ledger_before: LEDGER of the month before.
        month: First day of the month.
        time_zone: The lender's zone.

    Returns:
        LEDGER after the month; and DUES, what the month says of each user's obligations. A user
        without an open obligation and without a line of the ledger has no row in DUES.
    """
    lines = lines.filter(pl.col("event_type").is_in(LEDGER_TYPES), pl.col("amount_cents") > 0)
    reversing = lines.filter(event_type="reversal")["user_id"].unique()
    before = ledger_before.collect()
    # What is paid and past can change by a reversal only: all other such rows pass by untouched.
    is_open = (pl.col("remaining_cents") > 0) | (pl.col("due_on") >= month).fill_null(False)
    touched = pl.col("user_id").is_in(reversing.implode()) | (
        is_open & (pl.col("row_kind") != "allocation")
    )
    books = _books(before.filter(touched), month)
    for user_id, line in _lines(lines):
        books[user_id].apply(line)
    after = pl.concat([before.filter(~touched).select(_COLUMNS), _rows(books)])
    dues = [(user_id, *book.dues()) for user_id, book in books.items()]
    return (
        _kept(after, month, time_zone).lazy(),
        pl.DataFrame(dues, schema=DUES, orient="row").lazy(),
    )


def _day(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def _books(rows: pl.DataFrame, month: date) -> dict[str, Book]:
    """Open a book for every user with rows of the ledger before, and for others when asked."""
    books = defaultdict(partial(Book, _day(month), _day(last_day(month))))
    ordered = rows.sort("user_id", "due_on", "obligation_id").select(_COLUMNS)
    for user_id, kind, obligation_id, payment_id, *rest in ordered.cast(_PLAIN).iter_rows():
        reference_id, due_day, cents, left_cents, changed_us = rest
        book = books[user_id]
        if kind == "allocation":
            book.parts.setdefault(payment_id, {})[obligation_id] = (cents, changed_us)
        elif kind == "unapplied":
            book.unapplied_cents, book.unapplied_us = left_cents, changed_us
        else:
            due = (obligation_id, reference_id, due_day, cents, left_cents, changed_us)
            book.obligations.append(Obligation(*due, unpaid_since_day=book.first_day - 1))
    return books


def _lines(lines: pl.DataFrame) -> Iterator[tuple[str, Line]]:
    due_on = pl.col("due_on").fill_null(pl.col("day"))  # without a date it is due at once
    plain = lines.select(
        *("user_id", "event_type", "line_id", pl.col("occurred_at").cast(pl.Int64)),
        *(pl.col("day").cast(pl.Int32), "amount_cents", due_on.cast(pl.Int32)),
        *("reference_id", "reverses_id"),
    )
    for user_id, *line in plain.iter_rows():
        yield user_id, Line(*line)


def _rows(books: dict[str, Book]) -> pl.DataFrame:
    rows = [row for user_id, book in books.items() for row in _book_rows(user_id, book)]
    plain = pl.Schema({name: _PLAIN.get(name, _STORED[name]) for name in _COLUMNS})
    columns = zip(*rows, strict=True) if rows else [()] * len(plain)
    frame = pl.DataFrame(dict(zip(plain, columns, strict=True)), schema=plain)
    return frame.cast({name: _STORED[name] for name in _PLAIN})


def _book_rows(user_id: str, book: Book) -> Iterator[tuple]:
    for o in book.obligations:
        yield (
            *(user_id, "obligation", o.obligation_id, "", o.reference_id),
            *(o.due_day, o.amount_cents, o.remaining_cents, o.changed_us),
        )
    known = {o.obligation_id: o for o in book.obligations}
    for payment_id, parts in book.parts.items():
        for obligation_id, (cents, changed_us) in parts.items():
            o = known[obligation_id]
            yield (
                *(user_id, "allocation", obligation_id, payment_id, o.reference_id),
                *(o.due_day, cents, 0, changed_us),
            )
    if book.unapplied_cents:
        cents = book.unapplied_cents
        yield user_id, "unapplied", "", WAITING, None, None, cents, cents, book.unapplied_us


def _kept(rows: pl.DataFrame, month: date, time_zone: str) -> pl.DataFrame:
    """Drop what no later month needs: old payments, and what is paid and past without one."""
    reversible_from, _ = bounds(months_after(month, 1 - REVERSIBLE_MONTHS), time_zone)
    kind = pl.col("row_kind")
    old = (kind == "allocation") & (pl.col("changed_at") < reversible_from.astimezone(UTC))
    used_up = (kind == "unapplied") & (pl.col("remaining_cents") == 0)
    rows = rows.filter(~old, ~used_up)
    paid_and_past = (
        (kind == "obligation")
        & (pl.col("remaining_cents") == 0)
        & (pl.col("due_on") <= last_day(month))
    )
    on_it = rows.filter(kind == "allocation")
    idle = rows.filter(paid_and_past).join(on_it, on=["user_id", "obligation_id"], how="anti")
    return (
        rows.join(idle, on=["user_id", "row_kind", "obligation_id"], how="anti")
        .with_columns(pl.lit(last_day(month)).alias("as_of"))
        .select(list(_STORED))
        .sort(LEDGER.sorted_by)
    )
