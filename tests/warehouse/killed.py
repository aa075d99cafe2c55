"""A process that stages or publishes and is killed on the way; run by `test_kill_and_resume`.

`python killed.py LAKE FOLDER MOMENT TIMES`: MOMENT is a step of publishing, killed the TIMES-th
time it is done, or one of these, killed by the kernel in the middle of a write:

    mid_append  while the bytes of the audit entry are written
    mid_copy    while a file is copied to be published
    mid_stage   while a table of October is written into the folder
"""

import os
import resource
import signal
import sys
from pathlib import Path

from tests.warehouse.lakes import OCTOBER, commit, rows_of
from transforms.tables.decided import LIMITS
from warehouse.store.lake import open_lake
from warehouse.store.staging import Staging

_AFTER = {"mid_append": "linked", "mid_copy": "appended"}


def die_in_the_next_write_longer_than(size_bytes: int) -> None:
    """Let the kernel end this process when it writes a longer file."""
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, size_bytes))


def main(root: str, folder: str, moment: str, times: str) -> None:
    """Do the work until the moment comes."""
    left = int(times)
    lake = open_lake(Path(root))
    staging = Staging.resume(lake, folder)

    def step(done: str) -> None:
        nonlocal left
        if done == _AFTER.get(moment):
            die_in_the_next_write_longer_than(1_000)
        left -= done == moment
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    if moment == "mid_stage":
        die_in_the_next_write_longer_than(1_000)
        staging.write(LIMITS, OCTOBER, rows_of(LIMITS, OCTOBER, "user_id\nana"))
    commit(lake, staging, step)


if __name__ == "__main__":
    main(*sys.argv[1:])
