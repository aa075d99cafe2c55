"""Source mappings: how a lender's files become events, accounts and instructions.

A mapping is one TOML text, `sources/<name>.toml`:

    source = "shop"                  # the file's name
    mode = "live"                    # "shadow": the lender does not follow the published limits;
                                     # "indicative": it has no lines, first limits are marked so
    credit_from = "ledger"           # or "reported": days past due come from the source
    most_bad_bps = 100               # share of bad lines that an extraction bears
    bad_lines_allowed = 20           # bad lines that never count against the share
    on_conflict = "quarantine"       # same event id, different content: first, last or quarantine

    [[expect]]                       # may be left out; see transforms.mapping.expected
    what = "month_end"               # what the source keeps up, month after month
    severity = "critical"            # or "warning"

    [[file]]
    name = "behaviour"
    path = "behaviour/{date}.jsonl"  # {date}, {month} and * ; with .gz or .zst after it as well
    format = "jsonl"                 # csv, fixed or parquet; see below
    encoding = "utf-8"               # or another, such as gb18030, windows-1252, utf-16
    every = "day"                    # day, month or once: what must be there,
    optional = true                  # unless it may be absent
    fields = ["status"]              # fields that only conditions read; these may be true or false
    personal = ["phone"]             # fields that are read and masked where a line is refused
    repeat = [{ month = "2005-04", bill = "BILL_6" }]   # a template with `repeat = true` is
                                     # written out once per row, with {month} and {bill} filled in

      [[file.event]]                 # or [[file.account]], [[file.instruction]]; one per row that
                                     # a line may give
      event_id = "id"                # a field of the line
      user_id = "user"
      occurred_at = { column = "at", format = "%Y-%m-%d %H:%M", zone = "Asia/Shanghai" }
      event_type = { column = "kind", codes = { pay = "purchase" } }   # any other code is refused
      amount_cents = { column = "amount", unit = "main" }              # or unit = "cents"
      channel = { is = "app" }                                         # a constant
      reference_id = { template = "{shop}-{order}" }                   # a text made of fields
      when = "amount_cents <> 0 AND status = 'done'"                   # SQL; without it: always

How a line is written, by `format`:

    format = "csv"                   # the first line names the fields
    delimiter = ";"                  # if it is no comma
    quote = "'"                      # if it is not "; empty if fields are never quoted
    header = false                   # if no line names the fields; then
    columns = ["id", "user", "at"]   # all of them are named here, in order

    format = "fixed"                 # first and last character of each field, from 1
    columns = { id = [1, 8], user = [9, 20], at = [21, 45] }

    format = "parquet"               # a row is a line; other types than text are written as text

A line ends with LF, with CR LF or with CR, and a record is one line: a quoted CSV field that goes
on in the next line is refused. So is a line whose bytes are no text of the encoding.

Rows of a PostgreSQL database are asked for beside the files, with the same templates:

    [[query]]
    name = "ledger"                  # its files are landing/pulled/<source>/ledger/*.jsonl.gz
    connection = "core_banking"      # id of an Airflow connection
    table = "core.ledger"            # or sql = '''SELECT …'''
    watermark = "changed_at"         # a time that every change of a row moves forward; without it
                                     # the whole table is pulled whenever anything in it differs
    overlap_hours = 48               # how late a row may be committed; 48 if left out
    columns = { id = "bigint", user = "text", amount = "numeric", changed_at = "timestamptz" }

      [[query.event]]                # or [[query.account]], [[query.instruction]]

`columns` declares every column that the query gives, with its type by any name that PostgreSQL
knows; a column gone, of another type or new stops the extraction before anything is written.

More ways to read a field:

    amount_cents = { column = "a", unit = "main", decimal = ",", thousands = "." }    # 1.234,56
    amount_cents = { column = "a", unit = "main", sign = -1 }      # refunds written as -12.50
    amount_cents = { column = "a", unit = "main", round = "half_even" }     # or "half_up"
    amount_cents = { product = ["quantity", "price"], unit = "main" }       # exact
    occurred_at = { column = "t", formats = ["%d/%m/%Y %H:%M", "%Y-%m-%d"], zone = "Asia/Shanghai" }
    occurred_at = { column = "m", months_from = "2019-12", zone = "Asia/Shanghai" }   # 0, -1, ...
    occurred_at = { column = "t", seconds_from = 1970-01-01T00:00:00Z }     # or milliseconds_from
    due_on = { column = "d", days_from = 2019-12-31 }
    due_on = { column = "m", format = "%Y-%m", day = "last" }     # of the month, or "first"
    user_id = { column = "loan", codes = { file = "loans", key = "loan", value = "customer" } }

Of several formats the first that fits counts: all of the text, and a year of four digits where the
format says `%Y`. A counted month stands for its last day, and a counted month or day for 12:00 in
the zone unless `at = 08:30:00` says otherwise; so does a month written out. Amounts finer than a
cent are refused unless `round` is declared. Codes kept in a file are looked up in the fields of
another `[[file]]`, by its name; what is found is read as if it stood in the line; a key that the
file does not have is refused. If what the file says about its keys changes, every file that is
looked up in it is read again.

Times are ISO 8601 with a zone unless format (or formats) and zone say otherwise, dates
`YYYY-MM-DD`. Spaces around a field never count. A condition may read the template's targets, with
their types, and fields, as text; a target goes before a field of the same name. A field that is
absent, null or blank is null. What no template reads is dropped before it is stored.
"""
