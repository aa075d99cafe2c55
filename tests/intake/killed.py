"""A process that extracts and is killed by the kernel in a write; run by `test_killed_intake`.

`python killed.py MONTH ROWS_KEPT`: with few rows kept in memory it dies while rows are set aside,
else while the first table is staged. Settings come from the environment.
"""

import sys

import warehouse.intake.spool
from tests.warehouse.killed import die_in_the_next_write_longer_than
from warehouse.monthly.extract import stage_events


def main(month: str, rows_kept: str) -> None:
    """Extract until the first write of more than a small manifest."""
    warehouse.intake.spool._ROWS_KEPT = int(rows_kept)
    die_in_the_next_write_longer_than(2_000)
    stage_events(month)


if __name__ == "__main__":
    main(*sys.argv[1:])
