"""The policy pages in a real browser: accessible in both themes, and whole without scripts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.conftest import join
from tests.support import ticket_stories
from tests.support.browser import Visitor, browser, needs_chromium
from tests.support.page_looks import THEMES, look_at
from tests.support.policy_wordings import NEW, search_by_words
from triage.models import Job
from triage.pipeline import jobs
from triage.policies import loading
from triage.policy_review import simulation

__all__ = ["browser"]
pytestmark = [needs_chromium, pytest.mark.django_db(transaction=True)]

ASKING = """---
id: faq
title: Questions
effective_from: 2025-01-01
---

## In short {#refund}

Tell us within 3 days of delivery and we refund a damaged item in full.
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two policies that disagree, a ticket that used one of them, and a question of ada's."""
    monkeypatch.setattr(simulation, "search_over", search_by_words)
    ticket_stories.policy()
    (tmp_path / "faq.md").write_text(ASKING)
    loading.load_policies(tmp_path)
    ticket_stories.finished(ticket_stories.ticket(ticket_stories.marta()))
    ada = join("ada")
    jobs.execute_job(jobs.request_job(simulation.JOB_KIND, by=ada, markdown=NEW, tickets=10).pk)


def paths() -> list[tuple[str, int]]:
    done = Job.objects.get(state="done").pk
    waiting = jobs.request_job(simulation.JOB_KIND, by=None, markdown=NEW, tickets=11).pk
    return [
        ("/machine/policies/?q=refund+damaged", 200),
        ("/machine/policies/?q=zebra", 200),
        ("/machine/policies/?on=2025-03-01", 200),
        ("/machine/policies/?on=yesterday", 422),
        ("/machine/policies/damaged.refund/2/", 200),
        ("/machine/policies/damaged.refund/2/tickets/", 200),
        ("/machine/policies/damaged.refund/1/tickets/", 200),
        ("/machine/policies/damaged/compare/1/2/", 200),
        ("/machine/policies/check/", 200),
        ("/machine/policies/what-if/", 200),
        (f"/machine/policies/what-if/{done}/", 200),
        (f"/machine/policies/what-if/{waiting}/", 200),
    ]


@pytest.mark.parametrize("theme", THEMES)
def test_every_policy_page_is_accessible_quiet_and_ours(
    browser: Browser,
    live_server: Any,
    shop: None,
    theme: Any,
) -> None:
    visitor = Visitor(browser, live_server.url, color_scheme=theme).sign_in("ada")
    found = [wrong for path, status in paths() for wrong in look_at(visitor, path, status)]
    visitor.context.close()
    assert found == []


def test_no_page_is_wider_than_a_telephone(browser: Browser, live_server: Any, shop: None) -> None:
    visitor = Visitor(browser, live_server.url, viewport={"width": 390, "height": 800})
    visitor.sign_in("ada")
    wide = []
    for path, _ in paths():
        visitor.go(path)
        if visitor.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(path)
    visitor.context.close()
    assert wide == []


def test_ada_asks_and_the_answer_comes_by_itself(
    browser: Browser,
    live_server: Any,
    shop: None,
) -> None:
    visitor = Visitor(browser, live_server.url).sign_in("ada")
    visitor.go("/machine/policies/what-if/")
    visitor.page.get_by_label("Or a new version").fill(NEW.replace("3 days", "5 days"))
    visitor.page.get_by_role("button", name="Find out").click()
    expect(visitor.page.get_by_text("Waiting for a worker.")).to_be_visible()
    jobs.execute_job(Job.objects.get(state="queued").pk)
    expect(visitor.page.get_by_text("of the last 1 ticket")).to_be_visible()
    visitor.context.close()


def test_without_scripts_ada_looks_again(browser: Browser, live_server: Any, shop: None) -> None:
    visitor = Visitor(browser, live_server.url, java_script_enabled=False).sign_in("ada")
    visitor.go("/machine/policies/what-if/")
    visitor.page.get_by_label("Or a new version").fill(NEW.replace("3 days", "5 days"))
    visitor.page.get_by_role("button", name="Find out").click()
    jobs.execute_job(Job.objects.get(state="queued").pk)
    visitor.page.get_by_role("link", name="Look again").click()
    expect(visitor.page.get_by_text("of the last 1 ticket")).to_be_visible()
    visitor.context.close()
