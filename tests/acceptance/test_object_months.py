"""Whole months with landing files and lake in a bucket, through the real DAGs."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.acceptance.worlds import World
from tests.objects.servers import BUCKET, KEYS
from warehouse.store.folder import Folder

MONTHS = ("2026-06", "2026-07")
LANDING, LAKE = f"s3://{BUCKET}/lender/landing", f"s3://{BUCKET}/lender/lake"


class ObjectWorld:
    """The lender of the demo, with everything but its policies in a bucket."""

    def __init__(self, s3, demo: World, home):
        self.s3, self.demo = s3, demo
        self.world = World(home, demo.airflow_home)
        self.places = {
            "LIMITWISE_LAKE": LAKE,
            "LIMITWISE_LANDING": LANDING,
            "LIMITWISE_CACHE": str(home / "cache"),
        }

    def land(self, name: str, content: bytes) -> None:
        self.s3.overwrite(f"lender/landing/{name}", content)

    def run(self, *arguments: str):
        """Run months with the credentials of an Airflow connection, and no others."""
        connection = {
            "conn_type": "aws",
            "login": KEYS["access_key_id"],
            "password": KEYS["secret_access_key"],
            "extra": {"region_name": KEYS["region"], "endpoint_url": self.s3.endpoint},
        }
        by_connection = {
            "LIMITWISE_S3_CONNECTION": "the_lake",
            "AIRFLOW_CONN_THE_LAKE": json.dumps(connection),
        }
        return self.world.limitwise("run", *arguments, more=self.places | by_connection)

    def done(self, *arguments: str) -> str:
        """Run the command line with the credentials of the environment."""
        return self.world.done(*arguments, more=self.places | self.s3.environment())

    def lake(self):
        return self.s3.bucket("lender/lake", self.world.home / "look")


@pytest.fixture(scope="module")
def objects(s3, demo, tmp_path_factory) -> ObjectWorld:
    world = ObjectWorld(s3, demo[0], tmp_path_factory.mktemp("objects"))
    landing = Folder(demo[0].home / "landing")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: world.land(name, landing.read(name)), landing.names()))
    s3.overwrite("lender/lake/lake.json", (demo[0].lake / "lake.json").read_bytes())
    ended = world.run(MONTHS[0], "--to", MONTHS[1])
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return world


def test_published_tables_are_those_of_a_lake_in_a_folder_byte_by_byte(objects):
    lake = objects.lake()

    for table in ("limits", "warnings"):
        for month in MONTHS:
            name = f"{table}/month={month}/{table}.parquet"
            assert lake.read(name) == (objects.demo.lake / name).read_bytes()


def test_the_commands_answer_as_for_a_folder(objects):
    user = objects.done("query", "SELECT min(user_id) AS u FROM limits", "--format", "csv").split()
    told = objects.done("explain", user[1], "2026-07")

    assert told == objects.demo.done("explain", user[1], "2026-07")
    assert objects.done("verify").startswith("Verified: 4 entries")
    assert objects.done("repair") == "Nothing to repair.\n"
    assert objects.done("status").startswith(f"Lake {LAKE}: 4 audit entries")
    assert objects.done("files", "limits", "2026-07").startswith(f"{LAKE}/runs/2026-07-")


def test_another_machine_without_any_copy_answers_the_same(objects):
    sql = "SELECT month, action, count(*) FROM limits GROUP BY ALL ORDER BY ALL"
    here = objects.done("query", sql)
    shutil.rmtree(objects.world.home / "cache")

    assert objects.done("query", sql) == here


def test_no_raw_log_stays_on_the_machine(objects):
    assert list((objects.world.home / "cache").rglob("*.jsonl")) == []


def test_the_demo_is_refused_where_it_cannot_live(objects):
    refused = objects.world.limitwise("demo", more=objects.places | objects.s3.environment())

    assert refused.returncode == 1
    assert refused.stderr.startswith(f"LIMITWISE_LANDING: is {LANDING}, and the demo lives in")
