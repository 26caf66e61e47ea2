"""All pages in both themes: WCAG 2.2 AA, a quiet console, one host, no sideways scrolling."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser

from approvals import services
from approvals.models import Care
from approvals.review import seeded_checks
from tests.conftest import join
from tests.support import account_acts, learning_shop, ticket_stories
from tests.support.browser import Visitor, browser, needs_chromium
from tests.support.page_looks import THEMES, look_at
from tickets.access import SUPERVISORS
from tickets.models import Message, Ticket

__all__ = ["browser"]
pytestmark = [needs_chromium, pytest.mark.django_db(transaction=True)]


def furnish() -> dict[str, int]:
    """A shop with everything a page can show."""
    for name in ("ana", "sol", "ada", "nobody"):
        join(name)
    ticket_stories.policy()
    ticket_stories.intents()
    customer = ticket_stories.marta()
    ticket = ticket_stories.ticket(customer)
    run = ticket_stories.finished(ticket)
    refund = ticket_stories.refund_of(ticket, run)
    Message.objects.create(
        ticket=ticket, direction="note", author=join("ana"), text="Mind the lamp."
    )
    Message.objects.create(
        ticket=ticket, direction="out", author=join("ana"), text="Hello", delivery="doubt"
    )
    working = ticket_stories.ticket(customer, subject="Being read", status=Ticket.Status.NEW)
    ticket_stories.classified(ticket_stories.run_of(working, "running"))
    stuck = ticket_stories.ticket(None, subject="Stuck")
    ticket_stories.run_of(stuck, "failed")
    stuck.mark_attention("No policy was found.")
    own = ticket_stories.refund_of(working, by=join("sol"), amount="9.50")
    Care.objects.create(blind_above=50, blind_share=0)
    first = ticket_stories.refund_of(
        ticket_stories.ticket(customer, subject="All of it"), amount="51.00"
    )
    check = seeded_checks.plant_check("GBP").refund
    seen = services.compute_fingerprint(check)
    services.decide_refund(check.pk, by=join("sol"), verdict="reject", reason="No.", seen=seen)
    account_acts.put_into(join("ben"), SUPERVISORS, join("ada"))
    return {
        "ticket": ticket.pk,
        "working": working.pk,
        "stuck": stuck.pk,
        "refund": refund.pk,
        "own": own.pk,
        "first": first.pk,
        "check": check.pk,
        "version": learning_shop.shown(ticket, join("ada")).pk,
    }


def pages(ids: dict[str, int]) -> dict[str, list[tuple[str, int]]]:
    """Who looks at what, and the status of the answer."""
    first = ticket_stories.Receipt.objects.order_by("pk").values_list("pk", flat=True)
    receipts = [(f"/receipts/{pk}/", 200) for pk in first[:5]]
    return {
        "": [("/accounts/login/", 200), ("/contact/", 200), ("/accounts/inactive/", 200)],
        "ana": [
            ("/", 200),
            ("/?q=nothing-like-this", 200),
            (f"/tickets/{ids['ticket']}/", 200),
            (f"/tickets/{ids['working']}/", 200),
            (f"/tickets/{ids['stuck']}/", 200),
            *receipts,
            (f"/approvals/{ids['refund']}/", 200),
            (f"/approvals/request/{ids['ticket']}/", 200),
            (f"/machine/tickets/{ids['ticket']}/replacement/", 200),
            (f"/machine/tickets/{ids['ticket']}/label/", 200),
            ("/machine/policies/", 200),
            ("/machine/replies/", 200),
            ("/machine/replies/where-is-my-order/", 200),
            ("/machine/policies/damaged.refund/1/", 200),
            ("/accounts/password/change/", 200),
            ("/accounts/logout/", 200),
            ("/approvals/", 403),
            ("/tickets/999999/", 404),
            ("/?q=x%00", 400),
        ],
        "sol": [
            ("/approvals/", 200),
            (f"/approvals/{ids['refund']}/", 200),
            (f"/approvals/{ids['own']}/", 200),
            (f"/approvals/{ids['first']}/", 200),
            (f"/approvals/{ids['check']}/revealed/", 200),
            ("/approvals/how-we-decide/", 200),
            ("/approvals/accounts/", 200),
            ("/machine/who-pays/", 200),
            ("/machine/who-pays/?show=waiting", 200),
        ],
        "ada": [
            ("/machine/answers/", 200),
            ("/approvals/how-we-decide/", 200),
            ("/machine/proposals/", 200),
            ("/machine/learning/", 200),
            (f"/machine/learning/{ids['version']}/", 200),
            ("/machine/learning/import/", 200),
        ],
        "nobody": [("/", 403)],
    }


@pytest.mark.parametrize("theme", THEMES)
def test_every_page_is_accessible_quiet_and_ours(
    browser: Browser, live_server: Any, theme: Any
) -> None:
    found: list[str] = []
    for who, paths in pages(furnish()).items():
        visitor = Visitor(browser, live_server.url, color_scheme=theme)
        if who:
            visitor.sign_in(who)
        for path, status in paths:
            found += look_at(visitor, path, status)
        visitor.context.close()
    assert found == []


def test_no_page_scrolls_sideways_on_a_telephone(browser: Browser, live_server: Any) -> None:
    ids = furnish()
    wide = []
    for who in ("ana", "sol", "ada"):
        visitor = Visitor(browser, live_server.url, viewport={"width": 390, "height": 844}).sign_in(
            who
        )
        for path, _ in pages(ids)[who]:
            visitor.go(path)
            width = visitor.page.evaluate("document.documentElement.scrollWidth")
            if width > 390:
                wide.append(f"{path}: {width}")
    assert wide == []


def test_every_page_works_without_javascript(browser: Browser, live_server: Any) -> None:
    ids = furnish()
    visitor = Visitor(browser, live_server.url, java_script_enabled=False).sign_in("ana")
    page = visitor.page
    page.get_by_role("searchbox").fill("Broken lamp")
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("link", name="Broken lamp").click()
    page.get_by_text("Edit", exact=True).click()
    page.get_by_label("Reply text").fill("Typed without a script.")
    page.get_by_role("button", name="Save edits").click()
    assert page.locator(".letter").inner_text() == "Typed without a script."
    page.get_by_role("link", name="Change label").click()
    assert page.url.endswith(f"/machine/tickets/{ids['ticket']}/label/")
    page.locator("summary", has_text="ana").click()
    page.get_by_role("button", name="Dark").click()
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
