"""The month's activity as SQL, for DuckDB and for Spark, from the same lists of types as ours."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from benchmarks.made import MONTH
from transforms.facts.activity import (
    COUNTED_TYPES,
    ESSENTIAL_CATEGORIES,
    INCOME_COUNTERPARTIES,
    LAST_REPORTS,
    NIGHT_ENDS_HOUR,
    OWN_TYPES,
    SUMMED_TYPES,
)
from transforms.months import last_day
from transforms.tables.facts import DEVICES_KEPT, PURCHASE_BINS, PURCHASE_EDGES_CENTS

_AHEAD_SECONDS = 8 * 3_600  # of Asia/Shanghai, which keeps no summer time; a number is quickest
_FIRST_DAY = (MONTH - date(1970, 1, 1)).days


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an engine says what is not said alike everywhere.

    Attributes:
        seconds: Whole seconds of `occurred_at` since 1970.
        divide: Operator of whole division.
        bit: The bit of a day's number.
        last: The value with the greatest of two keys.
        devices: The smallest of a group's device hashes, in order.
        distinct_devices: The same of a group in which hashes repeat.
    """

    seconds: str
    divide: str
    bit: Callable[[str], str]
    last: Callable[[str, str, str], str]
    devices: str
    distinct_devices: str


DUCKDB = Dialect(
    seconds="(epoch_us(occurred_at) // 1000000)",
    divide="//",
    bit=lambda day: f"(1::UINTEGER << ({day})::INTEGER)",
    last=lambda value, first, second: f"arg_max({value}, ({first}, {second}))",
    devices=f"list_sort(list(device_hash))[1:{DEVICES_KEPT}]",
    distinct_devices=f"list_sort(list(DISTINCT device_hash))[1:{DEVICES_KEPT}]",
)
SPARK = Dialect(
    seconds="unix_seconds(occurred_at)",
    divide="div",
    bit=lambda day: f"shiftleft(1L, cast({day} as int))",
    last=lambda value, first, second: f"max_by({value}, struct({first}, {second}))",
    devices=f"slice(array_sort(collect_list(device_hash)), 1, {DEVICES_KEPT})",
    distinct_devices=f"slice(array_sort(collect_set(device_hash)), 1, {DEVICES_KEPT})",
)


def two_levels(dialect: Dialect, events: str) -> str:
    """Return the query that groups by user and type first, and reads the rare by itself.

    Args:
        dialect: The engine's.
        events: What stands after FROM.
    """
    return f"""
        WITH typed AS (
            SELECT user_id, event_type, count(*) AS n, sum(amount_cents) AS cents,
                max(amount_cents) AS most, min(occurred_at) AS first, max(occurred_at) AS last,
                bit_or({_day_bit(dialect)}) AS days
            FROM {events} GROUP BY user_id, event_type
        ),
        folded AS (
            SELECT user_id, sum(n) AS event_count, {_join(_of_types("sum(n)", "sum(cents)"))},
                coalesce(bit_or(days) FILTER (WHERE {_is(OWN_TYPES)}), 0) AS active_days_mask,
                coalesce(bit_or(days) FILTER (WHERE {_is(["purchase"])}), 0) AS purchase_days_mask,
                max(most) FILTER (WHERE {_is(["purchase"])}) AS purchase_max_cents,
                min(first) AS first_event_at, max(last) AS last_event_at
            FROM typed GROUP BY user_id
        ),
        bought AS (
            SELECT user_id, {_bin(0, len(PURCHASE_EDGES_CENTS))} AS bin, merchant_category
            FROM {events} WHERE {_is(["purchase"])}
        ),
        binned AS (
            SELECT user_id, {_join(_bins("bin IS NOT NULL"))},
                count(*) FILTER (WHERE {_essential()}) AS essential_purchase_count
            FROM bought GROUP BY user_id
        ),
        categories AS (
            SELECT user_id, count(*) AS merchant_category_count FROM (
                SELECT DISTINCT user_id, merchant_category FROM {events}
                WHERE {_is(["purchase"])} AND merchant_category IS NOT NULL
            ) GROUP BY user_id
        ),
        nights AS (
            SELECT user_id, count(*) AS night_login_count
            FROM {events} WHERE {_is(["login"])} AND {_night(dialect)} GROUP BY user_id
        ),
        incomes AS (
            SELECT user_id, sum(amount_cents) AS income_inflow_cents
            FROM {events} WHERE {_income()} GROUP BY user_id
        ),
        reports AS (
            SELECT user_id, {_join(_reports(dialect))}
            FROM {events} WHERE {_is([kind for _, _, kind, _ in LAST_REPORTS])} GROUP BY user_id
        ),
        devices AS (
            SELECT user_id, {dialect.devices} AS device_hashes,
                count(*) > {DEVICES_KEPT} AS device_saturated
            FROM (SELECT DISTINCT user_id, device_hash FROM {events}
                WHERE device_hash IS NOT NULL)
            GROUP BY user_id
        )
        SELECT * FROM folded LEFT JOIN binned USING (user_id) LEFT JOIN categories USING (user_id)
            LEFT JOIN nights USING (user_id) LEFT JOIN incomes USING (user_id)
            LEFT JOIN reports USING (user_id) LEFT JOIN devices USING (user_id)
    """


def one_level(dialect: Dialect, events: str) -> str:
    """Return the query with a filtered aggregation per measure."""
    bought = _is(["purchase"])
    bits = _day_bit(dialect)
    return f"""
        WITH events AS (
            SELECT *, {_bin(0, len(PURCHASE_EDGES_CENTS))} AS bin FROM {events}
        )
        SELECT user_id, count(*) AS event_count,
            {_join(_of_types("count(*)", "sum(amount_cents)"))},
            coalesce(bit_or({bits}) FILTER (WHERE {_is(OWN_TYPES)}), 0) AS active_days_mask,
            coalesce(bit_or({bits}) FILTER (WHERE {bought}), 0) AS purchase_days_mask,
            max(amount_cents) FILTER (WHERE {bought}) AS purchase_max_cents,
            min(occurred_at) AS first_event_at, max(occurred_at) AS last_event_at,
            {_join(_bins(bought))},
            count(*) FILTER (WHERE {bought} AND {_essential()}) AS essential_purchase_count,
            count(DISTINCT merchant_category) FILTER (WHERE {bought}) AS merchant_category_count,
            count(*) FILTER (WHERE {_is(["login"])} AND {_night(dialect)}) AS night_login_count,
            sum(amount_cents) FILTER (WHERE {_income()}) AS income_inflow_cents,
            {_join(_reports(dialect))},
            {dialect.distinct_devices} AS device_hashes,
            count(DISTINCT device_hash) > {DEVICES_KEPT} AS device_saturated
        FROM events GROUP BY user_id
    """


def _of_types(count: str, cents: str) -> Iterator[str]:
    for kind in COUNTED_TYPES:
        yield f"{count} FILTER (WHERE {_is([kind])}) AS {kind}_count"
    for kind in SUMMED_TYPES:
        yield f"{cents} FILTER (WHERE {_is([kind])}) AS {kind}_cents"


def _bins(condition: str) -> Iterator[str]:
    for place, name in enumerate(PURCHASE_BINS):
        yield f"count(*) FILTER (WHERE {condition} AND bin = {place}) AS {name}"


def _bin(low: int, high: int) -> str:
    """Return the number of an amount's bin, found by halving; null if the amount is."""
    if low == high:
        return str(low)
    half = (low + high) // 2
    below, above = _bin(low, half), _bin(half + 1, high)
    edge = PURCHASE_EDGES_CENTS[half]
    return (
        f"CASE WHEN amount_cents <= {edge} THEN {below} WHEN amount_cents > {edge} THEN {above} END"
    )


def _reports(dialect: Dialect) -> Iterator[str]:
    for name, column, kind, prudent in LAST_REPORTS:
        tie = f"-{column}" if prudent is min else column
        last = dialect.last(column, "occurred_at", tie)
        yield f"{last} FILTER (WHERE {_is([kind])} AND {column} IS NOT NULL) AS {name}"


def _day_bit(dialect: Dialect) -> str:
    day = f"(({dialect.seconds} + {_AHEAD_SECONDS}) {dialect.divide} 86400 - {_FIRST_DAY})"
    is_in_month = f"{day} BETWEEN 0 AND {last_day(MONTH).day - 1}"
    return f"CASE WHEN {is_in_month} THEN {dialect.bit(day)} END"


def _night(dialect: Dialect) -> str:
    return f"({dialect.seconds} + {_AHEAD_SECONDS}) % 86400 < {NIGHT_ENDS_HOUR * 3_600}"


def _income() -> str:
    return f"{_is(['transfer_in'])} AND counterparty_type IN ({_quoted(INCOME_COUNTERPARTIES)})"


def _essential() -> str:
    return f"merchant_category IN ({_quoted(ESSENTIAL_CATEGORIES)})"


def _is(kinds) -> str:
    return f"event_type IN ({_quoted(kinds)})" if len(kinds) > 1 else f"event_type = '{kinds[0]}'"


def _quoted(names) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _join(parts) -> str:
    return ",\n".join(parts)
