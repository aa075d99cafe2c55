"""Commands about scores and what they decide: to try, train, promote, simulate, and to plan."""

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
    text = "Fit a scorecard and a challenger to months that the lake holds, and write their card."
    command = commands.add_parser("train", help=text, description=text)
    for name in ("--train", "--out-of-time"):
        command.add_argument(name, required=True, metavar="FIRST:LAST", help="months observed")
    command.add_argument("--to", type=Path, metavar="DIR", help="in place of LIMITWISE_MODELS")
    command.add_argument("--truth", type=Path, metavar="DIR", help="of a demo lender, to judge by")
    command.add_argument("--json", action="store_true")
    command.set_defaults(act=_act_train)
    text = "Let a trained score decide from a month on that is not decided yet."
    command = commands.add_parser("promote", help=text, description=text)
    command.add_argument("model", metavar="MODEL", help="its folder's name in LIMITWISE_MODELS")
    command.add_argument("--from", required=True, dest="first", metavar="YYYY-MM")
    command.add_argument("--by", required=True, metavar="NAME")
    command.add_argument("--reason", required=True, metavar="TEXT")
    command.set_defaults(act=_act_promote)
    text = "Say how well the riskiest fiftieth of each month foretold who fell 60 days behind."
    command = commands.add_parser("alerts", help=text, description=text)
    command.add_argument("--json", action="store_true")
    command.set_defaults(act=_act_alerts)
    text = (
        "Decide a published month again under other policies or without some data; write nothing."
    )
    command = commands.add_parser("simulate", help=text, description=text)
    command.add_argument("month", metavar="YYYY-MM")
    command.add_argument("--policies", type=Path, metavar="DIR", help="in place of the month's own")
    command.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="DATA",
        help="social, region or industry; may be repeated",
    )
    command.add_argument("--json", action="store_true")
    command.set_defaults(act=_act_simulate)
    text = "Say what a user could do for a higher limit, tried by the month's own rules."
    command = commands.add_parser("plan", help=text, description=text)
    command.add_argument("month", metavar="YYYY-MM")
    whom = command.add_mutually_exclusive_group(required=True)
    whom.add_argument("--user", metavar="USER")
    whom.add_argument("--to", type=Path, metavar="FILE", help="Parquet table of everybody's plans")
    command.add_argument("--lang", choices=("en", "zh"), default="en")
    command.add_argument("--json", action="store_true")
    command.set_defaults(act=_act_plan)


def _act_backtest(asked) -> None:
    from transforms.errors import RefusedError
    from warehouse.scores.backtest import backtest
    from warehouse.scores.backtest_text import backtest_text

    if (asked.train_landing is None) != (asked.train_labels is None):
        raise RefusedError("Backtest: --train-landing and --train-labels go together. Give both.")
    found = backtest(
        asked.source, asked.landing, asked.labels, asked.train_landing, asked.train_labels
    )
    print(json.dumps(found, indent=2) if asked.json else backtest_text(found))


def _act_train(asked) -> None:
    from warehouse.monthly.months_asked import months_from
    from warehouse.scores.train import train
    from warehouse.scores.train_text import train_text
    from warehouse.settings import settings_from_environment
    from warehouse.store.lake import open_lake

    settings = settings_from_environment()
    months = (months_from(asked.train), months_from(asked.out_of_time))
    to = asked.to or settings.models
    found = train(open_lake(settings.lake), settings.policies, *months, to, asked.truth)
    print(json.dumps(found, indent=2) if asked.json else train_text(found))


def _act_promote(asked) -> None:
    from warehouse.monthly.months_asked import month_from
    from warehouse.scores.promote import promote
    from warehouse.settings import settings_from_environment
    from warehouse.store.lake import open_lake

    settings = settings_from_environment()
    first = month_from(asked.first)
    lake = open_lake(settings.lake)
    print(promote(lake, settings, asked.model, first, asked.by, asked.reason))


def _act_alerts(asked) -> None:
    from warehouse.monthly.early_warning import early_warning, early_warning_text
    from warehouse.settings import settings_from_environment
    from warehouse.store.lake import open_lake

    found = early_warning(open_lake(settings_from_environment().lake))
    print(json.dumps(found, indent=2) if asked.json else early_warning_text(found))


def _act_simulate(asked) -> None:
    from transforms.declared import nearest
    from transforms.errors import RefusedError
    from warehouse.monthly.months_asked import month_from
    from warehouse.scores.simulate import REMOVABLE, simulate
    from warehouse.scores.simulate_text import simulate_text
    from warehouse.settings import settings_from_environment
    from warehouse.store.lake import open_lake

    for name in asked.without:
        if name not in REMOVABLE:
            raise RefusedError(
                f"--without {name!r}: not one of {', '.join(REMOVABLE)}.{nearest(name, REMOVABLE)}"
            )
    lake = open_lake(settings_from_environment().lake)
    found = simulate(lake, month_from(asked.month), asked.policies, set(asked.without))
    print(json.dumps(found, indent=2) if asked.json else simulate_text(found, lake.currency))


def _act_plan(asked) -> None:
    from warehouse.answers.plans_shown import plans_of, write_plans
    from warehouse.answers.plans_text import plans_text, table_text
    from warehouse.monthly.months_asked import month_from
    from warehouse.settings import settings_from_environment
    from warehouse.store.lake import open_lake

    lake, month = open_lake(settings_from_environment().lake), month_from(asked.month)
    if asked.to:
        found = write_plans(lake, month, asked.to)
        print(json.dumps(found, indent=2) if asked.json else table_text(found))
        return
    found = plans_of(lake, month, asked.user, asked.lang)
    if asked.json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        print(plans_text(found, asked.lang))
