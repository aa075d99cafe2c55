"""Run both real DAGs for one month or several, one after the other, in this one process."""

import argparse
import logging
import os
import sys
from pathlib import Path

from transforms.errors import RefusedError
from transforms.months import month_of, month_text, months_after, months_between
from warehouse.monthly.progress import LOG

DAGS = Path(__file__).parent


def main(arguments: list[str]) -> int:
    """Run the months asked for; return 0 if all ended well, else 1."""
    asked = _parser().parse_args(arguments)
    _speak()
    if "refresh_limits" in asked.dags:
        os.environ["LIMITWISE_REFRESH_FOLLOWS"] = "yes"
    months = months_between(month_of(asked.month), month_of(asked.to or asked.month))
    for position, month in enumerate(map(month_text, months)):
        if asked.demo_truth and (position or _follows_published_limits(month)):
            _live_on(month, Path(asked.demo_truth))
        for dag_id in asked.dags.split(","):
            if not _run(dag_id, month, {"cascade": True} if asked.cascade else {}):
                return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="run_months")
    parser.add_argument("month")
    parser.add_argument("--to")
    parser.add_argument("--dags", default="extract_behaviour_logs,refresh_limits")
    parser.add_argument("--cascade", action="store_true", help="revise months in order")
    parser.add_argument("--demo-truth", help="write each further month of the demo world first")
    return parser


def _speak() -> None:
    """Show our own lines only: progress on standard output, errors on standard error."""
    progress, errors = logging.StreamHandler(sys.stdout), logging.StreamHandler(sys.stderr)
    progress.addFilter(lambda record: record.levelno < logging.WARNING)
    errors.setLevel(logging.WARNING)
    for handler in (progress, errors):
        handler.setFormatter(logging.Formatter("%(message)s"))
        LOG.addHandler(handler)
    logging.raiseExceptions = False  # a reader that stopped listening does not stop the run
    LOG.setLevel(logging.INFO)
    LOG.propagate = False


def _follows_published_limits(month: str) -> bool:
    """Tell whether the month before has limits that the demo's people can live under."""
    from warehouse.settings import settings_from_environment
    from warehouse.store.audit import Chain
    from warehouse.store.lake import open_lake

    before = months_after(month_of(month), -1)
    chain = Chain.read(open_lake(settings_from_environment().lake))
    return chain.head("limits", before) is not None


def _live_on(month: str, truth: Path) -> None:
    """Let the demo's people live through a month under the limits published so far."""
    from demo.world import DemoError, continue_month
    from warehouse.monthly.progress import told
    from warehouse.settings import demo_folders

    landing, lake = demo_folders()
    with told(month, "demo logs") as tell:
        try:
            counts = continue_month(landing, truth, month, lake / "limits")
        except DemoError as problem:
            raise RefusedError(str(problem)) from None
        tell.rows = sum(counts.values())


def _run(dag_id: str, month: str, conf: dict[str, bool]) -> bool:
    """Run one DAG for one month; tell whether it ended well."""
    from airflow.dag_processing.dagbag import DagBag

    # A test run writes its conf into the DAG object, so each run takes a fresh one.
    bag = DagBag(str(DAGS))
    if bag.import_errors:
        LOG.error("%s", next(iter(bag.import_errors.values())))
        return False
    dag = bag.dags[dag_id]
    for task in dag.tasks:
        task.retries = 0  # a test run would really wait
    return str(dag.test(run_conf={"month": month} | conf).state) == "success"


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except RefusedError as refused:
        print(refused, file=sys.stderr)
        sys.exit(1)
