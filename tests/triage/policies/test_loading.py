"""Policies are read from Markdown, all of them or none, and never edited."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.support.shared_data import shared_data
from triage.models import Clause, Policy, PolicyVersion
from triage.policies.loading import BadPolicies, load_policies

pytestmark = pytest.mark.django_db

DEMO = Path(__file__).parents[3] / "triage/demo/policies"
RETURNS = """---
id: returns
title: Returns
effective_from: 2024-02-01
source: https://shop.example/returns
---

# Returns

We want you to be happy.

## How long you have {#window}

You have 30 days.

### Furniture

60 days.

## Who pays

We do.
"""


def policy(folder: Path, text: str = RETURNS, name: str = "returns.md") -> Path:
    (folder / name).write_text(text)
    return folder


def later(text: str = RETURNS) -> str:
    return text.replace("2024-02-01", "2026-04-01").replace("30 days", "14 days")


def faults(folder: Path) -> list[str]:
    with pytest.raises(BadPolicies) as bad:
        load_policies(folder)
    return [str(problem).removeprefix(f"{folder}/") for problem in bad.value.problems]


def test_each_heading_is_a_clause_with_a_reference(tmp_path: Path) -> None:
    load_policies(policy(tmp_path))
    version = PolicyVersion.objects.get()
    assert (version.number, version.title, version.source) == (
        1,
        "Returns",
        "https://shop.example/returns",
    )
    clauses = {clause.ref: clause.text for clause in version.clauses.all()}
    assert clauses == {
        "returns.about": "We want you to be happy.",
        "returns.window": "You have 30 days.\n\n### Furniture\n\n60 days.",
        "returns.who-pays": "We do.",
    }


def test_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    load_policies(policy(tmp_path))
    again = load_policies(policy(tmp_path, RETURNS.replace("# Returns\n\n", "\n")))
    assert (again.created, again.unchanged) == ([], ["returns from 2024-02-01"])
    assert PolicyVersion.objects.count() == 1


def test_a_changed_file_with_a_new_date_is_a_new_version_that_ends_the_old(tmp_path: Path) -> None:
    load_policies(policy(tmp_path))
    load_policies(policy(tmp_path, later()))
    first, second = PolicyVersion.objects.order_by("number")
    assert (first.effective_to, second.effective_to) == (date(2026, 4, 1), None)
    assert Clause.objects.get(version=first, ref="returns.window").text.startswith(
        "You have 30 days"
    )
    assert Clause.objects.get(version=second, ref="returns.window").text.startswith(
        "You have 14 days"
    )


def test_versions_in_one_folder_are_loaded_by_date(tmp_path: Path) -> None:
    policy(tmp_path, later(), "a-new.md")
    load_policies(policy(tmp_path, RETURNS, "b-old.md"))
    dates = PolicyVersion.objects.order_by("number").values_list("effective_from", flat=True)
    assert list(dates) == [date(2024, 2, 1), date(2026, 4, 1)]


def test_other_words_under_the_same_date_are_refused(tmp_path: Path) -> None:
    load_policies(policy(tmp_path))
    (fault,) = faults(policy(tmp_path, RETURNS.replace("30 days", "3 days")))
    assert "choose a new effective_from" in fault
    assert PolicyVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("---\nid", "id", "returns.md:1: it has no front matter"),
        ("id: returns\n", "", "returns.md:1: the front matter lacks id"),
        ("id: returns", "id: Our Returns", "returns.md:2: id: 'Our Returns' is no id"),
        ("title: Returns", 'title: "Returns', "returns.md:"),
        ("2024-02-01", "next week", "returns.md:4: effective_from: 'next week' is no date"),
        (
            "source:",
            "sorce:",
            "returns.md:5: sorce: this name means nothing here: did you mean source?",
        ),
        ("https://shop.example", "javascript:x", "returns.md:5: source: "),
        ("{#window}", "{#The Window}", "returns.md:12: the anchor 'The Window'"),
        ("## Who pays", "## Who pays {#window}", "returns.md:20: the anchor window is in line 12"),
        ("\nWe do.\n", "", "returns.md:20: the clause 'Who pays' says nothing"),
        ("## Who pays", "##  {#x}", "returns.md:20: a clause needs a heading"),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert faults(policy(tmp_path, RETURNS.replace(old, new)))[0].startswith(fault)
    assert not Policy.objects.exists()


def test_one_bad_file_leaves_all_others_out(tmp_path: Path) -> None:
    policy(tmp_path, "no front matter", "bad.md")
    policy(tmp_path, "---\ntitle: x\n---\n", "worse.md")
    found = faults(policy(tmp_path))
    assert {fault.split(":")[0] for fault in found} == {"bad.md", "worse.md"}
    assert not PolicyVersion.objects.exists()


def test_a_heading_in_a_code_block_is_no_clause(tmp_path: Path) -> None:
    load_policies(policy(tmp_path, RETURNS.replace("We do.", "```\n## not a heading\n```")))
    assert Clause.objects.count() == 3


def test_the_command_lists_every_fault_and_fails(tmp_path: Path) -> None:
    err = io.StringIO()
    with pytest.raises(CommandError, match="Nothing was loaded"):
        call_command("load_policies", policy(tmp_path, "words"), stderr=err)
    assert 'put four lines between two lines of "---" at its top' in err.getvalue()


def test_a_folder_without_policies_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(CommandError):
        call_command("load_policies", tmp_path, stderr=io.StringIO())


def test_the_demo_company_s_policies_load_twice(tmp_path: Path) -> None:
    created = load_policies(DEMO).created
    assert len(created) >= 8
    assert load_policies(DEMO).created == []


def test_another_company_s_policies_say_how_to_add_front_matter() -> None:
    found = faults(shared_data("policies_basecamp"))
    assert found
    assert all("front matter" in fault for fault in found)
