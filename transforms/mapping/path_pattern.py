"""The pattern of a landing file's path, and the period that a path names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from transforms.months import last_day, month_of

_PART = re.compile(r"\{date\}|\{month\}|\*|[^{}*]+|.")
_SHAPES = {
    "{date}": r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})",
    "{month}": r"(?P<month>[0-9]{4}-[0-9]{2})",
    "*": r"[^/]*",
}
Period = tuple[date, date]
COMPRESSED = (".gz", ".zst")


def unpacked(path: str) -> str:
    """Return the path that a file has when it is not compressed."""
    return next((path.removesuffix(end) for end in COMPRESSED if path.endswith(end)), path)


@dataclass(frozen=True, slots=True)
class PathPattern:
    """A path below the landing folder, such as `behaviour/{date}.jsonl`.

    `{date}` stands for a day and `{month}` for a month; `*` for any text without a slash. A file
    may also be compressed, with `.gz` or `.zst` after the pattern.
    """

    text: str

    @property
    def names(self) -> str | None:
        """Return `day` or `month` for what a path names, or None if it names no period."""
        return "day" if "{date}" in self.text else "month" if "{month}" in self.text else None

    def fault(self) -> str:
        """Return what is wrong with the pattern, or an empty text."""
        text = self.text
        if not text or text.startswith("/") or "\\" in text or not text.isprintable():
            return f"{text[:80]!r} is not a path below the landing folder. Use a/b.jsonl."
        if any(part in ("", ".", "..") or part.startswith(".") for part in text.split("/")):
            return f"{text[:80]!r} has an empty or a dot name. Write plain folder and file names."
        if text.endswith(COMPRESSED):
            ending = text[text.rindex(".") :]
            return f"{text[:80]!r} ends in {ending}. Leave it off: compressed files match as well."
        if text.count("{date}") + text.count("{month}") > 1:
            return f"{text[:80]!r} names two periods. Keep one of {{date}} and {{month}}."
        rest = text.replace("{date}", "").replace("{month}", "")
        if "{" in rest or "}" in rest:
            return f"{text[:80]!r} has an unknown placeholder. Allowed: {{date}}, {{month}} and *."
        return ""

    def matches(self, path: str) -> bool:
        """Return whether a path relative to the landing folder is one of this pattern."""
        return self._found(path) is not None

    def period(self, path: str) -> Period | None:
        """Return the first and the last day that a path names; None if it names no period.

        Raises:
            ValueError: The path does not match.
        """
        found = self._found(path)
        if found is None:
            raise ValueError(f"{path!r} does not match {self.text!r}.")
        return found or None

    def expected(self, first: date, last: date) -> Iterator[tuple[Period | None, str]]:
        """Yield the periods that months `first` to `last` must have files of, and their paths.

        A pattern that names no period expects one file.
        """
        if self.names is None:
            yield None, self.text
            return
        day = first
        while day <= last_day(last):
            end = day if self.names == "day" else last_day(day)
            text = self.text.replace("{date}", f"{day:%Y-%m-%d}").replace("{month}", f"{day:%Y-%m}")
            yield (day, end), text
            day = end + timedelta(days=1)

    def _found(self, path: str) -> Period | tuple[()] | None:
        """Return the period, () without one, or None if the path does not match."""
        parts = _PART.findall(self.text)
        shape = "".join(_SHAPES.get(part) or re.escape(part) for part in parts)
        found = re.fullmatch(rf"{shape}(?:\.gz|\.zst)?", path)
        if not found:
            return None
        named = found.groupdict()
        try:
            if named.get("date"):
                day = date.fromisoformat(named["date"])
                month_of(named["date"][:7])  # within the calendar that the job works in
                return day, day
            if named.get("month"):
                month = month_of(named["month"])
                return month, last_day(month)
        except ValueError:
            return None
        return ()
