"""A base-rate shift: the same ranking of accounts, among people of whom fewer turn bad."""

from dataclasses import replace

from transforms.scoring.scorecard import Scorecard

_PPM = 1_000_000


def shifted(scorecard: Scorecard, from_rate: float, to_rate: float) -> Scorecard:
    """Return a scorecard whose PDs hold where `to_rate` of the accounts are bad.

    The odds of every row are multiplied by the ratio of the two overall odds (prior correction,
    King & Zeng 2001). Ranks stay; the two ends of the table keep apart by at least 1 ppm a row.

    Args:
        scorecard: Calibrated where `from_rate` are bad.
        from_rate, to_rate: Between 0 and 1.
    """
    factor = to_rate / (1 - to_rate) * (1 - from_rate) / from_rate
    rows: list[tuple[int, int]] = []
    for points, ppm in reversed(scorecard.pd_ppm):
        odds = ppm / (_PPM - ppm) * factor
        least = rows[-1][1] + 1 if rows else 1
        rows.append((points, min(max(round(_PPM * odds / (1 + odds)), least), _PPM - 1)))
    return replace(
        scorecard,
        pd_ppm=tuple(reversed(rows)),
        calibrated_to=f"Shifted from {from_rate:.2%} bad to {to_rate:.2%}; ranks as fitted.",
    )
