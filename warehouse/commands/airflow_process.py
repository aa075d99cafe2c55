"""Airflow as a process of its own: its environment, its metadata, its start and its end."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from transforms.errors import RefusedError

ROOT = Path(__file__).parents[2]
DAGS = ROOT / "dags"
# Block after block needs the memory of the one before: Polars is not to hand it back in between.
KEPT_MEMORY = {"_RJEM_MALLOC_CONF": "dirty_decay_ms:1000,muzzy_decay_ms:1000"}


def airflow_environment() -> dict[str, str]:
    """Return the environment that Airflow runs in; what is set already stays.

    Airflow reads its settings on import, so they must be there before its process begins.
    """
    home = os.environ.get("AIRFLOW_HOME", str(Path(".airflow").absolute()))
    ours = {
        "AIRFLOW_HOME": home,
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
        "PYTHONWARNINGS": "ignore",
        **KEPT_MEMORY,
    }
    # Airflow starts its parts by the bare name `airflow`.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return ours | os.environ | {"AIRFLOW__CORE__DAGS_FOLDER": str(DAGS), "PATH": path}


def run_months(arguments: list[str]) -> int:
    """Run both DAGs in one child process; return its exit code.

    Args:
        arguments: As `dags/run_months.py` takes them.
    """
    environment = airflow_environment() | {"AIRFLOW__LOGGING__LOGGING_LEVEL": "CRITICAL"}
    _migrate(environment)
    command = [sys.executable, "-W", "ignore", str(DAGS / "run_months.py"), *arguments]
    return subprocess.run(command, env=environment, check=False).returncode


def up() -> int:
    """Run scheduler and UI until Ctrl-C, then end all of their processes; return 0."""
    environment = airflow_environment()
    _migrate(environment)
    print("Airflow: http://127.0.0.1:8080 in about a minute. Ctrl-C stops it.", flush=True)
    process = subprocess.Popen([_airflow(), "standalone"], env=environment, start_new_session=True)
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    try:
        return process.wait()
    except KeyboardInterrupt:
        print("\nStopping Airflow.", flush=True)
        _end_group(process)
        return 0


def _end_group(process: subprocess.Popen) -> None:
    """End the whole group: Airflow leaves its children behind when only the parent is ended."""
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        pass
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return


def _migrate(environment: dict[str, str]) -> None:
    """Create or upgrade Airflow's metadata, once per version of it."""
    from importlib.metadata import version

    home = Path(environment["AIRFLOW_HOME"])
    done = home / f"migrated-{version('apache-airflow')}"
    if done.exists() and (home / "airflow.db").exists():
        return
    home.mkdir(parents=True, exist_ok=True)
    command = [_airflow(), "db", "migrate"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise RefusedError(
            f"Airflow metadata {home}: cannot be created. Its last words: "
            f"{ended.stderr.strip()[-500:] or ended.stdout.strip()[-500:]}"
        )
    done.touch()


def _airflow() -> str:
    return str(Path(sys.executable).with_name("airflow"))
