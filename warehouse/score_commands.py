"""Commands about scores: `backtest`."""

import json
from pathlib import Path


def declare_scores(commands) -> None:
    """Add the commands to a parser's."""
    text = "Train on some accounts, judge scores and policies on others once, and print the report."
    command = commands.add_parser("backtest", help=text, description=text)
    command.add_argument("--source", required=True, metavar="NAME", help="its mapping")
    command.add_argument("--landing", required=True, type=Path, metavar="DIR")
    command.add_argument(
        "--labels", required=True, type=Path, metavar="FILE", help="CSV: user_id,month,bad"
    )
    command.add_argument("--train-landing", type=Path, metavar="DIR")
    command.add_argument("--train-labels", type=Path, metavar="FILE")
    command.add_argument("--json", action="store_true")
    command.set_defaults(act=_act_backtest)


def _act_backtest(asked) -> None:
    from transforms.errors import RefusedError
    from warehouse.backtest import backtest
    from warehouse.backtest_text import backtest_text

    if (asked.train_landing is None) != (asked.train_labels is None):
        raise RefusedError("Backtest: --train-landing and --train-labels go together. Give both.")
    found = backtest(
        asked.source, asked.landing, asked.labels, asked.train_landing, asked.train_labels
    )
    print(json.dumps(found, indent=2) if asked.json else backtest_text(found))
