"""The knobs: ada changes them with a reason, and every change is kept with who, when and why."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.test import Client

from triage.models import Intent, Limit, PolicyVersion, Rung

pytestmark = pytest.mark.django_db
LIMIT = {"step": "classify", "name": "confidence", "value": "0.9"}


def test_a_change_without_a_reason_is_not_made(as_ada: Client) -> None:
    page = as_ada.post("/admin/triage/limit/add/", LIMIT)
    assert page.status_code == 200
    assert not Limit.objects.exists()


def test_a_change_is_kept_with_who_and_why(as_ada: Client) -> None:
    as_ada.post("/admin/triage/limit/add/", {**LIMIT, "why": "too many wrong labels"})
    limit = Limit.objects.get()
    change = f"/admin/triage/limit/{limit.pk}/change/"
    as_ada.post(change, {**LIMIT, "value": "0.95", "why": "still too many"})
    history = as_ada.get(f"/admin/triage/limit/{limit.pk}/history/").content.decode()
    assert "still too many" in history
    assert "too many wrong labels" in history
    assert history.count("<td>ada</td>") == 2
    assert "0.95" in history


def test_a_limit_nobody_knows_is_refused(as_ada: Client) -> None:
    page = as_ada.post("/admin/triage/limit/add/", {**LIMIT, "name": "courage", "why": "x"})
    assert "knows these limits: target, strangers, audit" in page.content.decode()


def test_a_share_above_one_is_refused(as_ada: Client) -> None:
    page = as_ada.post("/admin/triage/limit/add/", {**LIMIT, "value": "7", "why": "x"})
    assert "between 0 and 1" in page.content.decode()


def test_what_a_rung_replaces_is_said(as_ada: Client) -> None:
    assert "draft: focal → sentences" in as_ada.get("/admin/triage/rung/add/").content.decode()


def test_a_version_from_before_the_last_is_refused(as_ada: Client) -> None:
    for day in ("2026-06-01", "2026-01-01"):
        text = POLICY.format(day, 12)
        as_ada.post("/admin/triage/policyversion/add/", {"markdown": text, "why": "x"})
    assert str(PolicyVersion.objects.get().effective_from) == "2026-06-01"


def test_a_rung_that_cannot_serve_its_step_is_refused(as_ada: Client) -> None:
    rung = {"step": "classify", "position": "1", "engine": "focal", "active": "on", "why": "test"}
    page = as_ada.post("/admin/triage/rung/add/", rung)
    assert "This step can be served by: encoder, phrases." in page.content.decode()


def test_phrases_that_are_no_list_are_refused(as_ada: Client) -> None:
    intent = {"slug": "x", "name": "x", "phrases": "5", "why": "x"}
    forms = {"examples-TOTAL_FORMS": "0", "examples-INITIAL_FORMS": "0"}
    page = as_ada.post("/admin/triage/intent/add/", {**intent, **forms})
    assert "Write a list of texts" in page.content.decode()


def test_a_rung_names_an_engine_of_the_roster(as_ada: Client) -> None:
    rung = {"step": "draft", "position": "1", "engine": "sentences", "active": "on", "why": "test"}
    as_ada.post("/admin/triage/rung/add/", rung)
    assert str(Rung.objects.get()) == "draft, rung 1: sentences"
    assert "focal" in as_ada.get("/admin/triage/rung/add/").content.decode()


def test_an_intent_with_its_examples(as_ada: Client) -> None:
    form = {
        "slug": "gift-card",
        "name": "gift card",
        "phrases": "[]",
        "active": "on",
        "why": "new",
        "examples-TOTAL_FORMS": "1",
        "examples-INITIAL_FORMS": "0",
        "examples-0-text": "How do I use my gift card?",
        "examples-0-source": "ada",
    }
    as_ada.post("/admin/triage/intent/add/", form)
    assert Intent.objects.get().examples.get().text == "How do I use my gift card?"


@pytest.mark.parametrize("name", ["limit", "rung", "intent"])
def test_knobs_are_not_deleted(as_ada: Client, name: str) -> None:
    as_ada.post("/admin/triage/limit/add/", {**LIMIT, "why": "x"})
    page = as_ada.post(f"/admin/triage/{name}/{Limit.objects.get().pk}/delete/", {"post": "yes"})
    assert page.status_code in (302, 403)
    assert Limit.objects.exists()


def test_history_itself_cannot_be_rewritten(as_ada: Client) -> None:
    as_ada.post("/admin/triage/limit/add/", {**LIMIT, "why": "x"})
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE triage_limitevent SET value = 0")


@pytest.mark.parametrize(
    "path",
    [
        "triage/limit",
        "triage/rung",
        "triage/intent",
        "triage/policyversion",
        "triage/phrase",
        "approvals/refundrule",
        "approvals/approvallimit",
        "triage/classifier",
    ],
)
def test_every_knob_has_its_page(as_ada: Client, path: str) -> None:
    assert as_ada.get(f"/admin/{path}/").status_code == 200


def test_ana_has_no_business_there(client: Client, ana: User) -> None:
    client.force_login(ana)
    answer: Any = client.get("/admin/triage/limit/")
    assert answer.status_code == 302


POLICY = (
    "---\nid: gifts\ntitle: Gifts\neffective_from: {}\nsource: "
    "https://shop.example/gifts\n---\n\n## How long {{#long}}\n\nA card holds for {} "
    "months.\n"
)


def test_a_new_version_of_a_policy_is_added_beside_the_old(as_ada: Client) -> None:
    for day, months in (("2026-01-01", 12), ("2026-06-01", 24)):
        text = POLICY.format(day, months).replace("\n", "\r\n")
        as_ada.post("/admin/triage/policyversion/add/", {"markdown": text, "why": "longer"})
    first, second = PolicyVersion.objects.order_by("number")
    assert str(first.effective_to) == "2026-06-01"
    assert second.clauses.get().text == "A card holds for 24 months."


def test_a_fault_in_a_policy_is_said_with_its_line(as_ada: Client) -> None:
    text = POLICY.format("soon", 12)
    page = as_ada.post("/admin/triage/policyversion/add/", {"markdown": text, "why": "x"})
    assert "Line 4" in page.content.decode()
    assert not PolicyVersion.objects.exists()


def test_how_much_a_general_model_may_retell_is_a_limit_too(as_ada: Client) -> None:
    limit = {"step": "summarize", "name": "retold", "value": "0.3", "why": "We had a bad one."}
    as_ada.post("/admin/triage/limit/add/", limit)
    assert Limit.objects.get().value == 0.3
    page = as_ada.post("/admin/triage/limit/add/", {**limit, "step": "draft", "value": "3"})
    assert "between 0 and 1" in page.content.decode()
