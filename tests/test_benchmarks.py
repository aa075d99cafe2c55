"""The benchmark counts what it measures: a small size of it."""

import json
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.logs import write_log

ROOT = Path(__file__).parent.parent


def test_a_log_is_made_of_the_lines_that_it_says(tmp_path):
    written = write_log(tmp_path, 1_000, files=3, bad_per_mille=10)

    lines = b"".join(path.read_bytes() for path in sorted(tmp_path.iterdir())).split(b"\n")[:-1]
    good = [line for line in lines if line.startswith(b'{"id":"b')]
    cents = sum(round(100 * json.loads(line).get("amount", 0)) for line in good)
    assert (written.lines, written.bad, written.cents) == (len(lines), 10, cents)
    assert written.size_bytes == sum(path.stat().st_size for path in tmp_path.iterdir())


def test_the_engine_measured_loads_every_good_line_to_the_cent(tmp_path):
    written = write_log(tmp_path / "log", 5_000, bad_per_mille=10)
    call = [sys.executable, "-m", "benchmarks.engines", "limitwise"]
    call += [str(tmp_path / "log"), str(tmp_path / "lake"), str(time.time())]

    ran = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=True)

    measured = json.loads(ran.stdout.splitlines()[-1])
    assert (measured["rows"], measured["cents"]) == (4_950, written.cents)
