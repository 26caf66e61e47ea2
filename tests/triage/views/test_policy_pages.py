"""Staff look things up in the policies: by words, by day, by version and by ticket."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from tests.support import ticket_stories
from tests.support.run_rows import citation, receipt, run_of
from tickets.models import Ticket
from triage.models import Clause, Policy, PolicyVersion, SavedReply
from triage.policies import citations
from triage.policies.diff import Wording, compare_clauses, diff_texts


@pytest.fixture
def refund(db: None) -> Clause:
    """The clause in force; version 1 of it ended at the end of 2025."""
    return ticket_stories.policy()


def text_of(client: Client, name: str, *args: Any, **asked: str) -> str:
    answer = client.get(reverse(f"triage:{name}", args=args), asked)
    assert answer.status_code == 200
    return answer.content.decode()


# --- search -----------------------------------------------------------------------------


def test_ana_finds_a_clause_by_another_form_of_its_words(as_ana: Client, refund: Clause) -> None:
    shown = text_of(as_ana, "policies", q="refunding damage")
    assert "2 clauses with “refunding damage”" in shown
    assert "<mark>damaged</mark>" in shown


def test_on_a_day_only_what_was_in_force_is_found(as_ana: Client, refund: Clause) -> None:
    shown = text_of(as_ana, "policies", q="damaged", on="2025-03-01")
    assert reverse("triage:clause", args=["damaged.refund", 1]) in shown
    assert reverse("triage:clause", args=["damaged.refund", 2]) not in shown


def test_a_day_alone_shows_what_was_in_force(as_ana: Client, refund: Clause) -> None:
    shown = text_of(as_ana, "policies", on="2025-12-31")
    assert "Version 1, was in force" in shown
    assert "Version 2" not in shown
    assert "Version 2" in text_of(as_ana, "policies", on="2026-01-01")
    assert "Nothing was in force" in text_of(as_ana, "policies", on="1999-01-01")


@pytest.mark.parametrize("day", ["31 March", "2026-02-30", "0000-00-00"])
def test_what_is_no_day_is_said_kindly(as_ana: Client, refund: Clause, day: str) -> None:
    answer = as_ana.get(reverse("triage:policies"), {"on": day})
    assert answer.status_code == 422
    assert "is no day" in answer.content.decode()


def test_markup_in_a_clause_is_shown_not_run(as_ana: Client, refund: Clause) -> None:
    Clause.objects.filter(pk=refund.pk).update(
        heading="Damaged <i>goods</i>", text="A damaged <script>alert(1)</script> lamp a<b & more"
    )
    shown = text_of(as_ana, "policies", q="damaged goods lamp")
    assert "<script>alert" not in shown
    assert "a&lt;b &amp; more" in shown
    assert "<i>" not in shown


@pytest.mark.parametrize("words", ["the", "'", "a & | !", '"', "%s", "returns.nowhere", "x" * 300])
def test_any_words_can_be_asked_for(as_ana: Client, refund: Clause, words: str) -> None:
    assert as_ana.get(reverse("triage:policies"), {"q": words}).status_code == 200


def test_a_clause_is_found_by_its_reference(as_ana: Client, refund: Clause) -> None:
    assert "2 clauses" in text_of(as_ana, "policies", q="damaged.refund")


# --- what changed -----------------------------------------------------------------------


def test_the_words_that_changed_are_marked_in_text_too(as_ana: Client, refund: Clause) -> None:
    shown = text_of(as_ana, "compare", "damaged", 1, 2)
    assert '<del><span class="visually-hidden">[removed: </span>14<' in shown
    assert '<ins><span class="visually-hidden">[added: </span>30<' in shown


def test_clauses_that_came_and_went_are_named(as_ana: Client, refund: Clause) -> None:
    old = Clause.objects.get(version__number=1)
    for version, ref in ((old.version, "damaged.gone"), (refund.version, "damaged.new")):
        Clause.objects.create(version=version, ref=ref, position=2, heading=ref, text="<b>so</b>")
    shown = text_of(as_ana, "compare", "damaged", 1, 2)
    assert "Taken out" in shown
    assert "New" in shown
    assert "<b>so" not in shown


def test_versions_that_are_not_there_are_not_found(as_ana: Client, refund: Clause) -> None:
    for args in (("damaged", 1, 9), ("nothing", 1, 2)):
        assert as_ana.get(reverse("triage:compare", args=args)).status_code == 404


def test_a_clause_shows_what_changed_since_its_other_wordings(
    as_ana: Client, refund: Clause
) -> None:
    shown = text_of(as_ana, "clause", "damaged.refund", 2)
    assert "What changed from version 1 to 2" in shown
    assert "14" in shown


@given(st.text(max_size=200), st.text(max_size=200))
def test_a_comparison_holds_both_texts(old: str, new: str) -> None:
    found = diff_texts(old, new)
    before = "".join(p.text for p in found if p.change != "added")
    after = "".join(p.text for p in found if p.change != "removed")
    assert "".join(before.split()) == "".join(old.split())
    assert "".join(after.split()) == "".join(new.split())


def test_two_changes_with_a_word_between_are_read_as_one() -> None:
    found = diff_texts("within 14 days of delivery", "within 30 working of delivery")
    assert [(p.change, p.text) for p in found] == [
        ("same", "within"),
        ("removed", " 14 days"),
        ("added", " 30 working"),
        ("same", " of delivery"),
    ]


def test_clauses_are_compared_in_the_order_of_the_new_version() -> None:
    old = [Wording("a", "A", "one"), Wording("b", "B", "two"), Wording("c", "C", "three")]
    new = [Wording("c", "C", "three"), Wording("d", "D", "four"), Wording("a", "A", "won")]
    assert [(each.ref, each.kind) for each in compare_clauses(old, new)] == [
        ("c", "same"),
        ("d", "added"),
        ("a", "changed"),
        ("b", "removed"),
    ]


# --- which receipts used a clause -------------------------------------------------------


def test_ben_sees_the_tickets_a_clause_was_used_for(as_ana: Client, refund: Clause) -> None:
    ticket = ticket_stories.ticket(ticket_stories.marta())
    ticket_stories.finished(ticket)
    shown = text_of(as_ana, "clause_uses", "damaged.refund", 2)
    assert f"#{ticket.pk}" in shown
    assert "Quoted in the draft" in shown
    assert "has not been cited" in text_of(as_ana, "clause_uses", "damaged.refund", 1)


def cite(ticket: Ticket, **values: Any) -> None:
    receipt(run_of(ticket), "retrieve", citations=[citation(**values)])


def test_a_ticket_read_twice_is_listed_once(refund: Clause) -> None:
    ticket = ticket_stories.ticket(None)
    cite(ticket, rank=3)
    cite(ticket, rank=2, found_by="rule")
    cite(ticket, ref="something.else")
    [use] = citations.list_uses(refund).uses
    assert (use.rank, use.by_rule, use.quoted) == (2, True, False)


def test_older_uses_are_on_the_next_page(
    as_ana: Client, refund: Clause, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(citations, "PAGE_SIZE", 2)
    for _ in range(5):
        cite(ticket_stories.ticket(None))
    seen: list[int] = []
    page = citations.list_uses(refund)
    while True:
        seen += [use.receipt.ticket_id for use in page.uses]
        if page.older is None:
            break
        page = citations.list_uses(refund, page.older)
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 5
    assert "?before=" in text_of(as_ana, "clause_uses", "damaged.refund", 2)


@pytest.mark.parametrize("before", ["x", "-1", "9" * 40, "²"])
def test_a_place_that_no_link_of_ours_carries_is_the_first_page(
    as_ana: Client, refund: Clause, before: str
) -> None:
    text_of(as_ana, "clause_uses", "damaged.refund", 2, before=before)


# --- who may ----------------------------------------------------------------------------

PAGES = [
    ("policies", ()),
    ("clause", ("damaged.refund", 2)),
    ("clause_uses", ("damaged.refund", 2)),
    ("compare", ("damaged", 1, 2)),
]


@pytest.mark.parametrize(("name", "args"), [*PAGES, ("what_if", ()), ("policy_check", ())])
def test_somebody_without_a_role_sees_nothing(
    client: Client, nobody: Any, refund: Clause, name: str, args: tuple[Any, ...]
) -> None:
    url = reverse(f"triage:{name}", args=args)
    assert client.get(url).status_code == 302
    client.force_login(nobody)
    assert client.get(url).status_code == 403


def test_a_policy_without_a_version_is_no_stumbling_block(as_ana: Client, db: None) -> None:
    Policy.objects.create(slug="empty")
    assert "No version yet" in text_of(as_ana, "policies")
    assert "No version yet" not in text_of(as_ana, "policies", on="2026-01-01")


def test_a_version_that_has_not_begun_is_said_to_be_so(as_ana: Client, refund: Clause) -> None:
    PolicyVersion.objects.filter(pk=refund.version_id).update(effective_from=date(2099, 1, 1))
    assert "not yet in force" in text_of(as_ana, "clause", "damaged.refund", 2)


# --- what a clause is compared with ------------------------------------------------------


def test_beside_a_clause_stands_what_an_order_is_compared_with(
    as_ana: Client, refund: Clause
) -> None:
    Clause.objects.filter(pk=refund.pk).update(
        text="You can return it within 30 days of delivery. It has to be unused."
    )
    reply = SavedReply.objects.create(slug="window", title="The return window", questions=["When?"])
    reply.wordings.create(text="30 days.", clause=refund.ref, clause_sha256="0" * 64)
    shown = text_of(as_ana, "clause", refund.ref, 2)
    assert "What an order is compared with" in shown
    assert "days since delivery: at most 30" in shown
    assert "so you are within this time" in shown
    assert "The return window" in shown


def test_a_clause_that_no_row_decides_is_compared_with_nothing(
    as_ana: Client, refund: Clause
) -> None:
    Clause.objects.filter(pk=refund.pk).update(text="We are kind to everybody.")
    assert "What an order is compared with" not in text_of(as_ana, "clause", refund.ref, 2)
