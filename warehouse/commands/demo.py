"""The command `demo`: a made-up lender, its history and its next months."""

from pathlib import Path


def declare_demo(commands) -> None:
    """Add the command to a parser's."""
    text = "Write landing files of a made-up lender."
    command = commands.add_parser("demo", help=text, description=text)
    command.set_defaults(act=_act_demo)
    command.add_argument("--users", type=int, default=20_000)
    command.add_argument("--months", type=int, default=18, help="months of history")
    command.add_argument("--until", default="2026-04", metavar="YYYY-MM", help="last month")
    command.add_argument("--seed", type=int, default=1)
    command.add_argument("--truth", type=Path, default=Path("truth"), help="where the truth lies")
    command.add_argument(
        "--continue", dest="next_month", metavar="YYYY-MM", help="write one more month"
    )
    command.add_argument(
        "--plans", type=Path, metavar="FILE", help="of users who follow a plan in that month"
    )


def _act_demo(asked) -> None:
    from demo.world import DemoError, continue_month, write_history
    from transforms.errors import RefusedError
    from warehouse.monthly.months_asked import month_from
    from warehouse.settings import demo_folders

    landing, lake = demo_folders()
    try:
        if asked.next_month:
            month_from(asked.next_month)
            published = lake / "limits"
            counts = continue_month(landing, asked.truth, asked.next_month, published, asked.plans)
        else:
            month_from(asked.until)
            counts = write_history(
                landing,
                asked.truth,
                users=asked.users,
                months=asked.months,
                until=asked.until,
                seed=asked.seed,
            )
    except DemoError as problem:
        raise RefusedError(str(problem)) from None
    print(", ".join(f"{count:,} {name}" for name, count in counts.items()))
