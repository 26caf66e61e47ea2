"""What happens on a page while somebody looks at it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, expect

from tests.conftest import join
from tests.support import ticket_stories
from tests.support.browser import Visitor, browser, needs_chromium
from tickets.models import Run

__all__ = ["browser"]
pytestmark = [needs_chromium, pytest.mark.django_db(transaction=True)]


def start(browser: Browser, live_server: Any) -> tuple[Visitor, Run]:
    """ana on the page of a ticket whose run has just begun."""
    join("ana")
    ticket_stories.policy()
    ticket_stories.intents()
    ticket = ticket_stories.ticket(ticket_stories.marta())
    run = ticket_stories.run_of(ticket, "running")
    visitor = Visitor(browser, live_server.url).sign_in("ana")
    visitor.go(ticket.get_absolute_url())
    return visitor, run


def finish(run: Run) -> None:
    for step in ticket_stories.STEPS[1:]:
        step(run)
    ticket_stories.draft_of(run.ticket, run)
    Run.objects.filter(pk=run.pk).update(state="done", lease_until=None)
    run.ticket.mark_ready()


def test_receipts_and_the_draft_appear_by_themselves(browser: Browser, live_server: Any) -> None:
    visitor, run = start(browser, live_server)
    page = visitor.page
    page.evaluate("window.sameDocument = true")
    ticket_stories.classified(run)
    expect(page.locator("#step-classify")).to_contain_text("Damaged item")
    finish(run)
    expect(page.locator("#draft .letter")).to_contain_text("Dear Marta")
    expect(page.locator("#state")).to_contain_text("Draft ready")
    expect(page.locator("#live")).to_have_text("All receipts are in. The draft is ready.")
    assert page.evaluate("window.sameDocument")
    assert page.locator("[data-poll]").count() == 0
    assert visitor.errors == []


def test_what_ana_is_typing_is_left_alone(browser: Browser, live_server: Any) -> None:
    visitor, run = start(browser, live_server)
    page = visitor.page
    page.get_by_label("Write a reply yourself").fill("I am typing this")
    ticket_stories.classified(run)
    finish(run)
    expect(
        page.get_by_text("A new draft is ready. Your typed text was left alone.").first
    ).to_be_visible()
    assert page.locator("#id_text").input_value() == "I am typing this"
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Look again before you send")).to_be_visible()
    assert page.locator("#id_text").input_value() == "I am typing this"


def test_leaving_with_unsaved_words_asks_first(browser: Browser, live_server: Any) -> None:
    visitor, _ = start(browser, live_server)
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    visitor.page.on("dialog", leave)
    visitor.page.get_by_label("Write a reply yourself").fill("Not saved")
    visitor.page.get_by_role("link", name="Policies").click()
    visitor.page.wait_for_url("**/policies/")
    assert asked == ["beforeunload"]


def test_the_label_is_changed_in_place(browser: Browser, live_server: Any) -> None:
    visitor, run = start(browser, live_server)
    page = visitor.page
    page.get_by_label("Write a reply yourself").fill("Half a sentence")
    page.get_by_role("link", name="Choose label").click()
    page.get_by_label("Right label").select_option(label="Return request")
    page.locator("#relabel").get_by_role("button", name="Give this label").click()
    expect(page.get_by_text("Now labelled Return request")).to_be_visible()
    assert run.ticket.drafts.get().text == "Half a sentence"


def test_the_inbox_is_walked_by_keys_unless_they_are_off(
    browser: Browser, live_server: Any
) -> None:
    visitor, _ = start(browser, live_server)
    ticket_stories.ticket(None, subject="An older one", received_at=ticket_stories.at("2026-01-05"))
    page = visitor.page
    visitor.go("/")
    for key in "jjk":
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.textContent") == "Broken lamp, refund please"
    page.get_by_role("searchbox").fill("")
    page.get_by_role("searchbox").press("j")
    assert page.get_by_role("searchbox").input_value() == "j"
    page.locator("summary", has_text="ana").click()
    keys = page.get_by_role("group", name="Keyboard shortcuts")
    keys.get_by_role("button", name="Off").click()
    page.keyboard.press("?")
    assert page.locator("dialog[open]").count() == 0


def test_filters_narrow_the_list_without_a_reload(browser: Browser, live_server: Any) -> None:
    visitor, _ = start(browser, live_server)
    ticket_stories.ticket(None, subject="An older one")
    page = visitor.page
    visitor.go("/")
    page.evaluate("window.sameDocument = true")
    page.get_by_role("searchbox").fill("older")
    expect(page.locator(".row-subject")).to_have_count(1)
    assert page.evaluate("window.sameDocument")
    assert "q=older" in page.url
