"""The memory of a pull does not grow with the table."""

import subprocess
import sys
from pathlib import Path

from tests.databases.lender import MAPPING

ROWS = 1_000_000
PULL = """
import resource, sys
from pathlib import Path
from tests.databases.lender import OCTOBER, source
from warehouse.intake.landing_place import landing_at
from warehouse.intake.pull import pull

mapping, landing, uri = sys.argv[1:]
def peak_bytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
marks = []
for _ in ("everything", "what lies within the overlap"):
    given = pull(
        source(mapping), landing_at(Path(landing)), OCTOBER, {"core_banking": uri},
        batch_bytes=1 << 20, step=lambda step: marks.append(peak_bytes()),
    )
    print(given[0].rows)
print(marks[3], marks[-1])
"""


def test_a_million_rows_take_no_more_memory_than_the_first_of_them(database, tmp_path):
    database.act(
        "CREATE TABLE ledger (id bigint, account text, kind text, amount numeric(14, 2), "
        "at timestamptz, due date, loan text, changed_at timestamptz)",
        "INSERT INTO ledger SELECT g, 'account-' || g % 1000, 'repayment', g / 100.0, "
        "'2026-10-05', NULL, repeat('x', 100), timestamptz '2026-09-01' + g * interval '1 second' "
        f"FROM generate_series(1, {ROWS}) g",
    )
    mapping = MAPPING[: MAPPING.rindex("[[query]]")]
    pulled_bytes = ROWS * 250

    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PULL, mapping, str(tmp_path), database.uri],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    first, again, after_first_batches, at_the_end = map(int, ended.stdout.split())
    assert (first, again) == (ROWS, 0)
    assert at_the_end - after_first_batches < pulled_bytes // 4
