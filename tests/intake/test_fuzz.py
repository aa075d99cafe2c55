"""The promise over made-up deliveries: lines = loaded + quarantined + duplicate + blank, per file.

`LIMITWISE_FUZZ=5000` in the environment tries so many deliveries of each kind.
"""

import os
import tempfile
from collections import defaultdict
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.intake.extracting import Lender
from tests.intake.landing_folder import put
from tests.intake.made_files import KINDS, File, files, mapping_of
from transforms.errors import RefusedError

FUZZED = settings(
    deadline=None,  # a busy machine is no fault
    max_examples=int(os.environ.get("LIMITWISE_FUZZ", "100")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SUMS = ("lines", "loaded", "quarantined", "duplicate", "blank")


def path_of(number: int, file: File) -> str:
    return f"{file.kind.name}/2026-10-05-{number}.log{file.packing}"


def extracted(home: str, delivered: dict[str, tuple[File, bytes]]):
    """Extract files into a new lake; return intake records by path, and the lender."""
    kinds = {file.kind for file, _ in delivered.values()}
    lender = Lender(Path(home) / "lender", shop=mapping_of(kinds))
    for path, (_, content) in delivered.items():
        put(lender.landing, path, content)
    records = {record["path"]: record for record in lender.extract()}
    assert set(records) == set(delivered)
    return records, lender


def require_the_promise(records, lender):
    quarantine, events = lender.rows("quarantine"), lender.rows("events")
    for path, record in records.items():
        lines, *parts = (record[name] for name in SUMS)
        assert lines == sum(parts)
        refused = quarantine.filter(file_id=record["file_id"])
        assert refused.height == record["quarantined"]
        assert refused["source_line"].n_unique() == refused.height
        assert refused["source_line"].is_between(1, lines + 1).all()
        stored = events.filter(file_id=record["file_id"])
        assert stored.height == record["loaded"]
        assert not set(stored["source_line"]) & set(refused["source_line"]), path


def expected_sums(delivery: dict[str, File]) -> dict[str, tuple[int, ...]]:
    """Count the fates by hand: the first copy of an event is loaded, contradictions never are."""
    good = defaultdict(list)
    for path in sorted(delivery):
        for line, fate in zip(delivery[path].lines, delivery[path].fates, strict=True):
            if fate == "good":
                good[line.values[0]].append((path, line.values))
    counts = {path: defaultdict(int) for path in delivery}
    for copies in good.values():
        agree = len({values for _, values in copies}) == 1
        for place, (path, _) in enumerate(copies):
            fate = "quarantined" if not agree else "duplicate" if place else "loaded"
            counts[path][fate] += 1
    for path, file in delivery.items():
        counts[path]["quarantined"] += file.fates.count("bad")
        counts[path]["blank"] += file.fates.count("blank")
        counts[path]["lines"] = len(file.lines)
    return {path: tuple(count[name] for name in SUMS) for path, count in counts.items()}


@FUZZED
@given(st.lists(files(), min_size=1, max_size=4))
def test_every_line_of_every_file_has_the_fate_it_was_made_for(made):
    delivery = {path_of(number, file): file for number, file in enumerate(made)}
    with tempfile.TemporaryDirectory() as home:
        records, lender = extracted(home, {p: (f, f.content) for p, f in delivery.items()})

        require_the_promise(records, lender)
        found = {path: tuple(record[name] for name in SUMS) for path, record in records.items()}
        assert found == expected_sums(delivery)


def line_count(file: File, content: bytes) -> int | None:
    """Count the lines of a plain text file in another way than the job does."""
    if file.packing or file.kind.format == "parquet":
        return None
    text = content.decode(file.kind.encoding, "replace") if "16" in file.kind.encoding else content
    wide = isinstance(text, str)
    text = text.removeprefix("\ufeff" if wide else "\ufeff".encode(file.kind.encoding, "ignore"))
    ends = ("\r\n", "\r", "\n") if wide else (b"\r\n", b"\r", b"\n")
    text = text.replace(ends[0], ends[2]).replace(ends[1], ends[2])
    count = text.count(ends[2]) + bool(text and not text.endswith(ends[2]))
    return max(0, count - file.kind.has_header)


FIXED = next(kind for kind in KINDS if kind.format == "fixed")
EMPTY = File(kind=FIXED, lines=(), end="\n", is_ended=True, packing="", has_mark=False)
# A file that begins so is refused with what to declare, as docs/sources.md says.
MARKS_OF_OTHER_FORMS = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04", b"PAR1\x15")
DAMAGE = st.tuples(st.floats(0, 1), st.integers(0, 3), st.binary(max_size=4))


def damaged(content: bytes, damage: list[tuple[float, int, bytes]]) -> bytes:
    """Cut some bytes out and put others in, here and there."""
    for place, cut, put_in in damage:
        at = int(place * len(content))
        content = content[:at] + put_in + content[at + cut :]
    return content


@FUZZED
@example(EMPTY, [(0.0, 0, b"\x28\xb5\x2f\xfd")])
@given(files(), st.lists(DAMAGE, min_size=1, max_size=4))
def test_a_damaged_file_is_refused_in_words_or_keeps_the_promise(file, damage):
    path, content = path_of(0, file), damaged(file.content, damage)
    with tempfile.TemporaryDirectory() as home:
        try:
            records, lender = extracted(home, {path: (file, content)})
        except RefusedError as refused:
            assert str(refused).startswith(f"Landing file {path}")
            may_be_refused = file.packing or file.kind.has_header or file.kind.format == "parquet"
            assert may_be_refused or content.startswith(MARKS_OF_OTHER_FORMS)
            return

        require_the_promise(records, lender)
        lines = line_count(file, content)
        assert lines is None or records[path]["lines"] == lines


NOISE = st.lists(
    st.binary(max_size=30)
    | st.sampled_from(
        [b"\n", b"\r\n", b"\r", b"\x00", b'"', b"'", b",", b"\xef\xbb\xbf", b"{", b"\xff"]
    ),
    max_size=20,
).map(b"".join)


@FUZZED
@given(files(), NOISE)
def test_noise_after_good_lines_costs_none_of_them(file, noise):
    if file.packing or file.kind.format == "parquet":
        return
    end = file.end.encode(file.kind.encoding)
    content = file.content + (b"" if file.is_ended and file.content else end) + noise
    path = path_of(0, file)
    with tempfile.TemporaryDirectory() as home:
        records, lender = extracted(home, {path: (file, content)})

        require_the_promise(records, lender)
        assert records[path]["lines"] == line_count(file, content)
