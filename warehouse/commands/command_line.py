"""The command line: what a person types, and how it answers."""

import argparse
import json
import sys
from pathlib import Path

from transforms.errors import RefusedError
from warehouse.commands.demo import declare_demo
from warehouse.commands.intake import declare_intake
from warehouse.commands.scores import declare_scores


def main(arguments: list[str] | None = None) -> int:
    """Do what was typed; return the exit code: 0 done, 1 refused or failed, 2 wrong usage."""
    asked = parser_of_commands().parse_args(arguments)
    try:
        return asked.act(asked) or 0
    except RefusedError as refused:
        print(refused, file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        print("Interrupted. Nothing half-written is visible; run it again.", file=sys.stderr)
        return 1


def parser_of_commands() -> argparse.ArgumentParser:
    """Return the parser of every command."""
    parser = argparse.ArgumentParser(
        prog="limitwise", description="Recompute every user's credit limit once a month."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for declare in (
        declare_demo,
        _init,
        _run,
        _explain,
        _query,
        _files,
        _status,
        _steps,
        _operate,
        _up,
    ):
        declare(commands)
    declare_intake(commands)
    declare_scores(commands)
    return parser


def _command(commands, name: str, act, help_text: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=help_text, description=help_text)
    command.set_defaults(act=act)
    return command


def _init(commands) -> None:
    command = _command(commands, "init", _act_init, "Create a lake, or say what it is.")
    command.add_argument("--buckets", type=int, help="files that users are spread over (16)")
    command.add_argument("--time-zone", metavar="ZONE", help="of the lender (Asia/Shanghai)")
    command.add_argument("--currency", metavar="CODE", help="of every amount (CNY)")


def _act_init(asked) -> None:
    from warehouse.monthly.terms import pack_missing
    from warehouse.settings import settings_from_environment
    from warehouse.store.lake import lake_asked_for

    settings = settings_from_environment()
    given = {name: getattr(asked, name) for name in ("buckets", "time_zone", "currency")}
    given = {name: value for name, value in given.items() if value is not None}
    lake = lake_asked_for(settings.lake, given)
    print(f"Lake {lake.place.shown()}: {lake.constants_shown}.")
    if missing := pack_missing(settings.policies, lake.currency):
        print(f"Warning: facts can be extracted, but no limit decided. {missing}", file=sys.stderr)


def _run(commands) -> None:
    command = _command(commands, "run", _act_run, "Run both DAGs for a month, or for several.")
    command.add_argument("month", metavar="MONTH")
    command.add_argument("--to", metavar="MONTH", help="last month")
    command.add_argument(
        "--demo", action="store_true", help="before each further month, write the demo's logs of it"
    )
    command.add_argument("--truth", type=Path, default=Path("truth"))
    command.add_argument(
        "--cascade", action="store_true", help="revise the limits of MONTH and all months after it"
    )
    command.add_argument(
        "--hold", action="store_true", help="publish MONTH with every limit unchanged"
    )
    command.add_argument("--reason", default="", metavar="TEXT", help="why it is held")


def _act_run(asked) -> int:
    from warehouse.commands.airflow_process import run_months
    from warehouse.monthly.months_asked import month_from
    from warehouse.settings import s3_connection

    first = month_from(asked.month)
    last = month_from(asked.to) if asked.to else first
    if last < first:
        raise RefusedError(f"Months: {asked.to} lies before {asked.month}. Turn them round.")
    if not s3_connection():  # which only Airflow knows
        _lake()  # a missing one is said before Airflow takes its seconds to begin
    if asked.hold:
        return _hold(first, asked.reason)
    if asked.cascade:
        return run_months([asked.month, "--to", _newest(first), *_ONLY_REFRESH, "--cascade"])
    arguments = [asked.month, *(["--to", asked.to] if asked.to else [])]
    if asked.demo:
        arguments += ["--demo-truth", str(asked.truth)]
    return run_months(arguments)


_ONLY_REFRESH = ("--dags", "refresh_limits")


def _hold(month, reason: str) -> int:
    from warehouse.monthly.hold import hold
    from warehouse.settings import settings_from_environment

    print(hold(_lake(), settings_from_environment(), month, reason))
    return 0


def _newest(month) -> str:
    from transforms.months import month_text
    from warehouse.store.audit import Chain

    newest = Chain.read(_lake()).newest_limits_month
    if newest is None or month > newest:
        raise RefusedError(
            f"Month {month_text(month)}: has no limits to revise. Run it without --cascade."
        )
    return month_text(newest)


def _explain(commands) -> None:
    command = _command(commands, "explain", _act_explain, "Say why a user's limit is what it is.")
    command.add_argument("user", metavar="USER")
    command.add_argument("month", metavar="MONTH", nargs="?", help="the newest if left out")
    command.add_argument("--lang", choices=("en", "zh"), default="en")
    command.add_argument("--json", action="store_true")


def _act_explain(asked) -> None:
    from warehouse.answers.explain import explain

    explained = explain(_lake(), asked.user, asked.month, asked.lang)
    if asked.json:
        print(json.dumps(explained.plain, ensure_ascii=False, indent=2))
    else:
        print(explained.text)


def _query(commands) -> None:
    command = _command(commands, "query", _act_query, "Ask the lake in SQL (DuckDB).")
    command.add_argument("sql", metavar="SQL")
    command.add_argument("--format", choices=("table", "csv", "json", "parquet"), default="table")


def _act_query(asked) -> None:
    from warehouse.answers.query import query
    from warehouse.printing import print_rows

    print_rows(query(_lake(), asked.sql), asked.format)


def _files(commands) -> None:
    command = _command(commands, "files", _act_files, "List the files of a table and month.")
    command.add_argument("table", metavar="TABLE")
    command.add_argument("month", metavar="MONTH")


def _act_files(asked) -> None:
    from warehouse.answers.query import files
    from warehouse.monthly.months_asked import month_from

    for path in files(_lake(), asked.table, month_from(asked.month)):
        print(path)


def _status(commands) -> None:
    command = _command(commands, "status", _act_status, "Say what the lake holds and what waits.")
    command.add_argument("--files", action="store_true", help="the sums of each landing file")
    command.add_argument("--json", action="store_true")


def _act_status(asked) -> None:
    from warehouse.answers.status import status, status_text
    from warehouse.intake.file_sums import file_sums, file_sums_text
    from warehouse.intake.landing_figures import landing_figures
    from warehouse.monthly.portfolio import portfolio, portfolio_text
    from warehouse.settings import settings_from_environment
    from warehouse.store.audit import Chain

    lake = _lake()
    if asked.files:
        sums = file_sums(Chain.read(lake))
        print(json.dumps(sums, indent=2) if asked.json else file_sums_text(sums))
        return
    found = status(lake, landing_figures(lake, settings_from_environment()))
    moved = portfolio(lake)
    if asked.json:
        print(json.dumps(found | {"portfolio": moved}, ensure_ascii=False, indent=2))
    else:
        print(status_text(found), portfolio_text(moved), sep="\n\n")


def _steps(commands) -> None:
    text = "Say how long each step of a month took, with how much memory, and its usual time."
    command = _command(commands, "steps", _act_steps, text)
    command.add_argument("month", metavar="MONTH", nargs="?", help="the newest if left out")


def _act_steps(asked) -> None:
    from warehouse.monthly.months_asked import month_from
    from warehouse.monthly.step_times import steps_text

    print(steps_text(_lake(), month_from(asked.month) if asked.month else None))


def _operate(commands) -> None:
    command = _command(commands, "approve", _act_approve, "Publish a month that needs approval.")
    command.add_argument("month", metavar="MONTH")
    command.add_argument("--by", required=True, metavar="NAME")
    command.add_argument("--reason", required=True, metavar="TEXT")
    command = _command(commands, "repair", _act_repair, "Finish what a killed run left.")
    command.add_argument("--delete-abandoned", action="store_true")
    _command(commands, "verify", _act_verify, "Reread everything; name the first thing wrong.")


def _act_approve(asked) -> None:
    from warehouse.monthly.approve import approve
    from warehouse.monthly.months_asked import month_from

    print(approve(_lake(), month_from(asked.month), asked.by, asked.reason))


def _act_repair(asked) -> None:
    from warehouse.store.repair import repair

    done = repair(_lake(), delete_abandoned=asked.delete_abandoned)
    print("\n".join(done) or "Nothing to repair.")


def _act_verify(asked) -> int:
    from warehouse.store.verify import verify

    verdict = verify(_lake())
    for finding in verdict.findings:
        print(finding, file=sys.stderr)
    if not verdict.ok:
        return 1
    print("Verified: " + ", ".join(f"{n:,} {what}" for what, n in verdict.counts.items()) + ".")
    for folder in (*verdict.abandoned, *verdict.leftovers):
        print(
            f"Not vouched for: {folder} (abandoned; "
            "`limitwise repair --delete-abandoned` clears it)."
        )
    return 0


def _up(commands) -> None:
    _command(commands, "up", _act_up, "Open the Airflow UI until Ctrl-C.")


def _act_up(asked) -> int:
    from warehouse.commands.airflow_process import up

    return up()


def _lake():
    from warehouse.settings import settings_from_environment
    from warehouse.store.lake import open_lake

    return open_lake(settings_from_environment().lake)


if __name__ == "__main__":
    sys.exit(main())
