"""The whole path in a browser: a mail comes in, is read, answered, and its refund approved."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from approvals.models import Refund, RefundRule
from tests.conftest import join
from tests.support import shop_rows
from tests.support.browser import Visitor, browser, needs_chromium
from tests.support.worker_processes import environment, worker
from tickets.models import Correction, Message, Receipt, Ticket
from triage import models
from triage.learning import versions

__all__ = ["browser"]
pytestmark = [needs_chromium, pytest.mark.django_db(transaction=True)]

MAIL = """From: Maya Lund <maya@customer.example>
To: help@harbourandpine.example
Subject: The kettle is too small
Message-ID: <kettle-1@customer.example>
Date: {date:%a, %d %b %Y %H:%M:%S +0000}

Hello,

I would like to return the enamel kettle from my order HP-1042, it is too small for us.
How do I send it back?

Maya
"""
POLICY = """---
id: returns
title: Returns
effective_from: 2024-01-01
source: https://shop.example/returns
---

## How long you have to return something {{#window}}

You can return an unused item within 30 days of the day it was delivered.
"""
EXAMPLES = {
    "return-request": (
        "I would like to return the {}, it is too small.",
        "How do I send the {} back to you?",
        "Please tell me how to return my {}.",
    ),
    "order-status": (
        "Where is my {}?",
        "Has the {} been sent yet?",
        "When does my order of a {} arrive?",
    ),
}
THINGS = ("kettle", "lamp", "rug", "tent", "chair", "mug", "blanket", "stove")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Two intents, one policy, one rule, Maya's order; the real encoder learns from 48 texts."""
    for slug, texts in EXAMPLES.items():
        intent = models.Intent.objects.create(
            slug=slug, name=slug.replace("-", " "), money=slug == "return-request"
        )
        for text in texts:
            for thing in THINGS:
                intent.examples.create(text=text.format(thing))
    models.Limit.objects.create(step="classify", name="target", value=0.8)
    versions.activate_version(versions.train_version(), by=join("ada"), why="the first")
    (tmp_path / "returns.md").write_text(POLICY.replace("{{", "{").replace("}}", "}"))
    call_command("load_policies", str(tmp_path / "returns.md"))
    RefundRule.objects.create(
        name="30 days",
        intents=["return-request"],
        clause="returns.window",
        window_days=30,
        effective_from="2024-01-01",
    )
    shop_rows.order()
    for name in ("ana", "sol"):
        join(name)
    return tmp_path


def accessible(page: Page) -> None:
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    assert found.violations_count == 0, found.generate_report()


def import_mail(folder: Path) -> Ticket:
    file = folder / "kettle.eml"
    file.write_text(MAIL.format(date=timezone.now() - timedelta(hours=1)))
    call_command("import_mail", str(file))
    return Ticket.objects.get()


def test_from_a_mail_to_an_approved_refund(
    browser: Browser, live_server: Any, shop: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(
        "tickets.queue.run_queue.wake_worker", lambda run: None
    )  # the sweep finds the row
    ticket = import_mail(shop)
    ana = Visitor(browser, live_server.url).sign_in("ana")
    ana.go(f"/tickets/{ticket.pk}/")
    accessible(ana.page)
    with worker(environment(shop, "filesystem://")):
        see_it_read(ana.page, ticket)
    edit_and_send(ana.page, ticket)
    approve(Visitor(browser, live_server.url).sign_in("sol"))
    assert (ana.errors, ana.elsewhere) == ([], [])


def see_it_read(page: Page, ticket: Ticket) -> None:
    """The receipts come in by themselves, and the draft after them."""
    for question in ("What is it about?", "Which policy applies?", "How was the reply written?"):
        expect(page.get_by_text(question)).to_be_visible(timeout=60_000)
    expect(page.get_by_text("return request").first).to_be_visible(timeout=60_000)
    expect(page.get_by_text("You can return an unused item").first).to_be_visible(timeout=60_000)
    receipts = ticket.receipts.filter(run__isnull=False).exclude(step="request")
    assert list(receipts.values_list("step", flat=True)) == [
        "classify",
        "retrieve",
        "summarize",
        "decide",
        "answer",
        "draft",
    ]
    page.reload()
    accessible(page)


def edit_and_send(page: Page, ticket: Ticket) -> None:
    page.get_by_label("Edit").check()
    reply = page.get_by_label("Reply text")
    reply.fill(f"{reply.input_value()}\n\nPS: Please keep the box.")
    page.get_by_role("button", name="Send to maya@customer.example").click()
    expect(page.get_by_text("Your reply to Maya Lund is on its way.")).to_be_visible()
    sent = Message.objects.get(ticket=ticket, direction="out")
    assert sent.text.endswith("PS: Please keep the box.")
    assert sent.in_reply_to == "<kettle-1@customer.example>"
    assert Correction.objects.get().step == "draft"
    accessible(page)


def approve(sol: Visitor) -> None:
    sol.go("/approvals/")
    accessible(sol.page)
    sol.page.get_by_role("link", name="refund on HP-1042").click()
    accessible(sol.page)
    sol.page.get_by_label("Approve").check()
    sol.page.get_by_label("Reason").fill("Unused and within 30 days.")
    sol.page.get_by_role("button", name="Record my decision").click()
    sol.page.wait_for_load_state()
    refund = Refund.objects.get()
    assert (refund.state, str(refund.amount)) == ("approved", "49.00")
    assert Receipt.objects.get(step="approve").actor == "sol"
    sol.go(f"/receipts/{Receipt.objects.get(step='approve').pk}/")
    accessible(sol.page)
    assert (sol.errors, sol.elsewhere) == ([], [])
