"""The card of a trained model for people."""

from typing import Any

from warehouse.printing import text_table


def train_text(card: dict[str, Any]) -> str:
    """Return the card's main figures as tables."""
    counts = [
        [month, *(f"{count:,}" for count in of.values())] for month, of in card["outcomes"].items()
    ]
    header = ["month", *next(iter(card["outcomes"].values()))]
    scores = [
        [part, name, *_figures(found)]
        for part, by_name in card["scores"].items()
        for name, found in by_name.items()
    ]
    titles = ["judged on", "score", "AUC", "95 %", "KS", "ECE", "lines", "bad"]
    regions = [
        [name, f"{of['lines']:,}", _percent(of["bad_rate"]), _percent(of["mean_pd"])]
        for name, of in card["by_region"].items()
    ]
    places = ["region, out of time", "lines", "bad", "mean PD"]
    points = ", ".join(f"{name} {most}" for name, most in card["points"].items())
    return "\n\n".join(
        (
            f"Model {card['model_id']} in {card['folder']}: {card['label_id']}, trained on "
            f"{card['training_set']['lines']:,} lines of {' to '.join(card['trained'])}.",
            text_table(header, counts, right=header[1:]),
            text_table(titles, scores, right=titles[2:]),
            text_table(places, regions, right=places[1:]),
            f"Most points that each feature can cost: {points}. PSI of the points: "
            f"{card['psi']:.3f}.",
            "Other accounts are those never trained on; out of time are the same in later months. "
            "Nothing uses the model until its scorecard is put among the policies.",
        )
    )


def _figures(found: dict[str, Any]) -> list[str]:
    low, high = found["auc_interval"]
    ece = "-" if found["ece"] is None else f"{found['ece']:.4f}"
    sizes = (f"{found['n']:,}", f"{found['bads']:,}")
    return [f"{found['auc']:.3f}", f"{low:.3f} to {high:.3f}", f"{found['ks']:.3f}", ece, *sizes]


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"
