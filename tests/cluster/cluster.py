"""A cluster on loopback: PostgreSQL, Redis, S3, and Airflow with two Celery workers.

`python -m tests.cluster.cluster` starts one with the made-up lender's logs in its bucket, says
where everything is, and runs until Ctrl-C.
"""

import base64
import json
import os
import secrets
import shutil
import signal
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.acceptance.airflow_api import AirflowApi
from tests.acceptance.worlds import World
from tests.cluster.machines import Program, airflow, free_port, redis_server
from tests.databases.servers import Server, programs
from tests.objects.servers import BUCKET, KEYS, FaultyProxy, S3Server
from warehouse.commands.airflow_process import KEPT_MEMORY
from warehouse.store.bucket import Bucket
from warehouse.store.folder import Folder

ROOT = Path(__file__).parents[2]
LANDING, LAKE = f"s3://{BUCKET}/lender/landing", f"s3://{BUCKET}/lender/lake"
CONNECTION = "the_lake"
EXTRACT, REFRESH = "extract_behaviour_logs", "refresh_limits"
WORKERS = 2
TASKS = 4


def missing() -> str | None:
    """Return what a cluster needs and this machine has not; None if it has all."""
    if programs() is None:
        return "PostgreSQL's server (initdb, pg_ctl) is not on this machine"
    if redis_server() is None:
        return "Redis's server (redis-server) is not on this machine"
    return None


class Cluster:
    """All parts, each reached over loopback or a socket; nothing of it outlives `stop`.

    Attributes:
        s3: Where landing files and lake lie.
        web: Airflow's REST API; `ask` asks it.
        doors: The way of each worker to S3, on which a test can act.
        redis, scheduler, workers: What a test kills and starts again.
        logs: Folder of everybody's log, and of the tasks' logs of each worker.
    """

    def __init__(self, home: Path):
        self.home = home
        self.logs = home / "logs"
        self.logs.mkdir(parents=True)
        self._postgres = Server()
        self.s3 = S3Server(self.logs)
        self.doors: list[FaultyProxy] = []
        self._ports = {name: free_port() for name in ("redis", "api")}
        self.web = AirflowApi(self._ports["api"])
        self.ask = self.web.ask

    def start(self) -> "Cluster":
        """Start everything, and return when runs can be asked for."""
        self._postgres.start()
        self.s3.__enter__()
        self.doors = [FaultyProxy(self.s3).__enter__() for _ in range(WORKERS)]
        # It keeps nothing: whatever was queued in it is lost with it.
        self.redis = Program("redis", self._redis_command(), dict(os.environ), self.logs)
        self.redis.start()
        environment = self._environment(self._metadata())
        self._migrate(environment)
        self.api = self._airflow("api-server", environment, "--workers", "1")
        self.scheduler = self._airflow("scheduler", environment, "--skip-serve-logs")
        self.dag_processor = self._airflow("dag-processor", environment)
        self.workers = [self._worker(number, environment) for number in range(WORKERS)]
        for program in self.airflow:
            program.start()
        self.api.until(self.web.is_up)
        self._add_connection()
        self.dag_processor.until(lambda: {EXTRACT, REFRESH} <= self.web.dag_ids())
        return self

    def stop(self) -> None:
        """End everything; logs stay."""
        for program in (*reversed(self.airflow), self.redis):
            program.kill()
        for door in self.doors:
            door.__exit__()
        self.s3.__exit__()
        self._postgres.stop()

    @property
    def airflow(self) -> list[Program]:
        """Return Airflow's own programs."""
        return [self.api, self.scheduler, self.dag_processor, *self.workers]

    def extract(self, month: str) -> str:
        """Ask for a month's extraction, which its refresh follows by itself; return the run."""
        asked = {"logical_date": None, "conf": {"month": month}}
        return self.ask("POST", f"/dags/{EXTRACT}/dagRuns", asked)["dag_run_id"]

    def ended(self, dag: str) -> str:
        """Wait until the one run of a DAG, which something else may begin, is a success."""

        def succeeded() -> str | None:
            for run, state in self.web.states(dag).items():
                assert state != "failed", f"{run} failed; see {self.logs}"
                if state == "success":
                    return run
            return None

        return self.api.until(succeeded)

    def tries(self, dag: str) -> list[dict]:
        """Return every try of every task of a DAG's one run: `task_id`, `map_index`, `state`."""
        found, run = [], self.ended(dag)
        for task in self.ask("GET", f"/dags/{dag}/dagRuns/{run}/taskInstances")["task_instances"]:
            path = f"/dags/{dag}/dagRuns/{run}/taskInstances/{task['task_id']}"
            index = f"/{task['map_index']}" if task["map_index"] >= 0 else ""
            found += self.ask("GET", f"{path}{index}/tries")["task_instances"]
        return found

    def take_over(self, lender: World) -> None:
        """Put a lender's landing files, and what his lake never changes, into the bucket."""
        landing = Folder(lender.home / "landing")
        contents = {f"landing/{name}": landing.read(name) for name in landing.names()}
        contents["lake/lake.json"] = (lender.lake / "lake.json").read_bytes()
        with ThreadPoolExecutor(8) as pool:
            names = (f"lender/{name}" for name in contents)
            list(pool.map(self.s3.overwrite, names, contents.values()))

    def lake(self) -> Bucket:
        """Return the lake's place, for looking at."""
        return self.s3.bucket("lender/lake", self.home / "look")

    def looking(self) -> dict[str, str]:
        """Return the environment by which the command line looks at the lake."""
        cache = {"LIMITWISE_CACHE": str(self.home / "look")}
        return self.s3.environment() | {"LIMITWISE_LAKE": LAKE} | cache

    def _redis_command(self) -> list[str]:
        where = ("--bind", "127.0.0.1", "--port", str(self._ports["redis"]))
        return [redis_server(), *where, "--save", "", "--appendonly", "no"]

    def _metadata(self) -> str:
        made = self._postgres.database()
        return f"lender:{made.password}@/{made.name}?host={made.socket}"

    def _environment(self, metadata: str) -> dict[str, str]:
        clean = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("LIMITWISE_", "AIRFLOW", "AWS_"))
        }
        redis = f"redis://127.0.0.1:{self._ports['redis']}/0"
        ours = {
            "CORE__EXECUTOR": "CeleryExecutor",
            "CORE__DAGS_FOLDER": str(ROOT / "dags"),
            "CORE__LOAD_EXAMPLES": "False",
            "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "CORE__FERNET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "CORE__EXECUTION_API_SERVER_URL": f"{self.web.url}/execution/",
            "CORE__DEFAULT_TASK_RETRY_DELAY": "1",
            "API__HOST": "127.0.0.1",
            "API__PORT": str(self._ports["api"]),
            "API_AUTH__JWT_SECRET": secrets.token_hex(32),
            "DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://{metadata}",
            "DATABASE__SQL_ALCHEMY_CONN_ASYNC": f"postgresql+asyncpg://{metadata}",
            "CELERY__BROKER_URL": redis,
            "CELERY__RESULT_BACKEND": f"db+postgresql+psycopg2://{metadata}",
            # One at a time, so that of four some wait in the broker and are lost with it.
            "CELERY__WORKER_CONCURRENCY": "1",
            # The dead are missed after seconds, not minutes.
            "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "15",
            "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "3",
            "SCHEDULER__TASK_QUEUED_TIMEOUT": "15",
            "SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "3",
            "SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES": "1000",
            "SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "10",
            "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "5",
            "WORKERS__MIN_HEARTBEAT_INTERVAL": "2",
        }
        return (
            clean
            | {f"AIRFLOW__{name}": value for name, value in ours.items()}
            | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
            | KEPT_MEMORY
        )

    def _airflow(self, name: str, environment: dict[str, str], *arguments: str) -> Program:
        alone = environment | {"AIRFLOW_HOME": str(self.logs / name)}
        return airflow(name, name, *arguments, environment=alone, logs=self.logs)

    def _worker(self, number: int, environment: dict[str, str]) -> Program:
        """Return a worker with its own folders, and its own way to S3."""
        name = f"worker-{number}"
        alone = environment | {
            "AIRFLOW_HOME": str(self.logs / name),
            "AWS_ENDPOINT_URL": self.doors[number].endpoint,
            "LIMITWISE_S3_CONNECTION": CONNECTION,
            "LIMITWISE_LAKE": LAKE,
            "LIMITWISE_LANDING": LANDING,
            "LIMITWISE_CACHE": str(self.home / name / "cache"),
            "LIMITWISE_POLICIES": str(ROOT / "policies"),
            "LIMITWISE_SOURCES": str(ROOT / "sources"),
            "LIMITWISE_TASKS": str(TASKS),
        }
        # Airflow's server of logs would listen on all interfaces.
        command = ("celery", "worker", "--celery-hostname", name, "--skip-serve-logs")
        return airflow(name, *command, environment=alone, logs=self.logs)

    def _migrate(self, environment: dict[str, str]) -> None:
        alone = environment | {"AIRFLOW_HOME": str(self.logs / "migrate")}
        airflow("migrate", "db", "migrate", environment=alone, logs=self.logs).run()

    def _add_connection(self) -> None:
        connection = {
            "connection_id": CONNECTION,
            "conn_type": "aws",
            "login": KEYS["access_key_id"],
            "password": KEYS["secret_access_key"],
            "extra": json.dumps({"region_name": KEYS["region"]}),
        }
        self.ask("POST", "/connections", connection)


def main() -> int:
    """Run a cluster until Ctrl-C."""
    if lacks := missing():
        print(f"{lacks}. See deploy/README.md.", file=sys.stderr)
        return 1
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    home = Path(tempfile.mkdtemp(prefix="limitwise-cluster-"))
    lender = World(home, home / "airflow")
    lender.done("demo", "--users", "400", "--months", "6", "--until", "2026-06")
    lender.done("init", "--buckets", "8")
    cluster = Cluster(home)
    try:
        cluster.start()
        cluster.take_over(lender)
        print(
            f"Airflow: {cluster.web.url}; logs: {cluster.logs}. Trigger extract_behaviour_logs with"
        )
        print("month 2026-06; refresh_limits follows. Ctrl-C stops everything.", flush=True)
        cluster.scheduler.wait()
    except KeyboardInterrupt:
        print("\nStopping the cluster.", flush=True)
    finally:
        cluster.stop()
        shutil.rmtree(home)
    return 0


if __name__ == "__main__":
    sys.exit(main())
