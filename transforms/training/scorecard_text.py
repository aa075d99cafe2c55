"""A scorecard as the TOML that a person reviews and the monthly run reads."""

from transforms.scoring.scorecard import Scorecard, ScoredFeature


def scorecard_text(scorecard: Scorecard) -> str:
    """Return the file of a scorecard; `scorecard_of` reads it back as it was."""
    head = [
        f"{key} = {_text(getattr(scorecard, key))}"
        for key in ("name", "source", "label_id", "calibrated_to")
    ]
    rows = "\n".join(f"    [{points}, {ppm:_}]," for points, ppm in scorecard.pd_ppm)
    parts = [
        head[0],
        f"effective_from = {scorecard.effective_from.isoformat()}",
        *head[1:],
        f"horizon_months = {scorecard.horizon_months}",
        f"base_points = {scorecard.base_points}",
        "",
        f"pd_ppm = [\n{rows}\n]",
        *map(_feature, scorecard.features),
    ]
    return "\n".join(parts) + "\n"


def _feature(scored: ScoredFeature) -> str:
    bins = "\n".join(
        f"    {{ points = {one.points} }},"
        if one.at_most is None
        else f"    {{ at_most = {one.at_most}, points = {one.points} }},"
        for one in scored.bins
    )
    return (
        f'\n[[feature]]\nname = "{scored.name}"\nnull_points = {scored.null_points}\n'
        f"best_points = {scored.best_points}\nbins = [\n{bins}\n]"
    )


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
