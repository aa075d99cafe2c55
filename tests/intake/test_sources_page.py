"""The page that a mapping is written from: every example of it can be read."""

import re
from pathlib import Path

import pytest

from tests.intake.landing_folder import load, put
from transforms.declared import Declared
from transforms.mapping.fields import OPTIONS
from transforms.mapping.refusals import REFUSALS
from transforms.mapping.source import source_of
from transforms.mapping.targets import TARGETS
from transforms.tables.logs import EVENT_TYPES, INSTRUCTION_KINDS
from warehouse.intake.sources import read_sources

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/sources.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
WHOLE = EXAMPLES[0]
HEAD = 'source = "shop"\nmode = "shadow"\ncredit_from = "ledger"\n'
LOANS = '[[file]]\nname = "loans"\npath = "loans.csv"\nformat = "csv"\nevery = "once"\n'
FILE = LOANS.replace("loans", "f") + 'fields = ["note", "kind"]\n'
EVENT = {
    "event_id": '"id"',
    "user_id": '"user"',
    "occurred_at": '"at"',
    "event_type": '{ is = "login" }',
}


def read(text: str):
    return source_of(Declared(text, "sources/shop.toml"), "shop")


def event(**values: str) -> str:
    return "[[file.event]]\n" + "".join(f"{k} = {v}\n" for k, v in (EVENT | values).items())


def lines_of_values() -> list[str]:
    """Return every line that fills one target."""
    values = [text for text in EXAMPLES if "[[" not in text and "source =" not in text]
    return [line for text in values for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize("line", lines_of_values())
def test_every_way_to_fill_a_target_is_read(line):
    target, value = line.split(" = ", 1)
    value = value.split("    #")[0].split("  #")[0]

    tables = LOANS if 'file = "loans"' in line else ""
    source = read(HEAD + FILE + event(**{target: value}) + tables)

    assert target in source.files[0].templates[0].values


@pytest.mark.parametrize("text", [text for text in EXAMPLES if "[[" in text and text != WHOLE])
def test_every_section_is_read(text):
    if text.startswith("[[file."):
        text = FILE + text
    if text.startswith("[[expect]]"):
        text += FILE + event()

    assert read(HEAD + text).files


def test_the_page_names_everything_that_may_be_written():
    options = {option for names in OPTIONS.values() for option in names}
    targets = {name for table in TARGETS.values() for name in table}

    for name in (*options, *targets, *EVENT_TYPES, *INSTRUCTION_KINDS):
        assert re.search(rf"\b{name}\b", PAGE), f"{name} is not on the page"


def test_every_reason_for_which_a_line_is_refused_is_explained():
    rows = re.findall(
        r"^\| (`[a-z_0-9`, ]+`) \| ", PAGE.partition("| reason | what to do |")[2], re.M
    )

    assert {reason.strip("`") for row in rows for reason in row.split(", ")} == REFUSALS.keys()


KIOSK = {
    "customers.csv": "customer_id;kind;city;since\n17;P;Lyon;03/11/2025\n18;B;Nice;2025-11-20\n",
    "loans.csv": "loan_id,customer_id,status,issued,amount,due,paid_on\n"
    'L1,17,PAID,2026-01-05 09:30,"1.200,00",2026-02-05,2026-02-03\n'
    'L2,18,REJECTED,2026-01-06 11:00,"900,00",,\n',
    "purchases.jsonl": '{"id": 1, "loan": "L1", "at": "2026-01-07T10:00:00+01:00", '
    '"item": "food", "sum": -12.5}\n{"id": 2, "loan": "L9", "at": "2026-01-07T10:00:00+01:00", '
    '"item": "food", "sum": -3}\n',
}


@pytest.mark.parametrize(
    ("file", "table", "rows", "refused"),
    [
        (
            "customers.csv",
            "accounts",
            [("17", "consumer", "2025-11-03"), ("18", "micro_business", "2025-11-20")],
            [],
        ),
        (
            "loans.csv",
            "events",
            [
                ("L1/limit_in_force", "17", 120_000),
                ("L1/drawdown", "17", 120_000),
                ("L1/instalment_due", "17", 120_000),
                ("L1/repaid", "17", 120_000),
            ],
            [],
        ),
        ("purchases.jsonl", "events", [("purchase/1", "17", 1_250)], [("loan", "unknown_code")]),
    ],
)
def test_the_whole_mapping_reads_the_files_beside_it(tmp_path, file, table, rows, refused):
    mapping = WHOLE.replace('source = "kiosk"', 'source = "shop"')
    for path, content in KIOSK.items():
        put(tmp_path, path, content)

    _, tables = load(tmp_path, file, KIOSK[file], mapping)

    names = {"accounts": ("user_id", "segment", "opened_on")}.get(
        table, ("event_id", "user_id", "amount_cents")
    )
    found = [
        tuple(value if isinstance(value, int) else str(value) for value in row)
        for row in tables[table].select(names).iter_rows()
    ]
    assert found == rows
    assert tables["quarantine"].select("column", "reason").rows() == refused


def test_mappings_of_data_sets_are_short():
    written = [line for line in WHOLE.splitlines() if line.strip()]
    assert len(written) < 60
    for source in read_sources(ROOT / "sources"):
        if source.name not in ("demo", "taiwan"):
            assert len(source.text.splitlines()) < 60, source.name
