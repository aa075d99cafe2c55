"""A lender in a temporary folder, run through the real command line."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class World:
    """Folders of one lender, and the command line pointed at them."""

    home: Path
    airflow_home: Path
    landing: Path | None = None

    @property
    def lake(self) -> Path:
        return self.home / "lake"

    @property
    def environment(self) -> dict[str, str]:
        clean = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("LIMITWISE_", "AIRFLOW"))
        }
        return clean | {
            "AIRFLOW_HOME": str(self.airflow_home),
            "LIMITWISE_LAKE": str(self.lake),
            "LIMITWISE_LANDING": str(self.landing or self.home / "landing"),
            "LIMITWISE_POLICIES": str(ROOT / "policies"),
            "LIMITWISE_SOURCES": str(ROOT / "sources"),
            "PYTHONWARNINGS": "ignore",
        }

    def limitwise(self, *arguments: str) -> subprocess.CompletedProcess:
        """Run the command line to its end, whatever the exit code."""
        return subprocess.run(
            [sys.executable, "-m", "warehouse.command_line", *arguments],
            cwd=self.home,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def done(self, *arguments: str) -> str:
        """Run the command line, which must succeed; return what it printed."""
        ended = self.limitwise(*arguments)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout
