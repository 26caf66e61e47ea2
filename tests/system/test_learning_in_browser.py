"""The life of a taxonomy in a browser, on real data: brought in, learned, corrected, taken back."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.conftest import join
from tests.support import shop_rows
from tests.support.browser import Visitor, browser, needs_chromium
from tests.support.shared_data import shared_data
from tickets.models import Ticket
from tickets.queue import run_queue
from triage.contract.step import EngineUnavailable
from triage.learning import examples, versions
from triage.learning.corrections import correct_label
from triage.models import Classifier, Intent, Job
from triage.pipeline import jobs, registry, worker

__all__ = ["browser"]
pytestmark = [needs_chromium, pytest.mark.django_db(transaction=True)]

HOME = "/machine/learning/"
WARRANTY = "How long is the warranty on the mattress?"
PILLOW = "Which pillows do you sell, and is there one for people who sleep on the side?"
OLD_BED = "Would somebody carry my {} old mattress down the stairs and take it away?"
SIZES = ("heavy", "queen size", "torn", "single", "double", "broken", "spare", "soft", "thick")
NUMBERS = range(9_000_000, 9_000_100)  # of tickets: which are held back is known beforehand
TRAINED = [number for number in NUMBERS if not examples.is_held_back(number)][:6]
HELD_BACK = [number for number in NUMBERS if examples.is_held_back(number)][:3]
AA = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}


@pytest.fixture(autouse=True)
def _no_writer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The label is what is looked at; the reply is put together by rules."""

    def absent(entry: Any) -> Any:
        raise EngineUnavailable("not needed here")

    monkeypatch.setattr(registry, "_load_writer", absent)
    monkeypatch.setattr("tickets.queue.run_queue.wake_worker", lambda run: None)


def read(text: str, **values: Any) -> Ticket:
    """A ticket as it is after a worker took it through the steps."""
    ticket = shop_rows.ticket(text, subject="", **values)
    assert worker.execute_run(run_queue.enqueue_run(ticket, reason="arrived", call=False).pk)
    ticket.refresh_from_db()
    return ticket


def accessible(page: Page) -> None:
    found = Axe().run(page, options=AA)
    assert found.violations_count == 0, found.generate_report()


def bring_in(page: Page, base: str) -> None:
    """ada imports the taxonomy as the whole of it."""
    file = shared_data("hint3") / "v2" / "train" / "sofmattress_train.csv"
    page.goto(f"{base}{HOME}")
    page.get_by_role("link", name="Import examples").click()
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_label("Retire the intents").check()
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("324 examples added, 4 were there already")).to_be_visible()
    expect(page.get_by_text("Retired: Gift wrap")).to_be_visible()
    accessible(page)


def train(page: Page, base: str) -> Classifier:
    """ada has a version trained, sees it come, and opens it."""
    page.goto(f"{base}{HOME}")
    page.get_by_role("button", name="Train now").click()
    expect(page.get_by_text("waiting for a worker")).to_be_visible()
    assert jobs.execute_job(Job.objects.filter(kind="train", state="queued").get().pk)
    made = Classifier.objects.latest("pk")
    page.get_by_role("link", name=f"Look at version {made.pk}").click()
    expect(page.get_by_role("heading", name=f"Version {made.pk}")).to_be_visible()
    accessible(page)
    return made


def put_to_work(page: Page, made: Classifier, why: str) -> None:
    page.get_by_label("Why").fill(why)
    page.get_by_role("button", name=f"Put version {made.pk} to work").click()
    expect(page.get_by_text(f"Version {made.pk} labels tickets from now on")).to_be_visible()


def correct(browser: Browser, base: str, ticket: Ticket, name: str) -> None:
    """ana gives a ticket another label."""
    ana = Visitor(browser, base).sign_in("ana")
    ana.go(ticket.get_absolute_url())
    ana.page.get_by_role("link", name="Choose label").click()
    ana.page.get_by_label("Right label").select_option(label=name)
    ana.page.locator("#relabel").get_by_role("button", name="Give this label").click()
    expect(ana.page.get_by_text(f"Now labelled {name}")).to_be_visible()
    assert ana.errors == []
    ana.context.close()


def test_a_taxonomy_is_brought_in_learned_used_corrected_and_taken_back(
    browser: Browser, live_server: Any
) -> None:
    for name in ("ana", "ada"):
        join(name)
    Intent.objects.create(slug="gift-wrap", name="Gift wrap")
    ada = Visitor(browser, live_server.url).sign_in("ada")
    page = ada.page

    bring_in(page, live_server.url)
    first = train(page, live_server.url)
    put_to_work(page, first, "Our own taxonomy.")
    assert versions.get_active_version() == first

    assert read(WARRANTY).label == "warranty"
    assert suggested(read(PILLOW)) == "pillows"

    away = Intent.objects.create(slug="take-away", name="Old mattress taken away")
    numbers = zip(SIZES, [*TRAINED, *HELD_BACK], strict=True)
    tickets = [read(OLD_BED.format(size), id=number) for size, number in numbers]
    assert "take-away" not in {suggested(ticket) for ticket in tickets}
    correct(browser, live_server.url, tickets[0], "Old mattress taken away")
    for ticket in tickets[1:]:
        correct_label(ticket, away, why="It is about the old one", by=join("ana"))

    second = train(page, live_server.url)
    assert second.report["tickets"] == len(TRAINED)
    expect(page.get_by_role("heading", name=f"Beside version {first.pk}")).to_be_visible()
    expect(page.get_by_text("3 tickets are few")).to_be_visible()
    expect(page.get_by_text("Better")).to_have_count(3)
    put_to_work(page, second, "It knows what happens to old mattresses.")
    assert suggested(read(OLD_BED.format("small"))) == "take-away"

    page.get_by_text(f"Go back to version {first.pk}").first.click()
    page.get_by_label("Why").fill("Only to see that it goes.")
    page.get_by_role("button", name=f"Go back to version {first.pk}").click()
    expect(page.get_by_text(f"Version {first.pk} is at work again")).to_be_visible()
    assert suggested(read(OLD_BED.format("small"))) != "take-away"
    assert (ada.errors, ada.elsewhere) == ([], [])


def suggested(ticket: Ticket) -> str:
    """The label, or what would have been the label had it been surer."""
    said = ticket.receipts.filter(step="classify").latest("seq").output
    return str(said["label"] or said["suggestion"])
