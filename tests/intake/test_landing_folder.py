"""Which files are read, which are missing, and what a damaged one leads to."""

import gzip
import hashlib
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from tests.intake.landing_folder import BEHAVIOUR, FIFTH, LIMITS, OCTOBER, line, load, put, source
from transforms.errors import RefusedError
from transforms.mapping.text_lines import LONGEST_LINE_BYTES
from warehouse.intake.landing import file_id_of
from warehouse.intake.sources import landing_files, missing_files, read_sources, unclaimed_files

FIRST_OF_OCTOBER = date(2026, 10, 1)


def test_files_are_found_by_pattern_sorted_and_dot_names_are_ignored(tmp_path):
    for name in (
        "2026-10-06.jsonl",
        "2026-10-05.jsonl.gz",
        ".2026-10-07.jsonl",
        "2026-13-01.jsonl",
    ):
        put(tmp_path, f"behaviour/{name}", b"")
    put(tmp_path, ".hidden/behaviour/2026-10-05.jsonl", b"")

    files = landing_files(source(BEHAVIOUR), tmp_path)

    assert [file.path for file in files] == [
        "behaviour/2026-10-05.jsonl.gz",
        "behaviour/2026-10-06.jsonl",
    ]
    assert files[0].period == (date(2026, 10, 5), date(2026, 10, 5))
    assert unclaimed_files([source(BEHAVIOUR)], tmp_path) == ["behaviour/2026-13-01.jsonl"]


def test_a_link_out_of_the_landing_folder_is_refused(tmp_path):
    landing, outside = tmp_path / "landing", tmp_path / "secret.jsonl"
    outside.write_text("{}\n")
    (landing / "behaviour").mkdir(parents=True)
    (landing / FIFTH).symlink_to(outside)

    with pytest.raises(RefusedError, match=f"{FIFTH}: a link that leads out of the landing folder"):
        landing_files(source(BEHAVIOUR), landing)


def test_a_linked_folder_is_not_entered(tmp_path):
    landing, outside = tmp_path / "landing", tmp_path / "outside"
    put(outside, "2026-10-05.jsonl", b"")
    landing.mkdir()
    (landing / "behaviour").symlink_to(outside)

    assert landing_files(source(BEHAVIOUR), landing) == []


def test_a_folder_named_like_a_file_is_no_file(tmp_path):
    (tmp_path / FIFTH).mkdir(parents=True)

    assert landing_files(source(BEHAVIOUR), tmp_path) == []


def test_an_absent_landing_folder_is_refused(tmp_path):
    with pytest.raises(RefusedError, match="not there. Create it, or set LIMITWISE_LANDING"):
        landing_files(source(BEHAVIOUR), tmp_path / "nowhere")


def test_a_file_of_two_sections_is_refused(tmp_path):
    second = BEHAVIOUR.split("[[file]]")[1].replace('"behaviour"', '"again"')
    put(tmp_path, FIFTH, b"")

    with pytest.raises(RefusedError, match="matches the files behaviour and again of source shop"):
        landing_files(source(f"{BEHAVIOUR}\n[[file]]{second}"), tmp_path)


def test_missing_days_and_months_are_named(tmp_path):
    mapping = source(BEHAVIOUR + LIMITS[LIMITS.index("[[file]]") :])
    for day in range(1, 31):
        put(tmp_path, f"behaviour/2026-10-{day:02d}.jsonl", b"")
    put(tmp_path, OCTOBER, b"")
    files = landing_files(mapping, tmp_path)

    october = missing_files(mapping, files, FIRST_OF_OCTOBER, FIRST_OF_OCTOBER)
    longer = missing_files(mapping, files, FIRST_OF_OCTOBER, date(2026, 11, 1))

    assert october == ["behaviour/2026-10-31.jsonl"]
    assert len(longer) == 1 + 30 + 1
    assert longer[-1] == "limits/2026-11.csv"


def test_a_file_that_lies_there_plain_and_compressed_is_refused(tmp_path):
    for ending in ("", ".zst"):
        put(tmp_path, FIFTH + ending, b"")

    with pytest.raises(RefusedError) as refused:
        landing_files(source(BEHAVIOUR), tmp_path)

    assert str(refused.value) == (
        f"Landing files {FIFTH} and {FIFTH}.zst: one file, packed in two ways. Keep the one that "
        "is right, and move the other out of the landing folder."
    )


def test_a_cut_gzip_refuses_the_file_by_name_and_says_what_to_do(tmp_path):
    packed = gzip.compress("".join(line(id=f'"{i}"') + "\n" for i in range(999)).encode())

    for damaged in (
        packed[:-20],
        packed[:-4],
        packed[:200] + b"\0" * 9 + packed[209:],
        b"\x93no gzip",
    ):
        with pytest.raises(RefusedError) as refused:
            load(tmp_path, f"{FIFTH}.gz", damaged)

        assert str(refused.value).startswith(f"Landing file {FIFTH}.gz line ")
        assert "Deliver it again, or move it out of the landing folder." in str(refused.value)


def test_a_binary_file_is_quarantined_line_by_line(tmp_path):
    content = random.Random(7).randbytes(100_000)

    figures, tables = load(tmp_path, FIFTH, content)

    lines = len(content.splitlines())
    assert (figures.lines, figures.loaded) == (lines, 0)
    assert figures.quarantined + figures.blank == lines
    assert tables["quarantine"]["source_line"].is_sorted()


def test_a_line_without_end_is_one_refused_line(tmp_path):
    endless = b'{"id":"' + b"x" * (3 * LONGEST_LINE_BYTES)
    content = b"\n".join((line(id='"a"').encode(), endless, line(id='"b"').encode(), b""))

    figures, tables = load(tmp_path, FIFTH, content, block_bytes=100_000)

    assert tables["quarantine"].select("source_line", "reason").rows() == [(2, "line_too_long")]
    assert tables["quarantine"]["raw_line"][0] == '{"id":"' + "x" * 493
    assert tables["events"].select("event_id", "source_line").rows() == [("a", 1), ("b", 3)]
    assert (figures.lines, figures.loaded) == (3, 2)


def test_a_line_without_end_is_too_long_even_where_the_file_ends_with_it(tmp_path):
    figures, tables = load(tmp_path, FIFTH, b"1" * (2 * LONGEST_LINE_BYTES), block_bytes=1 << 18)

    assert tables["quarantine"]["reason"].to_list() == ["line_too_long"]
    assert figures.lines == 1


@pytest.mark.parametrize("packed", [False, True])
def test_rows_and_identity_do_not_depend_on_the_size_of_blocks(tmp_path, packed):
    lines = [line(id=f'"{i}"', user=f'"u{i % 7}"', amount=f"{i}.5") for i in range(3_000)]
    lines[1_234] = "not JSON"
    content = "".join(text + "\r\n" for text in lines).encode()
    path, content = (f"{FIFTH}.gz", gzip.compress(content)) if packed else (FIFTH, content)

    whole = load(tmp_path, path, content)
    parts = load(tmp_path, path, content, block_bytes=1_000)

    assert parts[0] == whole[0]
    assert parts[0].sha256 == hashlib.sha256(content).hexdigest()
    assert all(parts[1][table].equals(whole[1][table]) for table in whole[1])
    assert (parts[0].lines, parts[0].quarantined) == (3_000, 1)


def test_rows_do_not_depend_on_how_many_blocks_are_read_side_by_side(tmp_path):
    lines = [line(id=f'"{i}"', amount=f"{i}.5") for i in range(3_000)]
    lines[1_234] = "not JSON"
    content = "\n".join(lines)

    alone = load(tmp_path, FIFTH, content, block_bytes=1_000)
    with ThreadPoolExecutor(3) as pool:
        together = load(tmp_path, FIFTH, content, block_bytes=1_000, pool=pool)

    assert together[0] == alone[0]
    assert all(together[1][table].equals(alone[1][table]) for table in alone[1])


@pytest.mark.parametrize("block_bytes", [100, 100_000], ids=["many blocks", "one block"])
def test_a_file_that_is_not_the_one_that_was_planned_is_refused(tmp_path, block_bytes):
    content = "".join(line(id=f'"{i}"') + "\n" for i in range(10))
    planned = hashlib.sha256(content.encode()).hexdigest()

    figures, _ = load(tmp_path, FIFTH, content, block_bytes=block_bytes, sha256=planned)

    assert (figures.loaded, figures.sha256) == (10, planned)
    with pytest.raises(RefusedError, match="changed while it was read"):
        load(tmp_path, FIFTH, content + line(), block_bytes=block_bytes, sha256=planned)


def test_another_path_content_or_mapping_is_another_file(tmp_path):
    first, _ = load(tmp_path, FIFTH, line() + "\n")
    again, _ = load(tmp_path, FIFTH, line() + "\n")
    corrected, _ = load(tmp_path, FIFTH, line(amount="1") + "\n")
    remapped, _ = load(tmp_path, FIFTH, line() + "\n", BEHAVIOUR.replace("pay =", "buy ="))
    elsewhere, _ = load(tmp_path, "behaviour/2026-10-06.jsonl", line() + "\n")

    figures = (first, corrected, remapped, elsewhere)
    assert first == again
    assert len({figure.file_id for figure in figures}) == 4
    assert first.file_id == file_id_of(FIFTH, first.sha256, source(BEHAVIOUR).digest)


@pytest.mark.parametrize(
    ("text", "because"),
    [
        (f"# a comment\n{BEHAVIOUR}", "a comment says nothing"),
        (BEHAVIOUR.replace(" = ", "="), "neither does layout"),
        (f"most_bad_bps = 7\nbad_lines_allowed = 0\n{BEHAVIOUR}", "bad lines stay as they are"),
        (f'{BEHAVIOUR}\n[[expect]]\nwhat = "hours"\n', "what is expected changes no row"),
    ],
    ids=lambda value: value if value[0].islower() else "",
)
def test_a_mapping_that_reads_the_same_rows_is_the_same_mapping(text, because):
    assert source(text).digest == source(BEHAVIOUR).digest, because


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('credit_from = "ledger"', 'credit_from = "ledger"\non_conflict = "last"'),
        ('mode = "live"', 'mode = "shadow"'),
        ('unit = "main"', 'unit = "cents"'),
    ],
)
def test_a_mapping_that_may_read_other_rows_is_another_one(old, new):
    assert source(BEHAVIOUR.replace(old, new)).digest != source(BEHAVIOUR).digest


def test_sources_are_read_from_a_folder_and_errors_name_the_file(tmp_path):
    (tmp_path / "sources").mkdir()
    with pytest.raises(RefusedError, match="no mapping there"):
        read_sources(tmp_path / "sources")

    (tmp_path / "sources/shop.toml").write_text(BEHAVIOUR)
    assert [read.name for read in read_sources(tmp_path / "sources")] == ["shop"]

    (tmp_path / "sources/bad.toml").write_text("source = \n")
    with pytest.raises(RefusedError, match=r"sources/bad.toml: not valid TOML: .*line 1"):
        read_sources(tmp_path / "sources")
