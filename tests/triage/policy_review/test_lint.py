"""Admins are told what is wrong with the policies, on a page and by a command."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

import triage.demo
from approvals.models import RefundRule
from tests.support import ticket_stories
from tests.support.run_rows import citation, receipt, run_of
from tickets.models import Ticket
from triage.demo import load as demo
from triage.models import PolicyVersion
from triage.policies import loading
from triage.policy_review.lint import Report, find_uncovered_days, lint_policies

PAGE = """---
id: {id}
title: {title}
effective_from: {since}
---

## {heading} {{#{anchor}}}

{text}
"""
RETURNS = {
    "id": "returns",
    "title": "Returns",
    "since": "2024-01-01",
    "heading": "How long you have",
    "anchor": "window",
    "text": "You can return an item within 30 days of delivery.",
}


@pytest.fixture
def shelf(tmp_path: Path, db: None) -> Any:
    """Loads a policy of one clause."""

    def load(**changes: str) -> None:
        values = {**RETURNS, **changes}
        path = tmp_path / f"{values['id']}-{values['since']}.md"
        path.write_text(PAGE.format(**values))
        loading.load_policies(path)

    return load


def said(report: Report, title: str) -> list[str]:
    section = next(each for each in report.sections if each.title == title)
    return [finding.text for finding in section.findings]


def rule(**changes: Any) -> RefundRule:
    values = {"name": "30 days", "clause": "returns.window", "effective_from": date(2024, 1, 1)}
    return RefundRule.objects.create(**{**values, **changes})


def command() -> tuple[str, int]:
    out = StringIO()
    try:
        call_command("lint_policies", stdout=out)
    except SystemExit as ended:
        return out.getvalue(), int(ended.code or 0)
    return out.getvalue(), 0


def test_clauses_that_agree_raise_nothing(shelf: Any) -> None:
    shelf()
    shelf(id="faq", anchor="returns", text="You can return an item within one month of delivery.")
    rule()
    assert said(lint_policies(), "Clauses that disagree") == []
    assert command()[1] == 0


def test_clauses_that_disagree_are_named_with_both_values_and_the_days(shelf: Any) -> None:
    shelf()
    shelf(
        id="faq",
        since="2025-05-01",
        anchor="a",
        heading="In short",
        text="Return items within 14 days.",
    )
    assert said(lint_policies(), "Clauses that disagree") == [
        "Another window from 1 May 2025 on: “In short” says 14 days,"
        " “How long you have” says 30 days from delivery."
    ]
    printed, code = command()
    assert code == 1
    assert "faq.a, version 1, returns.window, version 1" in printed


def test_a_contradiction_that_ended_is_told_but_fails_no_check(shelf: Any) -> None:
    shelf()
    shelf(id="faq", anchor="a", text="Return items within 14 days.")
    shelf(id="faq", since="2025-05-01", anchor="a", text="Return items within 30 days.")
    assert "from 1 Jan 2024 until 1 May 2025" in said(lint_policies(), "Clauses that disagree")[0]
    assert command()[1] == 0


def test_a_contradiction_that_is_still_to_come_is_found_today(shelf: Any) -> None:
    shelf()
    soon = (timezone.localdate() + timedelta(days=30)).isoformat()
    shelf(id="faq", since=soon, anchor="a", text="Return items within 14 days.")
    assert lint_policies().grave


def test_a_rule_on_a_clause_that_does_not_exist_is_grave(shelf: Any) -> None:
    shelf()
    rule(clause="returns.windw")
    assert said(lint_policies(), "Refund rules without a clause") == [
        "“30 days” names the clause returns.windw, which does not exist."
    ]
    assert command()[1] == 1


def test_a_rule_that_holds_before_its_clause_is_grave(shelf: Any) -> None:
    shelf(since="2025-01-01")
    rule()
    assert said(lint_policies(), "Refund rules without a clause") == [
        "“30 days” holds from 1 Jan 2024 until 1 Jan 2025, when returns.window is not in force."
    ]
    assert lint_policies().grave


def test_a_rule_that_is_switched_off_or_rests_on_two_versions_is_fine(shelf: Any) -> None:
    shelf()
    shelf(since="2025-01-01", text="You can return an item within 60 days of delivery.")
    rule()
    rule(name="Gone", clause="no.such", active=False)
    assert said(lint_policies(), "Refund rules without a clause") == []


days = st.dates(date(2024, 1, 1), date(2024, 3, 1))


@given(st.lists(st.tuples(days, days)), days, days)
def test_every_day_is_covered_or_not(
    parts: list[tuple[date, date]], since: date, until: date
) -> None:
    found = list(find_uncovered_days((since, until), parts))
    for offset in range(70):
        day = date(2024, 1, 1) + timedelta(days=offset)
        expected = since <= day < until and not any(a <= day < b for a, b in parts)
        assert any(a <= day < (b or date.max) for a, b in found) == expected


def test_gaps_ends_and_beginnings_are_told(shelf: Any) -> None:
    shelf()
    shelf(since="2025-01-01", text="You can return an item within 60 days of delivery.")
    PolicyVersion.objects.filter(number=1).update(effective_to=date(2024, 12, 1))
    shelf(id="faq", since="2099-01-01")
    shelf(id="old", anchor="gone")
    PolicyVersion.objects.filter(policy__slug="old").update(effective_to=date(2025, 1, 1))
    assert said(lint_policies(), "Dates") == [
        "Returns, version 1 begins on 1 Jan 2099.",
        "old ended on 1 Jan 2025; nothing followed.",
        "returns has no version from 1 Dec 2024 until 1 Jan 2025.",
    ]


def read_ticket(status: str = "ok", **values: Any) -> Ticket:
    """A ticket whose retrieval cited what is given."""
    ticket = ticket_stories.ticket(None, **{"label": "parking", "label_name": "Parking", **values})
    cited = [] if status == "abstained" else [citation(ref="returns.window", version=1)]
    receipt(run_of(ticket), "retrieve", status=status, citations=cited)
    return ticket


def test_clauses_that_no_ticket_needed_are_told(shelf: Any) -> None:
    shelf()
    shelf(id="faq", title="FAQ", heading="Parking", anchor="parking", text="Park behind the shop.")
    assert said(lint_policies(), "Clauses never retrieved") == []
    read_ticket()
    assert said(lint_policies(), "Clauses never retrieved") == ["FAQ: Parking"]


def test_a_near_miss_is_no_use_of_a_clause(shelf: Any) -> None:
    shelf()
    run = run_of(ticket_stories.ticket(None))
    near = citation(ref="returns.window", near_miss="no longer in force")
    receipt(run, "retrieve", citations=[near])
    assert said(lint_policies(), "Clauses never retrieved") == ["Returns: How long you have"]


def test_tickets_without_a_clause_are_grouped_by_label(shelf: Any) -> None:
    shelf()
    for _ in range(2):
        read_ticket("abstained")
    read_ticket("abstained", label="", label_name="")
    read_ticket()
    assert said(lint_policies(), "Tickets with no clause") == ["Parking: 2", "no label: 1"]
    assert lint_policies().sections[-1].count == 3


def test_a_ticket_counts_by_its_newest_retrieval(shelf: Any) -> None:
    ticket = read_ticket("abstained")
    receipt(run_of(ticket), "retrieve", citations=[citation()])
    assert said(lint_policies(), "Tickets with no clause") == []


def test_ada_sees_the_same_on_a_page(as_ada: Client, shelf: Any) -> None:
    shelf()
    shelf(id="faq", anchor="a", heading="In short & <all>", text="Return items within 14 days.")
    shown = as_ada.get(reverse("triage:policy_check")).content.decode()
    assert "Mend this" in shown
    assert "“In short &amp; &lt;all&gt;” says 14 days" in shown
    assert reverse("triage:clause", args=["faq.a", 1]) in shown


def test_the_page_is_for_admins(as_ana: Client) -> None:
    assert as_ana.get(reverse("triage:policy_check")).status_code == 403


def test_the_demos_policies_and_rules_pass(db: None) -> None:
    folder = Path(triage.demo.__file__).parent
    loading.load_policies(folder / "policies")
    demo.create_refund_rules(tomllib.loads((folder / "rules.toml").read_text()))
    assert not lint_policies().grave
    assert command()[1] == 0
