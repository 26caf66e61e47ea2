"""Two clauses disagree where one and the same case has another window, remedy or fee."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

import triage.demo
from tests.support.shared_data import shared_data
from triage.contract.case import Clause
from triage.policies.contradictions import find_disagreements
from triage.policies.markdown import read_policies

PAIRS: dict[str, list[Any]] = tomllib.loads(
    (Path(__file__).parent / "contradictions.toml").read_text(encoding="utf-8")
)
FOUND_AT_LEAST = 0.9


def clause(ref: str, heading: str, text: str, **changes: Any) -> Clause:
    values = {"policy": "terms", "policy_title": "Terms", "version": 1, "since": date(2024, 1, 1)}
    return Clause(ref=ref, heading=heading, text=text, **{**values, **changes})


def kinds(one: Any, other: Any) -> set[str]:
    return {
        d.kind for d in find_disagreements([clause("terms.a", *one), clause("terms.b", *other)])
    }


def test_nine_of_ten_pairs_that_disagree_are_found() -> None:
    missed = [row for row in PAIRS["disagree"] if row[0] not in kinds(row[1:3], row[3:5])]
    assert len(PAIRS["disagree"]) >= 60
    assert len(missed) <= (1 - FOUND_AT_LEAST) * len(PAIRS["disagree"]), missed


def test_pairs_that_can_both_be_true_raise_no_alarm() -> None:
    alarms = [row for row in PAIRS["agree"] if kinds(row[:2], row[2:])]
    assert len(PAIRS["agree"]) >= 120
    assert alarms == []


def test_the_order_of_two_clauses_does_not_matter() -> None:
    other_way = [
        row for row in PAIRS["disagree"] if kinds(row[1:3], row[3:5]) != kinds(row[3:5], row[1:3])
    ]
    assert other_way == []


def test_a_clause_never_disagrees_with_itself_said_twice() -> None:
    texts = [row[1:3] for row in PAIRS["disagree"]] + [row[:2] for row in PAIRS["agree"]]
    assert [text for text in texts if kinds(text, text)] == []


def test_both_values_are_named() -> None:
    found = find_disagreements(
        [
            clause("returns.window", "How long you have", "You can return items within 30 days."),
            clause("faq.returns", "In short", "You can return items within two weeks."),
        ]
    )
    assert [(d.one, d.other, d.kind) for d in found] == [
        ("returns.window", "faq.returns", "window")
    ]
    assert found[0].because == "“How long you have” says 30 days, “In short” says two weeks"


def test_clauses_that_were_never_in_force_together_do_not_disagree() -> None:
    old = clause("old.a", "Returns", "Return items within 14 days.", until=date(2026, 3, 1))
    new = clause("new.a", "Returns", "Return items within 30 days.", since=date(2026, 3, 1))
    assert find_disagreements([old, new]) == ()
    assert find_disagreements([old, replace(new, since=date(2026, 2, 28))]) != ()


def test_two_versions_of_one_clause_follow_each_other() -> None:
    one = clause("terms.a", "Returns", "Return items within 14 days.")
    assert (
        find_disagreements([one, replace(one, version=2, text="Return items within 30 days.")])
        == ()
    )


def test_markdown_in_a_clause_changes_nothing() -> None:
    one = ("Returns", "* You can [return](https://shop.example) **any** item within 14 days.")
    assert kinds(one, ("Returns", "You can return any item within 30 days.")) == {"window"}


def test_a_clause_of_nothing_is_read() -> None:
    assert (
        find_disagreements([clause("a.a", "", ""), clause("a.b", "…", "* \n\n- . ! 30 days")]) == ()
    )


def demo_clauses() -> list[Clause]:
    """Every version of the demo's policies with its dates."""
    folder = Path(triage.demo.__file__).parent / "policies"
    texts, problems = read_policies(sorted(folder.glob("*.md")))
    assert problems == []
    rows = []
    for versions in texts.values():
        dated = sorted(versions, key=lambda each: each.effective_from)
        ends = [each.effective_from for each in dated[1:]] + [None]
        for number, (text, until) in enumerate(zip(dated, ends, strict=True), 1):
            rows += [
                clause(
                    f"{text.id}.{each.anchor}",
                    each.heading,
                    each.text,
                    policy=text.id,
                    policy_title=text.title,
                    version=number,
                    since=text.effective_from,
                    until=until,
                )
                for each in text.clauses
            ]
    return rows


def test_the_demos_policies_agree_on_every_day() -> None:
    assert find_disagreements(demo_clauses()) == ()


@pytest.mark.parametrize(
    ("ref", "before", "after", "kind"),
    [
        ("returns.return-window", "30 days", "21 days", "window"),
        ("warranty.warranty-period", "24 months", "36 months", "window"),
        ("refunds.refund-time", "5 working days", "30 days", "window"),
        ("delivery.standard-delivery", "£3.95", "£2.50", "fee"),
        ("delivery.standard-delivery", "£50.00", "£90.00", "fee"),
        ("returns.final-sale", "cannot be returned", "can be returned", "remedy"),
    ],
)
def test_a_slip_planted_in_the_demos_policies_is_found(
    ref: str, before: str, after: str, kind: str
) -> None:
    known = demo_clauses()
    newest = [each for each in known if each.ref == ref][-1]
    assert before in newest.text
    slip = replace(newest, ref="faq.slip", policy="faq", text=newest.text.replace(before, after))
    found = find_disagreements([*known, slip])
    assert (ref, "faq.slip", kind) in {(d.one, d.other, d.kind) for d in found}


HEADING = re.compile(r"^#{1,4} ", re.MULTILINE)


@pytest.mark.parametrize("name", ["policies_basecamp", "policies_github"])
def test_policies_written_by_others_raise_no_alarm(name: str) -> None:
    """Looked at by hand: there is nothing in them that ought to be found."""
    parts = chain.from_iterable(
        (path, *HEADING.split(path.read_text(encoding="utf-8")))
        for path in sorted(shared_data(name).rglob("*.md"))
    )
    clauses, path = [], Path()
    for number, part in enumerate(parts):
        if isinstance(part, Path):
            path = part
            continue
        heading, _, text = part.partition("\n")
        clauses.append(clause(f"{path.stem}.{number}", heading, text))
    assert len(clauses) > 100
    assert find_disagreements(clauses) == ()
