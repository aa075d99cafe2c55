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
    return "\n\n".join(
        (
            f"Model {card['model_id']} in {card['folder']}: {card['label_id']}, trained on "
            f"{card['training_set']['lines']:,} lines of {' to '.join(card['trained'])}.",
            text_table(header, counts, right=header[1:]),
            text_table(titles, scores, right=titles[2:]),
            "Other accounts are those never trained on; out of time are the same in later months. "
            "Nothing uses the model until its scorecard is put among the policies.",
        )
    )


def _figures(found: dict[str, Any]) -> list[str]:
    low, high = found["auc_interval"]
    ece = "-" if found["ece"] is None else f"{found['ece']:.4f}"
    sizes = (f"{found['n']:,}", f"{found['bads']:,}")
    return [f"{found['auc']:.3f}", f"{low:.3f} to {high:.3f}", f"{found['ks']:.3f}", ece, *sizes]
