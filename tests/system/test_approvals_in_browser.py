"""Deciding in a browser: by keyboard alone, and on a telephone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from approvals.models import Refund
from tests.conftest import join
from tests.support import ticket_stories
from tests.support.browser import Visitor, browser, needs_chromium

__all__ = ["browser"]
pytestmark = [needs_chromium, pytest.mark.django_db(transaction=True)]
UNUSED = "Be sure that it is unused (returns.window)."


def waiting() -> tuple[Refund, Refund]:
    """Two requests that wait for sol, the older one with a condition."""
    join("sol")
    ticket_stories.policy()
    customer = ticket_stories.marta()
    ticket = ticket_stories.ticket(customer)
    first = ticket_stories.refund_of(ticket, ticket_stories.finished(ticket), conditions=[UNUSED])
    return first, ticket_stories.refund_of(
        ticket_stories.ticket(customer, subject="napkins"), amount="9.50"
    )


def test_sol_walks_the_queue_and_decides_by_keyboard(browser: Browser, live_server: Any) -> None:
    first, second = waiting()
    visitor = Visitor(browser, live_server.url).sign_in("sol")
    page = visitor.page
    visitor.go("/approvals/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{first.get_absolute_url()}")
    page.keyboard.press("n")
    page.wait_for_url(f"**{second.get_absolute_url()}")
    page.keyboard.press("n")
    page.wait_for_url(f"**{first.get_absolute_url()}")
    page.get_by_label("Approve", exact=True).focus()
    page.keyboard.press("Space")
    tab_to(page, "sure")
    page.keyboard.press("Space")
    tab_to(page, "reason_code")
    tab_to(page, "reason")
    page.keyboard.type("In its box on the photo, n and j.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{second.get_absolute_url()}")
    first.refresh_from_db()
    assert first.state == Refund.State.APPROVED
    assert visitor.errors == []


def tab_to(page: Page, name: str) -> None:
    """The next stop of the Tab key, which has to be the field of this name."""
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == name


def test_on_a_telephone_the_decision_is_one_tap_away(browser: Browser, live_server: Any) -> None:
    first, _ = waiting()
    size = {"width": 390, "height": 844}
    visitor = Visitor(browser, live_server.url, viewport=size).sign_in("sol")
    visitor.go(first.get_absolute_url())
    page = visitor.page
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("link", name="Decide", exact=True).click()
    expect(page.get_by_label("Approve", exact=True)).to_be_in_viewport()
