"""A real PostgreSQL of the test's own: started on a socket in a temporary folder, and stopped."""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = sorted(
    (path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")),
    key=lambda folder: int(folder.parent.name),
)
IS_ROOT = os.geteuid() == 0
ACCOUNT = "postgres" if IS_ROOT else None  # the server refuses to run as root


def programs() -> Path | None:
    """Return the folder of the newest server, or that of the one on the path; None without one."""
    found = shutil.which("initdb")
    return PROGRAMS[-1] if PROGRAMS else Path(found).resolve().parent if found else None


def rows(uri: str, sql: str) -> list[tuple]:
    """Return what a query gives."""
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(uri) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


@dataclass(frozen=True)
class Database:
    """One database, as its owner uses it."""

    socket: Path
    name: str
    password: str = "kept-out-of-sight"

    @property
    def uri(self) -> str:
        host = str(self.socket).replace("/", "%2F")
        return f"postgresql://lender:{self.password}@{host}/{self.name}"

    def act(self, *statements: str) -> None:
        """Run statements, each committed by itself."""
        from adbc_driver_postgresql import dbapi

        with dbapi.connect(self.uri, autocommit=True) as connection:
            for statement in statements:
                with connection.cursor() as cursor:
                    cursor.execute(statement)

    def rows(self, sql: str) -> list[tuple]:
        return rows(self.uri, sql)

    def end_other_connections(self) -> None:
        """Do what an operator or a failover does to whoever is connected."""
        self.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


class Server:
    """A PostgreSQL server in a folder of its own; nothing else can reach it."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))
        if ACCOUNT:
            shutil.chown(self.folder, ACCOUNT, ACCOUNT)
        self._databases = 0

    def start(self) -> None:
        password = self.folder / "password"
        password.write_text(Database.password)
        password.chmod(0o644)
        self._run("initdb", "-U", "lender", "-A", "scram-sha-256", f"--pwfile={password}", "-N")
        self._run(
            *("pg_ctl", "-w", "-l", str(self.folder / "log")),
            *("-o", f"-k {self.folder} -h '' -F -c shared_buffers=32MB", "start"),
        )

    def stop(self) -> None:
        self._run("pg_ctl", "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder)

    def database(self) -> Database:
        """Create an empty database."""
        self._databases += 1
        made = Database(self.folder, f"bank_{self._databases}")
        Database(self.folder, "postgres").act(f"CREATE DATABASE {made.name}")
        return made

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(programs() / program), "-D", str(self.folder / "data"), *arguments]
        subprocess.run(
            command,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            user=ACCOUNT,
            group=ACCOUNT,
            check=True,
            stdout=subprocess.DEVNULL,  # a pipe would be held open by the server
        )
