"""How the text of a field becomes a value: exact or refused, never rounded and never guessed.

Every reader takes a text expression and returns the value, null where the text cannot be read.
"""

import polars as pl
import polars_hash  # noqa: F401  (registers `chash`)

from transforms.mapping.iso_times import clock_times
from transforms.mapping.written_months import WrittenMonth

PLAIN_NUMBER = r"^-?[0-9]+(?:\.[0-9]+)?$"
LARGEST_CENTS = 10**14  # a trillion of the main unit; thousands of such amounts still add up
LARGEST_INTEGER = 10**9
Form = str | WrittenMonth
_ISO_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_ISO_TIME = (
    r"^([0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(\.[0-9]{1,9})?(Z|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9])?$"
)


def whole_number(text: pl.Expr, decimals: int) -> pl.Expr:
    """Read plain decimal digits as Int64, in units of the last of `decimals` places.

    A fraction beyond `decimals` must be zeros. With two decimals `12.5` is 1250.
    """
    digits = 18 - decimals  # the largest power of ten that Int64 holds, fraction included
    fraction = rf"[0-9]{{1,{decimals}}}0*" if decimals else "0+"
    readable = text.str.contains(rf"^-?0*[0-9]{{1,{digits}}}(?:\.{fraction})?$")
    number = pl.when(readable).then(text).cast(pl.Decimal(38, decimals), strict=False)
    return number.to_physical().cast(pl.Int64)


def number_fault(text: pl.Expr, decimals: int) -> pl.Expr:
    """Name the reason why `whole_number` could not read a text."""
    finer = text.str.contains(rf"\.[0-9]{{{decimals}}}[0-9]*[1-9]")
    return (
        pl.when(~text.str.contains(PLAIN_NUMBER))
        .then(pl.lit("not_a_number"))
        .when(finer)
        .then(pl.lit("too_many_decimals"))
        .otherwise(pl.lit("out_of_range"))
    )


def day(text: pl.Expr, formats: tuple[Form, ...]) -> pl.Expr:
    """Read a date, as `YYYY-MM-DD` or in the first of `formats` that fits."""
    if not formats:
        formats, text = ("%Y-%m-%d",), pl.when(text.str.contains(_ISO_DAY)).then(text)
    return pl.coalesce(_with_whole_year(_date(text, form)) for form in formats)


def _date(text: pl.Expr, form: Form) -> pl.Expr:
    if isinstance(form, WrittenMonth):
        return form.date(text)
    return text.str.to_date(form, strict=False)


def moment(text: pl.Expr, formats: tuple[Form, ...], zone: str | None) -> pl.Expr:
    """Read a time as Datetime in UTC.

    Args:
        text: ISO 8601 with seconds, or in one of `formats`.
        formats: In the notation of `strftime`, or of a month; empty is ISO 8601.
        zone: IANA name that a time without a zone is in. A time that the clock shows twice is the
            earlier one.
    """
    if formats:
        return pl.coalesce(_formatted(text, form, zone) for form in formats)
    return text.map_batches(
        lambda texts: _iso_moments(texts, zone),
        return_dtype=pl.Datetime("us", "UTC"),
        is_elementwise=True,
    )


def _iso_moments(texts: pl.Series, zone: str | None) -> pl.Series:
    """Read ISO times, the quick way where they are written like the first one."""
    first = texts.drop_nulls().head(1)
    known = _iso_one_by_one(first, zone)
    clock = clock_times(texts) if known.count() else None
    begin = None if clock is None else clock.filter(texts.is_not_null()).first()
    if begin is None:
        return _iso_one_by_one(texts, zone)
    if first.str.len_bytes().item() == len("2026-10-05T12:00:00"):
        read = clock.to_frame("clock").select(in_zone(pl.col("clock"), zone)).to_series()
    else:
        ahead = begin - known.item().replace(tzinfo=None)
        read = (clock - ahead).dt.replace_time_zone("UTC")
    left = read.is_null() & texts.is_not_null()
    if left.any():
        read = read.scatter(left.arg_true(), _iso_one_by_one(texts.filter(left), zone))
    return read


def _iso_one_by_one(texts: pl.Series, zone: str | None) -> pl.Series:
    return texts.to_frame("text").select(_iso(pl.col("text"), zone)).to_series()


def _iso(text: pl.Expr, zone: str | None) -> pl.Expr:
    # Within the struct, so that the pattern runs once and not once per part.
    local, micros, offset = pl.field("1"), pl.field("2"), pl.field("3")
    local = local.str.replace(" ", "T", literal=True)
    local = local.str.to_datetime("%Y-%m-%dT%H:%M:%S", strict=False, time_unit="us", cache=False)
    micros = micros.str.slice(1).str.pad_end(6, "0").str.head(6).cast(pl.Int64).fill_null(0)
    parts = text.str.extract_groups(_ISO_TIME)
    parts = parts.struct.with_fields(local=local + pl.duration(microseconds=micros))
    value = (pl.field("local") - _offset(offset)).dt.replace_time_zone("UTC")
    if zone is not None:
        value = value.fill_null(in_zone(pl.field("local"), zone, offset))
    return parts.struct.with_fields(value=value).struct.field("value")


def in_zone(local: pl.Expr, zone: str, offset: pl.Expr | None = None) -> pl.Expr:
    """Place a time of the clock in `zone` into UTC; null where an offset is written with it."""
    if offset is not None:
        local = pl.when(offset.is_null()).then(local)
    placed = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return placed.dt.convert_time_zone("UTC")


def moment_fault(text: pl.Expr, formats: tuple[Form, ...], zone: str | None) -> pl.Expr:
    """Name the reason why `moment` could not read a text."""
    if formats:
        on_the_clock = moment(text, formats, "UTC").is_not_null()
    else:
        on_the_clock = moment(text, (), "UTC").is_not_null()
    because = "no_zone" if zone is None else "no_such_time"
    return pl.when(on_the_clock).then(pl.lit(because)).otherwise(pl.lit("not_a_time"))


def has_zone(form: Form) -> bool:
    """Return whether a format reads a zone from the text."""
    return isinstance(form, str) and any(
        code in form for code in ("%z", "%:z", "%::z", "%#z", "%+")
    )


def keyed_hash(text: pl.Expr, key: str) -> pl.Expr:
    """Return the keyed hash of a name, UInt64: the first 8 bytes of HMAC-SHA256.

    Without the lake's key nobody can tell which device or event a hash stands for by trying all.
    """
    hexadecimal = text.chash.hmac_sha256(key=key).str.head(16)
    return hexadecimal.str.to_integer(base=16, dtype=pl.UInt64())


def tells_a_day(form: str, sample: pl.Series) -> bool:
    """Return whether the moments of a sample, written in a format, are read as the same days."""
    try:
        written = sample.dt.replace_time_zone("UTC").dt.to_string(form)
        return (written.str.to_date(form, strict=False) == sample.dt.date()).all(ignore_nulls=False)
    except pl.exceptions.PolarsError:
        return False


def _formatted(text: pl.Expr, form: Form, zone: str | None) -> pl.Expr:
    if has_zone(form):
        moment = text.str.to_datetime(form, strict=False, time_unit="us", time_zone="UTC")
        return _with_whole_year(moment)
    if isinstance(form, WrittenMonth):
        local = form.on_the_clock(text)
    else:
        local = text.str.to_datetime(form, strict=False, time_unit="us")
    return in_zone(_with_whole_year(local), zone or "UTC")


def _with_whole_year(value: pl.Expr) -> pl.Expr:
    """Refuse `26` where a format asks for a year of four digits: another format may say 2026."""
    return pl.when(value.dt.year() >= 1000).then(value)


def _offset(text: pl.Expr) -> pl.Expr:
    """Return `Z`, `+08:00` or `+0800` as Duration; null without an offset."""
    hours = text.str.slice(1, 2).cast(pl.Int64, strict=False)  # null of `Z`
    size = hours * 60 + text.str.tail(2).cast(pl.Int64, strict=False)
    signed = pl.when(text.str.starts_with("-")).then(-size).otherwise(size)
    return pl.duration(minutes=pl.when(text == "Z").then(0).otherwise(signed))
