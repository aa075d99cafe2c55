"""Names of time zones: which one was meant where there is no such name."""

from difflib import get_close_matches
from zoneinfo import available_timezones

_LIKE_A_ZONE = 0.86  # names of zones are much alike: less is another place


def nearest_zone(name: str) -> str:
    """Return which time zone was meant: the one most like the name, or of the same city."""
    names = (zone for zone in sorted(available_timezones()) if "/" in zone or zone == "UTC")
    zones = {zone.lower(): zone for zone in names if not zone.startswith("Etc/")}
    cities = {zone.rpartition("/")[2]: zone for zone in zones}
    plain = name.strip().lower().replace(" ", "_")
    city = get_close_matches(plain.rpartition("/")[2], cities, n=1, cutoff=_LIKE_A_ZONE)
    found = get_close_matches(plain, zones, n=1, cutoff=_LIKE_A_ZONE) or [cities[c] for c in city]
    if found:
        return f" Did you mean {zones[found[0]]!r}?"
    return " Write the name of a zone, such as Asia/Shanghai or UTC."
