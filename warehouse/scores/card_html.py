"""The card of a trained model as one HTML page: tables and two charts, without scripts."""

from collections.abc import Sequence
from html import escape
from typing import Any

from warehouse.scores.train_text import SCORE_TITLES, limit_sentence, score_figures

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0 }
td, th { padding: .2rem .8rem; border-bottom: 1px solid #ddd; text-align: right }
td:first-child, th:first-child, td.text { text-align: left }
figure { display: inline-block; margin: 1rem 2rem 1rem 0 }
svg { background: #fafafa } text { font-size: 11px; fill: #444 }
"""
_SIDE, _EDGE = 320, 44
_PARTS = {"other_accounts": "other accounts", "out_of_time": "out of time"}
_COLOURS = {"other_accounts": "#1f6f8b", "out_of_time": "#c8553d"}


def card_html(card: dict[str, Any]) -> str:
    """Return the page of a card as `warehouse.scores.train.train` describes it."""
    training, points = card["training_set"], card["points"]
    sections = [
        f"<h1>Model {escape(card['model_id'])}</h1>",
        f"<p>Label {escape(card['label_id'])}, {card['horizon_months']} months. Trained on "
        f"{training['lines']:,} lines of {' to '.join(card['trained'])}; training set "
        f"<code>{escape(training['content_digest'])}</code>. Judged on one account in five, never "
        "trained on: in the same months (other accounts) and in "
        f"{' to '.join(card['out_of_time'])} (out of time).</p>",
        "<h2>What the scores are worth</h2>",
        _table(
            ["judged on", "score", *_beside_auc("Gini", SCORE_TITLES)],
            [
                [_PARTS[part], name, *_beside_auc(f"{found['gini']:.3f}", score_figures(found))]
                for part, by_name in card["scores"].items()
                for name, found in by_name.items()
            ],
        ),
        _chart(
            "Calibration of the scorecard: bad rate by PD, in tenths",
            card["calibration"],
            diagonal=True,
        ),
        _chart(
            "Bad rate from the riskiest tenth to the safest",
            {
                part: [
                    [(place + 0.5) / 10, rate]
                    for place, rate in enumerate(of["scorecard"]["decile_bad_rates"])
                ]
                for part, of in card["scores"].items()
            },
            diagonal=False,
        ),
        "<h2>What a feature can cost</h2>",
        f"<p>Stability of the points from training to out of time: PSI {card['psi']:.3f}.</p>",
        _table(
            ["feature", "points between worst and best"],
            [[name, str(points[name])] for name in sorted(points, key=points.get, reverse=True)],
        ),
        f"<p>{escape(limit_sentence(card['limit_seen']))}</p>",
        *(_groups(card[f"by_{group}"], group) for group in ("month", "segment", "region")),
        "<h2>Outcomes</h2>",
        "<p>Indeterminate lines (30 to 89 days late at worst) and incomplete windows are counted "
        "and not trained on.</p>",
        _table(
            ["month", *next(iter(card["outcomes"].values()))],
            [[month, *(f"{n:,}" for n in of.values())] for month, of in card["outcomes"].items()],
        ),
        "<p>Nobody's limit was drawn by lot, so nothing here says what a limit does.</p>",
    ]
    head = f'<meta charset="utf-8"><title>Model {escape(card["model_id"])}</title>'
    body = "\n".join(sections)
    return f'<!doctype html>\n<html lang="en">{head}<style>{_STYLE}</style>\n{body}\n</html>\n'


def _beside_auc(gini: str, row: Sequence[str]) -> list[str]:
    return [*row[:2], gini, *row[2:]]


def _groups(groups: dict[str, Any], name: str) -> str:
    rows = [
        [
            value,
            f"{of['lines']:,}",
            f"{of['bads']:,}",
            f"{of['bad_rate']:.2%}",
            f"{of['mean_pd']:.2%}",
            "-" if of["auc"] is None else f"{of['auc']:.3f}",
        ]
        for value, of in groups.items()
    ]
    title = f"<h2>The scorecard by {name}, out of time</h2>"
    return title + _table([name, "lines", "bad", "bad rate", "mean PD", "AUC"], rows)


def _table(header: list[str], rows: list[list[str]]) -> str:
    titles = "".join(f"<th>{escape(title)}</th>" for title in header)
    lines = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    return f"<table><tr>{titles}</tr>{lines}</table>"


def _chart(title: str, series: dict[str, list[list[float]]], *, diagonal: bool) -> str:
    """Draw shares against shares (or against the place from left to right), a line per series."""
    every = [point for points in series.values() for point in points]
    most = max(y for _, y in every)
    most = max(most, *(x for x, _ in every)) if diagonal else most
    across = most if diagonal else 1.0

    def at(x: float, y: float) -> str:
        inner = _SIDE - 2 * _EDGE
        return f"{_EDGE + inner * x / across:.1f},{_SIDE - _EDGE - inner * y / most:.1f}"

    lines = [f'<polyline points="{at(0, 0)} {at(across, 0)}" stroke="#888"/>']
    lines.append(f'<polyline points="{at(0, 0)} {at(0, most)}" stroke="#888"/>')
    if diagonal:
        lines.append(
            f'<polyline points="{at(0, 0)} {at(most, most)}" stroke="#aaa" stroke-dasharray="4"/>'
        )
    for place, (name, points) in enumerate(series.items()):
        path = " ".join(at(x, y) for x, y in points)
        colour = _COLOURS[name]
        lines.append(f'<polyline points="{path}" stroke="{colour}" stroke-width="2"/>')
        lines.append(
            f'<text x="{_EDGE + 8}" y="{18 + 15 * place}" style="fill:{colour}">'
            f"{_PARTS[name]}</text>"
        )
    lines.append(f'<text x="4" y="{_EDGE + 4}">{most:.1%}</text>')
    lines.append(f'<text x="4" y="{_SIDE - _EDGE + 4}">0 %</text>')
    if diagonal:
        lines.append(f'<text x="{_SIDE - 70}" y="{_SIDE - _EDGE + 16}">PD {most:.1%}</text>')
    drawn = "".join(lines)
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>"
        f'<svg width="{_SIDE}" height="{_SIDE}" fill="none" role="img">{drawn}</svg></figure>'
    )
