"""What a real browser tells of the page of a refund while somebody decides on it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from approvals.models import Care, Decision, Look, Refund
from tests.conftest import join
from tests.support import ticket_stories
from tests.support.browser import Visitor, browser, needs_chromium

__all__ = ["browser"]
pytestmark = [needs_chromium, pytest.mark.django_db(transaction=True)]


def start(browser: Browser, live_server: Any, **options: Any) -> tuple[Visitor, Refund]:
    """sol on the page of a refund with all its receipts."""
    join("sol")
    ticket_stories.policy()
    ticket = ticket_stories.ticket(ticket_stories.marta())
    refund = ticket_stories.refund_of(ticket, ticket_stories.finished(ticket))
    visitor = Visitor(browser, live_server.url, **options).sign_in("sol")
    visitor.go(refund.get_absolute_url())
    return visitor, refund


def decide(page: Page) -> None:
    page.get_by_label("Approve").check()
    page.get_by_label("Reason, in words").fill("The photograph shows it.")
    page.get_by_role("button", name="Record my decision").click()
    expect(page.get_by_role("heading", name="Approvals")).to_be_visible()


def told(page: Page) -> Look:
    """The page of the decision, once the browser's last word on it is in."""
    for _ in range(100):
        look = Decision.objects.select_related("look").get().look
        if look is not None and look.measured_at:
            return look
        page.wait_for_timeout(50)
    raise AssertionError("nothing was told of the page")


def test_time_in_sight_and_opened_receipts_come_with_the_decision(
    browser: Browser, live_server: Any
) -> None:
    visitor, refund = start(browser, live_server)
    page = visitor.page
    card = page.locator("#step-classify")
    card.locator("summary").click()
    opened = card.get_attribute("data-receipt")
    decide(page)
    look = told(page)
    assert look.opened == [int(opened or 0)]
    assert look.visible_ms > 0
    assert visitor.errors == []


def test_a_page_that_is_out_of_sight_does_not_count(browser: Browser, live_server: Any) -> None:
    visitor, refund = start(browser, live_server)
    page = visitor.page
    page.evaluate(
        """Object.defineProperty(document, "visibilityState", {get: () => "hidden"});
        document.dispatchEvent(new Event("visibilitychange"))"""
    )
    with page.expect_request("**/approvals/looks/**"):
        page.evaluate('document.querySelector("#step-classify summary").click()')
        page.evaluate('document.dispatchEvent(new Event("visibilitychange"))')
    page.goto(f"{visitor.base}/")
    first = Look.objects.get(refund=refund).visible_ms
    page.wait_for_timeout(300)
    assert Look.objects.get(refund=refund).visible_ms == first


def test_without_javascript_everything_works_and_nothing_is_measured(
    browser: Browser, live_server: Any
) -> None:
    visitor, _ = start(browser, live_server, java_script_enabled=False)
    decide(visitor.page)
    look = Decision.objects.get().look
    assert look is not None
    assert look.measured_at is None


def test_a_first_opinion_then_the_recommendation(browser: Browser, live_server: Any) -> None:
    Care.objects.create(blind_share=1)
    visitor, refund = start(browser, live_server)
    page = visitor.page
    expect(page.get_by_role("heading", name="What would you do?")).to_be_visible()
    page.get_by_label("Give money back").check()
    page.get_by_label("How much, in GBP").fill("42.00")
    page.get_by_role("button", name="Keep it and show the recommendation").click()
    expect(page.get_by_text("Before you saw the recommendation")).to_be_visible()
    decide(page)
    assert Look.objects.get(blind=True).first_amount == refund.amount
    assert visitor.errors == []
