"""Commands about what is delivered: `source check` and `quarantine`."""

import json


def declare_intake(commands) -> None:
    """Add the commands to a parser's."""
    text = "Look at the start of a landing file as its mapping reads it; write nothing."
    source = commands.add_parser("source", help=text, description=text)
    check = source.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "check", help=text, description=text
    )
    check.add_argument(
        "file", metavar="FILE", nargs="?", help="of the landing folder; without it, list mappings"
    )
    check.add_argument("--lines", type=int, default=1_000, metavar="N", help="lines to look at")
    check.add_argument("--json", action="store_true")
    check.set_defaults(act=_act_check)
    text = "List and explain the lines that were refused."
    quarantine = commands.add_parser("quarantine", help=text, description=text)
    quarantine.add_argument("month", metavar="MONTH", nargs="?", help="every month if left out")
    quarantine.add_argument("--source", metavar="NAME")
    quarantine.add_argument("--file", metavar="PATH", help="landing file")
    quarantine.add_argument("--reason", metavar="CODE")
    quarantine.add_argument("--limit", type=int, default=20, metavar="N", help="lines to show")
    quarantine.add_argument("--json", action="store_true")
    quarantine.set_defaults(act=_act_quarantine)


def _act_check(asked) -> int:
    from warehouse.intake.source_check import check_file, mappings, reader_of
    from warehouse.intake.source_check_text import check_text, mappings_text
    from warehouse.settings import settings_from_environment

    settings = settings_from_environment()
    if asked.file is None:
        rows = mappings(settings.landing, settings.sources)
        print(_json(rows) if asked.json else mappings_text(rows))
        return 0
    found = check_file(
        asked.file,
        settings.landing,
        settings.sources,
        reader_of(settings.lake),
        at_most=_at_least_one(asked.lines, "--lines"),
    )
    print(_json(found) if asked.json else check_text(found))
    return int(found["too_bad"])


def _act_quarantine(asked) -> None:
    from warehouse.intake.quarantine import quarantine_text, quarantined
    from warehouse.monthly.months_asked import month_from
    from warehouse.settings import settings_from_environment
    from warehouse.store.lake import open_lake

    found = quarantined(
        open_lake(settings_from_environment().lake),
        month_from(asked.month) if asked.month else None,
        at_most=_at_least_one(asked.limit, "--limit"),
        source=asked.source,
        file_path=asked.file,
        reason=asked.reason,
    )
    print(_json(found) if asked.json else quarantine_text(found))


def _at_least_one(number: int, option: str) -> int:
    from transforms.errors import RefusedError

    if number < 1:
        raise RefusedError(f"{option} {number}: is not a number of lines. Write 1 or more.")
    return number


def _json(found) -> str:
    return json.dumps(found, ensure_ascii=False, indent=2)
