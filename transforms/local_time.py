"""What a lender's clock shows at a moment."""

from datetime import timedelta

import numpy as np
import polars as pl

DAY_SECONDS, HOUR_SECONDS = 86_400, 3_600
_QUARTER = timedelta(minutes=15)  # clocks are changed on the quarter hour


def local_seconds(moments: pl.Series, time_zone: str) -> np.ndarray:
    """Return the local date and time of moments as whole seconds since 1970-01-01 00:00.

    The zone is asked once per quarter hour of their span, not once per moment.
    """
    seconds = moments.dt.epoch("s").to_numpy()
    if not len(seconds):
        return seconds
    first = pl.lit(moments.min()).dt.truncate("15m")
    quarters = pl.select(pl.datetime_range(first, moments.max(), _QUARTER)).to_series()
    shown = quarters.dt.convert_time_zone(time_zone).dt.replace_time_zone(None)
    ahead = (shown - quarters.dt.replace_time_zone(None)).dt.total_seconds()
    is_change = ahead.ne_missing(ahead.shift())
    changes = quarters.filter(is_change).dt.epoch("s").to_numpy()
    period = np.searchsorted(changes[1:], seconds, side="right")
    return seconds + ahead.filter(is_change).to_numpy()[period]
