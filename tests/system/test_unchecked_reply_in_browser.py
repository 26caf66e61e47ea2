"""A check that could not be run: ana is told before anything leaves, reads the reply, and sends."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.conftest import join
from tests.support import ticket_stories
from tests.support.browser import Visitor, browser, needs_chromium
from tests.support.page_looks import THEMES, find_axe_violations
from triage.contract.step import EngineUnavailable
from triage.pipeline import send_guard

__all__ = ["browser"]
pytestmark = [needs_chromium, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def no_commitment_model(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Any:
        raise EngineUnavailable("promises: no file")

    monkeypatch.setattr(send_guard, "load_commitment_model", refuse)


def test_a_reply_leaves_once_somebody_has_read_it(browser: Browser, live_server: Any) -> None:
    join("ana")
    ticket_stories.policy()
    ticket_stories.intents()
    ticket = ticket_stories.ticket(ticket_stories.marta())
    ticket_stories.finished(ticket)
    visitor = Visitor(browser, live_server.url).sign_in("ana")
    visitor.go(ticket.get_absolute_url())
    page = visitor.page
    page.get_by_role("button", name="Send").click()
    held = page.locator("#not-sent")
    expect(held).to_contain_text("Not sent. One check could not be run on this reply.")
    expect(held).to_contain_text("not run")
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        assert find_axe_violations(visitor) == []
    held.get_by_role("checkbox").check()
    page.get_by_role("button", name="Send").click()
    page.wait_for_url(f"{live_server.url}/**")
    visitor.go(ticket.get_absolute_url())
    expect(page.get_by_text("Sent with a check not run").first).to_be_visible()
    assert ticket.messages.filter(direction="out").count() == 1
