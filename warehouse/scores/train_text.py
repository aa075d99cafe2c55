"""The card of a trained model for people."""

from typing import Any

from warehouse.printing import percent_of, text_table
from warehouse.scores.backtest_text import score_row

SCORE_TITLES = ("AUC", "95 %", "KS", "ECE", "lines", "bad")


def train_text(card: dict[str, Any]) -> str:
    """Return the card's main figures as tables."""
    counts = [
        [month, *(f"{count:,}" for count in of.values())] for month, of in card["outcomes"].items()
    ]
    header = ["month", *next(iter(card["outcomes"].values()))]
    titles, scores = _scores(card)
    regions = [
        [name, f"{of['lines']:,}", percent_of(of["bad_rate"]), percent_of(of["mean_pd"])]
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
            limit_sentence(card["limit_seen"]),
            "Other accounts are those never trained on; out of time are the same in later months. "
            "Nothing uses the model until a person lets it decide: `limitwise promote "
            f"{card['model_id']} --from MONTH --by NAME --reason TEXT`.",
        )
    )


def limit_sentence(seen: dict[str, float]) -> str:
    """Return what a model that sees the limit makes of half as much again, beside ours."""
    why = ", because limits were given to safe people" if seen["naive_pd_change"] < 0 else ""
    return (
        f"A model that sees the limit (AUC {seen['naive_auc']:.3f}) would put the PD "
        f"{100 * seen['naive_pd_change']:+.2f} points with half as much limit again{why}. The "
        "scorecard sees none; through the utilisation of the same debt it would be "
        f"{100 * seen['scorecard_pd_change']:+.2f} points, which no decision uses: a higher limit "
        "never lowers the PD that it is decided by."
    )


def card_markdown(card: dict[str, Any]) -> str:
    """Return what a person has to read before the model decides, as Markdown."""
    titles, scores = _scores(card)
    rows = [titles, ["---"] * len(titles), *scores]
    costly = sorted(card["points"], key=card["points"].get, reverse=True)
    features = ", ".join(f"{name} {card['points'][name]}" for name in costly)
    return "\n\n".join(
        (
            f"Label {card['label_id']}; trained on {card['training_set']['lines']:,} lines of "
            f"{' to '.join(card['trained'])}, training set "
            f"`{card['training_set']['content_digest']}`.",
            "\n".join(f"| {' | '.join(row)} |" for row in rows),
            f"PSI of the points {card['psi']:.3f}. Most points that each feature can cost: "
            f"{features}.",
            limit_sentence(card["limit_seen"]),
            "`card.html` in the model's folder has calibration, months, segments and regions.",
        )
    )


def _scores(card: dict[str, Any]) -> tuple[list[str], list[list[str]]]:
    rows = [
        [part.replace("_", " "), name, *score_figures(found)]
        for part, by_name in card["scores"].items()
        for name, found in by_name.items()
    ]
    return ["judged on", "score", *SCORE_TITLES], rows


def score_figures(found: dict[str, Any]) -> list[str]:
    """Return what a score is worth under SCORE_TITLES."""
    row = score_row("", found)
    return [
        *(row[title] for title in ("AUC", "95 %", "KS")),
        row["ECE"] or "-",
        row["n"],
        f"{found['bads']:,}",
    ]
