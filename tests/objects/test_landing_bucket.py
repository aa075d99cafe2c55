"""Landing files in a bucket: taken once, not copied again, and noticed when they are replaced."""

import shutil
from datetime import UTC, datetime

import polars as pl
import pytest

from tests.intake.landing_folder import BEHAVIOUR, line
from tests.warehouse.lakes import OCTOBER, commit, identity, tiny_lake
from transforms.errors import NotYetError, RefusedError
from warehouse.intake.filing import file_rows
from warehouse.intake.landing_place import Landing
from warehouse.intake.plan import plan
from warehouse.intake.source_check import Reader, check_file
from warehouse.intake.sources import read_sources, unclaimed_files
from warehouse.store.audit import Chain
from warehouse.store.bucket import Bucket
from warehouse.store.folder import Folder
from warehouse.store.repair import repair
from warehouse.store.staging import Staging

DAYS = [f"behaviour/2026-10-{day:02d}.jsonl" for day in range(1, 32)]
FIFTH = DAYS[4]
EXTRACTED_AT = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)


class Lender:
    """A lake in a folder that lands files from a bucket, through a proxy."""

    def __init__(self, s3, proxy, folder):
        self.s3, self.proxy, self.folder = s3, proxy, folder
        self.lake = tiny_lake(folder / "lake")
        self.sources = folder / "sources"
        self.sources.mkdir()
        (self.sources / "shop.toml").write_text(BEHAVIOUR)
        self.prefix = f"landing/{folder.name}"
        self.cache = folder / "cache"

    def lands(self, path: str, *ids: str) -> None:
        text = "".join(line(id=f'"{name}"', user=f'"{name}"') + "\n" for name in ids)
        self.s3.overwrite(f"{self.prefix}/{path}", text.encode())

    def place(self) -> Bucket:
        return self.s3.bucket(self.prefix, self.cache, self.proxy.endpoint)

    def landing(self) -> Landing:
        return Landing(self.place(), self.lake.root)

    def copies(self) -> list[str]:
        """Return the raw logs that lie anywhere on this machine."""
        return [path.name for path in self.folder.rglob("*.jsonl")]

    def extract(self) -> list[str]:
        """Extract October; return the paths read."""
        chain = Chain.read(self.lake)
        with self.landing() as landing:
            planned = plan(chain, landing, self.sources, OCTOBER, 3)
            if planned.nothing_to_do:
                return []
            found = identity(str(planned.identity))
            staging = Staging.begin(self.lake, OCTOBER, found, base=chain.newest)
            file_rows(staging, chain, planned, landing, EXTRACTED_AT)
        commit(self.lake, staging)
        return [taken.file.path for taken in planned.taken]

    def users(self) -> list[str]:
        chain = Chain.read(self.lake)
        (path,) = chain.paths("events", OCTOBER)
        return sorted(pl.read_parquet(path)["user_id"])

    def downloads(self) -> list[str]:
        """Return the landing files copied since the last call."""
        gets = [path.partition("?")[0] for method, path in self.proxy.seen if method == "GET"]
        self.proxy.seen.clear()
        return sorted(path.split(f"{self.prefix}/")[1] for path in gets if ".jsonl" in path)


@pytest.fixture
def lender(s3, proxy, tmp_path) -> Lender:
    lender = Lender(s3, proxy, tmp_path)
    for path in DAYS:
        lender.lands(path)
    lender.lands(FIFTH, "ana", "bo")
    return lender


def test_a_file_is_copied_once_to_be_hashed_and_read_and_no_copy_stays(lender):
    assert lender.extract() == DAYS
    assert lender.users() == ["ana", "bo"]

    assert lender.downloads() == DAYS
    assert lender.copies() == []


def test_an_unchanged_file_is_not_copied_again_by_a_machine_that_has_nothing(lender):
    lender.extract()
    lender.downloads()
    shutil.rmtree(lender.cache)

    assert lender.extract() == []
    assert lender.downloads() == []


def test_a_file_replaced_by_a_corrected_one_supersedes_all_that_was_read_of_it(lender):
    lender.extract()
    lender.downloads()
    lender.lands(FIFTH, "ana", "chen")

    assert lender.extract() == [FIFTH]
    assert lender.users() == ["ana", "chen"]
    assert lender.downloads() == [FIFTH]


def test_the_same_bytes_put_again_are_known_by_their_digest(lender):
    lender.extract()
    (record,) = [r for r in Chain.read(lender.lake).accounted().values() if r["path"] == FIFTH]
    with lender.landing() as landing:
        landing.names()

        assert landing.digest(FIFTH, record | {"etag": "of another upload"}) == record["sha256"]
        assert landing.digest(FIFTH) == record["sha256"]


@pytest.mark.parametrize("called", [FIFTH, f"s3://limitwise-tests/landing/NAME/{FIFTH}"])
def test_a_file_is_looked_at_by_its_path_or_its_url(lender, called):
    called = called.replace("NAME", lender.folder.name)
    reader = Reader(time_zone="Asia/Shanghai", device_key="0" * 64)

    found = check_file(called, lender.place(), lender.sources, reader)

    assert (found["file_path"], found["loaded"], found["events"]) == (FIFTH, 2, 2)
    assert lender.copies() == []
    with pytest.raises(RefusedError, match="lies outside the landing folder s3://"):
        check_file("s3://elsewhere/x", lender.place(), lender.sources, reader)


def test_what_a_killed_extraction_copied_is_found_and_removed_by_repair(lender):
    landing = lender.landing()  # its block never ends
    landing.at_hand(FIFTH)

    assert lender.copies() == ["2026-10-05.jsonl"]
    assert repair(lender.lake)[0].endswith("half-written by a killed run, removed")
    assert lender.copies() == []


def test_hidden_objects_are_no_landing_files_and_unclaimed_ones_are_told(lender):
    lender.lands("behaviour/.2026-10-06.jsonl.part", "eve")
    lender.lands(".staging/2026-10-06.jsonl", "eve")
    lender.lands("behavior/2026-10-06.jsonl", "eve")

    with lender.landing() as landing:
        assert unclaimed_files(read_sources(lender.sources), landing) == [
            "behavior/2026-10-06.jsonl"
        ]


def test_a_list_cut_in_the_middle_is_asked_for_again_and_misses_nothing(lender, proxy):
    cuts = []

    def cut_once(request):
        if not cuts:
            cuts.append(request.path)
            request.cut()

    proxy.on("GET .*list-type=2", cut_once)

    assert lender.extract() == DAYS
    assert cuts


def test_a_file_that_cannot_be_copied_stops_the_extraction_before_anything_is_written(
    lender, proxy
):
    proxy.on(f"GET .*{FIFTH}", lambda request: request.answer(503))

    with pytest.raises(NotYetError, match=f"{FIFTH}: the server could not be reached"):
        lender.extract()

    assert lender.lake.place.names("runs") == []
    assert lender.copies() == []


def test_a_file_removed_meanwhile_is_named(lender):
    with lender.landing() as landing:
        landing.names()

        with pytest.raises(RefusedError, match="2026-11-01.jsonl: was removed meanwhile"):
            landing.at_hand("behaviour/2026-11-01.jsonl")


@pytest.mark.parametrize("kind", ["folder", "bucket"])
def test_a_file_can_be_put_under_a_path_and_replaces_what_was_there(lender, tmp_path, kind):
    landing = lender.landing() if kind == "bucket" else Landing(Folder(tmp_path / "landing"))
    draft = tmp_path / "draft"
    for text in ("first", "second"):
        draft.write_text(text)
        landing.put("pulled/2026-10.csv", draft)

    with landing:
        assert "pulled/2026-10.csv" in landing.names()
        copy = landing.at_hand("pulled/2026-10.csv") / "pulled/2026-10.csv"
        assert copy.read_text() == "second"
        assert draft.exists()
