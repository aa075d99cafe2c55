"""Bytes on a disk: whole or absent."""

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest

from warehouse.store.storage import DRAFTS, copy, files_under, put, put_bytes, put_if_absent, remove


def test_a_file_is_put_with_the_folders_above_it(tmp_path):
    put_bytes(tmp_path, tmp_path / "a" / "b" / "file", b"new")

    assert files_under(tmp_path) == [tmp_path / "a" / "b" / "file"]
    assert (tmp_path / "a" / "b" / "file").read_bytes() == b"new"


def test_a_put_replaces_what_was_there(tmp_path):
    put_bytes(tmp_path, tmp_path / "file", b"old")

    put_bytes(tmp_path, tmp_path / "file", b"new")

    assert (tmp_path / "file").read_bytes() == b"new"


def test_a_put_that_fails_leaves_the_old_file_and_no_draft(tmp_path):
    put_bytes(tmp_path, tmp_path / "file", b"old")

    def fail_half_way(draft):
        draft.write_bytes(b"ne")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        put(tmp_path, tmp_path / "file", fail_half_way)

    assert files_under(tmp_path) == [tmp_path / "file"]
    assert (tmp_path / "file").read_bytes() == b"old"


@pytest.mark.parametrize("folder", ["plain", "with space", "per%20cent", "日本#1", "month=2026-10"])
def test_put_if_absent_takes_a_name_once(tmp_path, folder):
    path = tmp_path / folder / "audit" / "00000001.json"

    assert put_if_absent(tmp_path / folder, path, b"first")
    assert not put_if_absent(tmp_path / folder, path, b"second")

    assert files_under(tmp_path) == [path]
    assert path.read_bytes() == b"first"


def test_of_many_that_put_one_name_exactly_one_wins_and_its_bytes_stay(tmp_path):
    path = tmp_path / "audit" / "00000001.json"
    contents = [str(n).encode() * 1000 for n in range(16)]

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda content: put_if_absent(tmp_path, path, content), contents))

    assert won.count(True) == 1
    assert path.read_bytes() == contents[won.index(True)]
    assert files_under(tmp_path / DRAFTS) == []


def test_a_copy_shares_no_byte_with_its_original(tmp_path):
    original, copied = tmp_path / "original", tmp_path / "copied"
    original.write_bytes(b"x" * 3_000_000)

    digest = copy(original, copied)

    assert digest == sha256(original.read_bytes()).hexdigest()
    assert copied.read_bytes() == original.read_bytes()
    assert copied.stat().st_ino != original.stat().st_ino


def test_removing_takes_a_file_a_folder_and_what_is_not_there(tmp_path):
    (tmp_path / "folder" / "below").mkdir(parents=True)
    (tmp_path / "file").touch()

    for name in ("folder", "file", "absent"):
        remove(tmp_path / name)

    assert list(tmp_path.iterdir()) == []
