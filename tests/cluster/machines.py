"""Programs of the cluster, each in a session of its own, as if on a machine of its own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

LOOK_SECONDS = 0.5  # between two looks at what is waited for, unless the program ends sooner
MOST_LOOKS = 600
WORDS = 3_000  # of a log, at its end, that a failure shows


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def redis_server() -> str | None:
    """Return the path of Redis's server; None without one."""
    return shutil.which("redis-server")


class Program:
    """A program that can be started, killed with all that it started, and started again.

    Attributes:
        name: Names its log.
        log: What it prints, of all its lives.
    """

    def __init__(self, name: str, command: list[str], environment: dict[str, str], logs: Path):
        self.name, self._command, self._environment = name, command, environment
        self.log = logs / f"{name}.log"
        self._process: subprocess.Popen | None = None

    def start(self) -> None:
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                cwd=self.log.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def run(self) -> None:
        """Start it and wait until it has ended well."""
        self.start()
        if self._process.wait():
            raise AssertionError(f"{self.name}: failed. {self.last_words()}")

    def wait(self) -> None:
        """Wait until it ends."""
        self._process.wait()

    def kill(self) -> None:
        """End it and whatever it started, in an instant, as a power cut does."""
        if self._process is None:
            return
        # Airflow's tasks have groups of their own, so a group is not enough.
        while living := _of_session(self._process.pid):
            for pid in living:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            self._process.poll()
        self._process.wait()
        self._process = None

    def restart(self) -> None:
        """Kill it, and start it again."""
        self.kill()
        self.start()

    def until(self, done) -> object:
        """Look again and again until `done` gives something true; return that.

        Raises:
            AssertionError: The program ended, or it took too long.
        """
        for _ in range(MOST_LOOKS):
            if found := done():
                return found
            try:
                self._process.wait(LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            break
        raise AssertionError(f"{self.name}: never did what was waited for. {self.last_words()}")

    def last_words(self) -> str:
        """Return where its log lies, and how that ends."""
        return f"Its log {self.log} ends:\n{self.log.read_text(errors='replace')[-WORDS:]}"


def airflow(name: str, *arguments: str, environment: dict[str, str], logs: Path) -> Program:
    """Return one of Airflow's programs."""
    command = [str(Path(sys.executable).with_name("airflow")), *arguments]
    return Program(name, command, environment, logs)


def _of_session(leader: int) -> list[int]:
    """Return the processes of a session that are not dead yet."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                state, _, _, session = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
            except OSError:
                continue
            if int(session) == leader and state not in "ZX":
                found.append(int(entry.name))
    return found
