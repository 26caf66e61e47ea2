"""The shop's wording: ada sets a phrase with a reason, and the next draft is held to it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from tests.support import shop_rows
from tests.support.case_values import FakeWriter
from tests.support.written_drafts import GOOD, decided, write
from triage.contract.case import Phrase as Wording
from triage.models import Intent, Phrase
from triage.pipeline.case_builder import build_case
from triage.pipeline.rule_engines import SentenceWriter
from triage.steps import draft

pytestmark = pytest.mark.django_db
ADD = "/admin/triage/phrase/add/"
PHRASE = {"rule": "must not", "text": "glad to help", "intent": "", "active": "on"}


def test_a_phrase_without_a_reason_is_not_set(as_ada: Client) -> None:
    as_ada.post(ADD, PHRASE)
    assert not Phrase.objects.exists()


def test_a_phrase_is_kept_with_who_and_why(as_ada: Client) -> None:
    as_ada.post(ADD, {**PHRASE, "why": "sounds like a machine"})
    phrase = Phrase.objects.get()
    change = f"/admin/triage/phrase/{phrase.pk}/change/"
    as_ada.post(change, {**PHRASE, "active": "", "why": "we missed it"})
    history = as_ada.get(f"/admin/triage/phrase/{phrase.pk}/history/").content.decode()
    assert "sounds like a machine" in history
    assert "we missed it" in history
    assert history.count("<td>ada</td>") == 2


def test_what_no_writer_could_type_cannot_be_required(as_ada: Client) -> None:
    page = as_ada.post(ADD, {**PHRASE, "rule": "has to", "text": "within 2 days", "why": "x"})
    assert "No writer may type a number" in page.content.decode()
    assert not Phrase.objects.exists()


def test_a_phrase_is_set_once_for_all_intents() -> None:
    Phrase.objects.create(rule="must not", text="sadly")
    with pytest.raises(IntegrityError), transaction.atomic():
        Phrase.objects.create(rule="has to", text="sadly")


def test_phrases_are_not_deleted(as_ada: Client) -> None:
    phrase = Phrase.objects.create(rule="must not", text="sadly")
    as_ada.post(f"/admin/triage/phrase/{phrase.pk}/delete/", {"post": "yes"})
    assert Phrase.objects.exists()


def test_a_case_knows_the_phrases_in_force() -> None:
    intent = Intent.objects.create(slug="order-status", name="order status")
    Phrase.objects.create(rule="has to", text="harbour", intent=intent)
    Phrase.objects.create(rule="must not", text="sadly", active=False)
    (phrase,) = build_case(shop_rows.ticket()).phrases
    assert (phrase.text, phrase.required, phrase.intent) == ("harbour", True, "order-status")


def test_a_draft_with_a_phrase_it_must_not_have_climbs_and_says_which() -> None:
    Phrase.objects.create(rule="must not", text="glad to help")
    made: Any = decided(phrases=build_case(shop_rows.ticket()).phrases)
    result = write(draft.step, made, FakeWriter(GOOD), SentenceWriter())
    assert result.served.name == "sentences"
    assert "must not say “glad to help”" in result.swap_reason


def test_a_phrase_nobody_says_leaves_the_draft_to_a_person() -> None:
    Phrase.objects.create(rule="has to", text="salt and timber")
    made: Any = decided(phrases=build_case(shop_rows.ticket()).phrases)
    result = write(draft.step, made, FakeWriter(GOOD), SentenceWriter())
    assert result.output.text == ""


def test_a_whole_sentence_that_has_to_be_said_is_added_before_the_closing() -> None:
    said = "Our office is open from 9 to 17."
    case = decided(phrases=(Wording(text=said, required=True),))
    output = write(draft.step, case, FakeWriter(GOOD)).output
    assert output.text.endswith(f"{said}\n\nKind regards,\nHarbour & Pine")
    assert {"text": said, "refs": ("shop:wording",), "kept": True, "because": ""} in [
        asdict(claim) for claim in output.claims
    ]


def test_a_sentence_that_was_said_is_not_added_again() -> None:
    said = "A colleague is reviewing this."
    good = GOOD.replace("Kind regards", f"{said}\n\nKind regards")
    case = decided(phrases=(Wording(text=said, required=True),))
    assert write(draft.step, case, FakeWriter(good)).output.text.count(said) == 1


def test_ada_may_require_a_number_in_a_whole_sentence(as_ada: Client) -> None:
    said = "Our office is open from 9 to 17."
    as_ada.post(ADD, {**PHRASE, "rule": "has to", "text": said, "why": "asked for often"})
    assert Phrase.objects.get().text == said
