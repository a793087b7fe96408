"""Check that all formats write the same figures, and text from outside as text only."""

import csv
import io
import subprocess
import sys

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.console import Console

from orps_agent.bench import Report, print_tables, render, summarise_records
from orps_agent.bench.analysis.estimates import Estimate
from orps_agent.bench.analysis.report import Column, ReportTable
from orps_agent.bench.formats.cells import line, words
from orps_agent.bench.formats.csv_table import COLUMNS
from tests.support.bench.hostile_records import NAMES, hostile
from tests.support.bench.made_up_records import FORMATS, record, run, written
from tests.support.page.elements import Elements, digest, policy
from tests.support.page.hostile import HOSTILE, SHOWN

PLAIN = summarise_records(run(7, seeds=(0,)) + run(7, methods=("cot", "orps"), regime="real"))
BAD = summarise_records(hostile())


def all_tables(report: Report) -> list[ReportTable]:
    return [table for section in report.sections for group in section.groups for table in group.tables]


@pytest.mark.parametrize(
    ("kind", "estimate", "expected"),
    [
        ("share", Estimate(value=0.4634, low=0.39, high=0.537, problems=9), "46.3% [39.0, 53.7]"),
        ("share", Estimate(value=0.5, problems=3), "50.0% (3)"),
        ("points", Estimate(value=-0.021, low=-0.05, high=0.012, problems=9), "−2.1 [−5.0, +1.2]"),
        ("relative", Estimate(value=112.4, low=98, high=1000, problems=7), "112 [98, 1000] (7)"),
        ("ratio", Estimate(value=0.873, problems=9), "0.87"),
        ("count", Estimate(value=20_000, problems=9), "20,000"),
        ("count", Estimate(value=12.25, problems=9), "12.2"),
        ("usd", Estimate(value=0.0123, problems=9), "$0.0123"),
        ("usd", Estimate(value=None, problems=9), "–"),
        ("seconds", Estimate(value=75, problems=9), "1 min 15 s"),
        ("chance", Estimate(value=0.0004, problems=2), "< 0.001"),
        ("number", Estimate(value=-0.5, problems=9), "−0.50"),
    ],
)
def test_cells_read_as_people_write_them(kind: str, estimate: Estimate, expected: str) -> None:
    column = Column.model_validate({"name": "", "kind": kind})
    assert str(words(estimate, column, ReportTable(title="", about="", columns=(), rows=(), problems=9))) == expected


def test_a_line_is_one_line_without_anything_invisible() -> None:
    assert line(HOSTILE) == SHOWN
    assert line("a\nb\tc") == r"a\nb\tc"
    assert all(line(name).isprintable() for name in NAMES)


@pytest.mark.parametrize(
    "report",
    [
        summarise_records([]),
        summarise_records([record()]),
        summarise_records(
            [record(winner=None, gold=None, tier=None, passed=0, valid=False, calls=0, prompt_tokens=None, cost=None)]
        ),
    ],
    ids=["nothing", "one search", "one search that found nothing"],
)
def test_little_can_be_written_as_well(report: Report) -> None:
    assert Report.model_validate_json(render(report, "json")) == report
    assert all(render(report, each) for each in FORMATS)
    print_tables(Console(file=io.StringIO()), report)


def test_json_is_the_report() -> None:
    for report in (PLAIN, BAD):
        assert Report.model_validate_json(render(report, "json")) == report


def rows(report: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(render(report, "csv"), newline="")))


def test_csv_has_every_figure_in_full() -> None:
    read = rows(PLAIN)
    assert set(read[0]) == set(COLUMNS)
    figures = {tuple(each[name] for name in ("regime", "table", "row", "column")): each for each in read}
    assert len(figures) == len(read)
    for section in PLAIN.sections:
        for table in section.groups[0].tables:
            for row in table.rows:
                name = " / ".join(
                    str(cell) for cell, column in zip(row, table.columns, strict=True) if column.kind == "name"
                )
                for cell, column in zip(row, table.columns, strict=True):
                    if isinstance(cell, Estimate):
                        figure = figures[section.regime, table.title, name, column.name]
                        ends = [figure["value"], figure["low"], figure["high"]]
                        assert [float(end) if end else None for end in ends] == [cell.value, cell.low, cell.high]


def test_csv_keeps_texts_but_gives_no_spreadsheet_a_formula() -> None:
    read = rows(BAD)
    assert {each["dataset"] for each in read} == {HOSTILE}
    methods = {each["row"] for each in read if each["table"] == "Correctness"}
    assert methods == {"'" * name.startswith(("=", "-")) + name for name in NAMES}
    risky = {value for each in read for value in each.values() if value.startswith(("=", "+", "-", "@"))}
    assert all(float(value) <= 0 for value in risky)


def tokens(report: Report) -> list[Token]:
    """Parse as GitHub does: with tables, and with links made of bare addresses."""
    return MarkdownIt("gfm-like", {"linkify": False}).enable("table").parse(render(report, "markdown"))


@pytest.mark.parametrize("report", [PLAIN, BAD], ids=["plain", "hostile"])
def test_markdown_tables_parse_into_the_cells_of_the_report(report: Report) -> None:
    cells: list[str] = []
    parsed = tokens(report)
    for at, token in enumerate(parsed):
        if token.type in {"th_open", "td_open"}:
            cells.append("".join(child.content for child in parsed[at + 1].children or ()))
    expected = []
    for table in all_tables(report):
        expected += [line(column.name) for column in table.columns]
        for row in table.rows:
            expected += [str(words(cell, column, table)) for cell, column in zip(row, table.columns, strict=True)]
    assert cells == expected


def test_no_text_becomes_markup_in_markdown() -> None:
    kinds = {child.type for token in tokens(BAD) for child in (token, *(token.children or ()))}
    assert kinds == {child.type for token in tokens(PLAIN) for child in (token, *(token.children or ()))}
    assert not kinds & {"html_inline", "html_block", "link_open", "image", "code_inline", "em_open"}


def test_on_forty_columns_nothing_is_cut_off() -> None:
    console = Console(file=io.StringIO(), width=40, force_terminal=False)
    print_tables(console, PLAIN)
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert "…" not in shown
    assert max(map(len, shown.split("\n"))) <= 40
    for name in ("Pass@1", "not distinguishable", "best-of-n", "completion tokens"):
        assert name in shown


@pytest.mark.parametrize("width", [60, 80, 160])
@pytest.mark.parametrize("report", [PLAIN, BAD], ids=["plain", "hostile"])
def test_the_terminal_is_told_nothing_but_text(report: Report, width: int) -> None:
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    print_tables(console, report)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert all(each.isprintable() for each in shown.split("\n"))
    assert max(map(len, shown.split("\n"))) <= width
    assert (":skull: [bold]" in " ".join(shown.split())) == (report is BAD)


def test_every_table_and_plot_is_labelled_in_the_page() -> None:
    elements = Elements(render(PLAIN, "html"))
    captions = [text for _, text in elements.of("figcaption")]
    figures = elements.of("figure")
    assert len(captions) == len(figures) > len(all_tables(PLAIN))
    labels = {group.label for section in PLAIN.sections for group in section.groups}
    assert set(captions) == labels
    assert all("smollm2-135m; 40 calls; seed" in label and "isolation tier 1; " in label for label in labels)


@pytest.mark.parametrize("report", [PLAIN, BAD], ids=["plain", "hostile"])
def test_the_page_has_no_scripts_and_fetches_nothing(report: Report) -> None:
    text = render(report, "html")
    elements = Elements(text)
    ((_, style),) = elements.of("style")
    rules = policy(elements)
    assert (rules["default-src"], rules["style-src"]) == ("'none'", digest(style))
    assert "script-src" not in rules
    tags = {tag for tag, _, _ in elements.found}
    assert not tags & {"script", "img", "a", "iframe", "link", "object", "b"}
    for _, attributes, _ in elements.found:
        assert not {"src", "action", "style"} & attributes.keys()
        assert not [name for name in attributes if name.startswith("on")]
        assert (attributes.get("href") or "#").startswith("#")
    assert "url(http" not in text


def test_ids_are_unique_and_found_where_they_are_referred_to() -> None:
    elements = Elements(render(PLAIN, "html"))
    ids = [attributes["id"] for _, attributes, _ in elements.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    used = {(attributes["href"] or "")[1:] for _, attributes, _ in elements.found if "href" in attributes}
    assert used
    assert used <= set(ids)


def test_hostile_names_are_on_the_page_as_they_are() -> None:
    elements = Elements(render(BAD, "html"))
    methods = [text for attributes, text in elements.of("th") if attributes == {"scope": "row"}]
    assert methods[:4] == sorted((line(name) for name in NAMES), key=[line(name) for name in sorted(NAMES)].index)
    assert any(SHOWN in text for _, text in elements.of("title"))


def test_the_same_records_give_the_same_bytes_in_another_process() -> None:
    program = "import sys; from tests.support.bench.made_up_records import written; sys.stdout.buffer.write(written())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout == written()


def test_without_the_extra_only_the_page_is_missing_and_says_so() -> None:
    program = (
        "import sys; sys.modules['matplotlib'] = sys.modules['numpy'] = None\n"
        "from orps_agent.bench import render, summarise_records; from tests.support.bench.made_up_records import run\n"
        "report = summarise_records(run(7, seeds=(0,)))\n"
        "assert all(render(report, each) for each in ('markdown', 'csv', 'json'))\n"
        "render(report, 'html')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    message = "an HTML report needs matplotlib: pip install 'orps-agent[bench]'"
    assert done.stderr.splitlines()[-1] == f"orps_agent.errors.MissingExtra: {message}"
