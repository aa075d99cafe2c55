"""An extraction killed on the way leaves no trace in the next one: the same bytes as without."""

import os
import signal
import subprocess
import sys

import pytest

from tests.intake.lender import ROOT, Lender
from transforms.months import month_of
from warehouse.store.repair import repair
from warehouse.store.verify import verify

SALES = [f"e{n} user{n} 2025-03-{n % 28 + 1:02d} {n}" for n in range(2_000)]
BAD = "e1 ana 2025-03-05 999"


def kill(lender: Lender, rows_kept: int) -> None:
    """Let a child extract March until it is killed, and check that it was."""
    child = subprocess.run(
        [sys.executable, "-m", "tests.intake.killed", "2025-03", str(rows_kept)],
        cwd=ROOT,
        env=os.environ | lender.settings | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert child.returncode == -signal.SIGXFSZ, child.stderr


def deliver(lender: Lender) -> None:
    """Deliver two files that share a hundred sales and contradict each other in one."""
    lender.put("a", *SALES[:1_000])
    lender.put("b", *SALES[900:], BAD)


def extracted(lender: Lender) -> tuple[dict, list]:
    """Return what an extraction comes to that nobody disturbs."""
    deliver(lender)
    lender.extract("2025-03")
    return committed(lender), [lender.counts("a"), lender.counts("b")]


def committed(lender: Lender) -> dict:
    """Return the SHA-256 of every file of March."""
    entry = lender.chain.head("facts", month_of("2025-03"))
    return {(file.table, file.month, file.bucket): file.sha256 for file in entry.files}


@pytest.mark.parametrize("moment", ["spooling", "filing"])
@pytest.mark.parametrize("repaired", [True, False])
def test_a_killed_extraction_is_run_again_and_gives_the_same_bytes(
    lender_with, tmp_path, moment, repaired
):
    undisturbed, counts = extracted(lender_with(home=tmp_path / "undisturbed"))
    other = lender_with(home=tmp_path / "killed")
    deliver(other)
    kill(other, rows_kept=100 if moment == "spooling" else 500_000)
    assert other.chain.newest == 0
    done = repair(other.lake, delete_abandoned=True) if repaired else []

    assert other.extract("2025-03") == "published"

    assert committed(other) == undisturbed
    assert [other.counts("a"), other.counts("b")] == counts
    assert verify(other.lake).findings == ()
    if repaired:
        assert any("half-written by a killed run, removed" in line for line in done)
        assert verify(other.lake).leftovers == verify(other.lake).abandoned == ()
