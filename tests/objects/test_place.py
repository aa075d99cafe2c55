"""What a place promises, of a folder and of a bucket alike."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from transforms.errors import RefusedError
from warehouse.store.folder import Folder
from warehouse.store.place import Place


@pytest.fixture(params=["folder", "bucket"])
def place(request, tmp_path) -> Place:
    if request.param == "folder":
        return Folder(tmp_path / "place")
    s3 = request.getfixturevalue("s3")
    return s3.bucket(f"place/{tmp_path.name}", tmp_path / "cache")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("name", ["a", "a/b/c", "month=2026-10/x y", "日本#1/per%20cent", "a/.b"])
def test_what_is_put_can_be_read_by_its_name(place, name):
    digest = place.put_bytes(name, b"new")

    assert place.read(name) == b"new"
    assert place.names() == [name]
    assert digest == sha256(b"new")
    assert place.digests([name, "absent"]) == {name: digest, "absent": None}


def test_a_file_is_written_by_a_function_and_is_there_for_others_once_settled(place):
    digest = place.put("runs/1/x", lambda draft: draft.write_bytes(b"table"))
    place.settle(["runs/1/x"])

    assert place.anew().read("runs/1/x") == b"table"
    assert place.fetch({"runs/1/x": digest}) == [place.root / "runs/1/x"]


def test_a_write_that_fails_leaves_nothing(place):
    def fail_half_way(draft):
        draft.write_bytes(b"ha")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        place.put("x", fail_half_way)
    place.settle([])

    assert place.names() == []


def test_what_is_absent_is_none_and_has_no_names_below_it(place):
    assert place.read("absent") is None
    assert place.names("absent") == []
    assert place.read_all(["absent"]) == {}
    with place.original("absent") as path:
        assert path is None


def test_names_below_a_folder_are_not_those_that_only_begin_like_it(place):
    for name in ("runs/1/x", "runs/10/x", "runs/1/y/z"):
        place.put_bytes(name, b"")

    assert place.names("runs/1") == ["runs/1/x", "runs/1/y/z"]
    assert place.read_all(["runs/10/x", "runs/1/x"]) == {"runs/10/x": b"", "runs/1/x": b""}


def test_of_many_that_put_one_name_exactly_one_wins_and_its_bytes_stay(place):
    contents = [str(n).encode() * 1000 for n in range(8)]

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda content: place.put_if_absent("audit/1", content), contents))

    assert won.count(True) == 1
    assert place.read("audit/1") == contents[won.index(True)]
    assert place.names() == ["audit/1"]


def test_a_copy_replaces_what_was_there(place):
    place.put_bytes("published", b"old")
    digest = place.put_bytes("committed", b"new")
    told = []

    assert place.copy(
        "committed", "published", digest, lambda: told.append(place.read("published"))
    )

    assert told == [b"old"]
    assert place.read("published") == b"new"
    assert place.digests(["published"]) == {"published": digest}


@pytest.mark.parametrize("source", ["committed", "absent"])
def test_what_is_not_as_it_was_written_is_not_copied(place, source):
    place.put_bytes("published", b"old")
    place.put_bytes("committed", b"new")

    assert not place.copy(source, "published", sha256(b"else"), lambda: None)

    assert place.read("published") == b"old"


def test_files_of_another_writer_are_taken_in(place):
    path = place.root / "docs" / "index.html"
    path.parent.mkdir(parents=True)
    path.write_text("first")
    place.take_in(["docs/index.html"])
    path.write_text("second")
    place.take_in(["docs/index.html"])
    place.settle(["docs/index.html"], contents=True)

    assert place.anew().read("docs/index.html") == b"second"


def test_an_original_is_what_lies_in_the_place(place):
    place.put_bytes("x", b"bytes")

    with place.original("x") as path:
        assert path.read_bytes() == b"bytes"


def test_removing_takes_a_file_and_all_below_a_folder(place):
    for name in ("keep", "a/1", "a/b/2", "one"):
        place.put_bytes(name, b"")

    for name in ("a", "one", "absent"):
        place.remove(name)

    assert place.names() == ["keep"]


def test_a_place_is_called_by_its_path_or_url(place):
    assert place.shown("a/b") == f"{place.shown()}/a/b"
    assert place.anew() == place


class TestCopiesOnThisMachine:
    """Only a bucket has them."""

    @pytest.fixture
    def bucket(self, s3, tmp_path):
        return s3.bucket(f"copies/{tmp_path.name}", tmp_path / "cache")

    def test_a_second_reader_uses_the_copy_of_the_first(self, bucket, s3, tmp_path):
        digest = bucket.put_bytes("x", b"bytes")
        (copy,) = bucket.fetch({"x": digest})
        s3.overwrite(f"copies/{tmp_path.name}/x", b"replaced meanwhile")

        assert bucket.anew().fetch({"x": digest}) == [copy]
        assert copy.read_bytes() == b"bytes"

    @pytest.mark.parametrize("damage", [b"", b"bytez", b"another file"], ids=repr)
    def test_a_damaged_or_foreign_copy_is_made_again(self, bucket, damage):
        digest = bucket.put_bytes("x", b"bytes")
        (copy,) = bucket.fetch({"x": digest})
        copy.write_bytes(damage)

        assert bucket.fetch({"x": digest})[0].read_bytes() == b"bytes"
        copy.write_bytes(damage)
        assert bucket.anew().fetch({"x": digest})[0].read_bytes() == b"bytes"

    def test_an_object_that_is_not_as_it_was_written_is_refused_by_its_url(self, bucket):
        bucket.put_bytes("x", b"tampered")

        with pytest.raises(RefusedError, match=f"{bucket.url}/x: its bytes are not as they were"):
            bucket.fetch({"x": sha256(b"bytes")})
        with pytest.raises(RefusedError, match=f"{bucket.url}/y: is missing"):
            bucket.fetch({"y": sha256(b"bytes")})

    def test_an_object_put_by_other_means_is_hashed(self, bucket, s3, tmp_path):
        s3.overwrite(f"copies/{tmp_path.name}/x", b"by hand")

        assert bucket.digests(["x"]) == {"x": sha256(b"by hand")}

    def test_copies_are_for_their_owner_only(self, bucket):
        assert bucket.root.stat().st_mode & 0o777 == 0o700

    def test_a_file_of_several_parts_is_whole(self, bucket):
        content = bytes(range(256)) * 50_000

        digest = bucket.put("big", lambda draft: draft.write_bytes(content))
        bucket.settle([])

        assert bucket.digests(["big"]) == {"big": digest}
        with bucket.original("big") as path:
            assert sha256(path.read_bytes()) == digest == sha256(content)
