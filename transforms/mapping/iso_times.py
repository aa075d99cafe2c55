"""Times written to one width, as logs have them: read from their digits, all at once."""

import numpy as np
import polars as pl

_DIGITS = (0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18)  # of `2026-10-05T12:00:00`
_LENGTH = 19
_FIRST, _AFTER = "1900-01", "2200-02"
_MONTHS = np.arange(_FIRST, _AFTER, dtype="M8[M]").astype("M8[D]").astype(np.int64)


def clock_times(texts: pl.Series) -> pl.Series | None:
    """Read times that differ in nothing but the digits of date and clock.

    Args:
        texts: Times; the first one that is not null is ISO 8601 with seconds.

    Returns:
        Datetime as the clock shows it, without a zone, null for null; None if other bytes differ,
        if there is no such day or time in one of them, or if it is far from our days.
    """
    written = texts.drop_nulls()
    lengths = written.str.len_bytes()
    length = lengths.min()
    if length is None or length < _LENGTH or length != lengths.max():
        return None
    raw = written.str.join("").cast(pl.Binary()).item()
    # A row for each place in the text, so that what is done to it is done to neighbours in memory.
    bytes_at = np.ascontiguousarray(np.frombuffer(raw, np.uint8).reshape(-1, length).T)
    others = bytes_at[[place for place in range(length) if place not in _DIGITS]]
    digits = bytes_at[list(_DIGITS)] - ord("0")
    if digits.max() > 9 or (others != others[:, :1]).any():
        return None
    century, year, month, day, hour, minute, second = digits[::2] * 10 + digits[1::2]
    months = ((century.astype(np.int64) - 19) * 100 + year) * 12 + month - 1
    is_known = months.min() >= 0 and months.max() < len(_MONTHS) - 1
    if not (is_known and month.min() > 0 and month.max() <= 12 and day.min() > 0):
        return None
    days = _MONTHS[months] + day - 1
    is_a_day = (days < _MONTHS[months + 1]).all()
    if not (is_a_day and hour.max() < 24 and minute.max() < 60 and second.max() < 60):
        return None
    seconds = ((days * 24 + hour) * 60 + minute) * 60 + second
    times = np.full(len(texts), np.datetime64("NaT", "us"))
    times[texts.is_not_null().to_numpy()] = (seconds * 1_000_000).view("M8[us]")
    return pl.Series(times, nan_to_null=True)
