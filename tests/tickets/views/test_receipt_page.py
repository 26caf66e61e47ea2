"""The receipt page: everything in it, to read and as JSON."""

from __future__ import annotations

import json
from typing import Any

import pgtrigger
import pytest
from django.test import Client
from django.urls import reverse

from tests.support import ticket_stories
from tickets.audit.receipts import build_body, compute_sha256
from tickets.models import Receipt, Run


@pytest.fixture
def run(db: None) -> Run:
    return ticket_stories.finished(ticket_stories.ticket(ticket_stories.marta()))


def page(client: Client, receipt: Receipt) -> str:
    return client.get(receipt.get_absolute_url()).content.decode()


@pytest.mark.parametrize("step", ["classify", "retrieve", "summarize", "decide", "answer", "draft"])
def test_every_receipt_has_all_its_sections(as_ana: Client, run: Run, step: str) -> None:
    shown = page(as_ana, run.receipts.get(step=step))
    for section in (
        "Checked",
        "What it says",
        "Who",
        "What it saw",
        "Limits in force",
        "Integrity",
    ):
        assert f">{section}</h2>" in shown


def test_failed_checks_stand_above_passed_ones(as_ana: Client, run: Run) -> None:
    shown = page(as_ana, run.receipts.get(step="decide"))
    assert shown.index("Photo attached") < shown.index("Amount within paid")


def test_a_check_that_was_not_run_is_not_green(as_ana: Client, run: Run) -> None:
    shown = page(as_ana, run.receipts.get(step="draft"))
    row = shown[shown.index("check-open") : shown.index("no tone model")]
    assert "not run" in row
    assert "#check" not in row


def test_the_promise_stands_beside_the_confidence(as_ana: Client, run: Run) -> None:
    shown = page(as_ana, run.receipts.get(step="classify"))
    assert "94\N{NO-BREAK SPACE}%" in shown
    assert "right 95 times in 100" in shown


def test_without_calibration_no_number_is_shown(as_ana: Client, run: Run) -> None:
    receipt = ticket_stories.receipt(
        run, "classify", attempt=2, confidence=None, output={"label": "x", "name": "X"}
    )
    assert "not calibrated" in page(as_ana, receipt)


def test_clauses_name_version_dates_and_why_one_was_not_used(as_ana: Client, run: Run) -> None:
    shown = page(as_ana, run.receipts.get(step="retrieve"))
    assert "version 2, in force since 1 Jan 2026" in shown
    assert "not used: no longer in force" in shown


def test_what_was_tried_before_is_named_with_its_reason(as_ana: Client, run: Run) -> None:
    shown = page(as_ana, run.receipts.get(step="draft"))
    assert "general-1b" in shown
    assert "no clause was quoted" in shown


def test_a_receipt_that_was_tampered_with_says_so(as_ana: Client, run: Run) -> None:
    receipt = run.receipts.get(step="decide")
    with pgtrigger.ignore("tickets.Receipt:receipts_are_append_only"):
        Receipt.objects.filter(pk=receipt.pk).update(label="other")
    assert "was changed after it was written" in page(as_ana, receipt)


def test_the_json_is_what_the_digest_covers(as_ana: Client, run: Run) -> None:
    receipt = run.receipts.get(step="decide")
    answer: dict[str, Any] = json.loads(
        as_ana.get(reverse("tickets:receipt_json", args=[receipt.pk])).content
    )
    digest = answer.pop("body_sha256")
    answer.pop("id")
    assert answer == build_body(receipt)
    assert compute_sha256(answer) == digest


def test_an_unknown_step_and_an_empty_receipt_are_readable(as_ana: Client, run: Run) -> None:
    bare = ticket_stories.receipt(
        run,
        "translate",
        output={},
        inputs=[],
        ladder=[],
        limits={},
        latency_ms=None,
        budget_ms=None,
    )
    assert "Translate" in page(as_ana, bare)
