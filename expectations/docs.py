"""Data Docs: what was promised and what was found, as pages that need no network.

Great Expectations renders the pages; its own site would load 16 files from six public networks and
add 4 MB of pictures and a clock to every run. So the pages keep their content, lose what they
would load, and carry one small style sheet.
"""

import functools
import html
import re
from collections.abc import Mapping
from typing import Any

from expectations.docs_style import STYLE
from expectations.gate import Failure, Report

_LOADED = re.compile(
    r"<script\b.*?</script>|<link\b[^>]*>|<img\b[^>]*>|<style\b.*?</style>|<footer\b.*?</footer>"
    r"|<!--.*?-->|<title></title>",
    re.DOTALL,
)
_IDS = re.compile(r"(collapse-body)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_INDEX = re.compile(r'href="(?:\.\./)+index\.html"')
_SUITE = re.compile(r'<a href="(?:\.\./)+expectations/[^"]*"[^>]*>(.*?)</a>', re.DOTALL)
_BLANK_LINES = re.compile(r"\n\s*\n+")


def write_docs(folder: str, report: Report, results: Mapping[str, Any]) -> None:
    """Write one page for each validated table, and an index that says what failed.

    Args:
        folder: Made if absent.
        report: What the index says.
        results: By page name, the validation result of Great Expectations.
    """
    from great_expectations.data_context.store import tuple_store_backend

    store = tuple_store_backend.TupleFilesystemStoreBackend(
        base_directory=folder, filepath_template="{0}", suppress_store_backend_id=True
    )
    for name, result in results.items():
        store.set((f"{name}.html",), page_of(name, result))
    store.set(("index.html",), index_of(report, results))


def page_of(name: str, result: Any) -> str:
    """Return the Data Docs page of a validation result, self-contained and without a clock."""
    from great_expectations.render.renderer import ValidationResultsPageRenderer

    for one in result.results:
        one.exception_info = _without_traces(one.exception_info)
    result.meta = {
        "great_expectations_version": result.meta["great_expectations_version"],
        "batch_spec": {"data_asset_name": name},
    }
    document = ValidationResultsPageRenderer(run_info_at_end=True).render(result)
    return self_contained(_view().render(document), name)


@functools.cache
def _view() -> Any:
    """Return the one view of all pages: each view compiles every template anew."""
    from great_expectations.render.view import DefaultJinjaPageView

    return DefaultJinjaPageView()


def _without_traces(info: Any) -> Any:
    """Return exception info without stack traces: they name paths of this machine."""
    if not isinstance(info, dict):
        return info
    return {
        key: "" if key == "exception_traceback" else _without_traces(value)
        for key, value in info.items()
    }


def self_contained(page: str, title: str) -> str:
    """Return a rendered page that loads nothing, with our title and style sheet."""
    page = _LOADED.sub("", page)
    page = re.sub(r"<title>.*?</title>", "", page, flags=re.DOTALL)
    page = _SUITE.sub(r"\1", _INDEX.sub('href="index.html"', _IDS.sub(r"\1", page)))
    head = f"<title>{html.escape(title)}</title>\n<style>{STYLE}</style>\n</head>"
    return _BLANK_LINES.sub("\n", page.replace("</head>", head, 1))


def index_of(report: Report, results: Mapping[str, Any]) -> str:
    """Return the page that a reader opens first: verdict, broken promises, tables."""
    verdict = "Nothing may be published" if report.failures else "The month may go on"
    rows = "\n".join(_row(failure) for failure in (*report.failures, *report.warnings))
    waiting = "".join(
        f"<li><code>{html.escape(name)}</code>: {html.escape(why)}</li>"
        for name, why in sorted(report.not_evaluated.items())
    )
    tables = "".join(
        f'<tr><td><a href="{name}.html">{name}</a></td>'
        f"<td>{result.statistics['evaluated_expectations']}</td>"
        f"<td>{result.statistics['unsuccessful_expectations']}</td></tr>"
        for name, result in results.items()
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>What the tables promise</title><style>{STYLE}</style></head>
<body><div class="container-fluid">
<h1>What the tables promise</h1>
<p class="lead {"text-danger" if report.failures else "text-success"}">{verdict}:
{report.evaluated} promises, {len(report.failures)} broken, {len(report.warnings)} with a
warning.</p>
{f'<table class="table">{rows}</table>' if rows else ""}
<h2>Tables</h2>
<table class="table"><tr><th>Page</th><th>Promises</th><th>Broken</th></tr>{tables}</table>
{f"<h2>Not evaluated yet</h2><ul>{waiting}</ul>" if waiting else ""}
</div></body></html>
"""


def _row(failure: Failure) -> str:
    colour = "danger" if failure.severity == "critical" else "warning"
    return (
        f'<tr><td><span class="badge badge-{colour}">{failure.severity}</span></td>'
        f"<td>{html.escape(failure.message)}</td></tr>"
    )
