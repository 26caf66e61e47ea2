"""Rows of releases are kept, shown and compared."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.benchmarks.releases import comparison, files, origin, rows, table
from tests.benchmarks.releases.chart import render_chart
from tests.benchmarks.releases.figures import FIGURES
from tests.benchmarks.releases.rows import Release

FIRST = Release(
    commit="aaaa",
    date="2026-01-02",
    machine="A processor, quick, 2 cores",
    workers=2,
    yardstick="llama-cpp-python 1, 4477",
    yardstick_ms=100,
    values={figure.name: 40.0 for figure in FIGURES},
)


def change(**values: float) -> Release:
    """The next release, which differs in the named figures; "draft_p50" is "draft p50"."""
    changed = {name.replace("_", " "): value for name, value in values.items()}
    assert changed.keys() <= FIRST.values.keys()
    return replace(FIRST, commit="bbbb", values={**FIRST.values, **changed})


def test_rows_are_read_as_they_were_written(tmp_path: Path) -> None:
    made = [FIRST, change(draft_p50=123_456, decide_p50=0.1234)]
    files.write_releases(made, tmp_path)
    assert rows.read_releases(tmp_path / files.ROWS) == made


def test_a_time_stands_beside_its_ratio_and_a_rate_beside_what_one_takes() -> None:
    made = change(draft_p50=150, tickets_a_minute=300)
    (row,) = csv.DictReader(io.StringIO(rows.format_csv([made])))
    assert (row["draft p50 ms"], row["draft p50 ratio"]) == ("150", "1.5")
    assert (row["tickets a minute"], row["tickets a minute ratio"]) == ("300", "2")
    assert "a ticket's queries ratio" not in row


def test_a_figure_that_an_old_row_lacks_is_not_made_up(tmp_path: Path) -> None:
    old = replace(FIRST, values={"draft p50": 30.0})
    files.write_releases([old], tmp_path)
    assert rows.read_releases(tmp_path / files.ROWS) == [old]
    assert comparison.list_slides(old, change(decide_p95=4_000)) == [
        "Draft p50 got slower: 1.33 times as long as at aaaa (0.3 → 0.4 yardsticks)."
    ]


def test_measured_again_a_commit_has_one_row_and_is_compared_with_another() -> None:
    again = replace(FIRST, date="2026-01-03")
    assert rows.add_release([FIRST, change()], again) == [change(), again]
    assert rows.find_last([FIRST, change()], again) == change()
    assert rows.find_last([FIRST], again) is None


def test_a_fifth_slower_is_named_and_less_is_not() -> None:
    assert comparison.list_slides(FIRST, change(draft_p95=47.9)) == []
    assert comparison.list_slides(FIRST, change(draft_p95=48)) == [
        "Draft p95 got slower: 1.20 times as long as at aaaa (0.4 → 0.48 yardsticks)."
    ]


def test_fewer_tickets_a_minute_are_slower() -> None:
    (said,) = comparison.list_slides(FIRST, change(tickets_a_minute=20))
    assert said.startswith("A ticket by all workers got slower: 2.00 times as long")
    assert comparison.list_slides(FIRST, change(tickets_a_minute=80)) == []


def test_on_a_slower_machine_the_same_code_is_not_slower() -> None:
    twice = {name: 80.0 for name in FIRST.values if "p50" in name or "p95" in name}
    slower = replace(change(), yardstick_ms=200, values={**FIRST.values, **twice})
    assert comparison.list_slides(FIRST, slower) == []
    assert comparison.list_slides(FIRST, replace(slower, yardstick_ms=100)) != []


def test_more_memory_and_more_queries_are_named_whatever_the_machine() -> None:
    grown = change(**{"a_ticket's_queries": 60, "memory_web": 41})
    assert comparison.list_slides(FIRST, replace(grown, yardstick_ms=1_000)) == [
        "A ticket's queries grew since aaaa: 40 → 60."
    ]
    none = replace(FIRST, values={"a ticket's connections": 0.0})
    assert comparison.list_slides(none, none) == []
    assert len(comparison.list_slides(none, change(**{"a_ticket's_connections": 1}))) == 1


def test_times_beside_another_yardstick_are_not_compared() -> None:
    (said,) = comparison.list_slides(FIRST, replace(change(draft_p50=400), yardstick="another"))
    assert said == "The yardstick is another than at aaaa: compare by hand."


def test_the_page_has_the_newest_first_and_a_dash_where_nothing_was_measured() -> None:
    later = replace(change(draft_p50=150), values={"draft p50": 150.0})
    page = table.render_table([FIRST, later])
    assert "| draft p50 | 150 ms (1.5) | 40 ms (0.4) |" in page
    assert "| memory web | – | 40 MB |" in page


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_chart_has_a_line_for_each_time_and_each_memory(count: int) -> None:
    root = ElementTree.fromstring(render_chart([FIRST] * count))
    lines = root.findall(".//{http://www.w3.org/2000/svg}polyline")
    drawn = [figure for figure in FIGURES if figure.unit == "MB" or figure.kind != "amount"]
    assert len(lines) == (len(drawn) if count else 0)
    assert all(len((line.get("points") or "").split()) == count for line in lines)


def test_a_lower_time_lies_lower() -> None:
    root = ElementTree.fromstring(render_chart([change(), change(classify_p50=10)]))
    line = root.find(".//{http://www.w3.org/2000/svg}polyline")
    assert line is not None
    (_, before), (_, after) = (p.split(",") for p in (line.get("points") or "").split())
    assert float(before) < float(after)  # y grows downwards


def test_page_and_chart_in_the_repository_show_its_rows(tmp_path: Path) -> None:
    files.write_releases(rows.read_releases(files.HERE / files.ROWS), tmp_path)
    for written in tmp_path.iterdir():
        assert written.read_text("utf-8") == (files.HERE / written.name).read_text("utf-8")


def test_the_machine_is_said_in_words() -> None:
    processor, cores = origin.describe_machine().rsplit(", ", 1)
    assert processor
    assert cores.endswith("cores")
