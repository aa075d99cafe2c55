"""Times written to one width, as logs have them: read from their digits, all at once."""

import numpy as np
import polars as pl

_DIGITS = (0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18)  # of `2026-10-05T12:00:00`
_LENGTH = 19
_MONTHS = np.arange("1900-01", "2200-02", dtype="M8[M]").astype("M8[D]").astype(np.int64)
_LEAST = np.array([[0], [1], [1], [0], [0], [0]])  # month counted from 1900, in its year, day, …
_MOST = np.array([[len(_MONTHS) - 2], [12], [31], [23], [59], [59]])


def clock_times(texts: pl.Series) -> pl.Series:
    """Read the times that differ from the first one in nothing but the digits of date and clock.

    Args:
        texts: Times; the first one that is not null is ISO 8601 with seconds.

    Returns:
        Datetime as the clock shows it, without a zone; null of a text that is written otherwise, of
        a day or time that is none, and far from our days.
    """
    times = np.full(len(texts), np.datetime64("NaT", "us"))
    lengths = texts.str.len_bytes()
    length = lengths.drop_nulls().first()
    is_read = (lengths == length).fill_null(False)
    places = np.flatnonzero(is_read.to_numpy())
    raw = texts.filter(is_read).str.join("").cast(pl.Binary()).item()
    # A row for each place in the text, so that what is done to it is done to neighbours in memory.
    bytes_at = np.ascontiguousarray(np.frombuffer(raw, np.uint8).reshape(-1, length).T)
    others = bytes_at[[place for place in range(length) if place not in _DIGITS]]
    digits = bytes_at[list(_DIGITS)] - np.uint8(ord("0"))
    fits = (digits <= 9).all(axis=0) & (others == others[:, :1]).all(axis=0)
    century, year, month, day, hour, minute, second = digits[::2] * np.uint8(10) + digits[1::2]
    months = ((century.astype(np.int64) - 19) * 100 + year) * 12 + month - 1
    given = np.stack([months, month, day, hour, minute, second])
    fits &= ((given >= _LEAST) & (given <= _MOST)).all(axis=0)
    if not fits.all():
        places, given = places[fits], given[:, fits]
    months, _, day, hour, minute, second = given
    days = _MONTHS[months] + day - 1
    seconds = ((days * 24 + hour) * 60 + minute) * 60 + second
    is_a_day = days < _MONTHS[months + 1]
    times[places] = np.where(is_a_day, seconds * 1_000_000, np.iinfo(np.int64).min).view("M8[us]")
    return pl.Series(times, nan_to_null=True)
