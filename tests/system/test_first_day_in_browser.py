"""A shop's first day in a browser, on a second shop's past: in, looked at, switched on, used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from playwright.sync_api import Browser, Page, expect

from tests.conftest import join
from tests.support.browser import Visitor, browser, needs_chromium
from tests.support.second_shop import SECOND_SHOP, write_past
from tickets import intake
from tickets.models import Ticket
from tickets.queue import run_queue
from triage.models import Intent, Job, SavedReply
from triage.pipeline import jobs, worker

__all__ = ["browser"]
pytestmark = [needs_chromium, pytest.mark.django_db(transaction=True)]

CONVERSATIONS = 160
AA = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}


def accessible(page: Page) -> None:
    found = Axe().run(page, options=AA)
    assert found.violations_count == 0, found.generate_report()


def work(kind: str) -> None:
    """What a worker does with the job that the page asked for."""
    job = Job.objects.get(kind=kind)
    assert jobs.execute_job(job.pk), Job.objects.get(pk=job.pk).error


def bring_in(page: Page, past: Path) -> None:
    page.get_by_role("link", name="Learning", exact=True).click()
    page.get_by_role("link", name="Start from past tickets").click()
    page.get_by_label("File of past tickets").set_input_files(past)
    page.get_by_role("button", name="Read them").click()
    expect(page.get_by_text("waiting for a worker")).to_be_visible()
    accessible(page)
    work("past")
    expect(page.get_by_text(f"{CONVERSATIONS} answered tickets were read")).to_be_visible()


def test_ada_opens_the_shop_from_its_past(
    browser: Browser, live_server: Any, tmp_path: Path
) -> None:
    for name in ("ana", "ada"):
        join(name)
    call_command("load_policies", SECOND_SHOP / "policies", verbosity=0)
    ada = Visitor(browser, live_server.url).sign_in("ada")
    page = ada.page

    bring_in(page, write_past(tmp_path / "past.jsonl", CONVERSATIONS))
    expect(page.get_by_text("What your last 40 tickets would have become")).to_be_visible()
    accessible(page)
    assert not Intent.objects.exists()

    page.locator("input[name=reply]").first.check()  # it names a day: nobody ticked it for her
    page.get_by_label("Why").fill("Our first day here.")
    page.get_by_role("button", name="Switch on what is ticked").click()
    work("switch on")
    expect(page.get_by_text("reads tickets from now on")).to_be_visible()
    accessible(page)
    assert Intent.objects.count() >= 5
    assert SavedReply.objects.exists()

    page.get_by_role("link", name="Replies").click()
    page.get_by_role("link", name="Proposed from what was sent").click()
    accessible(page)
    assert (ada.errors, ada.elsewhere) == ([], [])


def test_ana_finds_beside_her_ticket_what_was_answered_before(
    browser: Browser, live_server: Any, tmp_path: Path
) -> None:
    join("ana")
    call_command("import_tickets", write_past(tmp_path / "past.jsonl", CONVERSATIONS), verbosity=0)
    jobs.execute_job(jobs.request_job("replies", by=None).pk)
    row = {
        "external_id": "new",
        "email": "ines@example.org",
        "subject": "Pause",
        "body": "Is it better to pause my subscription or to stop altogether and start again?",
    }
    ticket = intake.receive_ticket(row).ticket
    assert ticket is not None
    worker.execute_run(run_queue.enqueue_run(ticket, reason="arrived", call=False).pk)

    ana = Visitor(browser, live_server.url).sign_in("ana")
    ana.go(ticket.get_absolute_url())
    ana.page.get_by_text("What was answered before").first.click()
    said = ana.page.locator("details.fold", has_text="What was answered before").first
    text = said.locator("blockquote").first.inner_text().split("\n")[0]
    accessible(ana.page)
    said.get_by_role("button", name="Put this into the reply").first.click()
    expect(ana.page.get_by_text("It is in the reply")).to_be_visible()
    assert text in Ticket.objects.get(pk=ticket.pk).drafts.latest("pk").text
    assert (ana.errors, ana.elsewhere) == ([], [])
