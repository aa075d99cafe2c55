"""Rate cards: margins, fees and relativities of one lender, as dated data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from transforms.declared import Declared, nearest
from transforms.policies.economics import BPS, PPM
from transforms.policies.packs import day, sentence
from transforms.policies.segment_rules import section

RELATIVE_TO = ("region", "industry")
LOWEST_RELATIVITY_BPS, HIGHEST_RELATIVITY_BPS = 8_500, 12_000
SHRINKAGE = 50  # expected bads at which a cell's own record counts for half


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceBand:
    """The margin up to a PD, which is included."""

    pd_at_most_ppm: int
    margin_bps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """The drawdown for which the all-in cost is worked out, with its fees.

    Attributes:
        drawdown_cents: Amount drawn.
        instalments: Equal monthly instalments that repay it.
        drawdown_fee_bps: Share of the amount kept back at payout.
        monthly_fee_cents: Charged with every instalment.
    """

    drawdown_cents: int
    instalments: int
    drawdown_fee_bps: int
    monthly_fee_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCard:
    """One version of the card, in force from `effective_from` until the next one.

    Attributes:
        name: Of the file, for messages.
        effective_from: First decision date that it prices.
        lender_type: Decides which legal cap holds.
        band: Margins, ascending in PD; above the last PD its margin holds.
        band_hysteresis_bps: A band is left this share of PD beyond its edge.
        yearly_change_bps: Widest spread of one line's rates within a year.
        reference_use_bps: Losses are spread over the balance, or over this share of the limit.
        highest_bps: The lender's own highest rate; None leaves only the law's.
        worked: See there.
        relativities: By `region` and `industry`: factor on the expected loss, by value.
        source, approver: Where the numbers come from, and who answers for them.
    """

    name: str
    effective_from: date
    lender_type: str
    band: tuple[PriceBand, ...]
    band_hysteresis_bps: int
    yearly_change_bps: int
    reference_use_bps: int
    highest_bps: int | None
    worked: Worked
    relativities: Mapping[str, Mapping[str, int]]
    source: str
    approver: str


_NUMBERS = {
    "band_hysteresis_bps": (0, 5_000),
    "yearly_change_bps": (0, 10_000),
    "reference_use_bps": (1, 10_000),
}


def rate_card_of(declared: Declared) -> RateCard:
    """Read a rate card.

    Raises:
        RefusedError: A key is missing, unknown or out of range, or margins fall as PD rises;
            names file and line.
    """
    texts = ("lender_type", "source", "approver")
    required = ("effective_from", *texts, *_NUMBERS, "band", "worked")
    declared.require_keys((), ("highest_bps", "relativity"), required)
    for name, (lowest, highest) in {**_NUMBERS, "highest_bps": (1, 36_000)}.items():
        value = declared.data.get(name)
        if value is not None and (type(value) is not int or not lowest <= value <= highest):
            raise declared.refused(
                (name,), f"{name} = {value!r} is not a whole number from {lowest} to {highest}."
            )
    worked = section(declared, ("worked",), Worked)
    if not (1 <= worked.instalments <= 360 and worked.drawdown_cents >= 1):
        raise declared.refused(("worked",), "needs an amount and 1 to 360 instalments.")
    return RateCard(
        name=declared.name,
        effective_from=day(declared, ("effective_from",)),
        band=_bands(declared),
        worked=worked,
        highest_bps=declared.data.get("highest_bps"),
        relativities=_relativities(declared),
        **{name: sentence(declared, (name,)) for name in texts},
        **{name: declared.data[name] for name in _NUMBERS},
    )


def relativity_bps(observed_bads: int, expected_bads: int) -> int:
    """Return 1 + Z (O/E - 1) with Z = E / (E + 50), in basis points, capped to [0.85, 1.20].

    A cell with few expected bads tells little and stays near 1.
    """
    shrunk = BPS + BPS * (observed_bads - expected_bads) // (expected_bads + SHRINKAGE)
    return max(LOWEST_RELATIVITY_BPS, min(HIGHEST_RELATIVITY_BPS, shrunk))


def _bands(declared: Declared) -> tuple[PriceBand, ...]:
    rows = declared.data["band"]
    if not isinstance(rows, list) or not rows:
        raise declared.refused(("band",), "bands are written [[band]], one at least.")
    bands = tuple(section(declared, ("band", i), PriceBand) for i in range(len(rows)))
    for index, (lower, upper) in enumerate(zip(bands, bands[1:], strict=False), start=1):
        if upper.pd_at_most_ppm <= lower.pd_at_most_ppm or upper.margin_bps < lower.margin_bps:
            raise declared.refused(
                ("band", index), "bands must ascend in PD, and the margin must never fall with it."
            )
    return bands


def _relativities(declared: Declared) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {name: {} for name in RELATIVE_TO}
    rows = declared.data.get("relativity", [])
    if not isinstance(rows, list):
        raise declared.refused(("relativity",), "rows are written [[relativity]].")
    for index, row in enumerate(rows):
        path = ("relativity", index)
        counted = ("observed_bads", "expected_bads")
        declared.require_keys(path, ("bps", *counted), ("of", "value", "source", "approver"))
        for key in ("value", "source", "approver"):
            sentence(declared, (*path, key))
        if row["of"] not in RELATIVE_TO:
            raise declared.refused(
                (*path, "of"), f"of = {row['of']!r}.{nearest(str(row['of']), RELATIVE_TO)}"
            )
        if row["value"] in found[row["of"]]:
            raise declared.refused((*path, "value"), f"{row['value']!r} is declared twice.")
        found[row["of"]][row["value"]] = _relativity(declared, path, row)
    return found


def _relativity(declared: Declared, path: tuple[str | int, ...], row: dict[str, Any]) -> int:
    """Return the factor of one row: stated, or from observed and expected bads."""
    numbers = {name: row[name] for name in ("bps", "observed_bads", "expected_bads") if name in row}
    if set(numbers) not in ({"bps"}, {"observed_bads", "expected_bads"}):
        raise declared.refused(path, "give either bps, or observed_bads and expected_bads.")
    for name, number in numbers.items():
        if type(number) is not int or not 0 <= number <= PPM:
            raise declared.refused((*path, name), f"{name} = {number!r} is no count.")
    if "bps" not in numbers:
        return relativity_bps(**numbers)
    if not LOWEST_RELATIVITY_BPS <= numbers["bps"] <= HIGHEST_RELATIVITY_BPS:
        raise declared.refused(
            (*path, "bps"),
            f"bps = {numbers['bps']} lies outside {LOWEST_RELATIVITY_BPS} to "
            f"{HIGHEST_RELATIVITY_BPS}. A region or an industry must not move a price further.",
        )
    return numbers["bps"]
