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
    policies: Path = ROOT / "policies"
    sources: Path = ROOT / "sources"

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
            "LIMITWISE_LANDING": str(self.home / "landing"),
            "LIMITWISE_POLICIES": str(self.policies),
            "LIMITWISE_SOURCES": str(self.sources),
            "PYTHONWARNINGS": "ignore",
        }

    def limitwise(self, *arguments: str, more=()) -> subprocess.CompletedProcess:
        """Run the command line to its end, whatever the exit code; `more` is environment."""
        return subprocess.run(
            [sys.executable, "-m", "warehouse.commands.command_line", *arguments],
            cwd=self.home,
            env=self.environment | dict(more),
            capture_output=True,
            text=True,
            check=False,
        )

    def done(self, *arguments: str, more=()) -> str:
        """Run the command line, which must succeed; return what it printed."""
        ended = self.limitwise(*arguments, more=more)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout
