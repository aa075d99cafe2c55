"""Airflow's REST API, by which tests ask and look without a process for each question."""

import json
import urllib.request


class AirflowApi:
    """The API of an Airflow on loopback that takes everybody for an administrator."""

    def __init__(self, port: int):
        self.url = f"http://127.0.0.1:{port}"
        self._token = ""

    def is_up(self) -> bool:
        """Tell whether it answers; from then on it can be asked."""
        try:
            with urllib.request.urlopen(f"{self.url}/auth/token", timeout=60) as answer:
                self._token = json.load(answer)["access_token"]
        except OSError:
            return False
        return True

    def ask(self, method: str, path: str, body: dict | None = None) -> dict:
        """Return the answer to a request."""
        request = urllib.request.Request(
            f"{self.url}/api/v2{path}",
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def dag_ids(self) -> set[str]:
        """Return the DAGs that Airflow has read so far."""
        return {dag["dag_id"] for dag in self.ask("GET", "/dags")["dags"]}

    def states(self, dag: str) -> dict[str, str]:
        """Return the state of every run of a DAG, by its id."""
        runs = self.ask("GET", f"/dags/{dag}/dagRuns")["dag_runs"]
        return {run["dag_run_id"]: run["state"] for run in runs}
