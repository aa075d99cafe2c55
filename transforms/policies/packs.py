"""Rule packs: what the law of one currency's country demands, as dated data."""

from dataclasses import dataclass, fields
from datetime import date

from transforms.declared import Declared, nearest
from transforms.errors import RefusedError
from transforms.policies.segment_rules import section
from transforms.tables.logs import DIMENSIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class CostCap:
    """The highest all-in cost of a loan, from one day on, for one type of lender.

    Attributes:
        lender_type: As a rate card names its lender.
        begins_on: First day; the next cap of the same lender type ends it.
        at_most_bps: All interest and fees a year, as the yearly internal rate of return.
        source: The rule that says so.
    """

    lender_type: str
    begins_on: date
    at_most_bps: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """One version of the rules, in force from `effective_from` until the pack's next one.

    Attributes:
        name: Of the file, for messages.
        effective_from: First decision date that it holds for.
        currency: Lakes of this currency fall under it.
        borrower_cap_cents: Highest sum of one borrower's limits; None if the law has no amount.
        tenor_months: Longest term of a drawdown.
        dimensions: Kinds of data that may be scored; consent is asked beside that.
        cost_caps: Ascending by lender type and day.
        source: The rules that it follows.
    """

    name: str
    effective_from: date
    currency: str
    borrower_cap_cents: int | None
    tenor_months: int
    dimensions: tuple[str, ...]
    cost_caps: tuple[CostCap, ...]
    source: str

    def caps_of(self, lender_type: str) -> tuple[CostCap, ...]:
        """Return the caps of a type of lender, ascending by day.

        Raises:
            RefusedError: The pack has none; names those it has.
        """
        found = tuple(cap for cap in self.cost_caps if cap.lender_type == lender_type)
        if not found:
            types = sorted({cap.lender_type for cap in self.cost_caps})
            raise RefusedError(
                f"{self.name}: no cost_cap is for lender type {lender_type!r}."
                f"{nearest(lender_type, types)} Correct the rate card or add the cap."
            )
        return found

    def cost_cap_bps(self, lender_type: str, on: date) -> int:
        """Return the highest all-in cost a year for a loan made on a day."""
        begun = [cap for cap in self.caps_of(lender_type) if cap.begins_on <= on]
        if not begun:
            raise RefusedError(
                f"{self.name}: no cost_cap for {lender_type!r} has begun on {on}. "
                "Add one with an earlier begins_on."
            )
        return begun[-1].at_most_bps


def pack_of(declared: Declared) -> Pack:
    """Read a rule pack.

    Raises:
        RefusedError: A key is missing, unknown or of the wrong kind; names file and line.
    """
    required = [f.name for f in fields(Pack) if f.name not in ("name", "cost_caps")]
    required.remove("borrower_cap_cents")
    declared.require_keys((), ("borrower_cap_cents",), (*required, "cost_cap"))
    data = declared.data
    effective_from = day(declared, ("effective_from",))
    currency = data["currency"]
    if not isinstance(currency, str) or len(currency) != 3 or not currency.isupper():
        raise declared.refused(
            ("currency",), f"{currency!r} is no currency. Write CNY or the like."
        )
    cap = data.get("borrower_cap_cents")
    if cap is not None and (type(cap) is not int or cap <= 0):
        raise declared.refused(
            ("borrower_cap_cents",),
            f"{cap!r} is no amount. Write whole cents above 0, or leave it out.",
        )
    if type(data["tenor_months"]) is not int or not 1 <= data["tenor_months"] <= 360:
        raise declared.refused(("tenor_months",), "tenor_months must be a whole number, 1 to 360.")
    return Pack(
        name=declared.name,
        effective_from=effective_from,
        currency=currency,
        borrower_cap_cents=cap,
        tenor_months=data["tenor_months"],
        dimensions=_dimensions(declared),
        cost_caps=_cost_caps(declared, effective_from),
        source=sentence(declared, ("source",)),
    )


def day(declared: Declared, path: tuple[str | int, ...]) -> date:
    """Return the day written at `path`.

    Raises:
        RefusedError: It is no day.
    """
    value = declared.at(path)
    if type(value) is not date:
        raise declared.refused(path, f"{path[-1]} = {value!r} is no day. Write it as 2026-01-01.")
    return value


def sentence(declared: Declared, path: tuple[str | int, ...]) -> str:
    """Return the text written at `path`.

    Raises:
        RefusedError: It is empty or no text.
    """
    value = declared.at(path)
    if not isinstance(value, str) or not value.strip():
        raise declared.refused(path, f"{path[-1]} is empty. Write a text.")
    return value


def _dimensions(declared: Declared) -> tuple[str, ...]:
    names = declared.data["dimensions"]
    if not isinstance(names, list):
        raise declared.refused(("dimensions",), "dimensions must be a list of names.")
    for name in names:
        if name not in DIMENSIONS:
            raise declared.refused(
                ("dimensions",), f"no dimension {name!r}.{nearest(str(name), DIMENSIONS)}"
            )
    return tuple(names)


def _cost_caps(declared: Declared, effective_from: date) -> tuple[CostCap, ...]:
    rows = declared.data["cost_cap"]
    if not isinstance(rows, list) or not rows:
        raise declared.refused(("cost_cap",), "caps are written [[cost_cap]], one at least.")
    caps = []
    for index in range(len(rows)):
        path = ("cost_cap", index)
        declared.require_keys(path, (), [f.name for f in fields(CostCap)])
        begins_on = day(declared, (*path, "begins_on"))
        caps.append(section(declared, path, CostCap, begins_on=begins_on))
    caps.sort(key=lambda cap: (cap.lender_type, cap.begins_on))
    for cap in caps:
        if min(c.begins_on for c in caps if c.lender_type == cap.lender_type) > effective_from:
            raise declared.refused(
                ("cost_cap",),
                f"no cap of {cap.lender_type!r} holds on {effective_from}, when the pack begins. "
                "Add one that begins then or earlier.",
            )
    days = [(cap.lender_type, cap.begins_on) for cap in caps]
    for twice in {pair for pair in days if days.count(pair) > 1}:
        raise declared.refused(
            ("cost_cap",), f"two caps of {twice[0]!r} begin on {twice[1]}. Remove one."
        )
    return tuple(caps)
