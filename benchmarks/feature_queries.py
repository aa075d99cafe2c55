"""Features of 12 months as SQL for DuckDB: those that SQL says without looking back a month."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.made import MONTH
from transforms.months import months_after
from transforms.tables.facts import PURCHASE_BINS, PURCHASE_EDGES_CENTS

_REPORTED = "credit_from = 'reported'"
_DUES = f"CASE WHEN {_REPORTED} THEN (dpd_max_days IS NOT NULL)::INT ELSE due_count END"
_ON_TIME = f"CASE WHEN {_REPORTED} THEN (dpd_max_days <= 0)::INT ELSE paid_on_time_count END"
_LATE = f"CASE WHEN {_REPORTED} THEN (dpd_max_days > 0)::INT ELSE paid_late_count END"
_UNPAID = f"CASE WHEN {_REPORTED} THEN 0 ELSE unpaid_count END"
_IS_LATE = f"({_LATE} > 0 OR {_UNPAID} > 0 OR dpd_max_days > 0)"
_IS_TOLD = "(dpd_max_days IS NOT NULL OR due_count + paid_late_count > 0)"
_INFLOW = "transfer_in_cents + cash_in_cents"


@dataclass(frozen=True, slots=True)
class Window:
    """What is counted of a user's rows of some months.

    Attributes:
        name: Of the column.
        table: `activity` or `credit_months`.
        months: The last so many.
        value: Aggregation.
        where: Rows that count; empty is all.
    """

    name: str
    table: str
    months: int
    value: str
    where: str = ""


def _sums(months: int, *columns: str) -> Iterator[Window]:
    for column in columns:
        yield Window(f"{column}_{months}", "activity", months, f"sum({column})")


def _latest(column: str, months: int) -> Window:
    return Window(column, "activity", months, f"arg_min({column}, ago)", f"{column} IS NOT NULL")


def _days(name: str, months: int) -> Window:
    column = f"{name}_days_mask"
    return Window(f"{name}_days_{months}", "activity", months, f"sum(bit_count({column}))")


def _credit(name: str, months: int, value: str, where: str = "") -> Window:
    return Window(f"{name}_{months}", "credit_months", months, value, where)


_WINDOWS = (
    *_sums(1, "purchase_count", "profile_change_count"),
    *_sums(3, "purchase_count", "purchase_cents", "login_count", "night_login_count"),
    *_sums(3, "bill_payment_count", "transfer_out_cents", "cash_out_cents", "transfer_in_cents"),
    *_sums(3, "cash_in_cents", "income_inflow_cents", "credential_leak_count"),
    *_sums(3, "complaint_count", "limit_request_count"),
    *_sums(6, "essential_purchase_count", "purchase_count", "refund_count", *PURCHASE_BINS),
    *_sums(12, "purchase_cents", "income_inflow_cents"),
    *(_days("purchase", 3), _days("active", 1), _days("active", 3)),
    Window("purchase_max_6", "activity", 6, "max(purchase_max_cents)"),
    Window("active_12", "activity", 12, "count(*)", "active_days_mask > 0"),
    Window("billed_6", "activity", 6, "count(*)", "bill_payment_count > 0"),
    Window("income_6", "activity", 6, "count(*)", "income_inflow_cents > 0"),
    Window("present_12", "activity", 12, "min(ago)", "login_count > 0 OR drawdown_count > 0"),
    Window("inflow_1", "activity", 1, f"sum({_INFLOW})"),
    *(_latest("income_evidence_cents", 12), _latest("other_obligation_cents", 12)),
    _latest("bureau_score_points", 3),
    *(_credit("dpd_max", months, "max(dpd_max_days)") for months in (1, 3, 6, 12)),
    *(_credit(n, 1, f"max({n})") for n in ("dpd_end_days", "overdue_end_cents")),
    *(_credit("dues", months, f"sum({_DUES})") for months in (3, 12)),
    *(_credit("on_time", months, f"sum({_ON_TIME})") for months in (3, 12)),
    *(_credit("late", months, f"sum({_LATE})") for months in (3, 12)),
    *(_credit("told", months, "count(*)", _IS_TOLD) for months in (3, 12)),
    _credit("unpaid", 1, f"sum({_UNPAID})"),
    _credit("late_ago", 12, "min(ago)", _IS_LATE),
    _credit("interest", 12, "sum(interest_and_fees_cents)"),
    _credit("repaid", 12, "sum(repaid_cents)"),
    _credit("known", 12, "count(*)"),
)


def _share(part: str, whole: str) -> str:
    return f"CASE WHEN {_of(whole)} > 0 THEN {_of(part)} / {_of(whole)} END"


def _share_at_most_one(part: str, whole: str) -> str:
    kept = f"greatest(least({_of(part)}, {_of(whole)}), 0)"
    return f"CASE WHEN {_of(whole)} > 0 THEN {kept} / {_of(whole)} END"


def _change(name: str) -> str:
    recent, year = _of(f"{name}_3"), _of(f"{name}_12")
    return f"CASE WHEN {year} > {recent} THEN 4 * {recent} / {year} END"


def _late(months: int) -> str:
    late = f"{_of(f'late_{months}')} + {_of('unpaid_1')}"
    return f"CASE WHEN {_of(f'told_{months}')} > 0 THEN {late} END"


def _edge(percent: int) -> str:
    counts = [_of(f"{name}_6") for name in PURCHASE_BINS]
    whole = f"({' + '.join(counts)})"
    cases = [f"CASE WHEN {whole} = 0 THEN NULL"]
    for place, cents in enumerate(PURCHASE_EDGES_CENTS, 1):
        reached = f"({' + '.join(counts[:place])})"
        cases.append(f"WHEN {reached} * 100 >= {whole} * {percent} THEN {cents}")
    return " ".join([*cases, "ELSE purchase_max_6 END"])


def _of(name: str) -> str:
    """Return a sum, which is 0 for a user without rows."""
    return f"coalesce({name}, 0)"


FEATURES = {
    "purchase_count_1m": _of("purchase_count_1"),
    "purchase_count_3m": _of("purchase_count_3"),
    "purchase_cents_3m": _of("purchase_cents_3"),
    "purchase_cents_12m": _of("purchase_cents_12"),
    "purchase_days_3m": _of("purchase_days_3"),
    "purchase_median_at_most_cents_6m": _edge(50),
    "purchase_p90_at_most_cents_6m": _edge(90),
    "essential_purchase_ratio_6m": _share_at_most_one(
        "essential_purchase_count_6", "purchase_count_6"
    ),
    "refund_ratio_6m": _share_at_most_one("refund_count_6", "purchase_count_6"),
    "purchase_change_ratio_3m": _change("purchase_cents"),
    "active_days_1m": _of("active_days_1"),
    "active_days_3m": _of("active_days_3"),
    "active_months_12m": _of("active_12"),
    "login_count_3m": _of("login_count_3"),
    "night_login_ratio_3m": _share_at_most_one("night_login_count_3", "login_count_3"),
    "bill_payment_count_3m": _of("bill_payment_count_3"),
    "bill_payment_months_6m": _of("billed_6"),
    "transfer_out_ratio_3m": _share("transfer_out_cents_3", "inflow_3"),
    "cash_out_ratio_3m": _share("cash_out_cents_3", "inflow_3"),
    "income_inflow_months_6m": _of("income_6"),
    "income_inflow_change_ratio_3m": _change("income_inflow_cents"),
    "inflow_year_ratio_1m": _share("inflow_1", "inflow_year_ago"),
    "profile_change_count_1m": _of("profile_change_count_1"),
    "credential_leak_count_3m": _of("credential_leak_count_3"),
    "complaint_count_3m": _of("complaint_count_3"),
    "limit_request_count_3m": _of("limit_request_count_3"),
    "idle_months": "coalesce(present_12, 12)",
    "income_evidence_cents": "income_evidence_cents",
    "other_obligation_cents": "other_obligation_cents",
    "bureau_score_points": "bureau_score_points",
    "dpd_end_days": "dpd_end_days_1",
    **{f"dpd_max_days_{months}m": f"dpd_max_{months}" for months in (1, 3, 6, 12)},
    "overdue_end_cents": "overdue_end_cents_1",
    "on_time_ratio_12m": _share_at_most_one("on_time_12", "dues_12"),
    "on_time_ratio_3m": _share_at_most_one("on_time_3", "dues_3"),
    "late_count_3m": _late(3),
    "late_count_12m": _late(12),
    "months_since_late": "late_ago_12",
    "interest_share_of_repayment_12m": (
        f"CASE WHEN {_of('interest_12')} > 0 AND {_of('repaid_12')} <= 0 THEN 1.0::DOUBLE "
        f"ELSE {_share_at_most_one('interest_12', 'repaid_12')} END"
    ),
    "months_with_credit_12m": _of("known_12"),
}


def filtered(folder: Path) -> str:
    """Return the query that reads 12 months of each table once, a filter per window."""
    parts = [
        (table, 12, [_counted(window, is_filtered=True) for window in _of_table(table)])
        for table in ("activity", "credit_months")
    ]
    return _query(folder, parts)


def by_window(folder: Path) -> str:
    """Return the query that reads each table once per length of window, only the months of it."""
    parts = []
    for table in ("activity", "credit_months"):
        for months in sorted({window.months for window in _of_table(table)}):
            of_both = [window for window in _of_table(table) if window.months == months]
            parts.append((table, months, [_counted(w, is_filtered=False) for w in of_both]))
    return _query(folder, parts)


def _of_table(table: str) -> list[Window]:
    return [window for window in _WINDOWS if window.table == table]


def _counted(window: Window, *, is_filtered: bool) -> str:
    conditions = [f"({window.where})"] if window.where else []
    if is_filtered and window.months < 12:
        conditions.append(f"ago < {window.months}")
    where = f" FILTER (WHERE {' AND '.join(conditions)})" if conditions else ""
    # A sum of integers is of 128 bits otherwise, and slower.
    cast = "::BIGINT" if window.value.startswith("sum") else ""
    return f"({window.value}{where}){cast} AS {window.name}"


def _query(folder: Path, parts: list[tuple[str, int, list[str]]]) -> str:
    before = months_after(MONTH, -12)
    year_ago = f"""
        SELECT user_id, sum({_INFLOW})::BIGINT AS inflow_year_ago
        FROM '{folder}/activity/{before:%Y-%m}-*.parquet' GROUP BY user_id
    """
    joined = [f"({year_ago}) AS year_ago"]
    joined += [
        f"(SELECT user_id, {', '.join(sums)} FROM ({_rows(folder, table, months)}) "
        f"GROUP BY user_id) AS {table}_{months}"
        for table, months, sums in parts
    ]
    values = ",\n".join(f"{formula} AS {name}" for name, formula in FEATURES.items())
    return f"""
        SELECT user_id, {values}
        FROM (SELECT *, {_of("transfer_in_cents_3")} + {_of("cash_in_cents_3")} AS inflow_3
            FROM (SELECT user_id FROM '{folder}/accounts/*.parquet')
            {" ".join(f"LEFT JOIN {part} USING (user_id)" for part in joined)})
    """


def _rows(folder: Path, table: str, months: int) -> str:
    number = MONTH.year * 12 + MONTH.month
    names = [f"{months_after(MONTH, -ago):%Y-%m}" for ago in range(months)]
    files = ", ".join(f"'{folder}/{table}/{name}-*.parquet'" for name in names)
    ago = f"{number} - year(as_of) * 12 - month(as_of)"
    return f"SELECT *, {ago} AS ago FROM read_parquet([{files}])"
